//! Signing in with name and password.

use fantoccini::key::Key;

use super::chromium::Chromium;
use crate::actors::{RelyingParty, TestServer};

#[tokio::test]
async fn alice_signs_in_and_arrives_at_the_client_with_a_code() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    let web = RelyingParty::demo_web(&server);
    browser.open(&web.authorization_url("openid profile items:read", "")).await;
    browser.sees("Sign in\nto continue to Demo web application").await;
    assert_eq!((browser.title().await.as_str(), browser.focus().await.as_str()), ("Sign in – Claviger", Some("Username")));
    browser.sign_in("alice", "wonderland").await;
    browser.sees("Allow Demo web application?").await;
    browser.sees("Signed in as Alice Liddell").await;
    browser.press("Allow").await;

    let arrived = browser.arrives_at("http://localhost:3000/callback?").await;
    browser.sees("state = state-1").await;
    browser.sees(&format!("iss = {}", server.issuer)).await;
    let (_, code) = arrived.query_pairs().find(|(name, _)| name == "code").unwrap();
    assert_eq!(web.redeem(&code).await.text("scope"), "items:read openid profile");
    browser.close().await;
}

#[tokio::test]
async fn a_wrong_password_is_said_and_only_the_password_is_typed_again() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    browser.excuse("/login - Failed to load resource: the server responded with a status of 400");
    browser.open(&RelyingParty::demo_web(&server).authorization_url("openid", "")).await;
    browser.sign_in("alice", "looking-glass").await;
    browser.sees("The username or password is not right.").await;
    assert_eq!(browser.title().await, "Error: Sign in – Claviger");
    assert_eq!((browser.field("Username").await.as_str(), browser.field("Password").await.as_str()), ("alice", ""));
    assert_eq!(browser.focus().await, "Password");
    assert_eq!(browser.url().await.as_str(), server.url("/login"), "no code, and nobody was sent anywhere");

    browser.fill_in("Password", &format!("wonderland{}", Key::Enter)).await;
    browser.sees("Allow Demo web application?").await;
    browser.close().await;
}

#[tokio::test]
async fn who_turns_away_is_back_at_the_client_without_a_code() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    browser.open(&RelyingParty::demo_web(&server).authorization_url("openid", "")).await;
    browser.press("Cancel").await;
    browser.arrives_at("http://localhost:3000/callback?error=access_denied").await;
    browser.close().await;
}

#[tokio::test]
async fn who_goes_back_after_the_sign_in_can_go_through_it_again() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    browser.open(&server.url("/")).await;
    browser.open(&RelyingParty::demo_web(&server).authorization_url("openid", "")).await;
    browser.sign_in("alice", "wonderland").await;
    browser.press("Allow").await;
    let first = browser.arrives_at("http://localhost:3000/callback?code=").await;

    browser.back().await;
    browser.sees("Allow Demo web application?").await;
    browser.press("Allow").await;
    let second = browser.arrives_at("http://localhost:3000/callback?code=").await;
    assert_ne!(first, second, "a code of its own");

    browser.back().await;
    browser.back().await;
    browser.sign_in("bob", "builder").await;
    browser.sees("Signed in as Bob Builder").await;
    browser.close().await;
}

#[tokio::test]
async fn everything_works_without_scripts() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    let web = RelyingParty::demo_web(&server);
    browser.devtools("Emulation.setScriptExecutionDisabled", serde_json::json!({ "value": true })).await;
    browser.open(&web.authorization_url("openid", "response_mode=form_post")).await;
    browser.sign_in("alice", "wonderland").await;
    browser.press("Allow").await;
    browser.sees("Returning to the application").await;
    browser.press("Continue").await;
    browser.arrives_at("http://localhost:3000/callback").await;
    browser.sees("state = state-1").await;
    browser.close().await;
}
