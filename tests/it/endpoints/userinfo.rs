//! `GET` and `POST /userinfo`, `GET /me`: how a token is presented, and whom it opens them to (RFC 6750, OpenID Connect Core §5.3).

use std::time::Duration;

use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde_json::json;

use crate::actors::{Answer, TestServer, claims};

const BOTH: [&str; 2] = ["/userinfo", "/me"];

async fn alices_token(server: &TestServer, scope: &str) -> String {
    server.alices_tokens(scope).await["access_token"].as_str().unwrap().to_owned()
}

async fn with_header(server: &TestServer, path: &str, authorization: &str) -> Answer {
    Answer::of(server.request(Method::GET, path).header(AUTHORIZATION, authorization).send().await.unwrap()).await
}

/// A refusal of a token: the specification's error in the body and in the challenge, and no word about the person.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: &str) {
    answer.assert_error(status, code);
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.starts_with(&format!("Bearer error=\"{code}\"")), "{challenge}");
    assert!(!answer.body.contains("alice"));
}

/// Conformance: 28
#[tokio::test]
async fn the_scopes_say_what_is_released() {
    let server = TestServer::start().await;
    let token = alices_token(&server, "openid").await;
    let sub = claims(&token)["sub"].clone();
    let answer = server.userinfo(&token).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.json(), json!({"sub": sub}));

    let token = alices_token(&server, "openid email phone").await;
    let expected = json!({
        "sub": sub, "email": "alice@example.com", "email_verified": true,
        "phone_number": "+44 20 7946 0000", "phone_number_verified": true,
    });
    assert_eq!(server.userinfo(&token).await.json(), expected);

    let token = alices_token(&server, "openid profile address").await;
    let person = server.userinfo(&token).await.json();
    assert_eq!(person.as_object().unwrap().len(), 14 + 2, "the fourteen of profile, address and sub: {person}");
    assert_eq!(person["address"]["locality"], "Oxford");
    assert!(person["updated_at"].is_i64());
}

#[tokio::test]
async fn me_adds_what_a_frontend_needs() {
    let server = TestServer::start().await;
    let token = alices_token(&server, "openid items:read").await;
    let expected = json!({
        "sub": claims(&token)["sub"], "username": "alice", "roles": ["admin"], "groups": [], "scope": "items:read openid", "client_id": "demo-password",
    });
    let answer = with_header(&server, "/me", &format!("Bearer {token}")).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, Some("no-store")));
    assert_eq!(answer.json(), expected);
    let post = Answer::of(server.request(Method::POST, "/me").bearer_auth(&token).send().await.unwrap()).await;
    post.assert_error(405, "method_not_allowed");
    assert_eq!(post.header("allow"), Some("GET, HEAD"));
}

/// Conformance: 53
#[tokio::test]
async fn the_token_stands_in_the_header_or_in_the_form() {
    let server = TestServer::start().await;
    let token = alices_token(&server, "openid").await;
    for path in BOTH {
        for scheme in ["Bearer", "bearer", "BEARER", "bEaReR "] {
            assert_eq!(with_header(&server, path, &format!("{scheme} {token}")).await.status, 200, "{path} {scheme}");
        }
        let head = server.request(Method::HEAD, path).bearer_auth(&token).send().await.unwrap();
        assert_eq!((head.status().as_u16(), head.text().await.unwrap().as_str()), (200, ""));
    }
    let expected = server.userinfo(&token).await.json();
    let in_form = server.post("/userinfo", None, &[("access_token", &token)]).await;
    assert_eq!((in_form.status.as_u16(), in_form.json()), (200, expected.clone()));
    let posted = server.request(Method::POST, "/userinfo").bearer_auth(&token).send().await.unwrap();
    assert_eq!(Answer::of(posted).await.json(), expected);
}

#[tokio::test]
async fn a_token_in_two_places_or_in_pieces_is_a_bad_request() {
    let server = TestServer::start().await;
    let token = alices_token(&server, "openid").await;
    let both = server.request(Method::POST, "/userinfo").bearer_auth(&token).form(&[("access_token", &token)]).send().await.unwrap();
    assert_refused(&Answer::of(both).await, 400, "invalid_request");
    let twice = server.post("/userinfo", None, &[("access_token", &token), ("access_token", &token)]).await;
    assert_refused(&twice, 400, "invalid_request");
    for path in BOTH {
        for malformed in ["Bearer", "Bearer ", &format!("Bearer {token} x"), &format!("Bearer x, Bearer {token}")] {
            assert_refused(&with_header(&server, path, malformed).await, 400, "invalid_request");
        }
        let two = server.request(Method::GET, path).header(AUTHORIZATION, "Bearer x").header(AUTHORIZATION, format!("Bearer {token}"));
        assert_refused(&Answer::of(two.send().await.unwrap()).await, 400, "invalid_request");
    }
    let json = server
        .request(Method::POST, "/userinfo")
        .header("content-type", "application/json")
        .body(format!("{{\"access_token\":\"{token}\"}}"));
    Answer::of(json.send().await.unwrap()).await.assert_error(400, "invalid_request");
}

/// Conformance: 53
#[tokio::test]
async fn a_token_in_the_query_is_not_read() {
    let server = TestServer::start().await;
    let token = alices_token(&server, "openid").await;
    for path in BOTH {
        assert_refused(&server.get(&format!("{path}?access_token={token}")).await, 401, "invalid_token");
        assert_eq!(server.get(&format!("{path}?x=1&access%5Ftoken={token}")).await.status, 401);
    }
    assert_refused(&server.post(&format!("/userinfo?access_token={token}"), None, &[]).await, 401, "invalid_token");
}

/// Conformance: 54
#[tokio::test]
async fn without_a_token_the_challenge_has_no_error() {
    let server = TestServer::start().await;
    for path in BOTH {
        for authorization in [None, Some("Basic ZGVtby13ZWI6eA=="), Some("DPoP x"), Some("Bearerx"), Some("")] {
            let request = server.request(Method::GET, path);
            let request = authorization.into_iter().fold(request, |request, value| request.header(AUTHORIZATION, value));
            let answer = Answer::of(request.send().await.unwrap()).await;
            assert_eq!(
                (answer.status.as_u16(), answer.header("www-authenticate")),
                (401, Some("Bearer realm=\"claviger\"")),
                "{path} {authorization:?}"
            );
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
    }
}

#[tokio::test]
async fn a_live_token_without_openid_lacks_the_scope() {
    let server = TestServer::start().await;
    for token in [server.machine_token("items:read").await, alices_token(&server, "items:read email").await] {
        for path in BOTH {
            let answer = with_header(&server, path, &format!("Bearer {token}")).await;
            assert_refused(&answer, 403, "insufficient_scope");
            assert!(answer.header("www-authenticate").unwrap().ends_with("scope=\"openid\""));
        }
    }
}

/// Conformance: 54
#[tokio::test]
async fn what_is_dead_is_dead_everywhere() {
    let server = TestServer::start().await;
    let token = alices_token(&server, "openid items:read").await;
    let revoked = alices_token(&server, "openid items:read").await;
    server.post("/revoke", None, &[("token", &revoked), ("client_id", "demo-password")]).await;
    for path in BOTH {
        assert_refused(&with_header(&server, path, &format!("Bearer {revoked}")).await, 401, "invalid_token");
    }
    server.clock.advance(Duration::from_mins(10));
    for path in BOTH {
        assert_refused(&with_header(&server, path, &format!("Bearer {token}")).await, 401, "invalid_token");
    }
}
