//! The web application among the examples: pages from a server, which has Claviger as its login.

use super::chromium::Chromium;
use super::example::Example;
use super::gallery::Gallery;
use crate::binary::program::Site;

/// Where it is for the browser, and what it is registered as.
const ADDRESS: &str = "localhost:3000";
const HOME: &str = "http://localhost:3000/";
const PRIVATE: &str = "http://localhost:3000/private";

#[tokio::test]
async fn a_private_page_leads_to_the_login_and_back_and_signing_out_ends_both_sessions() {
    let gallery = Gallery::new();
    let site = Site::new();
    let _server = site.dev_with_keys().await;
    let example = Example::webapp(&site.issuer);
    let browser = Chromium::start_with(&[(ADDRESS, example.port)]).await;
    browser.open(HOME).await;
    browser.sees("You are not signed in.").await;
    gallery.look(&browser, "webapp-home").await;

    browser.press("private page").await;
    browser.sees("to continue to Demo web application").await;
    browser.sign_in("alice", "wonderland").await;
    browser.press("Allow").await;
    browser.sees("Only people who are signed in see this.").await;
    assert_eq!(browser.url().await.as_str(), PRIVATE);
    browser.sees("alice@example.com").await;
    gallery.look(&browser, "webapp-private").await;
    browser.press("Home").await;
    browser.sees("You are signed in as Alice Liddell.").await;
    gallery.look(&browser, "webapp-signed-in").await;
    // Neither the session nor what remembers the sign-in is for scripts.
    // The server shares the host here: what it lets scripts read opens nothing (`check_session_iframe`).
    let readable = browser.script("return document.cookie").await.as_str().unwrap().to_owned();
    assert!(!readable.contains("; ") && readable.starts_with("claviger-state="), "{readable}");

    browser.press("Sign out").await;
    browser.sees("You are not signed in.").await;
    assert_eq!(browser.url().await.as_str(), HOME);
    browser.back().await;
    browser.sees("You are not signed in.").await;
    browser.open(&site.url("/account")).await;
    browser.sees("Sign in").await;
    browser.open(PRIVATE).await;
    browser.sees("Sign in\nto continue to Demo web application").await;
    browser.close().await;
}

#[tokio::test]
async fn a_session_is_new_at_each_sign_in_and_dead_after_the_sign_out() {
    let site = Site::new();
    let _server = site.dev_with_keys().await;
    let example = Example::webapp(&site.issuer);
    let browser = Chromium::start_with(&[(ADDRESS, example.port)]).await;
    let planted = serde_json::json!({ "name": "webapp-session", "value": "known-to-somebody-else", "url": HOME });
    browser.devtools("Network.setCookie", planted).await;
    browser.open(PRIVATE).await;
    browser.sign_in("alice", "wonderland").await;
    browser.press("Allow").await;
    browser.sees("Only people who are signed in see this.").await;
    let first = session(&browser).await;
    assert_ne!(first, "known-to-somebody-else");

    // Signed in already, and once more.
    browser.open(&format!("{HOME}login")).await;
    browser.sees("You are signed in as Alice Liddell.").await;
    let second = session(&browser).await;
    assert_ne!(first, second);
    browser.press("Sign out").await;
    browser.sees("You are not signed in.").await;
    for old in [first, second] {
        browser.devtools("Network.setCookie", serde_json::json!({ "name": "webapp-session", "value": old, "url": HOME })).await;
        browser.open(HOME).await;
        browser.sees("You are not signed in.").await;
    }
    browser.close().await;
}

#[tokio::test]
async fn what_is_not_allowed_or_not_asked_for_signs_nobody_in() {
    let gallery = Gallery::new();
    let site = Site::new();
    let _server = site.dev_with_keys().await;
    let example = Example::webapp(&site.issuer);
    let browser = Chromium::start_with(&[(ADDRESS, example.port)]).await;
    browser.excuse("/callback?");
    browser.open(PRIVATE).await;
    browser.sign_in("bob", "builder").await;
    browser.press("Don’t allow").await;
    browser.sees("You did not allow it, so you are not signed in.").await;
    gallery.look(&browser, "webapp-problem").await;
    browser.open(&format!("{HOME}callback?code=of-somebody-else&state=guess")).await;
    browser.sees("This sign-in can't be finished.").await;
    browser.press("Home").await;
    browser.sees("You are not signed in.").await;
    browser.close().await;
}

/// The number that the browser keeps.
async fn session(browser: &Chromium) -> String {
    let cookies = browser.devtools("Network.getCookies", serde_json::json!({ "urls": [HOME] })).await;
    let session = cookies["cookies"].as_array().unwrap().iter().find(|cookie| cookie["name"] == "webapp-session").unwrap().clone();
    assert_eq!((&session["httpOnly"], &session["sameSite"]), (&true.into(), &"Lax".into()), "{session}");
    session["value"].as_str().unwrap().to_owned()
}
