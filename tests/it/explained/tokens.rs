//! Access tokens, at the endpoints that take them.

use std::time::Duration;

use claviger::protocol::explanation::Recorded;
use reqwest::Method;

use crate::actors::{Answer, Browser, RelyingParty, TestServer};
use crate::explained::assert_fact;

/// Why a token does not open `/userinfo`.
async fn why_not(server: &TestServer, token: &str, status: u16) -> Recorded {
    let answer = server.userinfo(token).await;
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    server.why(answer.trace_id()).await
}

#[tokio::test]
async fn a_token_is_expired_or_revoked_or_lacks_the_scope() {
    let server = TestServer::start().await;
    let tokens = server.alices_tokens("openid items:read").await;
    let token = tokens["access_token"].as_str().unwrap();
    let lacking = why_not(&server, &server.machine_token("items:read").await, 403).await;
    assert_eq!((lacking.code.as_deref(), lacking.client.as_deref()), (Some("insufficient_scope"), Some("demo-m2m")));
    assert_fact(&lacking, "scope", "openid", "items:read", "");

    server.clock.advance(Duration::from_secs(612));
    let expired = why_not(&server, token, 401).await;
    assert_fact(&expired, "exp", "2026-11-21T12:10:00Z", "2026-11-21T12:10:12Z, 12 s too late", "clock");
    assert_eq!(expired.client.as_deref(), Some("demo-password"));

    let tokens = server.alices_tokens("openid").await;
    let (token, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    server.post("/revoke", None, &[("client_id", "demo-password"), ("token", refresh)]).await;
    assert_fact(&why_not(&server, token, 401).await, "access token", "alive", "", "its grant was revoked");
}

#[tokio::test]
async fn a_token_is_of_another_kind_or_of_another_key() {
    let server = TestServer::start().await;
    let elsewhere = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let tokens = RelyingParty::demo_web(&server).sign_in(&mut browser, "openid").await;
    assert_fact(&why_not(&server, tokens.text("id_token"), 401).await, "typ", "at+jwt", "JWT", "");
    let foreign = elsewhere.alices_tokens("openid").await["access_token"].as_str().unwrap().to_owned();
    let same_keys = why_not(&server, &foreign, 401).await;
    assert_fact(&same_keys, "iss", &server.issuer, &elsewhere.issuer, "character");
    let forged = format!("{}.e30.c2ln", base64_of(r#"{"typ":"at+jwt","alg":"RS256","kid":"made-up"}"#));
    assert_fact(&why_not(&server, &forged, 401).await, "kid", "", "made-up", "none of this server");
    assert_fact(&why_not(&server, "nonsense", 401).await, "token", "a JSON Web Token", "8 bytes of something else", "");
    let query = server.get("/userinfo?access_token=nonsense-in-the-query").await;
    assert_fact(&server.why(query.trace_id()).await, "access token", "in the Authorization header", "in the query", "");
    let nothing = server.get("/userinfo").await;
    assert_fact(&server.why(nothing.trace_id()).await, "access token", "Bearer", "", "");
    let twice = server.request(Method::POST, "/userinfo").bearer_auth("one").form(&[("access_token", "two")]).send().await.unwrap();
    assert_fact(&server.why(Answer::of(twice).await.trace_id()).await, "access token", "in one place", "one in the body", "");
}

fn base64_of(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test]
async fn an_inactive_token_is_explained_to_the_operator_and_not_to_who_introspects() {
    let server = TestServer::start().await;
    let token = server.machine_token("items:read").await;
    let ask = async |client: &str, token: &str| {
        let answer = server.post("/introspect", Some(client), &[("token", token)]).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, r#"{"active":false}"#));
        server.why(answer.trace_id()).await
    };
    server.register("other-api", |_| {}).await;
    let foreign = ask("other-api:other-api-secret", &token).await;
    assert_fact(&foreign, "aud", "that other-api may introspect: none", "http://localhost:8000", "");
    assert_eq!((foreign.status, foreign.code.as_deref(), foreign.client.as_deref()), (200, None, Some("other-api")));
    server.clock.advance(Duration::from_secs(601));
    assert_fact(&ask("demo-api:demo-api-secret", &token).await, "exp", "", "1 s too late", "");
    assert_fact(&ask("demo-api:demo-api-secret", "nonsense").await, "token", "", "8 bytes", "");
}
