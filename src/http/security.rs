//! What an operation needs of its caller, as the OpenAPI document says it. URLs are relative: the same document fits every server
//! that has a host of its own.

use std::collections::HashMap;

use poem_openapi::registry::{MetaOAuthFlow, MetaOAuthFlows, MetaOAuthScope, MetaSecurityScheme, Registry};

use serde_json::{Value, json};

use crate::flow::own_scopes;
use crate::http::caller::API_KEY_PARAMETER;
use crate::protocol::claims::CLAIM_SCOPES;

/// A client that authenticates with its secret.
pub(super) const CLIENT_BASIC: &str = "clientBasic";
/// Whoever may register a client.
pub(super) const INITIAL_ACCESS_TOKEN: &str = "initialAccessToken";
/// A client that registered itself.
pub(super) const REGISTRATION_ACCESS_TOKEN: &str = "registrationAccessToken";
/// The bearer of an access token, got by one of the grants.
const OAUTH2: &str = "oauth2";
/// The same, with the grants and the scopes found by discovery.
const OPEN_ID: &str = "openId";
/// An API key in its header.
const API_KEY: &str = "apiKey";

/// What the document says an operation needs, as alternatives: a scheme, with the scopes that the token must have.
type Requirement = HashMap<&'static str, Vec<&'static str>>;

/// Describes how a client authenticates.
pub(super) fn register_client(registry: &mut Registry) {
    let description = "Client authentication: the client's id and its secret, form-encoded (RFC 6749 section 2.3.1).";
    registry.create_security_scheme(CLIENT_BASIC, MetaSecurityScheme { scheme: Some("basic"), ..scheme("http", description) });
}

/// Describes an opaque token that is presented as a bearer token.
pub(super) fn register_opaque(registry: &mut Registry, name: &'static str, description: &'static str) {
    registry.create_security_scheme(name, MetaSecurityScheme { scheme: Some("bearer"), ..scheme("http", description) });
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
    let description = "An API key with the scope, made at /account, by `claviger api-keys` or here.";
    let in_header = MetaSecurityScheme { name: Some("X-API-Key"), key_in: Some("header"), ..scheme("apiKey", description) };
    registry.create_security_scheme(API_KEY, in_header);
    let found = Some("/.well-known/openid-configuration");
    let description = "The same, with the grants and the scopes found by discovery.";
    registry.create_security_scheme(OPEN_ID, MetaSecurityScheme { openid_connect_url: found, ..scheme("openIdConnect", description) });
}

/// The requirements that one of poem-openapi's stands for. It knows the names of schemes alone: what is none of them is the scope that
/// an access token must have, however it was got.
pub(super) fn spelled_out(requirement: Requirement) -> Vec<Requirement> {
    match requirement.keys().next().copied() {
        None | Some(CLIENT_BASIC | INITIAL_ACCESS_TOKEN | REGISTRATION_ACCESS_TOKEN) => vec![requirement],
        Some(scope) => {
            let by_token = [OAUTH2, OPEN_ID].map(|scheme| HashMap::from([(scheme, vec![scope])]));
            // An API key is good for our own API, and never for what is said about a person.
            let by_key = own_scopes().any(|(own, _)| own == scope).then(|| HashMap::from([(API_KEY, Vec::new())]));
            by_token.into_iter().chain(by_key).collect()
        }
    }
}

/// The document of a server that takes an API key in the query, too.
pub(super) fn with_key_in_query(mut document: Value) -> Value {
    const IN_QUERY: &str = "apiKeyInQuery";
    if let Some(schemes) = document.pointer_mut("/components/securitySchemes").and_then(Value::as_object_mut) {
        let description = "The same key in the URL, where it ends up in logs and histories: only for what can send no header.";
        schemes
            .insert(IN_QUERY.to_owned(), json!({"type": "apiKey", "in": "query", "name": API_KEY_PARAMETER, "description": description}));
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(|paths| paths.values_mut());
    let operations = paths.filter_map(Value::as_object_mut).flat_map(|operations| operations.values_mut());
    for requirements in operations.filter_map(|operation| operation.get_mut("security")?.as_array_mut()) {
        if requirements.iter().any(|requirement| requirement.get(API_KEY).is_some()) {
            requirements.push(json!({IN_QUERY: []}));
        }
    }
    document
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
