//! What we publish: the metadata document at both well-known places (RFC 8414 §3, OpenID Connect Discovery §4), and the keys (RFC 7517).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use poem::http::{HeaderValue, StatusCode};
use poem::{Request, Response};
use poem_openapi::{Object, OpenApi};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::flow::Server;
use crate::http::reply::Reply;
use crate::protocol::metadata::KEY_SET_LIFETIME;
use crate::web::answer::failed;
use crate::web::refusal::Refused;

pub(super) struct Api(pub(super) Arc<Server>);

/// The metadata document (RFC 8414 §2, OpenID Connect Discovery §3).
#[derive(Object)]
struct MetadataDocument {
    /// Who we are, byte for byte as in tokens.
    issuer: String,
    /// Where people are sent.
    authorization_endpoint: String,
    /// Where tokens are made.
    token_endpoint: String,
    /// Where our keys are.
    jwks_uri: String,
}

/// Public keys (RFC 7517 §5).
#[derive(Object)]
struct KeySet {
    /// The keys: the one that signs, the next one, and those that signed tokens which may still be alive.
    keys: Vec<PublicKey>,
}

/// A public key (RFC 7517 §4, RFC 7518 §6.3.1).
#[derive(Object)]
struct PublicKey {
    /// `RSA`.
    kty: String,
    /// `sig`.
    #[oai(rename = "use")]
    key_use: String,
    /// `RS256`.
    alg: String,
    /// Its thumbprint (RFC 7638).
    kid: String,
    /// The modulus.
    n: String,
    /// The exponent.
    e: String,
}

#[OpenApi]
impl Api {
    /// Discover the server (OpenID Connect)
    #[oai(path = "/.well-known/openid-configuration", method = "get", operation_id = "openidConfiguration")]
    async fn openid_configuration(&self, request: &Request) -> Reply<MetadataDocument> {
        self.metadata(request).await
    }

    /// Discover the server (OAuth 2)
    #[oai(path = "/.well-known/oauth-authorization-server", method = "get", operation_id = "oauthAuthorizationServer")]
    async fn oauth_authorization_server(&self, request: &Request) -> Reply<MetadataDocument> {
        self.metadata(request).await
    }

    /// Get the keys that tokens are verified with
    #[oai(path = "/.well-known/jwks.json", method = "get", operation_id = "keys")]
    async fn keys(&self, request: &Request) -> Reply<KeySet> {
        Reply::from_response(published(request, &self.0.key_set()))
    }
}

impl Api {
    async fn metadata(&self, request: &Request) -> Reply<MetadataDocument> {
        Reply::from_response(match self.0.metadata().await {
            Ok(metadata) => published(request, &metadata),
            Err(failure) => failed(&failure).json(),
        })
    }
}

/// A document that everybody may keep for a while (RFC 9110 §13.1.2: `If-None-Match`).
fn published(request: &Request, document: &impl Serialize) -> Response {
    let Ok(body) = serde_json::to_vec(document) else {
        tracing::error!("a document can't be written as JSON");
        return Refused::of(StatusCode::INTERNAL_SERVER_ERROR).json();
    };
    let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(Sha256::digest(&body)));
    let known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_known = known.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == etag || tag == "*");
    let mut response =
        if is_known { Response::builder().status(StatusCode::NOT_MODIFIED).finish() } else { Response::builder().body(body) };
    let headers = response.headers_mut();
    if !is_known {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if let Ok(keep) = HeaderValue::try_from(format!("public, max-age={}", KEY_SET_LIFETIME.as_secs())) {
        headers.insert(CACHE_CONTROL, keep);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(ETAG, etag);
    }
    response
}
