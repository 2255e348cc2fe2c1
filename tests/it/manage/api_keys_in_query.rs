//! API keys in the query, which the configuration may allow: `?api_key=…`.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Manager, assert_problem};
use crate::actors::{Answer, TestServer};

const CLIENTS: &str = "/api/v1/clients";

/// Makes a key of alice's, and says what it is called.
async fn key(server: &TestServer, scope: &str) -> (String, String) {
    let new = json!({"name": "sheet", "user": "alice", "scope": scope});
    let made = Manager::alice(server).await.post("/api-keys", &new).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let text = |member: &str| made.json()[member].as_str().unwrap().to_owned();
    (text("api_key"), text("id"))
}

async fn ask(server: &TestServer, query: &str) -> Answer {
    server.get(&format!("{CLIENTS}?{query}")).await
}

#[tokio::test]
async fn a_good_key_is_taken_and_no_other() {
    let server = TestServer::start_taking_keys_in_query().await;
    let (good, id) = key(&server, "clients:read").await;
    let answer = ask(&server, &format!("api_key={good}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.json()["items"].as_array().unwrap().iter().any(|client| client["client_id"] == "demo-web"), "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"), "no cache keeps it by its address");
    assert_eq!(ask(&server, &format!("limit=1&api_key={good}&q=demo")).await.json()["items"].as_array().unwrap().len(), 1);

    let last = good.chars().last().unwrap();
    let mistyped = format!("{}{}", &good[..good.len() - 1], if last == 'x' { 'y' } else { 'x' });
    for wrong in ["", "clv_key_", "hunter2", "%00", mistyped.as_str(), &good.replace("clv_key_", "clv_rt_")] {
        let answer = ask(&server, &format!("api_key={wrong}")).await;
        assert_problem(&answer, 401);
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer "), "{wrong}");
    }
    let (other, _) = key(&server, "items:read").await;
    assert_problem(&ask(&server, &format!("api_key={other}")).await, 403);
    assert_eq!(Manager::alice(&server).await.delete(&format!("/api-keys/{id}")).await.status, 204);
    assert_problem(&ask(&server, &format!("api_key={good}")).await, 401);
}

#[tokio::test]
async fn it_stands_alone_and_says_who_asks_of_our_own_api_only() {
    let server = TestServer::start_taking_keys_in_query().await;
    let (key, _) = key(&server, "clients:read items:read").await;
    assert_problem(&ask(&server, &format!("api_key={key}&api_key={key}")).await, 400);
    let both = server.request(Method::GET, &format!("{CLIENTS}?api_key={key}")).header("X-API-Key", &key);
    assert_problem(&Answer::of(both.send().await.unwrap()).await, 400);
    let both = server.request(Method::GET, &format!("{CLIENTS}?api_key={key}")).bearer_auth("x");
    assert_problem(&Answer::of(both.send().await.unwrap()).await, 400);
    // RFC 6750 §2.3: what is allowed to keys is not allowed to access tokens.
    let jwt = server.machine_token("clients:read").await;
    assert_problem(&ask(&server, &format!("access_token={jwt}")).await, 401);
    assert_problem(&ask(&server, &format!("api_key={jwt}")).await, 401);
    for path in ["/userinfo", "/me"] {
        assert_eq!(server.get(&format!("{path}?api_key={key}")).await.status, 401, "{path}");
    }
    let form = [("token", key.as_str())];
    server.post(&format!("/introspect?api_key={key}"), None, &form).await.assert_error(401, "invalid_client");
}

/// The operations that a scheme opens.
fn opened_by(document: &Value, scheme: &str) -> Vec<String> {
    let mut opened = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let requirements = operation["security"].as_array().into_iter().flatten();
            opened.extend(requirements.filter(|requirement| requirement.get(scheme).is_some()).map(|_| format!("{method} {path}")));
        }
    }
    opened
}

#[tokio::test]
async fn the_document_says_so_only_then() {
    let server = TestServer::start_taking_keys_in_query().await;
    let document = server.get("/openapi.json").await.json();
    let scheme = &document["components"]["securitySchemes"]["apiKeyInQuery"];
    assert_eq!((&scheme["type"], &scheme["in"], &scheme["name"]), (&json!("apiKey"), &json!("query"), &json!("api_key")));
    let opened = opened_by(&document, "apiKeyInQuery");
    assert_eq!(opened, opened_by(&document, "apiKey"), "wherever a key in the header is taken");
    assert!(opened.contains(&format!("get {CLIENTS}")) && !opened.iter().any(|operation| operation.ends_with("/userinfo")), "{opened:?}");

    let off = TestServer::start_documented().await.get("/openapi.json").await;
    assert!(off.body.contains("\"apiKey\"") && !off.body.contains("apiKeyInQuery"), "it is off");
    assert!(!claviger::http::document().unwrap().to_string().contains("apiKeyInQuery"), "the committed one is of a server as it comes");
}
