//! Registrations as the document describes them.

use std::collections::HashMap;

use poem_openapi::Object;
use poem_openapi::types::Example;
use serde_json::Value;

/// What a client registers of itself (RFC 7591 §2, OpenID Connect Registration §2). Other members are ignored.
#[derive(Default, Object)]
#[oai(example, skip_serializing_if_is_none)]
pub(super) struct WantedRegistration {
    /// Where codes may be sent; `authorization_code` and `implicit` need one.
    redirect_uris: Option<Vec<String>>,
    /// What it may ask the authorization endpoint for; what its grants need when left out.
    response_types: Option<Vec<String>>,
    /// How it gets tokens; `authorization_code` when left out.
    grant_types: Option<Vec<String>>,
    /// Where it runs: `web` or `native`.
    application_type: Option<String>,
    /// Its name, for people; the host that they return to when left out.
    client_name: Option<String>,
    /// What it may ask people for: words with spaces between them. Everything that such clients may when left out.
    scope: Option<String>,
    /// The one way in which it authenticates: `client_secret_basic` when left out, `none` for one that can keep no secret.
    token_endpoint_auth_method: Option<String>,
    /// The one algorithm that it signs its assertions with; any that the method knows when left out.
    token_endpoint_auth_signing_alg: Option<String>,
    /// Its public keys: a JWK set (RFC 7517 section 5).
    jwks: Option<HashMap<String, Value>>,
    /// Where they are instead: an https URL.
    jwks_uri: Option<String>,
    /// Where a person may return after signing out.
    post_logout_redirect_uris: Option<Vec<String>>,
}

/// What a client registers of itself from now on (RFC 7592 §2.2).
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
pub(super) struct ReplacedRegistration {
    /// The client.
    client_id: String,
    /// Its secret; it may be left out, and can't be changed.
    client_secret: Option<String>,
    #[oai(flatten)]
    wanted: WantedRegistration,
}

/// What is registered of a client (RFC 7591 §3.2.1, RFC 7592 §3).
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
pub(super) struct RegistrationInformation {
    /// Its identifier.
    client_id: String,
    /// Its secret: when it was just made, and never again.
    client_secret: Option<String>,
    /// When it was registered, in seconds since 1970.
    client_id_issued_at: i64,
    /// 0: its secret does not expire. There where it has one.
    client_secret_expires_at: Option<i64>,
    /// Where it looks after its registration.
    registration_client_uri: String,
    /// The token that it does so with.
    registration_access_token: String,
    #[oai(flatten)]
    registered: WantedRegistration,
}

impl Example for WantedRegistration {
    fn example() -> Self {
        Self {
            redirect_uris: Some(vec!["https://notes.example.com/callback".to_owned()]),
            grant_types: Some(vec!["authorization_code".to_owned(), "refresh_token".to_owned()]),
            client_name: Some("Notes".to_owned()),
            scope: Some("openid profile".to_owned()),
            ..Self::default()
        }
    }
}

impl Example for ReplacedRegistration {
    fn example() -> Self {
        Self { client_id: "7a1c7c53-4a86-4f5e-9d0b-0d4f6f5a1b2c".to_owned(), client_secret: None, wanted: WantedRegistration::example() }
    }
}

impl Example for RegistrationInformation {
    fn example() -> Self {
        let client_id = ReplacedRegistration::example().client_id;
        Self {
            client_secret: Some("clv_cs_…".to_owned()),
            client_id_issued_at: 1_795_262_400,
            client_secret_expires_at: Some(0),
            registration_client_uri: format!("https://login.example.com/register/{client_id}"),
            registration_access_token: "clv_reg_…".to_owned(),
            registered: WantedRegistration {
                response_types: Some(vec!["code".to_owned()]),
                application_type: Some("web".to_owned()),
                token_endpoint_auth_method: Some("client_secret_basic".to_owned()),
                post_logout_redirect_uris: Some(Vec::new()),
                ..WantedRegistration::example()
            },
            client_id,
        }
    }
}
