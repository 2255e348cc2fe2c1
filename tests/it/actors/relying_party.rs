//! A client that sends people to the server and redeems the codes that they bring back.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger::protocol::client::{GrantType, ResponseType};
use claviger::protocol::redirect_uri::RedirectUri;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use crate::actors::{Answer, Browser, TestServer};

pub struct RelyingParty<'a> {
    server: &'a TestServer,
    /// `id`, or `id:secret`.
    pub client: &'static str,
    pub redirect_uri: &'static str,
    pub verifier: String,
}

/// What a client got.
pub struct Tokens(pub Value);

impl Tokens {
    #[track_caller]
    pub fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.0))
    }

    pub fn access(&self) -> &str {
        self.text("access_token")
    }

    pub fn refresh(&self) -> &str {
        self.text("refresh_token")
    }
}

/// The claims of a JWT whose signature somebody else checks.
pub fn claims(jwt: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

impl Tokens {
    pub fn access_claims(&self) -> Value {
        claims(self.access())
    }

    pub fn id_claims(&self) -> Value {
        claims(self.text("id_token"))
    }
}

impl<'a> RelyingParty<'a> {
    pub fn demo_web(server: &'a TestServer) -> Self {
        Self::new(server, "demo-web:demo-web-secret", "http://localhost:3000/callback")
    }

    pub fn demo_spa(server: &'a TestServer) -> Self {
        Self::new(server, "demo-spa", "http://localhost:5173/callback")
    }

    pub fn new(server: &'a TestServer, client: &'static str, redirect_uri: &'static str) -> Self {
        Self { server, client, redirect_uri, verifier: "a-verifier-that-is-long-enough-for-the-specification".to_owned() }
    }

    pub fn client_id(&self) -> &'static str {
        self.client.split(':').next().unwrap()
    }

    /// Where to send a person; `extra` is added to the query as it is.
    pub fn authorization_url(&self, scope: &str, extra: &str) -> String {
        self.authorization_url_for("code", scope, extra)
    }

    /// The same, for this response type.
    pub fn authorization_url_for(&self, response_type: &str, scope: &str, extra: &str) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&self.verifier));
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", response_type)
            .append_pair("client_id", self.client_id())
            .append_pair("redirect_uri", self.redirect_uri)
            .append_pair("scope", scope)
            .append_pair("state", "state-1")
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let join = if extra.is_empty() { "" } else { "&" };
        self.server.url(&format!("/authorize?{query}{join}{extra}"))
    }

    pub async fn token(&self, form: &[(&str, &str)]) -> Answer {
        match self.client.split_once(':') {
            Some(_) => self.server.token(Some(self.client), form).await,
            None => self.server.token(None, &[form, &[("client_id", self.client)]].concat()).await,
        }
    }

    pub async fn try_redeem(&self, code: &str) -> Answer {
        let form =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", self.redirect_uri), ("code_verifier", &self.verifier)];
        self.token(&form).await
    }

    pub async fn redeem(&self, code: &str) -> Tokens {
        let answer = self.try_redeem(code).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Tokens(answer.json())
    }

    /// What this client gets when alice comes by in this browser and allows what it asks for.
    pub async fn sign_in(&self, browser: &mut Browser<'_>, scope: &str) -> Tokens {
        let back = browser.pass(&self.authorization_url(scope, "")).await;
        self.redeem(&back.code()).await
    }

    pub async fn try_refresh(&self, token: &str, extra: &[(&str, &str)]) -> Answer {
        self.token(&[&[("grant_type", "refresh_token"), ("refresh_token", token)], extra].concat()).await
    }

    pub async fn refresh(&self, token: &str) -> Tokens {
        let answer = self.try_refresh(token, &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Tokens(answer.json())
    }
}

/// A client that is registered for every response type.
pub async fn hybrid_client(server: &TestServer) -> RelyingParty<'_> {
    const REDIRECT_URI: &str = "https://hybrid.example/callback";
    server
        .register("hybrid", |client| {
            client.grant_types.insert(GrantType::Implicit);
            client.response_types = ResponseType::ALL.iter().copied().collect();
            client.redirect_uris = vec![RedirectUri::register(REDIRECT_URI, client.application_type).unwrap()];
        })
        .await;
    RelyingParty::new(server, "hybrid:hybrid-secret", REDIRECT_URI)
}
