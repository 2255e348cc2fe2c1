//! What people can end or change on their account page.

use super::chromium::Chromium;
use crate::actors::{Browser, RelyingParty, TestServer};

#[tokio::test]
async fn a_new_password_ends_the_session_elsewhere() {
    let server = TestServer::start().await;
    let mut elsewhere = Browser::new(&server);
    elsewhere.log_in("/login", "alice", "wonderland").await;
    let browser = Chromium::start().await;
    browser.excuse("/account/password - Failed to load resource: the server responded with a status of 400");
    browser.open(&server.url("/account")).await;
    browser.sign_in("alice", "wonderland").await;
    for (current, problem) in [("wrong", true), ("wonderland", false)] {
        browser.fill_in("Current password", current).await;
        browser.fill_in("New password", "through-the-looking-glass").await;
        browser.fill_in("New password, once more", "through-the-looking-glass").await;
        browser.press("Change password").await;
        if problem {
            browser.sees("The current password is not right.").await;
            assert_eq!(browser.focus().await, "Current password");
            assert_eq!(elsewhere.open("/account").await.url.path(), "/account");
        }
    }
    browser.sees("Your password is changed.").await;
    assert_eq!(elsewhere.open("/account").await.url.path(), "/login");
    assert_eq!(elsewhere.log_in("/login", "alice", "through-the-looking-glass").await.url.path(), "/account");
    browser.close().await;
}

#[tokio::test]
async fn the_session_of_another_browser_can_be_ended() {
    let server = TestServer::start().await;
    let mut elsewhere = Browser::new(&server);
    elsewhere.log_in("/login", "alice", "wonderland").await;
    let browser = Chromium::start().await;
    browser.open(&server.url("/account")).await;
    browser.sign_in("alice", "wonderland").await;
    browser.sees("Chrome on Linux this one").await;
    browser.press("End the session: Firefox on Linux, 127.0.0.1").await;
    browser.sees("The session has ended.").await;
    assert!(!browser.text().await.contains("Firefox"), "{}", browser.text().await);
    assert_eq!(elsewhere.open("/account").await.url.path(), "/login");

    browser.press("End the session: Chrome on Linux, 127.0.0.1").await;
    browser.sees("One key, many doors").await;
    browser.close().await;
}

#[tokio::test]
async fn what_was_allowed_can_be_taken_back() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    let url = RelyingParty::demo_web(&server).authorization_url("openid", "");
    browser.open(&url).await;
    browser.sign_in("alice", "wonderland").await;
    browser.press("Allow").await;
    browser.arrives_at("http://localhost:3000/callback?code=").await;
    browser.open(&server.url("/account")).await;
    browser.press("Remove Demo web application").await;
    browser.sees("The application has to ask you again.").await;
    browser.open(&url).await;
    browser.sees("Allow Demo web application?").await;
    browser.close().await;
}
