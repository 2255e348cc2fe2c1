//! The OpenAPI document: complete, true, and the same for every server but for the scopes of its APIs.

use std::collections::BTreeSet;

use claviger::protocol::api::{Api, ApiScope};
use claviger::protocol::resource::Resource;
use claviger::protocol::scope::ScopeToken;
use reqwest::Method;
use reqwest::header::IF_NONE_MATCH;
use serde_json::Value;

use crate::actors::{Answer, TestServer};

const FLOWS: [&str; 3] = ["authorizationCode", "clientCredentials", "password"];

fn scopes<'a>(document: &'a Value, flow: &str) -> &'a serde_json::Map<String, Value> {
    document["components"]["securitySchemes"]["oauth2"]["flows"][flow]["scopes"].as_object().unwrap()
}

/// Every operation, as `METHOD path`.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(method, operation)| (format!("{method} {path}"), operation)))
        .collect()
}

/// The schema that a media type has, with references followed.
fn schema<'a>(document: &'a Value, content: &'a Value) -> &'a Value {
    let schema = &content.as_object().unwrap().values().next().unwrap()["schema"];
    schema["$ref"].as_str().map_or(schema, |reference| document.pointer(&reference[1..]).unwrap())
}

#[tokio::test]
async fn the_served_one_has_the_scopes_of_the_stored_apis_as_well_and_nothing_else() {
    let server = TestServer::start_documented().await;
    let answer = server.get("/openapi.json").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("application/json")));
    assert_eq!((answer.header("cache-control"), answer.header("x-content-type-options")), (Some("no-cache"), Some("nosniff")));
    let mut served = answer.json();
    assert_eq!(served["info"]["version"], env!("CARGO_PKG_VERSION"));
    for flow in FLOWS {
        assert_eq!(scopes(&served, flow)["items:read"], "see your items", "{flow}");
        assert!(scopes(&served, flow)["clients:read"].is_string(), "{flow}");
        let stored = served["components"]["securitySchemes"]["oauth2"]["flows"][flow]["scopes"].as_object_mut().unwrap();
        assert!(stored.remove("items:read").is_some() && stored.remove("items:write").is_some());
    }
    assert_eq!(served, claviger::http::document().unwrap());
}

#[tokio::test]
async fn a_scope_that_is_added_is_there_at_once() {
    let server = TestServer::start_documented().await;
    let etag = server.get("/openapi.json").await.header("etag").unwrap().to_owned();
    let ask = || server.request(Method::GET, "/openapi.json").header(IF_NONE_MATCH, &etag).send();
    assert_eq!(ask().await.unwrap().status(), 304);
    let scope = ApiScope { name: ScopeToken::parse("orders:read").unwrap(), description: "see \"<orders>\"".to_owned(), role: None };
    let identifier = Resource::parse("https://orders.example.com").unwrap();
    let api = Api { identifier, name: "Orders".to_owned(), scopes: vec![scope], introspectors: BTreeSet::new(), claims: Vec::new() };
    server.server.add_api(api).await.unwrap().unwrap();
    let changed = Answer::of(ask().await.unwrap()).await;
    assert_eq!(changed.status, 200);
    assert_eq!(scopes(&changed.json(), "password")["orders:read"], "see \"<orders>\"");
}

#[test]
fn its_security_schemes_fit_every_server() {
    let document = claviger::http::document().unwrap();
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!((&schemes["clientBasic"]["type"], &schemes["clientBasic"]["scheme"]), (&"http".into(), &"basic".into()));
    assert_eq!(schemes["openId"]["openIdConnectUrl"], "/.well-known/openid-configuration");
    let flows = schemes["oauth2"]["flows"].as_object().unwrap();
    assert_eq!(flows.keys().collect::<Vec<_>>(), FLOWS);
    assert_eq!(flows["authorizationCode"]["authorizationUrl"], "/authorize");
    for (name, flow) in flows {
        assert_eq!(flow["tokenUrl"], "/token", "{name}");
        assert_eq!(scopes(&document, name).contains_key("openid"), name != "clientCredentials", "a machine is no person");
        assert_eq!(flow.get("refreshUrl").is_some(), name != "clientCredentials", "{name}");
    }
}

#[test]
fn every_operation_says_what_it_needs() {
    let document = claviger::http::document().unwrap();
    let mut needs = Vec::new();
    for (name, operation) in operations(&document) {
        for (scheme, wanted) in operation["security"].as_array().into_iter().flatten().flat_map(|needed| needed.as_object().unwrap()) {
            for scope in wanted.as_array().unwrap() {
                assert!(scopes(&document, "authorizationCode").contains_key(scope.as_str().unwrap()), "{name} needs {scope}");
            }
            assert!(document["components"]["securitySchemes"].get(scheme).is_some(), "{name} needs {scheme}");
        }
        needs.push((name, operation["security"].to_string()));
    }
    let of = |name: &str| needs.iter().find(|(known, _)| known == name).unwrap().1.as_str();
    for name in ["get /me", "get /userinfo", "post /userinfo"] {
        assert_eq!(of(name), r#"[{"oauth2":["openid"]},{"openId":["openid"]}]"#, "{name}");
    }
    for name in ["post /token", "post /introspect", "post /revoke"] {
        assert_eq!(of(name), r#"[{"clientBasic":[]},{}]"#, "{name}");
    }
    for name in ["get /authorize", "get /.well-known/jwks.json", "get /health/live"] {
        assert_eq!(of(name), "null", "{name}");
    }
}

#[test]
fn every_form_and_every_answer_has_an_example() {
    let document = claviger::http::document().unwrap();
    for (name, operation) in operations(&document) {
        if let Some(form) = operation.get("requestBody") {
            assert!(schema(&document, &form["content"])["example"].is_object(), "the form of {name}");
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            let Some(content) = response.get("content").filter(|content| content.get("application/json").is_some()) else { continue };
            let schema = schema(&document, content);
            let is_empty = schema["properties"].is_null() && schema["allOf"].is_null();
            assert!(is_empty || schema["example"].is_object(), "{status} of {name}");
        }
        assert!(operation["summary"].is_string() && operation["operationId"].is_string() && operation["tags"].is_array(), "{name}");
    }
}

#[tokio::test]
async fn what_is_answered_is_documented() {
    let server = TestServer::start().await;
    let document = claviger::http::document().unwrap();
    let everything = "openid profile email address phone offline_access items:read";
    let tokens = server.alices_tokens(everything).await;
    let token = tokens["access_token"].as_str().unwrap();
    let with_token = |path| server.request(Method::GET, path).bearer_auth(token).send();
    let answers = [
        ("post /token", tokens.clone()),
        ("post /introspect", server.introspect(token).await),
        ("get /userinfo", Answer::of(with_token("/userinfo").await.unwrap()).await.json()),
        ("get /me", Answer::of(with_token("/me").await.unwrap()).await.json()),
        ("get /.well-known/openid-configuration", server.get("/.well-known/openid-configuration").await.json()),
        ("get /.well-known/jwks.json", server.get("/.well-known/jwks.json").await.json()),
        ("get /health/ready", server.get("/health/ready").await.json()),
    ];
    for (name, answer) in answers {
        let (_, operation) = operations(&document).into_iter().find(|(known, _)| known == name).unwrap();
        let schema = schema(&document, &operation["responses"]["200"]["content"]);
        for member in answer.as_object().unwrap().keys() {
            assert!(schema["properties"].get(member).is_some(), "{name} answers {member}");
        }
        for required in schema["required"].as_array().unwrap() {
            assert!(answer.get(required.as_str().unwrap()).is_some(), "{name} owes {required}");
        }
    }
}
