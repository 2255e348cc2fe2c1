//! `/api/v1/initial-access-tokens`.

use claviger::protocol::registration::{Access, Policy};
use serde_json::json;

use super::{Manager, assert_problem};
use crate::actors::registrant::{open, plain, register};
use crate::actors::{START, TestServer};

#[tokio::test]
async fn a_token_is_made_shown_once_used_and_revoked() {
    let server = TestServer::start_registering(Policy { access: Access::InitialAccessToken, ..open() }).await;
    let alice = Manager::alice(&server).await;
    let made = alice.post("/initial-access-tokens", &json!({"name": "partners", "uses": 3})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let (token, id) = (made.json()["initial_access_token"].as_str().unwrap().to_owned(), made.json()["id"].as_str().unwrap().to_owned());
    let path = format!("/initial-access-tokens/{id}");
    assert_eq!(made.header("location"), Some(server.url(&format!("/api/v1{path}")).as_str()));
    assert_eq!(register(&server, &plain(), Some(&token)).await.status, 201);
    let seen = alice.get(&path).await;
    let week = START.seconds() + 7 * 24 * 3600;
    let expected = json!({"id": id, "name": "partners", "uses_left": 2, "created_at": START.seconds(), "expires_at": week});
    assert_eq!(seen.json(), expected);
    let list = alice.get("/initial-access-tokens").await;
    assert_eq!(list.json()["items"], json!([expected]));
    assert!(!list.body.contains("clv_iat_") && !list.body.contains("hash"), "{}", list.body);
    assert_eq!(alice.delete(&path).await.status, 204);
    register(&server, &plain(), Some(&token)).await.assert_error(401, "invalid_token");
    assert_problem(&alice.get(&path).await, 404);
    assert_problem(&alice.delete(&path).await, 404);
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_told_field_by_field() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    for (body, field) in [
        (json!({"name": " "}), "name"),
        (json!({"name": "x", "uses": 0}), "uses"),
        (json!({"name": "x", "uses": 10_001}), "uses"),
        (json!({"name": "x", "expires_at": START.seconds()}), "expires_at"),
        (json!({"name": "x", "scope": "openid"}), "scope"),
    ] {
        assert_eq!(assert_problem(&alice.post("/initial-access-tokens", &body).await, 422), [field], "{body}");
    }
}

#[tokio::test]
async fn it_takes_the_right_to_register_clients() {
    let server = TestServer::start().await;
    let reader = Manager::with(&server, "alice", "wonderland", "openid clients:read").await;
    assert_eq!(reader.get("/initial-access-tokens").await.status, 200);
    assert_problem(&reader.post("/initial-access-tokens", &json!({"name": "x"})).await, 403);
}
