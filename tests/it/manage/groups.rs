//! `/api/v1/groups` and `/api/v1/attributes`, and what people have of them.

use serde_json::json;

use super::{Manager, assert_problem};
use crate::actors::TestServer;

async fn bob(alice: &Manager<'_>) -> String {
    format!("/users/{}", alice.get("/users?q=bob").await.json()["items"][0]["sub"].as_str().unwrap())
}

#[tokio::test]
async fn a_group_is_made_changed_and_deleted() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let made = alice.post("/groups", &json!({"name": "writers", "description": "They write", "roles": ["writer"]})).await;
    assert_eq!(
        (made.status.as_u16(), made.header("location")),
        (201, Some(server.url("/api/v1/groups/writers").as_str())),
        "{}",
        made.body
    );
    assert_problem(&alice.post("/groups", &json!({"name": "writers"})).await, 409);
    let bob = bob(&alice).await;
    let joined = alice.patch(&bob, &json!({"groups": ["writers"]})).await;
    assert_eq!((&joined.json()["groups"], &joined.json()["roles"]), (&json!(["writers"]), &json!([])), "its roles are not his own");
    let changed = alice.patch("/groups/writers", &json!({"roles": ["author"]})).await;
    assert_eq!(changed.json(), json!({"name": "writers", "description": "They write", "roles": ["author"]}));
    assert_eq!(alice.get("/groups?q=THEY").await.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(alice.delete("/groups/writers").await.status, 204);
    assert_eq!(alice.get(&bob).await.json()["groups"], json!([]));
    for nothing in ["/groups/writers", "/groups/%00", "/attributes/none", "/attributes/%00"] {
        assert_problem(&alice.get(nothing).await, 404);
    }
}

#[tokio::test]
async fn what_is_wrong_with_groups_and_attributes_is_told_field_by_field() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let bob = bob(&alice).await;
    assert_eq!(alice.post("/attributes", &json!({"name": "badge", "type": "integer"})).await.status, 201);
    for (path, body, field) in [
        ("/groups", json!({"name": "a b"}), "name"),
        ("/groups", json!({"name": "x", "roles": ["a b"]}), "roles"),
        ("/groups", json!({"name": "x", "description": "a\nb"}), "description"),
        ("/groups", json!({"roles": []}), ""),
        ("/attributes", json!({"name": "Badge", "type": "string"}), "name"),
        ("/attributes", json!({"name": "x", "type": "date"}), "type"),
        ("/users", json!({"username": "dave", "groups": ["nowhere"]}), "groups"),
        ("/users", json!({"username": "dave", "attributes": {"badge": "7"}}), "attributes.badge"),
        ("/users", json!({"username": "dave", "attributes": {"shoe": 7}}), "attributes.shoe"),
    ] {
        assert_eq!(assert_problem(&alice.post(path, &body).await, 422), [field], "{path} {body}");
    }
    assert_eq!(assert_problem(&alice.patch(&bob, &json!({"groups": ["nowhere"]})).await, 422), ["groups"]);
    assert_eq!(assert_problem(&alice.patch("/attributes/badge", &json!({"type": "string"})).await, 422), ["type"]);
    assert_problem(&alice.post("/attributes", &json!({"name": "badge", "type": "string"})).await, 409);
}

#[tokio::test]
async fn whose_attribute_was_deleted_can_still_be_changed() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let bob = bob(&alice).await;
    assert_eq!(alice.post("/attributes", &json!({"name": "badge", "type": "integer"})).await.status, 201);
    assert_eq!(alice.patch(&bob, &json!({"attributes": {"badge": 7}})).await.status, 200);
    assert_eq!(alice.delete("/attributes/badge").await.status, 204);
    assert_eq!(alice.patch(&bob, &json!({"enabled": false})).await.json()["attributes"], json!({"badge": 7}));
    assert_eq!(assert_problem(&alice.patch(&bob, &json!({"attributes": {"badge": 8}})).await, 422), ["attributes.badge"]);
    assert_eq!(alice.patch(&bob, &json!({"attributes": {"badge": null}})).await.json()["attributes"], json!({}));
}
