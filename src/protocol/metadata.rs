//! What we say about ourselves (RFC 8414 §2, OpenID Connect Discovery §3). Nothing is promised here that is not done, and nothing is null.

use std::time::Duration;

use serde::Serialize;

use crate::protocol::api::Api;
use crate::protocol::authentication::ONE_FACTOR;
use crate::protocol::authorize::{Prompt, ResponseMode};
use crate::protocol::claims::CLAIM_SCOPES;
use crate::protocol::client::{AuthMethod, GrantType, ResponseType};
use crate::protocol::grant::token_exchange;
use crate::protocol::issuer::Issuer;
use crate::protocol::jose::{Algorithm, ContentEncryption, KeyManagement, SigningAlgorithm};
use crate::protocol::subject_type::SubjectType;

/// How long a copy of the metadata or of the key set is good for. A key that is published for longer is known to everybody before it signs.
pub const KEY_SET_LIFETIME: Duration = Duration::from_mins(5);

/// The metadata document, the same at both well-known places.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "every member is one of RFC 8414 §2 or OpenID Connect Discovery §3, by its own name")]
#[expect(clippy::struct_excessive_bools, reason = "the specification's own members")]
pub struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub userinfo_endpoint: String,
    pub jwks_uri: String,
    pub introspection_endpoint: String,
    pub revocation_endpoint: String,
    pub end_session_endpoint: String,
    pub check_session_iframe: String,
    pub frontchannel_logout_supported: bool,
    pub frontchannel_logout_session_supported: bool,
    pub backchannel_logout_supported: bool,
    pub backchannel_logout_session_supported: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    pub scopes_supported: Vec<String>,
    pub response_types_supported: Vec<&'static str>,
    pub response_modes_supported: Vec<&'static str>,
    pub grant_types_supported: Vec<&'static str>,
    pub subject_types_supported: Vec<&'static str>,
    pub id_token_signing_alg_values_supported: Vec<&'static str>,
    pub id_token_encryption_alg_values_supported: Vec<&'static str>,
    pub id_token_encryption_enc_values_supported: Vec<&'static str>,
    pub userinfo_signing_alg_values_supported: Vec<&'static str>,
    pub userinfo_encryption_alg_values_supported: Vec<&'static str>,
    pub userinfo_encryption_enc_values_supported: Vec<&'static str>,
    pub token_endpoint_auth_methods_supported: Vec<&'static str>,
    pub token_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    pub revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    pub revocation_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    pub introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    pub introspection_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    pub code_challenge_methods_supported: Vec<&'static str>,
    pub prompt_values_supported: Vec<&'static str>,
    pub claim_types_supported: Vec<&'static str>,
    pub claims_supported: Vec<&'static str>,
    pub acr_values_supported: Vec<&'static str>,
    pub display_values_supported: Vec<&'static str>,
    pub ui_locales_supported: Vec<&'static str>,
    pub claims_parameter_supported: bool,
    pub request_parameter_supported: bool,
    pub request_uri_parameter_supported: bool,
    pub require_request_uri_registration: bool,
    pub request_object_signing_alg_values_supported: Vec<&'static str>,
    pub authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// The metadata of a server with these APIs, which offers clients these algorithms.
    #[must_use]
    pub fn of(issuer: &Issuer, apis: &[Api], offered: &[SigningAlgorithm]) -> Self {
        let offered: Vec<&str> = SigningAlgorithm::ALL.iter().filter(|known| offered.contains(known)).map(|known| known.as_str()).collect();
        let methods: Vec<&str> = AuthMethod::ALL.iter().map(|method| method.as_str()).collect();
        let algorithms: Vec<&str> = Algorithm::ALL.iter().map(|algorithm| algorithm.as_str()).collect();
        let private = Algorithm::ALL.iter().filter(|algorithm| !algorithm.is_symmetric()).map(|algorithm| algorithm.as_str()).collect();
        let keys: Vec<&str> = KeyManagement::ALL.iter().map(|known| known.as_str()).collect();
        let contents: Vec<&str> = ContentEncryption::ALL.iter().map(|known| known.as_str()).collect();
        let mut scopes: Vec<String> = CLAIM_SCOPES.iter().map(|scope| scope.name.to_owned()).collect();
        scopes.extend(apis.iter().flat_map(|api| &api.scopes).map(|scope| scope.name.to_string()));
        let mut claims = vec!["iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "sid", "amr", "acr", "idp"];
        claims.extend(CLAIM_SCOPES.iter().flat_map(|scope| scope.claims));
        Self {
            issuer: issuer.to_string(),
            authorization_endpoint: issuer.url("/authorize"),
            token_endpoint: issuer.url("/token"),
            userinfo_endpoint: issuer.url("/userinfo"),
            jwks_uri: issuer.url("/.well-known/jwks.json"),
            introspection_endpoint: issuer.url("/introspect"),
            revocation_endpoint: issuer.url("/revoke"),
            end_session_endpoint: issuer.url("/logout"),
            check_session_iframe: issuer.url("/check-session"),
            frontchannel_logout_supported: true,
            frontchannel_logout_session_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
            registration_endpoint: None,
            scopes_supported: scopes,
            response_types_supported: ResponseType::ALL.iter().map(|response_type| response_type.as_str()).collect(),
            response_modes_supported: ResponseMode::ALL.to_vec(),
            grant_types_supported: GrantType::ALL.iter().map(|grant| grant.as_str()).chain([token_exchange::GRANT_TYPE]).collect(),
            subject_types_supported: SubjectType::ALL.iter().map(|known| known.as_str()).collect(),
            id_token_signing_alg_values_supported: offered.clone(),
            id_token_encryption_alg_values_supported: keys.clone(),
            id_token_encryption_enc_values_supported: contents.clone(),
            userinfo_signing_alg_values_supported: offered,
            userinfo_encryption_alg_values_supported: keys,
            userinfo_encryption_enc_values_supported: contents,
            introspection_endpoint_auth_methods_supported: methods
                .iter()
                .copied()
                .filter(|method| *method != AuthMethod::None.as_str())
                .collect(),
            introspection_endpoint_auth_signing_alg_values_supported: algorithms.clone(),
            revocation_endpoint_auth_methods_supported: methods.clone(),
            revocation_endpoint_auth_signing_alg_values_supported: algorithms.clone(),
            token_endpoint_auth_methods_supported: methods,
            token_endpoint_auth_signing_alg_values_supported: algorithms,
            code_challenge_methods_supported: vec!["S256"],
            prompt_values_supported: Prompt::ALL.to_vec(),
            claim_types_supported: vec!["normal"],
            claims_supported: claims,
            acr_values_supported: vec![ONE_FACTOR],
            display_values_supported: vec!["page"],
            ui_locales_supported: vec!["en"],
            claims_parameter_supported: true,
            request_parameter_supported: true,
            request_uri_parameter_supported: true,
            require_request_uri_registration: true,
            request_object_signing_alg_values_supported: private,
            authorization_response_iss_parameter_supported: true,
        }
    }
}
