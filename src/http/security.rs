//! What an operation needs of its caller, as the OpenAPI document says it. URLs are relative: the same document fits every server.

use std::collections::HashMap;

use poem_openapi::registry::{MetaOAuthFlow, MetaOAuthFlows, MetaOAuthScope, MetaSecurityScheme, Registry};

use crate::flow::own_scopes;
use crate::protocol::claims::CLAIM_SCOPES;

/// A client that authenticates with its secret.
pub(super) const CLIENT_BASIC: &str = "clientBasic";
/// The bearer of an access token, got by one of the grants.
const OAUTH2: &str = "oauth2";
/// The same, with the grants and the scopes found by discovery.
const OPEN_ID: &str = "openId";

/// What the document says an operation needs, as alternatives: a scheme, with the scopes that the token must have.
type Requirement = HashMap<&'static str, Vec<&'static str>>;

/// Describes how a client authenticates.
pub(super) fn register_client(registry: &mut Registry) {
    let description = "Client authentication: the client's id and its secret, form-encoded (RFC 6749 section 2.3.1).";
    registry.create_security_scheme(CLIENT_BASIC, MetaSecurityScheme { scheme: Some("basic"), ..scheme("http", description) });
}

/// Describes how an access token is got.
pub(super) fn register_bearer(registry: &mut Registry) {
    let token_url = Some("/token");
    let own_scopes = || own_scopes().map(|(name, description)| MetaOAuthScope { name, description: Some(description) });
    let for_a_person = |authorization_url| {
        let claims = CLAIM_SCOPES.iter().map(|scope| MetaOAuthScope { name: scope.name, description: Some(scope.description) });
        MetaOAuthFlow { authorization_url, token_url, refresh_url: token_url, scopes: claims.chain(own_scopes()).collect() }
    };
    let for_a_machine = MetaOAuthFlow { authorization_url: None, token_url, refresh_url: None, scopes: own_scopes().collect() };
    let flows = MetaOAuthFlows {
        implicit: None,
        password: Some(for_a_person(None)),
        client_credentials: Some(for_a_machine),
        authorization_code: Some(for_a_person(Some("/authorize"))),
    };
    let description = "An access token by one of the OAuth 2 grants. For a client without a secret, leave the secret empty.";
    registry.create_security_scheme(OAUTH2, MetaSecurityScheme { flows: Some(flows), ..scheme("oauth2", description) });
    let found = Some("/.well-known/openid-configuration");
    let description = "The same, with the grants and the scopes found by discovery.";
    registry.create_security_scheme(OPEN_ID, MetaSecurityScheme { openid_connect_url: found, ..scheme("openIdConnect", description) });
}

/// The requirements that one of poem-openapi's stands for. It knows the names of schemes alone: what is none of them is the scope that
/// an access token must have, however it was got.
pub(super) fn spelled_out(requirement: Requirement) -> Vec<Requirement> {
    match requirement.keys().next().copied() {
        None | Some(CLIENT_BASIC) => vec![requirement],
        Some(scope) => [OAUTH2, OPEN_ID].map(|scheme| HashMap::from([(scheme, vec![scope])])).into(),
    }
}

const fn scheme(ty: &'static str, description: &'static str) -> MetaSecurityScheme {
    MetaSecurityScheme {
        ty,
        description: Some(description),
        name: None,
        key_in: None,
        scheme: None,
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    }
}
