//! What `claviger clients show` says of a client.

use crate::protocol::client::{Client, Origin};
use crate::protocol::client_presentation::LogoUri;
use crate::protocol::jose::{Encryption, KeySource, SigningAlgorithm};
use crate::protocol::request_object::RequestUri;

/// What is registered of a client, row by row.
pub(super) fn description(client: &Client) -> Vec<Vec<String>> {
    fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
        let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
        if items.is_empty() { "-".to_owned() } else { items.join(" ") }
    }
    let lifetimes = client.lifetimes;
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    vec![
        row("id", client.id.to_string()),
        row("name", client.name.clone()),
        row("application_type", client.application_type.to_string()),
        row("auth_method", client.auth_method.to_string()),
        row("token_endpoint_auth_signing_alg", list(client.assertions.algorithm)),
        row("assertion_audience", client.assertions.audience.to_string()),
        row("keys", client.keys.as_ref().map_or_else(|| "-".to_owned(), keys)),
        row("request_object_signing_alg", list(client.request_objects.algorithm)),
        row("request_uris", list(client.request_objects.uris.iter().map(RequestUri::as_str))),
        row("require_signed_request_object", client.request_objects.required.to_string()),
        row("id_token", form(Some(client.responses.id_token_signed), client.responses.id_token_encrypted)),
        row("userinfo", form(client.responses.userinfo_signed, client.responses.userinfo_encrypted)),
        row("secrets", client.secrets.len().to_string()),
        row("subject_type", client.subjects.kind.to_string()),
        row("sector", client.sector().map_or_else(|| "-".to_owned(), |sector| sector.to_string())),
        row("default_max_age", client.login.max_age.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds} s"))),
        row("require_auth_time", client.login.needs_auth_time.to_string()),
        row("default_acr_values", list(&client.login.acr_values)),
        row("initiate_login_uri", list(&client.login.initiate_login_uri)),
        row("logo_uri", client.presentation.logo.as_ref().map_or("-", LogoUri::as_str).to_owned()),
        row("client_uri", list(&client.presentation.home)),
        row("policy_uri", list(&client.presentation.policy)),
        row("tos_uri", list(&client.presentation.terms)),
        row("contacts", if client.presentation.contacts.is_empty() { "-".to_owned() } else { client.presentation.contacts.join(", ") }),
        row("pkce", client.pkce.to_string()),
        row("refresh_token_rotation", client.refresh_token_rotation.to_string()),
        row("grant_types", list(&client.grant_types)),
        row("response_types", client.response_types.iter().map(|known| known.as_str()).collect::<Vec<_>>().join(", ")),
        row("redirect_uris", list(&client.redirect_uris)),
        row("post_logout_redirect_uris", list(&client.post_logout_redirect_uris)),
        row("frontchannel_logout_uri", list(&client.logout.front_channel)),
        row("frontchannel_logout_session_required", client.logout.front_channel_session_required.to_string()),
        row("backchannel_logout_uri", list(&client.logout.back_channel)),
        row("backchannel_logout_session_required", client.logout.back_channel_session_required.to_string()),
        row("logout_revokes", client.logout.revokes.to_string()),
        row("cors_origins", list(client.cors_origins.iter().map(Origin::as_str))),
        row("allowed_scope", client.allowed_scope.to_string()),
        row("default_scope", client.default_scope.to_string()),
        row("roles", list(&client.roles)),
        row("claims", list(client.claims.iter().map(|rule| &rule.claim))),
        row("access_token", format!("{} s", lifetimes.access_token)),
        row("id_token", format!("{} s", lifetimes.id_token)),
        row("refresh_token", format!("{} s idle, {} s absolute", lifetimes.refresh_token_idle, lifetimes.refresh_token_absolute)),
        row("first_party", client.first_party.to_string()),
        row("enabled", client.enabled.to_string()),
        row("registered_by", registered_by(client)),
    ]
}

fn registered_by(client: &Client) -> String {
    let who = client.registered_by.registrar();
    client.registered_by.unused_until().map_or_else(|| who.to_string(), |end| format!("{who}, kept until {end} unless it gets a token"))
}

/// How something is signed and encrypted.
fn form(signed: Option<SigningAlgorithm>, encrypted: Option<Encryption>) -> String {
    let encrypted = encrypted.map(|encryption| format!("{} {}", encryption.alg, encryption.enc));
    let words: Vec<String> = signed.map(|algorithm| algorithm.to_string()).into_iter().chain(encrypted).collect();
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}

fn keys(source: &KeySource) -> String {
    match source {
        KeySource::Here(keys) => keys.kids().join(" "),
        KeySource::There(uri) => uri.to_string(),
    }
}
