//! The question whether a client may act for somebody.

use super::chromium::Chromium;
use crate::actors::{RelyingParty, TestServer};

#[tokio::test]
async fn it_says_what_for_and_who_denies_it_goes_back_without_a_code() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    let url = RelyingParty::demo_web(&server).authorization_url("openid items:read offline_access", "");
    browser.open(&url).await;
    browser.sign_in("alice", "wonderland").await;
    browser.sees("see your items items:read").await;
    browser.sees("You then return to localhost:3000, a program on this device.").await;
    browser.press("Don’t allow").await;
    browser.arrives_at("http://localhost:3000/callback?error=access_denied").await;
    browser.sees("state = state-1").await;

    browser.open(&url).await;
    browser.sees("Allow Demo web application?").await;
    browser.close().await;
}

#[tokio::test]
async fn somebody_else_can_take_over_before_answering() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    browser.open(&RelyingParty::demo_web(&server).authorization_url("openid", "")).await;
    browser.sign_in("alice", "wonderland").await;
    browser.sees("Signed in as Alice Liddell").await;
    browser.press("Use another account").await;
    browser.sign_in("bob", "builder").await;
    browser.sees("Signed in as Bob Builder").await;
    browser.press("Allow").await;
    browser.arrives_at("http://localhost:3000/callback?code=").await;
    browser.close().await;
}
