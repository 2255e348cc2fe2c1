//! The browser application for people who have their account elsewhere: they sign in there, and it gets tokens of ours.

use super::example::Example;
use super::spa::{PAGE, Stage};
use crate::actors::Octo;
use crate::binary::program::Site;

/// With a server that takes people from `octo`, which it calls `github`.
async fn stage_with(octo: &Octo) -> Stage {
    let site = Site::new();
    let server = site.dev_with_keys().await;
    let file = format!(
        "[[provider]]\nname = \"github\"\nkind = \"github\"\nissuer = \"{}\"\nclient_id = \"broker\"\nclient_secret = \"broker-secret\"\n\
         create_accounts = true\nallowed_private_hosts = [\"127.0.0.1\"]\n",
        octo.url
    );
    std::fs::write(site.path("github.toml"), file).unwrap();
    assert!(site.succeed(&["apply", "github.toml", "--data", "data"]).contains("1 added"));
    let spa = Example::spa_with_provider(&site.issuer, "github").await;
    let stage = Stage::with(site, server, spa).await;
    stage.browser.excuse("[vite]");
    stage
}

#[tokio::test]
async fn the_backend_asks_for_the_login_url_and_redeems_the_code_of_who_signed_in_at_github() {
    let octo = Octo::start().await;
    let stage = stage_with(&octo).await;
    let browser = &stage.browser;
    browser.press("Sign in through the backend").await;
    browser.sees("Authorize broker").await;
    browser.press("Authorize").await;
    browser.sees("Signed in as monalisa octocat").await;
    browser.press("Allow").await;
    browser.sees("You are signed in as monalisa octocat.").await;
    assert_eq!(browser.url().await.as_str(), PAGE);
    browser.press("Who am I?").await;
    browser.sees("\"client_id\": \"demo-web\"").await;
    browser.sees(&format!("\"iss\": \"{}\"", stage.site.issuer)).await;
    browser.sees("\"idp\": \"github\"").await;
    browser.press("Show the items").await;
    browser.sees("lantern").await;
    browser.press("Sign out").await;
    stage.assert_signed_out().await;
    stage.browser.close().await;
}

#[tokio::test]
async fn the_page_itself_is_the_client_of_who_signed_in_at_github() {
    let octo = Octo::start().await;
    let stage = stage_with(&octo).await;
    let browser = &stage.browser;
    browser.excuse("/login/callback/github?error=access_denied");
    browser.press("Sign in here with github").await;
    browser.sees("Authorize broker").await;
    browser.press("Cancel").await;
    browser.sees("GitHub says that you turned back.").await;
    browser.press("Continue with GitHub").await;
    browser.press("Authorize").await;
    browser.sees("Signed in as monalisa octocat").await;
    browser.press("Allow").await;
    browser.sees("You are signed in as monalisa octocat.").await;
    browser.press("Who am I?").await;
    browser.sees("\"client_id\": \"demo-spa\"").await;
    browser.sees("\"idp\": \"github\"").await;
    let first = browser.find("#token").await.text().await.unwrap();
    browser.press("Renew it now").await;
    browser.until_gone(&first).await;
    browser.press("Sign out").await;
    stage.assert_signed_out().await;
    stage.browser.close().await;
}
