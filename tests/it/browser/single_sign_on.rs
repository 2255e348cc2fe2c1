//! Signed in once: the next client, a client that may not ask, and the end of it.

use std::time::Duration;

use super::chromium::Chromium;
use crate::actors::{RelyingParty, TestServer};

#[tokio::test]
async fn the_second_client_needs_no_sign_in() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    browser.open(&RelyingParty::demo_web(&server).authorization_url("openid", "")).await;
    browser.sign_in("alice", "wonderland").await;
    browser.press("Allow").await;
    browser.arrives_at("http://localhost:3000/callback?code=").await;

    let spa = RelyingParty::demo_spa(&server).authorization_url("openid", "");
    browser.open(&spa).await;
    browser.sees("Allow Demo browser application?").await;
    browser.press("Allow").await;
    browser.arrives_at("http://localhost:5173/callback?code=").await;

    browser.open(&spa).await;
    browser.arrives_at("http://localhost:5173/callback?code=").await;
    browser.close().await;
}

#[tokio::test]
async fn a_client_that_may_not_ask_gets_a_code_or_an_error_at_once() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    let web = RelyingParty::demo_web(&server);
    let silently = web.authorization_url("openid", "prompt=none");
    browser.open(&silently).await;
    browser.arrives_at("http://localhost:3000/callback?error=login_required").await;

    browser.open(&web.authorization_url("openid", "")).await;
    browser.sign_in("alice", "wonderland").await;
    browser.press("Allow").await;
    browser.arrives_at("http://localhost:3000/callback?code=").await;
    browser.open(&server.url("/")).await;
    browser.open(&silently).await;
    browser.arrives_at("http://localhost:3000/callback?code=").await;
    browser.close().await;
}

#[tokio::test]
async fn a_session_that_is_over_leads_to_the_login_page() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    let url = RelyingParty::demo_web(&server).authorization_url("openid", "");
    browser.open(&url).await;
    browser.sign_in("alice", "wonderland").await;
    browser.press("Allow").await;
    browser.arrives_at("http://localhost:3000/callback?code=").await;
    browser.open(&server.url("/account")).await;
    browser.sees("Signed in as Alice Liddell").await;

    server.clock.advance(Duration::from_hours(8));
    browser.press("Sign out").await;
    browser.sees("You are signed out.").await;
    browser.open(&server.url("/account")).await;
    browser.sees("Sign in").await;
    browser.open(&url).await;
    browser.sees("Sign in\nto continue to Demo web application").await;
    browser.sign_in("alice", "wonderland").await;
    browser.arrives_at("http://localhost:3000/callback?code=").await;
    browser.close().await;
}
