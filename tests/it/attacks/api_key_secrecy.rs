//! Who reads the log, or why requests were refused, learns no API key, wherever a key is presented and whether or not it is good.

use claviger::flow::manage::Reach;
use claviger::flow::manage::api_keys::NewApiKey;
use claviger::protocol::api_key::TOKEN_TYPE;
use claviger::protocol::grant::token_exchange::GRANT_TYPE;
use claviger::protocol::subject::ApiKeyId;
use claviger::protocol::trace_id::TraceId;
use reqwest::Method;

use super::log_secrecy::{assert_secret, listen};
use crate::actors::{Answer, TestServer};

async fn key(server: &TestServer, scope: &str) -> (String, ApiKeyId) {
    let new = NewApiKey { name: "nightly".to_owned(), user: Some("alice".to_owned()), scope: scope.to_owned(), ..NewApiKey::default() };
    let made = server.server.add_api_key(Reach::Everything, &new).await.unwrap().unwrap();
    (made.secret.reveal().to_owned(), made.key.id)
}

/// Presents a key in every place that there is for one, and in some that there are not.
async fn present_everywhere(server: &TestServer, key: &str) -> Vec<Answer> {
    const CLIENTS: &str = "/api/v1/clients";
    let in_query = format!("{CLIENTS}?api_key={key}");
    let mut answers = Vec::new();
    for request in [
        server.request(Method::GET, CLIENTS).header("X-API-Key", key),
        server.request(Method::GET, &in_query),
        server.request(Method::GET, &in_query).header("X-API-Key", key),
        server.request(Method::POST, &in_query).header("content-type", "application/json").body("{}"),
        server.request(Method::GET, &format!("/userinfo?api_key={key}")),
        server.request(Method::GET, CLIENTS).bearer_auth(key),
        server.request(Method::GET, "/me").bearer_auth(key),
        server.request(Method::GET, CLIENTS).header("authorization", format!("ApiKey {key}")),
        server.request(Method::GET, &format!("/api/v1/api-keys?q={key}")).header("X-API-Key", key),
        server.request(Method::GET, CLIENTS).header("X-API-Key", format!("Bearer {key}")),
    ] {
        answers.push(Answer::of(request.send().await.unwrap()).await);
    }
    let exchange = [("grant_type", GRANT_TYPE), ("subject_token", key), ("subject_token_type", TOKEN_TYPE)];
    // As the name of a client, it is nobody's secret unless it looks like one.
    let name = if key.starts_with("clv_key_") { key } else { "somebody" };
    for extra in [None, Some(("scope", "users:write")), Some(("client_id", name)), Some(("actor_token", key)), Some(("subject_token", key))]
    {
        let form: Vec<_> = exchange.into_iter().chain(extra).collect();
        answers.push(server.token(None, &form).await);
    }
    answers.push(server.token(Some("demo-m2m:demo-m2m-secret"), &exchange).await);
    for (path, client) in [
        ("/introspect", Some("demo-api:demo-api-secret")),
        ("/introspect", Some("demo-m2m:demo-m2m-secret")),
        ("/introspect", Some(format!("demo-api:{key}").as_str())),
        ("/introspect", None),
        ("/revoke", Some("demo-m2m:demo-m2m-secret")),
    ] {
        answers.push(server.post(path, client, &[("token", key), ("token_type_hint", "api_key")]).await);
    }
    answers
}

#[tokio::test]
async fn no_key_stands_in_the_log_or_among_the_refusals() {
    let (written, _guard) = listen();
    let server = TestServer::start_taking_keys_in_query().await;
    let (good, _) = key(&server, "clients:read items:read").await;
    let (weak, _) = key(&server, "items:write").await;
    let (revoked, id) = key(&server, "clients:read items:read").await;
    server.server.revoke_api_key(Reach::Everything, &id).await.unwrap().unwrap();
    let mistyped = format!("clv_key_{}", good.trim_start_matches("clv_key_").chars().rev().collect::<String>());
    let short = "clv_key_of-the-story".to_owned();
    let other = "hunter2-of-the-story".to_owned();
    let mut secrets = vec![
        ("a key", good.clone()),
        ("a key that is good for less", weak.clone()),
        ("a revoked key", revoked.clone()),
        ("a mistyped key", mistyped.clone()),
        ("the beginning of a key", short.clone()),
        ("what is no key", other.clone()),
    ];
    let mut refusals = Vec::new();
    for (key, expected) in [(&good, 200), (&weak, 403), (&revoked, 401), (&mistyped, 401), (&short, 401), (&other, 401)] {
        let answers = present_everywhere(&server, key).await;
        assert_eq!([answers[0].status.as_u16(), answers[1].status.as_u16()], [expected, expected], "{key}");
        for answer in &answers {
            assert!(!answer.status.is_server_error(), "{} {}", answer.status, answer.body);
            if let Some(jwt) = answer.json()["access_token"].as_str() {
                secrets.push(("a token that a key was traded for", jwt.to_owned()));
            }
            let trace_id = TraceId::parse(answer.trace_id()).unwrap();
            if let Some(why) = server.server.refusal(&trace_id).await.unwrap() {
                refusals.push(format!("{why:?}\n{why}\n"));
            }
        }
    }
    assert!(secrets.len() > 6, "keys were traded for tokens");
    assert_eq!(server.get(&format!("/api/v1/api-keys/{good}")).await.status, 401);
    server.store.close().await;
    assert_eq!(present_everywhere(&server, &good).await[0].status, 503);

    let (log, refusals) = (written.text(), refusals.concat());
    assert!(log.contains("an API key was made") && log.contains("a request failed"), "it was listened to: {log}");
    assert!(refusals.matches("trace_id: ").count() > 60, "it was refused: {refusals}");
    assert_secret(&log, &secrets);
    assert_secret(&refusals, &secrets);
}
