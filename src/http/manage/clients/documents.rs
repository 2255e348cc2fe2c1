//! What `/api/v1/clients` takes and answers, each with an example.

use std::collections::HashMap;

use poem_openapi::Object;
use poem_openapi::types::Example;
use serde_json::Value;

use crate::http::manage::rules::Rule;
use crate::http::manage::words::{
    ApplicationType, AssertionAudience, AuthMethod, ContentEncryption, GrantType, KeyManagement, LogoutRevokes, PkceRule,
    RefreshTokenRotation, Registrar, ResponseAlgorithm, ResponseType, SigningAlgorithm, SubjectType,
};

/// Seconds that a client's tokens live.
#[derive(Object)]
#[oai(rename = "TokenLifetimes")]
struct Lifetimes {
    /// An access token: 30 seconds to a day.
    access_token: Option<u32>,
    /// An ID token: 30 seconds to a day.
    id_token: Option<u32>,
    /// A refresh token that is not used.
    refresh_token_idle: Option<u32>,
    /// Refresh tokens, however often they are rotated.
    refresh_token_absolute: Option<u32>,
}

/// The public keys of a client.
#[derive(Object)]
struct PublicKeys {
    /// The keys, each as RFC 7517 describes it.
    keys: Vec<HashMap<String, Value>>,
}

/// What can be chosen about a client (RFC 7591 §2). What is left out has the safe value: authorization code with PKCE and nothing else.
#[derive(Default, Object)]
#[oai(rename = "ClientMetadata", example, skip_serializing_if_is_none)]
pub(super) struct Metadata {
    /// Its name, for people.
    client_name: Option<String>,
    /// Where it runs.
    application_type: Option<ApplicationType>,
    /// The one way in which it authenticates; `none` is for one that can keep no secret.
    token_endpoint_auth_method: Option<AuthMethod>,
    /// The one algorithm that it signs its assertions with; any that the method knows when left out.
    token_endpoint_auth_signing_alg: Option<SigningAlgorithm>,
    /// Whom its assertions may be addressed to: `issuer` (RFC 10070), or for older clients `issuer_or_token_endpoint`.
    assertion_audience: Option<AssertionAudience>,
    /// What its ID tokens are signed with; `RS256` when left out. The metadata document lists those that this server offers.
    id_token_signed_response_alg: Option<ResponseAlgorithm>,
    /// How the key of its encrypted ID tokens gets to it; they are not encrypted when left out. It needs a public key for that.
    id_token_encrypted_response_alg: Option<KeyManagement>,
    /// What they are encrypted with; `A128CBC-HS256` when left out.
    id_token_encrypted_response_enc: Option<ContentEncryption>,
    /// What answers of userinfo are signed with; they are plain JSON when they are neither signed nor encrypted.
    userinfo_signed_response_alg: Option<ResponseAlgorithm>,
    /// How the key of encrypted answers of userinfo gets to it; they are not encrypted when left out. It needs a public key for that.
    userinfo_encrypted_response_alg: Option<KeyManagement>,
    /// What they are encrypted with; `A128CBC-HS256` when left out.
    userinfo_encrypted_response_enc: Option<ContentEncryption>,
    /// Its public keys: a JWK set (RFC 7517 section 5) of RSA (2048 bits or more), P-256 and Ed25519 keys, for encryption also P-384 and X25519.
    jwks: Option<PublicKeys>,
    /// Where they are instead: an https URL.
    jwks_uri: Option<String>,
    /// The one algorithm that it signs request objects with (OpenID Connect Core §6); any that its keys can when left out.
    request_object_signing_alg: Option<SigningAlgorithm>,
    /// Where it keeps request objects: https URLs.
    request_uris: Option<Vec<String>>,
    /// Whether each of its requests has to be a signed object (RFC 9101).
    require_signed_request_object: Option<bool>,
    /// What its `sub` of a person is: the same for all clients (`public`), or one for each sector (`pairwise`). Who changes it, or the
    /// sector, ends what the client was granted so far.
    subject_type: Option<SubjectType>,
    /// An https URL of a JSON array that lists all `redirect_uris`; its host is the sector. It is fetched at once. Left out, the one host of the
    /// `redirect_uris` is.
    sector_identifier_uri: Option<String>,
    /// Seconds since a person last signed in, after which they have to again, where its request has no `max_age`.
    default_max_age: Option<u32>,
    /// Whether it relies on `auth_time`, which every ID token has.
    require_auth_time: Option<bool>,
    /// The classes of sign-in that it would like, the best first: kept and told. ID tokens say which class a sign-in had.
    default_acr_values: Option<Vec<String>>,
    /// An https URL at which it begins a sign-in that others ask for (OpenID Connect Core section 4). This server sends nobody there.
    initiate_login_uri: Option<String>,
    /// An https URL of its logo: PNG, JPEG, WebP or GIF, 256 KiB at most. People get it from this server.
    logo_uri: Option<String>,
    /// An https URL of its home page, to which the login and the consent page link.
    client_uri: Option<String>,
    /// An https URL of its privacy policy, likewise.
    policy_uri: Option<String>,
    /// An https URL of its terms of service, likewise.
    tos_uri: Option<String>,
    /// How those who are responsible for it are reached. Pages for people don't show them.
    contacts: Option<Vec<String>>,
    /// Whether its codes need a proof key.
    pkce: Option<PkceRule>,
    /// Whether its refresh tokens are good for one use each: `on`; or `off`, for one that authenticates only.
    refresh_token_rotation: Option<RefreshTokenRotation>,
    /// The grants that it may use.
    grant_types: Option<Vec<GrantType>>,
    /// The response types that it may use; those that its grants need when left out.
    response_types: Option<Vec<ResponseType>>,
    /// Where codes may be sent.
    redirect_uris: Option<Vec<String>>,
    /// Where a person may return after signing out.
    post_logout_redirect_uris: Option<Vec<String>>,
    /// The page of it that is loaded in a frame when a person signs out (OpenID Connect Front-Channel Logout): where one of its `redirect_uris` is.
    frontchannel_logout_uri: Option<String>,
    /// Whether that page needs `iss` and `sid`; it always gets them.
    frontchannel_logout_session_required: Option<bool>,
    /// Where a logout token is posted when a session ends (OpenID Connect Back-Channel Logout): an https URL.
    backchannel_logout_uri: Option<String>,
    /// Whether that token needs a `sid`; it always has one.
    backchannel_logout_session_required: Option<bool>,
    /// Which of its refresh tokens end when a person signs out: `session`, all but those for `offline_access`; `everything`; or `nothing`.
    logout_revokes: Option<LogoutRevokes>,
    /// The web origins whose scripts may call us for it.
    cors_origins: Option<Vec<String>>,
    /// What it may ask for: words with spaces between them.
    scope: Option<String>,
    /// What it gets when it asks for nothing in particular; the same when left out.
    default_scope: Option<String>,
    /// What it is when it acts for itself.
    roles: Option<Vec<String>>,
    /// What goes into its tokens and its userinfo beside what the specifications put there.
    claims: Option<Vec<Rule>>,
    /// How long its tokens live.
    lifetimes: Option<Lifetimes>,
    /// Whether it is our own, so that people are not asked for consent.
    first_party: Option<bool>,
    /// Whether it gets anything at all. What a disabled client got is inactive at once.
    enabled: Option<bool>,
}

/// A client to register.
#[derive(Object)]
#[oai(example)]
pub(super) struct NewClient {
    /// Its identifier: 1 to 128 of `A-Z a-z 0-9 . _ ~ -`.
    client_id: String,
    #[oai(flatten)]
    metadata: Metadata,
}

/// A registered client. Its secrets are never shown again.
#[derive(Object)]
#[oai(rename = "Client", example, skip_serializing_if_is_none)]
pub(super) struct ClientDocument {
    /// Its identifier.
    client_id: String,
    #[oai(flatten)]
    metadata: Metadata,
    /// Its secrets that are alive, by their names.
    secrets: Vec<SecretDocument>,
    /// Who registered it.
    registered_by: Registrar,
    /// When it is forgotten unless it gets a token before, in seconds since 1970: of a client that registered itself.
    unused_until: Option<i64>,
    /// When it was registered, in seconds since 1970.
    created_at: i64,
    /// When it was last changed, in seconds since 1970.
    updated_at: i64,
}

/// A client that was just registered.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
pub(super) struct RegisteredClient {
    #[oai(flatten)]
    client: ClientDocument,
    /// Its secret, shown this once.
    client_secret: Option<String>,
}

/// A secret, by its name.
#[derive(Object)]
#[oai(rename = "ClientSecret")]
struct SecretDocument {
    /// Names it, so that it can be withdrawn.
    id: String,
    /// When it was made, in seconds since 1970.
    created_at: i64,
}

/// A secret that was just made.
#[derive(Object)]
#[oai(example)]
pub(super) struct NewSecret {
    #[oai(flatten)]
    secret: SecretDocument,
    /// The secret, shown this once.
    client_secret: String,
}

impl Example for Metadata {
    fn example() -> Self {
        Self {
            client_name: Some("The shop".to_owned()),
            grant_types: Some(vec![GrantType::AuthorizationCode, GrantType::RefreshToken]),
            redirect_uris: Some(vec!["https://shop.example.com/callback".to_owned()]),
            scope: Some("openid profile offline_access".to_owned()),
            ..Self::default()
        }
    }
}

impl Example for NewClient {
    fn example() -> Self {
        Self { client_id: "shop".to_owned(), metadata: Metadata::example() }
    }
}

impl Example for SecretDocument {
    fn example() -> Self {
        Self { id: "0e4cdf3a-5371-4b6a-a9f0-1e8451e05e76".to_owned(), created_at: 1_795_262_400 }
    }
}

impl Example for ClientDocument {
    fn example() -> Self {
        Self {
            client_id: "shop".to_owned(),
            metadata: Metadata::example(),
            secrets: vec![SecretDocument::example()],
            registered_by: Registrar::Operator,
            unused_until: None,
            created_at: 1_795_262_400,
            updated_at: 1_795_262_400,
        }
    }
}

impl Example for RegisteredClient {
    fn example() -> Self {
        Self { client: ClientDocument::example(), client_secret: Some("clv_cs_…".to_owned()) }
    }
}

impl Example for NewSecret {
    fn example() -> Self {
        Self { secret: SecretDocument::example(), client_secret: "clv_cs_…".to_owned() }
    }
}
