//! `/api/v1/keys`.

use serde_json::json;

use super::{Manager, assert_problem};
use crate::actors::TestServer;

#[tokio::test]
async fn keys_are_rotated_and_taken_out() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let keys = alice.get("/keys").await.json();
    let in_state = |keys: &serde_json::Value, state: &str| -> Vec<String> {
        let keys = keys["items"].as_array().unwrap().iter().filter(|key| key["state"] == state);
        keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    let (active, next) = (in_state(&keys, "active"), in_state(&keys, "next"));
    assert_eq!((active.len(), next.len()), (1, 1));

    assert_problem(&alice.post("/keys/rotate", &json!({})).await, 409);
    let rotated = alice.post("/keys/rotate?now=true", &json!({})).await;
    assert_eq!(rotated.status, 200, "{}", rotated.body);
    let rotated = rotated.json()["rotations"].clone();
    assert_eq!(rotated.as_array().map(Vec::len), Some(1), "{rotated}");
    assert_eq!((&rotated[0]["active"], &rotated[0]["retired"]), (&json!(next[0]), &json!(active[0])));
    let published = server.get("/.well-known/jwks.json").await;
    assert!(published.body.contains(rotated[0]["next"].as_str().unwrap()), "it is published at once");

    // The token was signed by the key that is taken out, and dies with it.
    let path = format!("/keys/{}", active[0]);
    assert_eq!(alice.get(&path).await.json()["state"], "retired");
    assert_eq!(alice.post(&format!("{path}/disable"), &json!({})).await.status, 204);
    assert_problem(&alice.get("/keys").await, 401);
    let alice = Manager::alice(&server).await;
    assert_problem(&alice.get(&path).await, 404);
    assert_problem(&alice.post(&format!("{path}/disable"), &json!({})).await, 404);
    assert_problem(&alice.post("/keys/..%2F..%2Fetc%2Fpasswd/disable", &json!({})).await, 404);
}

#[tokio::test]
async fn no_part_of_a_private_key_is_shown() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let keys = alice.get("/keys").await;
    for key in keys.json()["items"].as_array().unwrap() {
        let members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["alg", "kid", "since", "state"]);
    }
}

#[tokio::test]
async fn the_keys_of_one_algorithm_are_rotated_or_all_of_them() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    assert_problem(&alice.post("/keys/rotate?algorithm=ES256&now=true", &json!({})).await, 404);
    assert_problem(&alice.post("/keys/rotate?algorithm=none&now=true", &json!({})).await, 422);
    let change = json!({"id_token_signed_response_alg": "ES256"});
    assert_eq!(alice.patch("/clients/demo-web", &change).await.status, 200);
    let algorithms = |rotated: &crate::actors::Answer| -> Vec<String> {
        assert_eq!(rotated.status, 200, "{}", rotated.body);
        let rotations = rotated.json()["rotations"].as_array().unwrap().clone();
        rotations.iter().map(|rotation| rotation["alg"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(algorithms(&alice.post("/keys/rotate?algorithm=ES256&now=true", &json!({})).await), ["ES256"]);
    assert_eq!(algorithms(&alice.post("/keys/rotate?now=true", &json!({})).await), ["RS256", "ES256"]);
    server.clock.advance(std::time::Duration::from_secs(200));
    assert_eq!(algorithms(&alice.post("/keys/rotate?algorithm=ES256&now=true", &json!({})).await), ["ES256"]);
    server.clock.advance(std::time::Duration::from_secs(100));
    // Only one of the next keys was published for five minutes.
    assert_eq!(algorithms(&alice.post("/keys/rotate", &json!({})).await), ["RS256"]);
}
