//! How the browser gets back to a client, and when it must not.

use super::chromium::Chromium;
use crate::actors::{RelyingParty, TestServer};

/// Conformance: 19, 20
#[tokio::test]
async fn a_posted_answer_arrives_by_itself() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    let web = RelyingParty::demo_web(&server);
    browser.open(&web.authorization_url("openid", "response_mode=form_post")).await;
    browser.sign_in("alice", "wonderland").await;
    browser.press("Allow").await;
    let arrived = browser.arrives_at("http://localhost:3000/callback").await;
    assert_eq!(arrived.query(), None);
    browser.sees("POST with Origin: null, from: cross-site").await;
    browser.sees("state = state-1").await;
    let text = browser.text().await;
    let code = text.lines().find_map(|line| line.strip_prefix("code = ")).unwrap();
    assert_eq!(web.redeem(code).await.text("scope"), "openid");
    browser.close().await;
}

#[tokio::test]
async fn an_address_that_the_client_did_not_register_is_never_gone_to() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    browser.excuse("Failed to load resource: the server responded with a status of 400");
    let url = RelyingParty::new(&server, "demo-web", "http://localhost:3000/elsewhere").authorization_url("openid", "");
    browser.open(&url).await;
    browser.sees("This did not work").await;
    browser.sees("invalid_request").await;
    assert_eq!(browser.url().await.as_str(), url);
    browser.close().await;
}

#[tokio::test]
async fn a_window_of_its_own_tells_the_one_that_opened_it() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    let url = RelyingParty::demo_spa(&server).authorization_url("openid", "");
    let encoded = url::form_urlencoded::Serializer::new(String::new()).append_pair("url", &url).finish();
    browser.open(&format!("http://localhost:5173/window?{encoded}")).await;
    browser.press("Sign in with Claviger").await;
    browser.enter_pop_up().await;
    browser.sign_in("alice", "wonderland").await;
    browser.press("Allow").await;
    browser.leave_pop_up().await;
    browser.sees("http://localhost:5173 says ?code=").await;
    browser.close().await;
}
