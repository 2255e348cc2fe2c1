//! What is wrong with a request to the management API beside its fields: in the same shape, and never a failure of ours.

use reqwest::Method;
use serde_json::json;

use super::{Manager, assert_problem};
use crate::actors::{Answer, TestServer};

#[tokio::test]
async fn an_unknown_address_or_method_is_a_problem_like_any_other() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    for path in ["/nothing", "/clients/a/b/c/d", "/", "/clients/"] {
        assert_problem(&alice.get(path).await, 404);
    }
    for (method, path, allowed) in [
        (Method::PUT, "/clients/demo-web", "GET, HEAD, PATCH, DELETE"),
        (Method::DELETE, "/clients", "GET, HEAD, POST"),
        (Method::GET, "/keys/rotate", "POST"),
        (Method::POST, "/sessions/x", "GET, HEAD, DELETE"),
    ] {
        let answer = alice.ask(method.clone(), path, None, None).await;
        assert_problem(&answer, 405);
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let send = async |media_type: &str, body: Vec<u8>| {
        let request = server.request(Method::POST, "/api/v1/clients").bearer_auth(&alice.token).header("content-type", media_type);
        Answer::of(request.body(body).send().await.unwrap()).await
    };
    for body in ["", "{", "null", "[]", "\"text\"", "{\"a\":1}x", "\u{0}"] {
        assert_problem(&send("application/json", body.into()).await, 400);
    }
    assert_problem(&send("application/json", vec![0xff, 0xfe]).await, 400);
    assert_problem(&send("application/json", b"[".repeat(20_000)).await, 400);
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/merge-patch+json", ""] {
        assert_problem(&send(media_type, b"{}".to_vec()).await, 415);
    }
    assert_problem(&send("application/json", vec![b' '; 70_000]).await, 413);
    assert_problem(&send("application/json; charset=utf-8", b"{}".to_vec()).await, 422);
}

#[tokio::test]
async fn a_change_is_a_merge_patch_by_either_name() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    for (media_type, status) in [("application/merge-patch+json", 200), ("application/json", 200), ("application/json-patch+json", 415)] {
        let request = server.request(Method::PATCH, "/api/v1/clients/demo-web").bearer_auth(&alice.token).header("if-match", "*");
        let body = json!({ "client_name": media_type }).to_string();
        let answer = Answer::of(request.header("content-type", media_type).body(body).send().await.unwrap()).await;
        assert_eq!(answer.status, status, "{media_type}: {}", answer.body);
        assert_eq!(alice.get("/clients/demo-web").await.json()["client_name"] == media_type, status == 200);
    }
}

#[tokio::test]
async fn a_token_stands_in_the_header_and_only_there() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let in_query = server.get(&format!("/api/v1/clients?access_token={}", alice.token)).await;
    assert_problem(&in_query, 401);
    let twice = server.request(Method::GET, "/api/v1/clients").bearer_auth(&alice.token).header("authorization", "Basic eDp5");
    assert_problem(&Answer::of(twice.send().await.unwrap()).await, 400);
}

#[tokio::test]
async fn a_list_is_no_place_for_a_patch_of_another_kind() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let answer = alice.ask(Method::PATCH, "/clients/demo-spa", Some("*"), Some(&json!([{"op": "remove", "path": "/pkce"}]))).await;
    assert_problem(&answer, 400);
}
