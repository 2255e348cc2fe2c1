//! A server that takes people from a second one, which is an OpenID Provider like any other.

use claviger::protocol::application_type::ApplicationType;
use claviger::protocol::redirect_uri::RedirectUri;
use claviger::upstream::Registered;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::actors::{Browser, Page, TestServer};

/// A provider called `work` as it would be declared, but for what `more` says. We are called `broker` there.
pub fn provider(kind: &str, issuer: &str, more: &Value) -> Registered {
    let mut declared = json!({
        "name": "work", "kind": kind, "issuer": issuer, "client_id": "broker", "create_accounts": true,
        "allowed_private_hosts": ["127.0.0.1", "localhost"],
    });
    for (name, value) in more.as_object().unwrap() {
        declared[name] = value.clone();
    }
    let provider: claviger::identity::provider::Provider = serde_json::from_value(declared).unwrap();
    provider.check().unwrap();
    Registered { provider, secret: SecretString::from("broker-secret") }
}

/// Two servers: `server` takes people from `there`, which it calls `work`.
pub struct Broker {
    pub there: TestServer,
    pub server: TestServer,
}

impl Broker {
    pub async fn start(more: &Value) -> Self {
        let there = TestServer::start().await;
        let server = TestServer::start_with_providers(vec![provider("oidc", &there.issuer, more)]).await;
        Self::introduce(&there, &server, "work").await;
        Self { there, server }
    }

    /// Registers a server at another one, as its provider of this name.
    pub async fn introduce(there: &TestServer, server: &TestServer, name: &str) {
        let redirect_uri = RedirectUri::register(&server.url(&format!("/login/callback/{name}")), ApplicationType::Web).unwrap();
        there
            .register("broker", |client| {
                client.first_party = true;
                client.redirect_uris = vec![redirect_uri];
            })
            .await;
    }

    /// The page of another server that the browser was sent to, gone through there as somebody whose password this is, up to the address that
    /// leads back.
    pub async fn pass_there(&self, away: &Page, username: &str, password: &str) -> String {
        assert!(away.left, "still at {}: {}", away.url, away.body);
        let mut there = Browser::new(&self.there);
        let mut page = there.open(away.url.as_str()).await;
        page = there.submit(&page, &[("username", username), ("password", password)], "login-submit").await;
        if !page.left && page.url.path() == "/consent" {
            page = there.submit(&page, &[], "consent-allow").await;
        }
        assert!(page.left, "still at {}: {}", page.url, page.body);
        page.url.to_string()
    }

    /// Opens an address that leads to the other server, signs in there, and comes back.
    pub async fn sign_in(&self, browser: &mut Browser<'_>, url: &str, username: &str, password: &str) -> Page {
        let away = browser.open(url).await;
        let back = self.pass_there(&away, username, password).await;
        browser.open(&back).await
    }
}
