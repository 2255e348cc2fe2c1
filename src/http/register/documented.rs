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
    /// A page of its that a frame shows when a person signs out (OpenID Connect Front-Channel Logout section 2).
    frontchannel_logout_uri: Option<String>,
    /// Whether that page needs to know which session it is.
    frontchannel_logout_session_required: Option<bool>,
    /// Where it is told that a session is over (OpenID Connect Back-Channel Logout section 2.2).
    backchannel_logout_uri: Option<String>,
    /// Whether it needs to know which session it is.
    backchannel_logout_session_required: Option<bool>,
    /// What its ID tokens are signed with; `RS256` when left out.
    id_token_signed_response_alg: Option<String>,
    /// How the key of its encrypted ID tokens gets to it; they are not encrypted when left out.
    id_token_encrypted_response_alg: Option<String>,
    /// What they are encrypted with; `A128CBC-HS256` when left out.
    id_token_encrypted_response_enc: Option<String>,
    /// What its userinfo is signed with; plain JSON when left out.
    userinfo_signed_response_alg: Option<String>,
    /// How the key of its encrypted userinfo gets to it; it is not encrypted when left out.
    userinfo_encrypted_response_alg: Option<String>,
    /// What it is encrypted with; `A128CBC-HS256` when left out.
    userinfo_encrypted_response_enc: Option<String>,
    /// What it signs request objects with; whatever its keys can when left out.
    request_object_signing_alg: Option<String>,
    /// Where it keeps request objects: https URLs.
    request_uris: Option<Vec<String>>,
    /// Whether each of its requests is a signed object (RFC 9101).
    require_signed_request_object: Option<bool>,
    /// `public`, or `pairwise` for names of people that only its sector knows.
    subject_type: Option<String>,
    /// The list of the sector's redirect URIs: an https URL.
    sector_identifier_uri: Option<String>,
    /// Seconds since the last sign-in after which people have to sign in again, when a request says nothing else.
    default_max_age: Option<u32>,
    /// Whether it needs `auth_time` in ID tokens, where it always is.
    require_auth_time: Option<bool>,
    /// The classes of sign-in that it likes, best first.
    default_acr_values: Option<Vec<String>>,
    /// Where others may send a person who shall sign in to it: an https URL.
    initiate_login_uri: Option<String>,
    /// Its web page.
    client_uri: Option<String>,
    /// Its logo: an https URL of a PNG, JPEG, WebP or GIF picture.
    logo_uri: Option<String>,
    /// What it does with people's data.
    policy_uri: Option<String>,
    /// Its terms.
    tos_uri: Option<String>,
    /// Whom to write to about it.
    contacts: Option<Vec<String>>,
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
