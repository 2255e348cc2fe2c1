//! `/api/v1/api-keys`.

use reqwest::Method;
use serde_json::json;

use super::{Manager, assert_problem};
use crate::actors::{START, TestServer};

#[tokio::test]
async fn a_key_is_made_shown_once_used_and_revoked() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let new = json!({"name": "nightly", "user": "bob", "scope": "items:read", "expires_at": START.seconds() + 3600});
    let made = alice.post("/api-keys", &new).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let key = made.json()["api_key"].as_str().unwrap().to_owned();
    let path = format!("/api-keys/{}", made.json()["id"].as_str().unwrap());
    assert_eq!(made.header("location"), Some(server.url(&format!("/api/v1{path}")).as_str()));
    assert!(server.is_active(&key).await);
    let seen = alice.get(&path).await;
    assert_eq!((&seen.json()["name"], &seen.json()["last_used_from"]), (&json!("nightly"), &json!("127.0.0.1")));
    assert_eq!(seen.json()["last_used_at"], START.seconds());
    for answer in [&seen, &alice.get("/api-keys").await, &alice.get("/api-keys?user=bob&q=NIGHT").await] {
        assert!(answer.body.contains("nightly") && !answer.body.contains("clv_key_") && !answer.body.contains("hash"), "{}", answer.body);
    }
    assert_eq!(alice.get("/api-keys?client=demo-m2m").await.json()["items"], json!([]));
    assert_eq!(alice.delete(&path).await.status, 204);
    assert!(!server.is_active(&key).await);
    assert_problem(&alice.get(&path).await, 404);
    assert_problem(&alice.delete(&path).await, 404);
}

#[tokio::test]
async fn what_is_wrong_with_a_key_is_told_field_by_field() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    for (body, field) in [
        (json!({"name": "x", "scope": "items:read"}), "user"),
        (json!({"name": "x", "user": "bob", "client": "demo-m2m", "scope": "items:read"}), "user"),
        (json!({"name": "x", "user": "nobody", "scope": "items:read"}), "user"),
        (json!({"name": "x", "client": "nobody", "scope": "items:read"}), "client"),
        (json!({"name": " ", "user": "bob", "scope": "items:read"}), "name"),
        (json!({"name": "x", "user": "bob", "scope": ""}), "scope"),
        (json!({"name": "x", "user": "bob", "scope": "clients:read"}), "scope"),
        (json!({"name": "x", "user": "bob", "scope": "openid"}), "scope"),
        (json!({"name": "x", "client": "demo-m2m", "scope": "users:write"}), "scope"),
        (json!({"name": "x", "user": "bob", "scope": "items:read", "expires_at": START.seconds()}), "expires_at"),
        (json!({"name": "x", "user": "bob", "scope": "items:read", "api_key": "mine"}), "api_key"),
    ] {
        assert_eq!(assert_problem(&alice.post("/api-keys", &body).await, 422), [field], "{body}");
    }
}

#[tokio::test]
async fn nobody_makes_a_key_of_somebody_who_may_do_more() {
    let server = TestServer::start().await;
    server.allow("demo-m2m", "api-keys:read api-keys:write").await;
    let machine = Manager::by_token(&server, server.machine_token("api-keys:read api-keys:write").await);
    let of = |user: &str| json!({"name": "x", "user": user, "scope": "items:read"});
    assert_problem(&machine.post("/api-keys", &of("alice")).await, 403);
    assert_eq!(machine.post("/api-keys", &of("bob")).await.status, 201);
    let alice = Manager::alice(&server).await;
    let hers = alice.post("/api-keys", &of("alice")).await.json()["id"].as_str().unwrap().to_owned();
    assert_problem(&machine.ask(Method::DELETE, &format!("/api-keys/{hers}"), None, None).await, 403);
}
