//! Signing in with another provider, as a person sees it.

use serde_json::json;

use super::chromium::Chromium;
use crate::actors::{Octo, RelyingParty, TestServer, provider};

async fn octo_and_server() -> (Octo, TestServer) {
    let octo = Octo::start().await;
    let server = TestServer::start_with_providers(vec![provider("github", &octo.url, &json!({}))]).await;
    (octo, server)
}

#[tokio::test]
async fn who_comes_for_the_first_time_gets_an_account_and_arrives_at_the_client() {
    let (_octo, server) = octo_and_server().await;
    let browser = Chromium::start().await;
    let web = RelyingParty::demo_web(&server);
    browser.open(&web.authorization_url("openid profile", "")).await;
    browser.press("Continue with GitHub").await;
    browser.sees("Authorize broker").await;
    browser.press("Authorize").await;
    browser.sees("Signed in as monalisa octocat").await;
    browser.press("Allow").await;
    let arrived = browser.arrives_at("http://localhost:3000/callback?").await;
    let (_, code) = arrived.query_pairs().find(|(name, _)| name == "code").unwrap();
    assert_eq!(web.redeem(&code).await.id_claims()["idp"], json!("work"));

    browser.open(&server.url("/account")).await;
    browser.sees("GitHub: octocat").await;
    browser.sees("It is the only way into your account, so it can't be unlinked.").await;
    browser.sees("This account has no password").await;
    browser.close().await;
}

#[tokio::test]
async fn the_client_can_send_people_straight_there() {
    let (_octo, server) = octo_and_server().await;
    let browser = Chromium::start().await;
    browser.open(&RelyingParty::demo_web(&server).authorization_url("openid", "provider=work")).await;
    browser.sees("Authorize broker").await;
    browser.press("Authorize").await;
    browser.sees("Allow Demo web application?").await;
    browser.close().await;
}

#[tokio::test]
async fn who_cancels_there_can_sign_in_with_the_password() {
    let (_octo, server) = octo_and_server().await;
    let browser = Chromium::start().await;
    browser.excuse("Failed to load resource: the server responded with a status of 400");
    browser.open(&RelyingParty::demo_web(&server).authorization_url("openid", "provider=work")).await;
    browser.press("Cancel").await;
    browser.sees("GitHub says that you turned back.").await;
    assert_eq!(browser.title().await, "Error: Sign in – Claviger");
    browser.sign_in("alice", "wonderland").await;
    browser.sees("Allow Demo web application?").await;
    browser.close().await;
}

#[tokio::test]
async fn an_account_is_linked_used_and_unlinked() {
    let (_octo, server) = octo_and_server().await;
    let browser = Chromium::start().await;
    browser.open(&server.url("/account")).await;
    browser.sign_in("alice", "wonderland").await;
    browser.press("Link GitHub").await;
    browser.press("Authorize").await;
    browser.sees("It is linked: from now on you can sign in that way, too.").await;
    browser.sees("GitHub: octocat").await;

    browser.press("Sign out").await;
    browser.click("#logout-yes").await;
    browser.sees("You are signed out.").await;
    browser.open(&server.url("/login")).await;
    browser.press("Continue with GitHub").await;
    browser.press("Authorize").await;
    browser.sees("Signed in as Alice Liddell").await;

    browser.press("Unlink GitHub: octocat").await;
    browser.sees("It is unlinked").await;
    browser.sees("None yet.").await;
    browser.close().await;
}
