//! `POST /introspect` (RFC 7662): what the resource server learns, and what nobody else does.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::actors::{Answer, Browser, RelyingParty, START, TestServer, claims};

const API: Option<&str> = Some("demo-api:demo-api-secret");

/// What an inactive token looks like: exactly this, whatever the reason.
#[track_caller]
fn assert_inactive(answer: &Answer) {
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, r#"{"active":false}"#);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn the_whole_answer_about_a_machine() {
    let server = TestServer::start().await;
    let token = server.machine_token("items:read clients:read").await;
    let answer = server.post("/introspect", API, &[("token", &token), ("token_type_hint", "refresh_token")]).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("application/json")));
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), (Some("no-store"), Some("no-cache")));
    let expected = json!({
        "active": true, "scope": "items:read", "client_id": "demo-m2m", "token_type": "Bearer", "iss": server.issuer,
        "sub": "client:demo-m2m", "aud": "http://localhost:8000", "jti": claims(&token)["jti"],
        "iat": START.seconds(), "exp": START.seconds() + 600,
    });
    assert_eq!(answer.json(), expected, "and nothing about clients:read, which is another API's");
}

#[tokio::test]
async fn the_whole_answer_about_a_person() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let back = Browser::new(&server).log_in_and_consent(&web.authorization_url("openid profile items:read items:write", "")).await;
    let tokens = web.redeem(&back.code()).await;
    let access = tokens.access_claims();
    let expected = json!({
        "active": true, "scope": "items:read items:write", "client_id": "demo-web", "username": "alice", "token_type": "Bearer", "roles": ["admin"],
        "iss": server.issuer, "sub": access["sub"], "aud": "http://localhost:8000", "jti": access["jti"], "iat": START.seconds(), "exp": START.seconds() + 600,
        "acr": "1", "amr": ["pwd"],
    });
    assert_eq!(server.introspect(tokens.access()).await, expected);
    let reserved = web.sign_in(&mut Browser::new(&server), "openid email items:read").await;
    assert_eq!(server.introspect(reserved.access()).await.get("username"), None, "who did not release their profile has no name here");
}

#[tokio::test]
async fn everything_else_is_inactive_and_nothing_more_is_said() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let tokens = web.redeem(&browser.log_in_and_consent(&web.authorization_url("openid items:read", "")).await.code()).await;
    let unredeemed = browser.open(&web.authorization_url("openid items:read", "")).await.code();
    let identity_only = server.alices_tokens("openid email").await["access_token"].as_str().unwrap().to_owned();
    let (signed, signature) = tokens.access().rsplit_once('.').unwrap();
    let tampered = format!("{signed}.{}", signature.chars().rev().collect::<String>());
    let long = "x".repeat(60_000);
    let others = [tokens.refresh(), tokens.text("id_token"), &unredeemed, &identity_only, &tampered, &long, "x", "a.b.c", "\0", "null"];
    for token in others {
        assert_inactive(&server.post("/introspect", API, &[("token", token), ("token_type_hint", "access_token")]).await);
    }
    assert!(server.is_active(tokens.access()).await);
    server.clock.advance(Duration::from_secs(599));
    assert!(server.is_active(tokens.access()).await);
    server.clock.advance(Duration::from_secs(1));
    assert_inactive(&server.post("/introspect", API, &[("token", tokens.access())]).await);
}

#[tokio::test]
async fn a_client_that_has_no_api_learns_nothing_not_even_about_its_own_token() {
    let server = TestServer::start().await;
    let token = server.machine_token("items:read").await;
    for client in ["demo-m2m:demo-m2m-secret", "demo-web:demo-web-secret"] {
        assert_inactive(&server.post("/introspect", Some(client), &[("token", &token)]).await);
    }
}

#[tokio::test]
async fn who_does_not_authenticate_learns_nothing() {
    let server = TestServer::start().await;
    let token = server.machine_token("items:read").await;
    for client in [None, Some("demo-api:wrong"), Some("demo-api"), Some("nobody:x"), Some("demo-spa"), Some("demo-password")] {
        let answer = server.post("/introspect", client, &[("token", &token)]).await;
        answer.assert_error(401, "invalid_client");
        assert!(!answer.body.contains("active"));
        assert_eq!(answer.header("www-authenticate").is_some(), client.is_some());
    }
    server.post("/introspect", None, &[("token", &token), ("client_id", "demo-spa")]).await.assert_error(401, "invalid_client");
    let bearer = server.request(Method::POST, "/introspect").bearer_auth(&token).form(&[("token", &token)]).send().await.unwrap();
    Answer::of(bearer).await.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn the_token_comes_once_in_the_form() {
    let server = TestServer::start().await;
    let token = server.machine_token("items:read").await;
    server.post("/introspect", API, &[]).await.assert_error(400, "invalid_request");
    server.post("/introspect", API, &[("token", "")]).await.assert_error(400, "invalid_request");
    server.post("/introspect", API, &[("token", &token), ("token", &token)]).await.assert_error(400, "invalid_request");
    server.post(&format!("/introspect?token={token}"), API, &[]).await.assert_error(400, "invalid_request");
    let get = server.request(Method::GET, &format!("/introspect?token={token}")).basic_auth("demo-api", Some("demo-api-secret"));
    let answer = Answer::of(get.send().await.unwrap()).await;
    answer.assert_error(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), Some("POST"));
}
