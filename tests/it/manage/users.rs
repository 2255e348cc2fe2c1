//! `/api/v1/users`.

use serde_json::json;

use super::{Manager, assert_problem};
use crate::actors::TestServer;

async fn log_in(server: &TestServer, username: &str, password: &str) -> u16 {
    let form = [("grant_type", "password"), ("client_id", "demo-password"), ("username", username), ("password", password)];
    server.token(None, &form).await.status.as_u16()
}

#[tokio::test]
async fn an_account_is_opened_changed_and_closed() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let new = json!({"username": "Carol", "password": "a long and quiet river", "claims": {"name": "Carol", "email": "carol@example.com"}});
    let made = alice.post("/users", &new).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let carol = made.json();
    assert_eq!((&carol["username"], &carol["has_password"], &carol["enabled"]), (&json!("carol"), &json!(true), &json!(true)));
    assert!(!made.body.contains("river") && !made.body.contains("argon2") && !made.body.contains("\"password\""), "{}", made.body);
    assert_eq!(log_in(&server, "carol", "a long and quiet river").await, 200);

    let path = format!("/users/{}", carol["sub"].as_str().unwrap());
    assert_eq!(made.header("location"), Some(server.url(&format!("/api/v1{path}")).as_str()));
    let changed = alice.patch(&path, &json!({"claims": {"name": "Carol Jones", "email": null}, "roles": ["editor"]})).await;
    assert_eq!(changed.json()["claims"], json!({"name": "Carol Jones"}));
    assert_eq!(changed.json()["roles"], json!(["editor"]));
    assert_eq!(alice.patch(&path, &json!({"password": "another long river"})).await.status, 200);
    assert_eq!(log_in(&server, "carol", "a long and quiet river").await, 400);
    assert_eq!(log_in(&server, "carol", "another long river").await, 200);

    assert_eq!(alice.patch(&path, &json!({"enabled": false})).await.status, 200);
    assert_eq!(log_in(&server, "carol", "another long river").await, 400);
    assert_eq!(alice.delete(&path).await.status, 204);
    assert_problem(&alice.get(&path).await, 404);
}

#[tokio::test]
async fn whoever_is_disabled_or_gets_another_password_loses_their_tokens() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let bob = alice.get("/users?q=bob").await.json()["items"][0]["sub"].as_str().unwrap().to_owned();
    for change in [json!({"password": "another long river"}), json!({"enabled": false})] {
        let password = if change.get("enabled").is_some() { "another long river" } else { "builder" };
        let token = Manager::with(&server, "bob", password, "openid").await.token;
        assert_eq!(server.userinfo(&token).await.status, 200);
        assert_eq!(alice.patch(&format!("/users/{bob}"), &change).await.status, 200);
        assert_eq!(server.userinfo(&token).await.status, 401, "{change}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_account_is_told_field_by_field() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    for (body, field) in [
        (json!({}), "username"),
        (json!({"username": "a b"}), "username"),
        (json!({"username": "dave", "password": "short"}), "password"),
        (json!({"username": "christopher", "password": "christopher"}), "password"),
        (json!({"username": "dave", "password": 12_345_678}), "password"),
        (json!({"username": "dave", "password": null}), "password"),
        (json!({"username": "dave", "roles": ["no role"]}), "roles"),
        (json!({"username": "dave", "roles": "admin"}), "roles"),
        (json!({"username": "dave", "claims": {"sub": "someone else"}}), "claims.sub"),
        (json!({"username": "dave", "claims": {"email_verified": "yes"}}), "claims.email_verified"),
        (json!({"username": "dave", "password_hash": "$argon2id$"}), "password_hash"),
    ] {
        assert_eq!(assert_problem(&alice.post("/users", &body).await, 422), [field], "{body}");
    }
    assert_problem(&alice.post("/users", &json!({"username": "ALICE"})).await, 409);
    let path = format!("/users/{}", alice.get("/users?q=bob").await.json()["items"][0]["sub"].as_str().unwrap());
    assert_eq!(assert_problem(&alice.patch(&path, &json!({"username": "robert"})).await, 422), ["username"]);
    assert_eq!(assert_problem(&alice.patch(&path, &json!({"sub": "x"})).await, 422), ["sub"]);
    for nobody in ["/users/nobody", "/users/%00", "/users/%27%20OR%201=1", "/users/client%3Ademo-m2m"] {
        assert_problem(&alice.get(nobody).await, 404);
    }
}

#[tokio::test]
async fn people_are_found_by_role_and_state() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    for (query, names) in
        [("role=admin", vec!["alice"]), ("enabled=true", vec!["alice", "bob"]), ("enabled=false", vec![]), ("role=%25", vec![])]
    {
        let found = alice.get(&format!("/users?{query}")).await.json();
        let found: Vec<&str> = found["items"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{query}");
    }
}
