//! Who may manage: a live token for our own API with the scope, and a person behind it who has the role.

use reqwest::Method;
use serde_json::Value;

use super::{EVERYTHING, Manager, assert_problem};
use crate::actors::{Answer, TestServer, claims};

/// Every operation of the management API, from the document, with the scope that it says it needs.
fn operations() -> Vec<(Method, String, String)> {
    let document = claviger::http::document().unwrap();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let Some(below) = path.strip_prefix("/api/v1") else { continue };
        for (method, operation) in methods.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let scope = operation["security"][0]["oauth2"][0].as_str().unwrap_or_else(|| panic!("{method} {path} needs no scope"));
            let named = below.replace(['{', '}'], "");
            operations.push((method, named, scope.to_owned()));
        }
    }
    assert!(operations.len() >= 20, "{operations:?}");
    operations
}

#[tokio::test]
async fn nothing_is_answered_without_a_token() {
    let server = TestServer::start().await;
    for (method, path, _) in operations() {
        let answer = Answer::of(server.request(method.clone(), &format!("/api/v1{path}")).send().await.unwrap()).await;
        assert_problem(&answer, 401);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"claviger\""), "{method} {path}");
        for presented in ["Bearer nonsense", "Bearer a.b.c", "Basic YWxpY2U6d29uZGVybGFuZA=="] {
            let request = server.request(method.clone(), &format!("/api/v1{path}")).header("authorization", presented);
            assert_problem(&Answer::of(request.send().await.unwrap()).await, 401);
        }
    }
}

#[tokio::test]
async fn every_operation_needs_its_own_scope() {
    let server = TestServer::start().await;
    for (method, path, scope) in operations() {
        let others: Vec<&str> = EVERYTHING.split(' ').filter(|word| *word != scope).collect();
        let manager = Manager::with(&server, "alice", "wonderland", &others.join(" ")).await;
        let answer = manager.ask(method.clone(), &path, Some("*"), Some(&Value::Null)).await;
        assert_problem(&answer, 403);
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.contains("error=\"insufficient_scope\"") && challenge.contains(&format!("scope=\"{scope}\"")), "{challenge}");
    }
}

#[tokio::test]
async fn a_person_without_the_role_gets_none_of_the_scopes() {
    let server = TestServer::start().await;
    let bob = Manager::with(&server, "bob", "builder", "openid clients:read clients:write").await;
    assert_eq!(claims(&bob.token)["scope"], "openid");
    assert_problem(&bob.get("/clients").await, 403);
}

#[tokio::test]
async fn a_role_that_was_lost_opens_nothing_from_that_moment_on() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    assert_eq!(alice.get("/clients").await.status, 200);
    let username = claviger::identity::user::Username::parse("alice").unwrap();
    server.server.set_roles(&username, &[]).await.unwrap().unwrap();
    assert_problem(&alice.get("/clients").await, 403);
    server.server.set_roles(&username, &["admin".to_owned()]).await.unwrap().unwrap();
    assert_eq!(alice.get("/clients").await.status, 200);
    server.server.enable_user(&username, false).await.unwrap().unwrap();
    assert_problem(&alice.get("/clients").await, 401);
}

#[tokio::test]
async fn a_machine_manages_as_far_as_its_scopes_go() {
    let server = TestServer::start().await;
    let machine = Manager::by_token(&server, server.machine_token("clients:read").await);
    assert_eq!(machine.get("/clients").await.status, 200);
    assert_problem(&machine.get("/users").await, 403);
    assert_problem(&machine.post("/clients", &Value::Null).await, 403);
    let items = Manager::by_token(&server, server.machine_token("items:read").await);
    assert_problem(&items.get("/clients").await, 403);
}

#[tokio::test]
async fn an_expired_or_revoked_token_manages_nothing() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let form = [("token", alice.token.as_str()), ("client_id", "claviger-docs")];
    assert_eq!(server.post("/revoke", None, &form).await.status, 200);
    assert_problem(&alice.get("/clients").await, 401);
    let alice = Manager::alice(&server).await;
    server.clock.advance(std::time::Duration::from_secs(601));
    assert_problem(&alice.get("/clients").await, 401);
}
