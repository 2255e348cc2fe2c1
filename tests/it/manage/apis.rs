//! `/api/v1/apis`.

use serde_json::json;

use super::{Manager, assert_problem};
use crate::actors::{TestServer, claims};

#[tokio::test]
async fn an_api_is_added_used_changed_and_deleted() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let new = json!({"identifier": "https://orders.example.com/v1", "name": "Orders", "scopes": [{"name": "orders:read", "description": "see orders"}]});
    let made = alice.post("/apis", &new).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let path = "/apis/https%3A%2F%2Forders.example.com%2Fv1";
    assert_eq!(made.header("location"), Some(server.url(&format!("/api/v1{path}")).as_str()));
    let found = alice.get(path).await;
    assert_eq!((found.status.as_u16(), &found.json()["name"]), (200, &json!("Orders")));

    server.allow("demo-m2m", "orders:read").await;
    assert_eq!(claims(&server.machine_token("orders:read").await)["aud"], "https://orders.example.com/v1");

    let scopes = json!({"scopes": [{"name": "orders:write", "description": "change orders"}], "introspectors": ["demo-api"]});
    let changed = alice.patch(path, &scopes).await;
    assert_eq!(changed.json()["introspectors"], json!(["demo-api"]));
    let form = [("grant_type", "client_credentials"), ("scope", "orders:read")];
    server.token(Some("demo-m2m:demo-m2m-secret"), &form).await.assert_error(400, "invalid_scope");
    assert_eq!(alice.delete(path).await.status, 204);
    assert_problem(&alice.get(path).await, 404);
}

#[tokio::test]
async fn apis_and_keys_are_looked_for() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    for name in ["Beta", "alpha", "Gamma"] {
        let new =
            json!({"identifier": format!("https://{}.example/{name}", name.to_lowercase()), "name": name, "scopes": [{"name": name}]});
        assert_eq!(alice.post("/apis", &new).await.status, 201);
    }
    let found = async |query: &str| {
        let items = alice.get(query).await.json()["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["name"].as_str().or(item["state"].as_str()).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("/apis?q=ALPHA").await, ["alpha"]);
    assert_eq!(found("/apis?q=.example%2Fg").await, ["Gamma"]);
    assert!(found("/apis?q=delta").await.is_empty());
    assert_eq!(found("/keys?state=next").await, ["next"]);
    assert_eq!(assert_problem(&alice.get("/keys?state=lost").await, 422), ["state"]);
}

#[tokio::test]
async fn what_is_wrong_with_an_api_is_told_field_by_field() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let api = |identifier: &str, scope: &str| json!({"identifier": identifier, "name": "New", "scopes": [{"name": scope}]});
    for (body, field) in [
        (api("no uri", "new"), "identifier"),
        (api("https://new.example#x", "new"), "identifier"),
        (api(&server.issuer, "new"), "identifier"),
        (api(&server.url("/api"), "new"), "identifier"),
        (api("https://new.example", "a b"), "scopes[0].name"),
        (api("https://new.example", "items:read"), "scopes[0].name"),
        (api("https://new.example", "openid"), "scopes[0].name"),
        (api("https://new.example", "clients:read"), "scopes[0].name"),
        (json!({"identifier": "https://new.example", "name": "New", "scopes": []}), "scopes"),
        (
            json!({"identifier": "https://new.example", "name": "New", "scopes": [{"name": "n"}], "introspectors": ["none"]}),
            "introspectors",
        ),
        (json!({"identifier": "https://new.example", "scopes": [{"name": "n"}]}), "name"),
    ] {
        let fields = assert_problem(&alice.post("/apis", &body).await, 422);
        assert!(fields.iter().any(|named| named == field || named.is_empty()), "{field}: {fields:?}");
    }
    assert_problem(&alice.post("/apis", &api("http://localhost:8000/", "new")).await, 409);
    let moved = alice.patch("/apis/http%3A%2F%2Flocalhost%3A8000", &json!({"identifier": "https://evil.example"})).await;
    assert_eq!(assert_problem(&moved, 422), ["identifier"]);
    for nothing in ["/apis/x", "/apis/%00", "/apis/http%3A%2F%2Fnowhere.example"] {
        assert_problem(&alice.get(nothing).await, 404);
    }
}

#[tokio::test]
async fn our_own_api_is_not_for_managing() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let listed = alice.get("/apis").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["identifier"], "http://localhost:8000");
    let own: String = server.url("/api").replace(':', "%3A").replace('/', "%2F");
    assert_problem(&alice.delete(&format!("/apis/{own}")).await, 404);
}
