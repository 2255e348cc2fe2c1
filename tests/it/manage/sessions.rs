//! `/api/v1/sessions`.

use super::{Manager, assert_problem};
use crate::actors::{Browser, TestServer};

#[tokio::test]
async fn a_session_is_seen_and_ended() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    assert!(alice.get("/sessions").await.json()["items"].as_array().unwrap().is_empty());
    let mut browser = Browser::new(&server);
    browser.log_in(&server.url("/account"), "bob", "builder").await;
    let listed = alice.get("/sessions").await;
    let session = listed.json()["items"][0].clone();
    let bob = alice.get("/users?q=bob").await.json()["items"][0]["sub"].clone();
    assert_eq!(session["sub"], bob);
    assert_eq!(alice.get(&format!("/sessions?sub={}", bob.as_str().unwrap())).await.json()["items"][0], session);
    assert!(alice.get("/sessions?sub=nobody").await.json()["items"].as_array().unwrap().is_empty());

    let path = format!("/sessions/{}", session["sid"].as_str().unwrap());
    assert_eq!(alice.get(&path).await.json(), session);
    assert_eq!(alice.delete(&path).await.status, 204);
    assert_problem(&alice.get(&path).await, 404);
    assert_problem(&alice.delete(&path).await, 404);
    assert!(alice.get("/sessions").await.json()["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_session_that_is_over_is_not_listed() {
    let server = TestServer::start().await;
    Browser::new(&server).log_in(&server.url("/account"), "bob", "builder").await;
    server.clock.advance(std::time::Duration::from_hours(9));
    let alice = Manager::alice(&server).await;
    assert!(alice.get("/sessions").await.json()["items"].as_array().unwrap().is_empty());
}
