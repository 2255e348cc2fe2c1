//! The management API, `/api/v1`: who may use it, and what it does.

mod api_keys;
mod api_keys_in_query;
mod apis;
mod clients;
mod errors;
mod groups;
mod initial_access_tokens;
mod keys;
mod permission;
mod preview;
mod providers;
mod reach;
mod refusals;
mod registered_clients;
mod sessions;
mod users;

use reqwest::Method;
use reqwest::header::IF_MATCH;
use serde_json::Value;

use crate::actors::{Answer, TestServer};

/// Everything that an admin may do.
const EVERYTHING: &str = "openid clients:read clients:write users:read users:write apis:read apis:write keys:read keys:write sessions:read sessions:write \
     api-keys:read api-keys:write refusals:read providers:read providers:write";

/// Somebody who manages the server, by their access token.
pub struct Manager<'a> {
    server: &'a TestServer,
    token: String,
}

impl<'a> Manager<'a> {
    /// Alice, who is an admin, with every scope.
    pub async fn alice(server: &'a TestServer) -> Self {
        Self::with(server, "alice", "wonderland", EVERYTHING).await
    }

    pub async fn with(server: &'a TestServer, username: &str, password: &str, scope: &str) -> Self {
        let form =
            [("grant_type", "password"), ("client_id", "claviger-docs"), ("username", username), ("password", password), ("scope", scope)];
        let answer = server.token(None, &form).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Self { server, token: answer.json()["access_token"].as_str().unwrap().to_owned() }
    }

    pub const fn by_token(server: &'a TestServer, token: String) -> Self {
        Self { server, token }
    }

    pub async fn ask(&self, method: Method, path: &str, version: Option<&str>, body: Option<&Value>) -> Answer {
        let mut request = self.server.request(method, &format!("/api/v1{path}")).bearer_auth(&self.token);
        if let Some(version) = version {
            request = request.header(IF_MATCH, version);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        Answer::of(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, None, Some(body)).await
    }

    /// Changes a thing as it is by now.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        let version = self.get(path).await.header("etag").unwrap_or("\"none\"").to_owned();
        self.ask(Method::PATCH, path, Some(&version), Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, None, None).await
    }
}

/// A refusal in the one shape that all of them have. Returns the fields that it names.
#[track_caller]
fn assert_problem(answer: &Answer, status: u16) -> Vec<String> {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let problem = answer.json();
    assert_eq!((&problem["status"], &problem["type"]), (&status.into(), &"about:blank".into()));
    assert_eq!(problem["trace_id"].as_str(), answer.header("trace-id"));
    assert!(!problem["title"].as_str().unwrap().is_empty() && !problem["detail"].as_str().unwrap().is_empty());
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
}
