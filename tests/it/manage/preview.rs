//! `/api/v1/preview`: what a request would give is what it gives.

use serde_json::{Value, json};

use super::{Manager, assert_problem};
use crate::actors::{Browser, RelyingParty, TestServer, claims};

/// The same without what differs from token to token.
fn lasting(mut claims: Value) -> Value {
    for passing in ["jti", "sid", "at_hash"] {
        claims.as_object_mut().unwrap().remove(passing);
    }
    claims
}

#[tokio::test]
async fn a_preview_is_what_the_request_gives() {
    let server = TestServer::start().await;
    server.allow("demo-web", "roles groups clients:read").await;
    let alice = Manager::alice(&server).await;
    assert_eq!(alice.post("/attributes", &json!({"name": "badge", "type": "integer"})).await.status, 201);
    assert_eq!(alice.post("/groups", &json!({"name": "writers", "roles": ["writer"]})).await.status, 201);
    let me = format!("/users/{}", alice.get("/users?q=alice").await.json()["items"][0]["sub"].as_str().unwrap());
    assert_eq!(alice.patch(&me, &json!({"attributes": {"badge": 7}, "groups": ["writers"]})).await.status, 200);
    let everywhere = ["access_token", "id_token", "userinfo"];
    let rules = json!([{"claim": "badge", "from": "attribute", "into": everywhere}, {"claim": "email", "from": "claim"}]);
    assert_eq!(alice.patch("/clients/demo-web", &json!({"claims": rules})).await.status, 200);

    let scope = "openid profile roles items:read clients:read";
    let query = format!("/preview?client=demo-web&user=alice&scope={}", scope.replace(' ', "%20"));
    let preview = alice.get(&query).await;
    assert_eq!(preview.status, 200, "{}", preview.body);
    let preview = preview.json();
    let tokens = RelyingParty::demo_web(&server).sign_in(&mut Browser::new(&server), scope).await;
    assert_eq!(lasting(preview["access_token"].clone()), lasting(tokens.access_claims()));
    assert_eq!(lasting(preview["id_token"].clone()), lasting(tokens.id_claims()));
    assert_eq!(preview["userinfo"], server.userinfo(tokens.access()).await.json());
    assert_eq!(preview["dropped"], json!([]));

    // Every claim that is there is explained, once.
    for target in everywhere {
        let mut told: Vec<&str> = preview["claims"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|told| told["in"] == target && told["present"] == true)
            .map(|told| told["claim"].as_str().unwrap())
            .collect();
        told.sort_unstable();
        let mut there: Vec<&str> = preview[target].as_object().unwrap().keys().map(String::as_str).collect();
        there.sort_unstable();
        assert_eq!(told, there, "{target}");
    }
}

#[tokio::test]
async fn a_preview_says_why() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let rules = json!([
        {"claim": "level", "from": "constant", "value": 1},
        {"claim": "level", "from": "constant", "value": 2, "when": {"role": "writer"}},
        {"claim": "team", "from": "groups"},
    ]);
    assert_eq!(alice.patch("/apis/http%3A%2F%2Flocalhost%3A8000", &json!({"claims": rules})).await.status, 200);
    let preview = alice.get("/preview?client=demo-web&user=bob&scope=openid%20items:read%20clients:read%20offline_access").await.json();
    let because = |claim: &str, present: bool| {
        let mut told = preview["claims"].as_array().unwrap().iter();
        told.find(|told| told["claim"] == claim && told["present"] == present && told["in"] == "access_token").unwrap()["because"].clone()
    };
    assert_eq!(because("level", true), "a rule of the API http://localhost:8000: constant");
    assert_eq!(because("level", false), "a rule of the API http://localhost:8000 (constant) gives nothing: the role writer is missing");
    assert_eq!(because("team", false), "a rule of the API http://localhost:8000 (groups) gives nothing: there are no groups");
    let dropped: Vec<(&str, &str)> = preview["dropped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| (fact["came"].as_str().unwrap(), fact["note"].as_str().unwrap()))
        .collect();
    assert_eq!(dropped, [("clients:read", "dropped: the client may not ask for it")]);

    let machine = alice.get("/preview?client=demo-m2m").await.json();
    assert_eq!(lasting(machine["access_token"].clone()), lasting(claims(&server.machine_token("items:read").await)));
    assert_eq!((machine.get("id_token"), machine.get("userinfo")), (None, None));
}

#[tokio::test]
async fn a_preview_of_nothing_is_refused() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    assert_eq!(assert_problem(&alice.get("/preview").await, 422), ["client"]);
    assert_eq!(assert_problem(&alice.get("/preview?client=demo-web&user=bob&scope=nonsense").await, 422), ["scope"]);
    assert_eq!(assert_problem(&alice.get("/preview?client=demo-web&user=bob&scope=%22").await, 422), ["scope"]);
    for (nobody, field) in [
        ("client=nobody", "client"),
        ("client=%00", "client"),
        ("client=demo-web&user=nobody", "user"),
        ("client=demo-web&user=%00", "user"),
    ] {
        assert_eq!(assert_problem(&alice.get(&format!("/preview?{nobody}")).await, 422), [field], "{nobody}");
    }
}
