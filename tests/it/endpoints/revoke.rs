//! `POST /revoke` (RFC 7009): what dies with a token, and whose tokens are left alone.

use reqwest::Method;

use crate::actors::{Answer, Browser, RelyingParty, TestServer, Tokens};

const WEB: Option<&str> = Some("demo-web:demo-web-secret");

async fn alices_tokens_at(web: &RelyingParty<'_>, server: &TestServer) -> Tokens {
    let back = Browser::new(server).log_in_and_consent(&web.authorization_url("openid items:read", "")).await;
    web.redeem(&back.code()).await
}

/// The only answer to a caller who authenticated, whatever came of it.
#[track_caller]
fn assert_done(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "{}"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn with_a_refresh_token_goes_everything_that_came_of_its_grant() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let first = alices_tokens_at(&web, &server).await;
    let second = web.refresh(first.refresh()).await;
    let other_sign_in = alices_tokens_at(&web, &server).await;
    assert_done(&server.post("/revoke", WEB, &[("token", second.refresh()), ("token_type_hint", "access_token")]).await);
    for dead in [&first, &second] {
        assert!(!server.is_active(dead.access()).await);
        assert_eq!(server.userinfo(dead.access()).await.status, 401);
        web.try_refresh(dead.refresh(), &[]).await.assert_error(400, "invalid_grant");
    }
    assert!(server.is_active(other_sign_in.access()).await);
    web.refresh(other_sign_in.refresh()).await;
    assert_done(&server.post("/revoke", WEB, &[("token", second.refresh())]).await);
}

#[tokio::test]
async fn a_refresh_token_that_was_used_up_still_takes_its_family_along() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let first = alices_tokens_at(&web, &server).await;
    let second = web.refresh(first.refresh()).await;
    assert_done(&server.post("/revoke", WEB, &[("token", first.refresh())]).await);
    assert!(!server.is_active(second.access()).await);
    web.try_refresh(second.refresh(), &[]).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn an_access_token_dies_alone() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let tokens = alices_tokens_at(&web, &server).await;
    for _ in 0..2 {
        assert_done(&server.post("/revoke", WEB, &[("token", tokens.access()), ("token_type_hint", "refresh_token")]).await);
        assert!(!server.is_active(tokens.access()).await);
        assert_eq!(server.userinfo(tokens.access()).await.status, 401);
    }
    let next = web.refresh(tokens.refresh()).await;
    assert!(server.is_active(next.access()).await);
}

#[tokio::test]
async fn a_machines_token_dies_although_nothing_was_remembered_of_it() {
    let server = TestServer::start().await;
    let (token, other) = (server.machine_token("items:read").await, server.machine_token("items:read").await);
    assert_done(&server.post("/revoke", Some("demo-m2m:demo-m2m-secret"), &[("token", &token)]).await);
    assert!(!server.is_active(&token).await);
    assert!(server.is_active(&other).await);
}

#[tokio::test]
async fn a_public_client_revokes_by_its_name() {
    let server = TestServer::start().await;
    let tokens = server.alices_tokens("openid items:read").await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_done(&server.post("/revoke", None, &[("token", refresh), ("client_id", "demo-password")]).await);
    assert!(!server.is_active(tokens["access_token"].as_str().unwrap()).await);
}

#[tokio::test]
async fn anothers_token_and_an_unknown_one_are_answered_alike_and_left_alone() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let tokens = alices_tokens_at(&web, &server).await;
    let mistyped = tokens.refresh().replacen("clv_rt_", "clv_rt_x", 1);
    for token in [tokens.access(), tokens.refresh(), tokens.text("id_token"), &mistyped, "x", "a.b.c", "\0"] {
        for (client, id) in [(Some("demo-m2m:demo-m2m-secret"), "demo-m2m"), (None, "demo-spa")] {
            assert_done(&server.post("/revoke", client, &[("token", token), ("client_id", id)]).await);
        }
    }
    assert_done(&server.post("/revoke", WEB, &[("token", tokens.text("id_token"))]).await);
    assert!(server.is_active(tokens.access()).await);
    web.refresh(tokens.refresh()).await;
}

#[tokio::test]
async fn who_does_not_authenticate_revokes_nothing() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let tokens = alices_tokens_at(&web, &server).await;
    for client in [None, Some("demo-web:wrong"), Some("demo-web"), Some("nobody:x")] {
        server.post("/revoke", client, &[("token", tokens.refresh())]).await.assert_error(401, "invalid_client");
    }
    let named = [("token", tokens.refresh()), ("client_id", "demo-web")];
    server.post("/revoke", None, &named).await.assert_error(401, "invalid_client");
    assert!(server.is_active(tokens.access()).await);
}

#[tokio::test]
async fn the_token_comes_once_in_the_form() {
    let server = TestServer::start().await;
    server.post("/revoke", WEB, &[]).await.assert_error(400, "invalid_request");
    server.post("/revoke", WEB, &[("token", "x"), ("token", "y")]).await.assert_error(400, "invalid_request");
    server.post("/revoke?token=x", WEB, &[]).await.assert_error(400, "invalid_request");
    let answer = Answer::of(server.request(Method::GET, "/revoke?token=x").send().await.unwrap()).await;
    answer.assert_error(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), Some("POST"));
}
