//! `/api/v1/refusals`.

use super::{Manager, assert_problem};
use crate::actors::TestServer;
use serde_json::json;

#[tokio::test]
async fn an_operator_learns_why_a_request_was_refused() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let asked = server.get("/authorize?client_id=demo-web&response_type=code&redirect_uri=http://localhost:3000/calback").await;
    assert_eq!(asked.status, 400);
    assert!(!asked.body.contains("localhost:3000"), "{}", asked.body);

    let found = alice.get(&format!("/refusals/{}", asked.trace_id())).await;
    assert_eq!(found.status, 200, "{}", found.body);
    let why = found.json();
    assert_eq!((&why["trace_id"], &why["path"], &why["client"]), (&json!(asked.trace_id()), &json!("/authorize"), &json!("demo-web")));
    assert_eq!((&why["status"], &why["code"]), (&json!(400), &json!("invalid_request")));
    let fact = why["facts"].as_array().unwrap().iter().find(|fact| fact["what"] == "redirect_uri").unwrap();
    assert_eq!((&fact["expected"], &fact["came"]), (&json!("http://localhost:3000/callback"), &json!("http://localhost:3000/calback")));
    assert_eq!(fact["differs_at"], "http://localhost:3000/cal".len());
}

#[tokio::test]
async fn what_was_not_refused_is_not_found() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let fine = alice.get("/clients").await;
    for trace_id in [fine.trace_id(), "0af7651916cd43dd8448eb211c80319c", "nonsense", "%00"] {
        assert_problem(&alice.get(&format!("/refusals/{trace_id}")).await, 404);
    }
}

#[tokio::test]
async fn refusals_of_the_management_api_are_explained_too_without_what_the_caller_sent() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let machine = Manager::by_token(&server, server.machine_token("clients:read").await);
    let lacking = machine.get("/users").await;
    let why = alice.get(&format!("/refusals/{}", lacking.trace_id())).await.json();
    assert_eq!((&why["code"], &why["facts"][0]["expected"]), (&json!("insufficient_scope"), &json!("users:read")));

    for password in [json!(20_261_121), json!({"hash": "hunter2-of-the-story"}), json!(["hunter2-of-the-story"]), json!("hunter")] {
        let wrong = alice.post("/users", &json!({"username": "eve", "password": password})).await;
        assert_eq!(wrong.status, 422, "{}", wrong.body);
        let why = alice.get(&format!("/refusals/{}", wrong.trace_id())).await;
        assert_eq!(why.status, 200, "{}", why.body);
        assert!(why.body.contains("password") && !why.body.contains("hunter") && !why.body.contains("20261121"), "{}", why.body);
    }
}
