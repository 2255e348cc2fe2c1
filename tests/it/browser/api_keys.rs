//! API keys: made at the account page, used by a program, revoked.

use super::chromium::Chromium;
use super::example::Example;
use crate::binary::program::Site;

/// Makes a key on the account page, which is shown, for one scope.
pub async fn make_key(browser: &Chromium, name: &str, scope: &str) -> String {
    browser.fill_in("Name of the key", name).await;
    browser.click(&format!("[name='scope:{scope}']")).await;
    browser.press("Make the key").await;
    browser.sees("It is shown this once").await;
    browser.find("#new-key").await.text().await.unwrap()
}

#[tokio::test]
async fn a_key_from_the_account_page_opens_the_example_until_it_is_revoked() {
    let site = Site::new();
    let _server = site.dev_with_keys().await;
    let example = Example::fastapi(&site.issuer);
    let items = format!("http://127.0.0.1:{}/items", example.port);
    let browser = Chromium::start_with(&[]).await;
    browser.open(&site.url("/account")).await;
    browser.sign_in("bob", "builder").await;
    let key = make_key(&browser, "The nightly import", "items:read").await;
    let ask = async || site.http.get(&items).header("X-API-Key", &key).send().await.unwrap().status();
    browser.sees("Never used").await;
    assert_eq!(ask().await, 200);

    browser.open(&site.url("/account")).await;
    browser.sees("The nightly import").await;
    let text = browser.text().await;
    assert!(!text.contains("Never used") && !text.contains(&key), "{text}");
    browser.press("Revoke the key The nightly import").await;
    browser.sees("The key is revoked").await;
    assert!(!browser.text().await.contains("The nightly import"));
    assert_eq!(ask().await, 401);
    browser.close().await;
}

#[tokio::test]
async fn what_was_typed_for_a_key_that_was_not_made_is_there_still() {
    let site = Site::new();
    let _server = site.dev_with_keys().await;
    let browser = Chromium::start_with(&[]).await;
    browser.excuse("/account/keys - Failed to load resource: the server responded with a status of 400");
    browser.open(&site.url("/account")).await;
    browser.sign_in("bob", "builder").await;
    browser.fill_in("Name of the key", "The nightly import").await;
    browser.click("#key_days option[value='0']").await;
    browser.press("Make the key").await;
    browser.sees("Choose what the key is for.").await;
    assert_eq!(browser.script("return document.activeElement.name").await, "scope:items:read");
    browser.click("[name='scope:items:write']").await;
    browser.press("Make the key").await;
    browser.sees("It is shown this once").await;
    // Far down on the page, and in sight all the same.
    assert_eq!(browser.script("return document.activeElement.id").await, "key-made");
    let text = browser.text().await;
    assert!(text.contains("The nightly import") && text.contains("Has no end"), "{text}");
    browser.close().await;
}
