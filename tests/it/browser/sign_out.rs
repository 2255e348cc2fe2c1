//! Signing out: on one's own, and at a client's wish.

use url::form_urlencoded;

use super::chromium::Chromium;
use crate::actors::{RelyingParty, TestServer, Tokens};

const RETURN: &str = "http://localhost:5173/";

/// Alice, signed in at `demo-spa`.
async fn signed_in(browser: &Chromium, spa: &RelyingParty<'_>) -> Tokens {
    browser.open(&spa.authorization_url("openid", "")).await;
    browser.sign_in("alice", "wonderland").await;
    browser.press("Allow").await;
    let arrived = browser.arrives_at("http://localhost:5173/callback?code=").await;
    spa.redeem(&arrived.query_pairs().find(|(name, _)| name == "code").unwrap().1).await
}

fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[tokio::test]
async fn from_our_own_pages_one_is_asked_and_may_stay() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    browser.open(&server.url("/")).await;
    browser.press("Sign in").await;
    browser.sign_in("alice", "wonderland").await;
    browser.sees("Where you are signed in").await;
    browser.press("Sign out").await;
    browser.sees("Sign out?\nYou are signed in as Alice Liddell.").await;
    browser.press("Stay signed in").await;
    browser.sees("Welcome\nYou are signed in as Alice Liddell.").await;

    browser.press("Sign out").await;
    browser.sees("Sign out?").await;
    browser.press("Sign out").await;
    browser.sees("You are signed out.").await;
    // What was seen before is not kept: where the browser said who was signed in, it asks again.
    browser.back().await;
    browser.sees("You are signed out.").await;
    browser.back().await;
    browser.sees("One key, many doors").await;
    browser.open(&server.url("/account")).await;
    browser.sees("Sign in").await;
    browser.close().await;
}

#[tokio::test]
async fn a_client_that_proves_whom_it_means_gets_them_back_signed_out() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    let spa = RelyingParty::demo_spa(&server);
    let tokens = signed_in(&browser, &spa).await;
    // From a form of its own: the browser keeps our cookie back from a POST of another site, and sends it with the GET that follows.
    let form = [("action", &*server.url("/logout")), ("id_token_hint", tokens.text("id_token")), ("post_logout_redirect_uri", RETURN)];
    browser.open(&format!("http://localhost:5173/form?{}", query(&[&form[..], &[("state", "s")]].concat()))).await;
    browser.press("Send").await;
    browser.arrives_at("http://localhost:5173/?state=s").await;
    browser.open(&server.url("/account")).await;
    browser.sees("Sign in").await;
    browser.close().await;
}

#[tokio::test]
async fn a_client_without_a_proof_has_to_be_confirmed() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    signed_in(&browser, &RelyingParty::demo_spa(&server)).await;
    let url = server.url(&format!("/logout?{}", query(&[("client_id", "demo-spa"), ("post_logout_redirect_uri", RETURN)])));
    browser.open(&url).await;
    browser.sees("Demo browser application asks to sign you out.").await;
    browser.press("Stay signed in").await;
    browser.sees("You are signed in as Alice Liddell.").await;

    browser.open(&url).await;
    browser.press("Sign out").await;
    browser.arrives_at(RETURN).await;
    browser.open(&server.url("/account")).await;
    browser.sees("Sign in").await;
    browser.close().await;
}
