//! Nobody gives to others, or takes over from them, what they may not do themselves.

use claviger::flow::manage::{Expected, Reach};
use claviger::protocol::client::ClientId;
use reqwest::Method;
use serde_json::{Value, json};

use super::{EVERYTHING, Manager, assert_problem};
use crate::actors::{Answer, TestServer};

/// A machine that may do this and no more.
async fn machine<'a>(server: &'a TestServer, scope: &str) -> Manager<'a> {
    server.allow("demo-m2m", scope).await;
    Manager::by_token(server, server.machine_token(scope).await)
}

#[track_caller]
fn assert_beyond(answer: &Answer, scope: &str) {
    assert_problem(answer, 403);
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.contains("error=\"insufficient_scope\"") && challenge.contains(&format!("scope=\"{scope}\"")), "{challenge}");
}

#[tokio::test]
async fn whoever_may_change_clients_gives_them_no_scope_of_ours_that_they_lack() {
    let server = TestServer::start().await;
    let machine = machine(&server, "clients:read clients:write").await;
    let new = |id: &str, scope: &str| json!({"client_id": id, "client_name": "New", "grant_types": ["client_credentials"], "scope": scope});
    assert_eq!(machine.post("/clients", &new("modest", "items:read clients:read")).await.status, 201);
    assert_beyond(&machine.post("/clients", &new("greedy", "items:read users:write")).await, "clients:write users:write");
    assert_problem(&machine.get("/clients/greedy").await, 404);
    for id in ["modest", "demo-m2m"] {
        let path = format!("/clients/{id}");
        assert_beyond(&machine.patch(&path, &json!({"scope": "clients:write keys:write"})).await, "clients:write keys:write");
        assert!(!machine.get(&path).await.body.contains("keys:write"));
        assert_eq!(machine.patch(&path, &json!({"client_name": "Changed"})).await.status, 200);
    }
}

#[tokio::test]
async fn whoever_may_change_clients_takes_over_none_that_may_do_more() {
    let server = TestServer::start().await;
    server.allow("demo-api", "users:write").await;
    let machine = machine(&server, "clients:read clients:write").await;
    let secret = server.server.client(&ClientId::parse("demo-api").unwrap()).await.unwrap().unwrap().secrets[0].id.clone();
    let path = "/clients/demo-api";
    for (method, path, body) in [
        (Method::POST, format!("{path}/secrets"), json!({})),
        (Method::DELETE, format!("{path}/secrets/{secret}"), json!({})),
        (Method::PATCH, path.to_owned(), json!({"scope": "items:read"})),
        (Method::PATCH, path.to_owned(), json!({"redirect_uris": ["https://attacker.example/callback"]})),
        (Method::DELETE, path.to_owned(), json!({})),
    ] {
        assert_beyond(&machine.ask(method, &path, Some("*"), Some(&body)).await, "clients:write users:write");
    }
    assert_eq!(Manager::alice(&server).await.post("/clients/demo-api/secrets", &json!({})).await.status, 201);
}

#[tokio::test]
async fn whoever_may_change_people_makes_nobody_an_admin_and_takes_over_none() {
    let server = TestServer::start().await;
    let machine = machine(&server, "users:read users:write").await;
    let sub = async |name: &str| machine.get(&format!("/users?q={name}")).await.json()["items"][0]["sub"].as_str().unwrap().to_owned();
    let (to_alice, bob) = (format!("/users/{}", sub("alice").await), format!("/users/{}", sub("bob").await));
    assert_eq!(machine.post("/users", &json!({"username": "carol", "password": "a password of carol's"})).await.status, 201);
    assert_eq!(machine.patch(&bob, &json!({"password": "another one of bob's"})).await.status, 200);
    // What it takes is everything, so that whoever asks for what the challenge names gets through.
    let mut everything: Vec<&str> = EVERYTHING.split_whitespace().filter(|word| *word != "openid").collect();
    everything.sort_unstable();
    let everything = everything.join(" ");
    for (method, path, body) in [
        (Method::POST, "/users", json!({"username": "eve", "roles": ["admin"]})),
        (Method::PATCH, &*bob, json!({"roles": ["admin"]})),
        (Method::PATCH, &*to_alice, json!({"password": "eve knows this password"})),
        (Method::PATCH, &*to_alice, json!({"roles": []})),
        (Method::DELETE, &*to_alice, Value::Null),
    ] {
        assert_beyond(&machine.ask(method, path, Some("*"), Some(&body)).await, &everything);
    }
    let alice = Manager::alice(&server).await;
    assert_eq!(alice.patch(&bob, &json!({"roles": ["admin"]})).await.status, 200);
}

#[tokio::test]
async fn nobody_makes_themselves_an_admin_by_a_group_or_a_client() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    assert_eq!(alice.post("/groups", &json!({"name": "chiefs", "roles": ["admin"]})).await.status, 201);
    let machine = machine(&server, "users:read users:write clients:read clients:write").await;
    let bob = format!("/users/{}", machine.get("/users?q=bob").await.json()["items"][0]["sub"].as_str().unwrap());
    assert_eq!(machine.post("/groups", &json!({"name": "writers", "roles": ["writer"]})).await.status, 201);
    for (method, path, body) in [
        (Method::POST, "/groups", json!({"name": "rulers", "roles": ["admin"]})),
        (Method::PATCH, "/groups/writers", json!({"roles": ["admin"]})),
        (Method::PATCH, "/groups/chiefs", json!({"description": "mine"})),
        (Method::DELETE, "/groups/chiefs", Value::Null),
        (Method::PATCH, &*bob, json!({"groups": ["chiefs"]})),
        (Method::POST, "/users", json!({"username": "eve", "groups": ["chiefs"]})),
        (Method::PATCH, "/clients/demo-m2m", json!({"roles": ["admin"]})),
    ] {
        assert_problem(&machine.ask(method, path, Some("*"), Some(&body)).await, 403);
    }
    // Whoever is an admin by a group is taken over no more than another one.
    assert_eq!(alice.patch(&bob, &json!({"groups": ["chiefs"]})).await.status, 200);
    assert_problem(&machine.patch(&bob, &json!({"password": "eve knows this password"})).await, 403);
}

#[tokio::test]
async fn a_scope_that_a_client_may_not_ask_for_any_more_opens_nothing_from_that_moment_on() {
    let server = TestServer::start().await;
    let machine = machine(&server, "clients:read clients:write").await;
    assert_eq!(machine.get("/clients").await.status, 200);
    let id = ClientId::parse("demo-m2m").unwrap();
    let less = json!({"scope": "items:read clients:read", "default_scope": ""});
    server.server.patch_client(Reach::Everything, &id, &Expected::Anything, &less).await.unwrap().unwrap();
    assert_eq!(machine.get("/clients").await.status, 200);
    assert_beyond(&machine.patch("/clients/demo-m2m", &json!({"scope": "clients:write"})).await, "clients:write");
}
