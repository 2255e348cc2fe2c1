//! A client that registers itself, and looks after its registration.

use claviger::protocol::registration::{Access, Policy};
use claviger::protocol::scope::Scope;
use reqwest::Method;
use serde_json::{Value, json};

use crate::actors::{Answer, RelyingParty, TestServer};

/// Where it wants its codes.
pub const CALLBACK: &str = "https://stranger.example/callback";

/// Everybody may register, for what the demo API has to offer.
pub fn open() -> Policy {
    Policy { access: Access::Open, scope: Scope::parse("openid profile email offline_access items:read").unwrap(), ..Policy::default() }
}

/// What a client registers that has little to say.
pub fn plain() -> Value {
    json!({"redirect_uris": [CALLBACK]})
}

/// A body with other members beside it.
pub fn plain_and(more: Value) -> Value {
    let (Value::Object(mut body), Value::Object(more)) = (plain(), more) else { panic!("no object") };
    body.extend(more);
    body.into()
}

/// Asks to be registered.
pub async fn register(server: &TestServer, body: &Value, token: Option<&str>) -> Answer {
    send(server, Method::POST, "/register", token, Some(body)).await
}

/// A client that has registered itself.
pub struct Registrant<'a> {
    server: &'a TestServer,
    pub id: String,
    pub token: String,
    pub information: Value,
}

impl<'a> Registrant<'a> {
    pub async fn new(server: &'a TestServer, body: &Value) -> Self {
        let answer = register(server, body, None).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let information = answer.json();
        let text = |name: &str| information[name].as_str().unwrap().to_owned();
        assert_eq!(text("registration_client_uri"), server.url(&format!("/register/{}", text("client_id"))));
        Self { server, id: text("client_id"), token: text("registration_access_token"), information }
    }

    pub async fn ask(&self, method: Method, body: Option<&Value>) -> Answer {
        send(self.server, method, &format!("/register/{}", self.id), Some(&self.token), body).await
    }

    pub async fn get(&self) -> Answer {
        self.ask(Method::GET, None).await
    }

    /// Replaces the registration; the client is named for it.
    pub async fn put(&self, mut body: Value) -> Answer {
        body["client_id"] = self.id.clone().into();
        self.ask(Method::PUT, Some(&body)).await
    }

    pub async fn delete(&self) -> Answer {
        self.ask(Method::DELETE, None).await
    }

    /// It, where it sends people and redeems codes.
    pub fn relying_party(&self) -> RelyingParty<'a> {
        let client = match self.information["client_secret"].as_str() {
            Some(secret) => format!("{}:{secret}", self.id),
            None => self.id.clone(),
        };
        RelyingParty::new(self.server, client.leak(), CALLBACK)
    }
}

/// A request to a registration endpoint.
pub async fn send(server: &TestServer, method: Method, path: &str, token: Option<&str>, body: Option<&Value>) -> Answer {
    let mut request = server.request(method, path);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    Answer::of(request.send().await.unwrap()).await
}
