//! What we publish: the metadata document at its well-known places (RFC 8414 §3, OpenID Connect Discovery §4; which they are where the issuer has
//! a path says [`Issuer::own_path`](crate::protocol::issuer::Issuer::own_path)), and the keys (RFC 7517).

use std::sync::Arc;

use poem_openapi::param::Header;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use crate::flow::Server;
use crate::http::published::Published;
use crate::http::section::Section;

pub(super) struct Api(pub(super) Arc<Server>);

/// The metadata document (RFC 8414 §2, OpenID Connect Discovery §3).
#[derive(Default, Object)]
#[oai(example, skip_serializing_if_is_none)]
#[expect(clippy::struct_excessive_bools, reason = "the specification's own members")]
struct MetadataDocument {
    /// Who we are, byte for byte as in tokens.
    issuer: String,
    /// Where people are sent.
    authorization_endpoint: String,
    /// Where tokens are made.
    token_endpoint: String,
    /// Where a token tells whom it speaks for.
    userinfo_endpoint: String,
    /// Where our keys are.
    jwks_uri: String,
    /// Where resource servers ask whether a token is alive.
    introspection_endpoint: String,
    /// Where tokens are revoked.
    revocation_endpoint: String,
    /// Where people are sent to sign out.
    end_session_endpoint: String,
    /// The page that tells a client's page, in a frame, whether somebody signed in or out.
    check_session_iframe: String,
    /// Whether pages of clients are loaded when a person signs out.
    frontchannel_logout_supported: bool,
    /// Whether they are told which session is over.
    frontchannel_logout_session_supported: bool,
    /// Whether clients are sent a logout token when a session ends.
    backchannel_logout_supported: bool,
    /// Whether it says which session is over.
    backchannel_logout_session_supported: bool,
    /// Where clients register themselves, where they may.
    registration_endpoint: Option<String>,
    /// The scopes that there are.
    scopes_supported: Vec<String>,
    /// What an authorization request may ask for.
    response_types_supported: Vec<String>,
    /// How its answer may come.
    response_modes_supported: Vec<String>,
    /// How tokens are got.
    grant_types_supported: Vec<String>,
    /// What the `sub` of a person may be: `public`, the same for all clients, or `pairwise`, another one for each sector.
    subject_types_supported: Vec<String>,
    /// How ID tokens are signed.
    id_token_signing_alg_values_supported: Vec<String>,
    /// How the key of an encrypted ID token gets to the client, for clients that register for it.
    id_token_encryption_alg_values_supported: Vec<String>,
    /// What it is encrypted with then.
    id_token_encryption_enc_values_supported: Vec<String>,
    /// How answers of userinfo are signed, for clients that register for it.
    userinfo_signing_alg_values_supported: Vec<String>,
    /// How the key of an encrypted answer of userinfo gets to the client, for clients that register for it.
    userinfo_encryption_alg_values_supported: Vec<String>,
    /// What it is encrypted with then.
    userinfo_encryption_enc_values_supported: Vec<String>,
    /// How a client authenticates at the token endpoint.
    token_endpoint_auth_methods_supported: Vec<String>,
    /// What it may sign with for that.
    token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// How it authenticates at the revocation endpoint.
    revocation_endpoint_auth_methods_supported: Vec<String>,
    /// What it may sign with for that.
    revocation_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// How it authenticates at the introspection endpoint.
    introspection_endpoint_auth_methods_supported: Vec<String>,
    /// What it may sign with for that.
    introspection_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// How a proof key is made (RFC 7636).
    code_challenge_methods_supported: Vec<String>,
    /// What people can be asked.
    prompt_values_supported: Vec<String>,
    /// `normal`: claims are our own words.
    claim_types_supported: Vec<String>,
    /// The claims that there are.
    claims_supported: Vec<String>,
    /// The classes of sign-in that this server states itself; other providers may state others.
    acr_values_supported: Vec<String>,
    /// How our pages are shown.
    display_values_supported: Vec<String>,
    /// The languages of our pages.
    ui_locales_supported: Vec<String>,
    /// Whether single claims can be asked for.
    claims_parameter_supported: bool,
    /// Whether a request may come as a signed object.
    request_parameter_supported: bool,
    /// Whether a request may be a reference.
    request_uri_parameter_supported: bool,
    /// Whether such a reference has to be registered.
    require_request_uri_registration: bool,
    /// What such an object may be signed with.
    request_object_signing_alg_values_supported: Vec<String>,
    /// Whether the answer says who gives it (RFC 9207).
    authorization_response_iss_parameter_supported: bool,
}

/// Public keys (RFC 7517 §5).
#[derive(Object)]
#[oai(example)]
struct KeySet {
    /// The keys of each algorithm: the one that signs, the next one, and those that signed tokens which may still be alive.
    keys: Vec<PublicKey>,
}

/// A public key (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2).
#[derive(Default, Object)]
#[oai(skip_serializing_if_is_none)]
struct PublicKey {
    /// The family of the key: `RSA`, `EC` or `OKP`.
    kty: String,
    /// `sig`.
    #[oai(rename = "use")]
    key_use: String,
    /// The one algorithm that it signs with, such as `RS256`.
    alg: String,
    /// Its thumbprint (RFC 7638).
    kid: String,
    /// Of an RSA key: the modulus.
    n: Option<String>,
    /// Of an RSA key: the exponent.
    e: Option<String>,
    /// Of an EC or OKP key: the curve.
    crv: Option<String>,
    /// Of an EC or OKP key: the x coordinate, or the public key.
    x: Option<String>,
    /// Of an EC key: the y coordinate.
    y: Option<String>,
}

impl Example for MetadataDocument {
    fn example() -> Self {
        let words = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let at = |path: &str| format!("https://login.example.com{path}");
        let methods = "client_secret_basic client_secret_post client_secret_jwt private_key_jwt";
        let signed = "RS256 PS256 ES256 EdDSA";
        let (keys, contents) = ("RSA-OAEP-256 ECDH-ES ECDH-ES+A256KW", "A128CBC-HS256 A128GCM A256GCM");
        let algorithms = "HS256 RS256 PS256 ES256 EdDSA";
        Self {
            issuer: at(""),
            authorization_endpoint: at("/authorize"),
            token_endpoint: at("/token"),
            userinfo_endpoint: at("/userinfo"),
            jwks_uri: at("/.well-known/jwks.json"),
            introspection_endpoint: at("/introspect"),
            revocation_endpoint: at("/revoke"),
            end_session_endpoint: at("/logout"),
            check_session_iframe: at("/check-session"),
            frontchannel_logout_supported: true,
            frontchannel_logout_session_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
            scopes_supported: words("openid profile email"),
            response_types_supported: words("code"),
            response_modes_supported: words("query fragment form_post"),
            grant_types_supported: words(
                "authorization_code client_credentials refresh_token password urn:ietf:params:oauth:grant-type:token-exchange",
            ),
            subject_types_supported: words("public pairwise"),
            id_token_signing_alg_values_supported: words(signed),
            id_token_encryption_alg_values_supported: words(keys),
            id_token_encryption_enc_values_supported: words(contents),
            userinfo_signing_alg_values_supported: words(signed),
            userinfo_encryption_alg_values_supported: words(keys),
            userinfo_encryption_enc_values_supported: words(contents),
            token_endpoint_auth_methods_supported: words(methods),
            token_endpoint_auth_signing_alg_values_supported: words(algorithms),
            revocation_endpoint_auth_methods_supported: words(methods),
            revocation_endpoint_auth_signing_alg_values_supported: words(algorithms),
            introspection_endpoint_auth_methods_supported: words(methods),
            introspection_endpoint_auth_signing_alg_values_supported: words(algorithms),
            code_challenge_methods_supported: words("S256"),
            prompt_values_supported: words("none login consent select_account"),
            claim_types_supported: words("normal"),
            claims_supported: words("iss sub aud exp iat name email"),
            acr_values_supported: words("1"),
            display_values_supported: words("page"),
            ui_locales_supported: words("en"),
            claims_parameter_supported: true,
            request_parameter_supported: true,
            request_uri_parameter_supported: true,
            require_request_uri_registration: true,
            request_object_signing_alg_values_supported: words("RS256 PS256 ES256 EdDSA"),
            authorization_response_iss_parameter_supported: true,
            ..Self::default()
        }
    }
}

impl Example for KeySet {
    /// The key of RFC 7638 §3.1.
    fn example() -> Self {
        let modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W\
                       -5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08q\
                       NLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let key = PublicKey {
            kty: "RSA".to_owned(),
            key_use: "sig".to_owned(),
            alg: "RS256".to_owned(),
            kid: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs".to_owned(),
            n: Some(modulus.to_owned()),
            e: Some("AQAB".to_owned()),
            ..PublicKey::default()
        };
        Self { keys: vec![key] }
    }
}

#[OpenApi(tag = "Section::Discovery")]
impl Api {
    /// Discover the server (OpenID Connect)
    #[oai(path = "/.well-known/openid-configuration", method = "get", operation_id = "openidConfiguration")]
    async fn openid_configuration(
        &self,
        /// The `ETag` of a copy that the caller has.
        #[oai(name = "If-None-Match")]
        known: Header<Option<String>>,
    ) -> Published<MetadataDocument> {
        self.metadata(known.0).await
    }

    /// Discover the server (OAuth 2)
    #[oai(path = "/.well-known/oauth-authorization-server", method = "get", operation_id = "oauthAuthorizationServer")]
    async fn oauth_authorization_server(
        &self,
        /// The `ETag` of a copy that the caller has.
        #[oai(name = "If-None-Match")]
        known: Header<Option<String>>,
    ) -> Published<MetadataDocument> {
        self.metadata(known.0).await
    }

    /// Get the keys that tokens are verified with
    #[oai(path = "/.well-known/jwks.json", method = "get", operation_id = "keys")]
    async fn keys(
        &self,
        /// The `ETag` of a copy that the caller has.
        #[oai(name = "If-None-Match")]
        known: Header<Option<String>>,
    ) -> Published<KeySet> {
        Published::reply(known.0.as_deref(), Ok(self.0.key_set()))
    }
}

impl Api {
    async fn metadata(&self, known: Option<String>) -> Published<MetadataDocument> {
        Published::reply(known.as_deref(), self.0.metadata().await)
    }
}
