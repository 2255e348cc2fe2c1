//! Clients that registered themselves, as whoever manages the server sees them.

use serde_json::json;

use super::Manager;
use crate::actors::registrant::{Registrant, open, plain};
use crate::actors::{Browser, START, TestServer};

#[tokio::test]
async fn they_are_told_apart_listed_and_deleted() {
    let server = TestServer::start_registering(open()).await;
    let alice = Manager::alice(&server).await;
    let client = Registrant::new(&server, &plain()).await;
    let themselves = alice.get("/clients?registered_by=self").await.json();
    assert_eq!((themselves["items"].as_array().unwrap().len(), &themselves["items"][0]["client_id"]), (1, &json!(client.id)));
    let others = alice.get("/clients?registered_by=operator&limit=200").await.json();
    assert!(
        others["items"].as_array().unwrap().iter().all(|other| other["registered_by"] == "operator" && other["client_id"] != client.id)
    );
    assert_eq!(alice.get("/clients?registered_by=nobody").await.status, 422);

    let path = format!("/clients/{}", client.id);
    let seen = alice.get(&path).await;
    assert_eq!((&seen.json()["registered_by"], &seen.json()["unused_until"]), (&json!("self"), &json!(START.seconds() + 24 * 3600)));
    assert!(!seen.body.contains("clv_reg_") && !seen.body.contains("registration"), "{}", seen.body);
    client.relying_party().sign_in(&mut Browser::new(&server), "openid").await;
    assert_eq!(alice.get(&path).await.json().get("unused_until"), None);

    assert_eq!(alice.patch(&path, &json!({"client_name": "Checked", "pkce": "optional"})).await.status, 200);
    assert_eq!(alice.get(&path).await.json()["registered_by"], "self");
    assert_eq!(alice.delete(&path).await.status, 204);
    client.get().await.assert_error(401, "invalid_token");
}

#[tokio::test]
async fn a_file_neither_has_them_nor_prunes_them() {
    let server = TestServer::start_registering(open()).await;
    let client = Registrant::new(&server, &plain()).await;
    let file = server.server.export().await.unwrap();
    assert!(file.contains("demo-web") && !file.contains(&client.id), "{file}");
}
