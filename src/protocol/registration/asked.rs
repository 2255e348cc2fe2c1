//! Reading what a client wants to register: its own members replace what was there before, everything else is the policy's and stays what
//! the operator made of it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use url::Url;

use crate::protocol::client::{AuthMethod, Client, ClientId, GrantType, PkceRule, RefreshTokenRotation, ResponseType};
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::problem::Problem;
use crate::protocol::registration::{MEMBERS, Policy, Reason};
use crate::protocol::scope::Scope;
use crate::protocol::subject_type::SubjectType;
use crate::protocol::token::TokenHash;

/// What only we say about a registration (RFC 7592 §2.2).
const OURS: [&str; 4] = ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];

/// The client that `members` describe, which shall be called `id`: new, without a secret.
pub fn asked(members: &Map<String, Value>, policy: &Policy, id: &ClientId) -> Result<Client, Reason> {
    let profile = ClientMetadata { client_id: id.to_string(), ..policy.profile() };
    described(members, policy, &profile, None)
}

/// What the client `held` shall be from now on, with its secrets as they are (RFC 7592 §2.2).
pub fn asked_again(members: &Map<String, Value>, policy: &Policy, held: &Client) -> Result<Client, Reason> {
    if members.get("client_id").and_then(Value::as_str) != Some(held.id.as_str()) {
        return Err(Reason::field("client_id", "must be that of the client"));
    }
    if let Some(ours) = OURS.into_iter().find(|name| members.contains_key(*name)) {
        return Err(Reason::field(ours, "is not for a client to say (RFC 7592 section 2.2)"));
    }
    if let Some(secret) = members.get("client_secret").filter(|secret| !secret.is_null()) {
        let hash = secret.as_str().map(TokenHash::of);
        if !hash.is_some_and(|hash| held.secrets.iter().any(|known| known.hash.matches(&hash))) {
            return Err(Reason::field("client_secret", "is not that of the client"));
        }
    }
    let described = described(members, policy, &ClientMetadata::of(held), Some(held))?;
    let (secrets, registered_by) = (held.secrets.clone(), held.registered_by.clone());
    Ok(Client { secrets, registered_by, created_at: held.created_at, updated_at: held.updated_at, ..described })
}

/// What a client may have at most.
struct Allowed {
    grant_types: BTreeSet<GrantType>,
    response_types: BTreeSet<ResponseType>,
    scope: Scope,
}

impl Allowed {
    /// What the operator gave this client, it keeps, though the policy may not give it to others.
    fn by(policy: &Policy, held: Option<&Client>) -> Self {
        let held = || held.into_iter();
        Self {
            grant_types: policy.grant_types.iter().chain(held().flat_map(|held| &held.grant_types)).copied().collect(),
            response_types: policy.response_types.iter().chain(held().flat_map(|held| &held.response_types)).copied().collect(),
            scope: policy.scope.iter().chain(held().flat_map(|held| held.allowed_scope.iter())).cloned().collect(),
        }
    }

    fn problems(&self, metadata: &ClientMetadata) -> Vec<Problem> {
        let not_allowed =
            |field: &str, word: &str| Problem::new(field, format!("{word} is not allowed for clients that register themselves here"));
        let grants = metadata.grant_types.difference(&self.grant_types).map(|grant| not_allowed("grant_types", grant.as_str()));
        let kinds = metadata.response_types.iter().flatten().filter(|kind| !self.response_types.contains(kind));
        grants.chain(kinds.map(|kind| not_allowed("response_types", kind.as_str()))).collect()
    }
}

fn described(members: &Map<String, Value>, policy: &Policy, before: &ClientMetadata, held: Option<&Client>) -> Result<Client, Reason> {
    let chosen = chosen(members)?;
    let mut metadata = merged(before, &chosen).ok_or_else(|| Reason::field("body", "can't be understood as a whole"))?;
    let allowed = Allowed::by(policy, held);
    if !chosen.contains_key("grant_types")
        && let Some(response_types) = &metadata.response_types
    {
        metadata.grant_types = needed_by(response_types);
    }
    if metadata.response_types.is_none() {
        // RFC 7591 §2.1: those that go with the grants, as far as there are any here.
        metadata.response_types = Some(&going_with(&metadata.grant_types) & &allowed.response_types);
    }
    let mut problems = allowed.problems(&metadata);
    // Ours to fetch: without https it would be on this machine, where only the clients of the operator may have anything.
    let fetched = [
        ("jwks_uri", &metadata.jwks_uri),
        ("sector_identifier_uri", &metadata.sector_identifier_uri),
        ("logo_uri", &metadata.logo_uri),
        ("backchannel_logout_uri", &metadata.backchannel_logout_uri),
    ];
    let fetched = fetched.into_iter().filter_map(|(name, uri)| Some((name, uri.as_ref()?)));
    let fetched = fetched.chain(metadata.request_uris.iter().map(|uri| ("request_uris", uri)));
    let wrong: Vec<Problem> =
        fetched.filter(|(_, uri)| !uri.starts_with("https:")).map(|(name, _)| Problem::new(name, "must be an https URL")).collect();
    problems.extend(wrong);
    if metadata.subject_type == SubjectType::Pairwise
        && metadata.backchannel_logout_uri.as_deref().is_some_and(|uri| !returns_to(&metadata, uri))
    {
        // OpenID Connect Core §8.1: it would be told by which names the sector knows people, which is for those behind the redirect_uris alone.
        problems.push(Problem::new(
            "backchannel_logout_uri",
            "must have the host of one of the redirect_uris where the subject_type is pairwise",
        ));
    }
    // RFC 7591 §2: what is asked for beyond what is allowed is left out, not refused.
    let asked = if chosen.contains_key("scope") { Scope::parse(&metadata.scope) } else { Ok(allowed.scope.clone()) };
    let asked = asked.unwrap_or_else(|_| {
        problems.push(Problem::new("scope", "must be scope words with a space between each two"));
        Scope::default()
    });
    let scope = asked.and(&allowed.scope);
    metadata.default_scope =
        held.filter(|held| held.default_scope != held.allowed_scope).map(|held| held.default_scope.and(&scope).to_string());
    metadata.scope = scope.to_string();
    if metadata.token_endpoint_auth_method == AuthMethod::None {
        metadata.pkce = PkceRule::Required;
        metadata.refresh_token_rotation = RefreshTokenRotation::On;
    }
    if metadata.client_name.trim().is_empty() {
        metadata.client_name = nameless(&metadata);
    }
    match metadata.client() {
        Ok(client) if problems.is_empty() => Ok(client),
        Ok(_) => Err(Reason::of(problems)),
        Err(others) => {
            let is_said = |problem: &Problem| problems.iter().any(|known| known.field == problem.field);
            let others: Vec<Problem> = others.into_iter().filter(|problem| !is_said(problem)).collect();
            Err(Reason::of(problems.into_iter().chain(others).collect()))
        }
    }
}

/// The client's own members, each in a form that can be read. `null` is the same as nothing (RFC 7592 §2.2), and so is an empty list: nobody
/// is told of one.
fn chosen(members: &Map<String, Value>) -> Result<Map<String, Value>, Reason> {
    let is_nothing = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    let own = members.iter().filter(|(name, value)| MEMBERS.contains(&name.as_str()) && !is_nothing(value));
    let own: Map<String, Value> = own.map(|(name, value)| (name.clone(), in_our_words(name, value))).collect();
    let is_wrong = |(name, value): &(&String, &Value)| serde_json::from_value::<ClientMetadata>(json!({ *name: value })).is_err();
    // serde's own words would repeat what came.
    let problems: Vec<_> =
        own.iter().filter(is_wrong).map(|(name, _)| Problem::new(name, "has a form or a value that is unknown here")).collect();
    if problems.is_empty() { Ok(own) } else { Err(Reason::of(problems)) }
}

/// Response types may have their words in any order (OAuth 2.0 Multiple Response Types §3).
fn in_our_words(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("response_types", Value::Array(kinds)) => {
            let in_order = |kind: &Value| kind.as_str().and_then(ResponseType::of_words).map(|known| known.as_str().into());
            kinds.iter().map(|kind| in_order(kind).unwrap_or_else(|| kind.clone())).collect()
        }
        _ => value.clone(),
    }
}

/// What is described where the client's own members are the `chosen` ones, or left out, and all others are as `before`.
fn merged(before: &ClientMetadata, chosen: &Map<String, Value>) -> Option<ClientMetadata> {
    let Ok(Value::Object(mut members)) = serde_json::to_value(before) else { return None };
    members.retain(|name, _| !MEMBERS.contains(&name.as_str()));
    members.extend(chosen.clone());
    serde_json::from_value(Value::Object(members)).ok()
}

/// The grant types that response types need (RFC 7591 §2.1).
fn needed_by(response_types: &BTreeSet<ResponseType>) -> BTreeSet<GrantType> {
    let code = response_types.iter().any(|kind| kind.has_code()).then_some(GrantType::AuthorizationCode);
    let implicit = response_types.iter().any(|kind| kind.is_front_channel()).then_some(GrantType::Implicit);
    code.into_iter().chain(implicit).collect()
}

/// The response types that need no other grants than these.
fn going_with(grant_types: &BTreeSet<GrantType>) -> BTreeSet<ResponseType> {
    let all = ResponseType::ALL.iter().copied();
    all.filter(|kind| needed_by(&[*kind].into()).is_subset(grant_types) && !(kind.has_code() && kind.is_front_channel())).collect()
}

/// Whether a URL has the host of one of the redirection URIs.
fn returns_to(metadata: &ClientMetadata, uri: &str) -> bool {
    let host = |uri: &str| Some(Url::parse(uri).ok()?.host_str()?.to_owned());
    host(uri).is_some_and(|there| metadata.redirect_uris.iter().any(|redirect_uri| host(redirect_uri).as_ref() == Some(&there)))
}

/// What people read where a client has no name: where they get back to.
fn nameless(metadata: &ClientMetadata) -> String {
    let host = metadata.redirect_uris.iter().find_map(|uri| Some(Url::parse(uri).ok()?.host_str()?.to_owned()));
    host.unwrap_or_else(|| metadata.client_id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::application_type::ApplicationType;
    use crate::protocol::refusal::ErrorCode;
    use crate::protocol::registration::RegisteredBy;

    const CALLBACK: &str = "https://app.example/cb";

    fn policy() -> Policy {
        Policy { scope: Scope::parse("openid profile email").unwrap(), ..Policy::default() }
    }

    fn every_kind() -> Policy {
        let (grant_types, response_types) = (GrantType::ALL.iter().copied().collect(), ResponseType::ALL.iter().copied().collect());
        Policy { grant_types, response_types, ..policy() }
    }

    fn members(more: Value) -> Map<String, Value> {
        let Value::Object(more) = more else { panic!("{more}") };
        let mut members = Map::from_iter([("redirect_uris".to_owned(), json!([CALLBACK]))]);
        members.extend(more);
        members
    }

    fn by(policy: &Policy, more: Value) -> Result<Client, Reason> {
        asked(&members(more), policy, &ClientId::parse("c-1").unwrap())
    }

    fn client(more: Value) -> Client {
        by(&policy(), more).unwrap()
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let plain = client(json!({}));
        assert_eq!((plain.grant_types, plain.response_types), ([GrantType::AuthorizationCode].into(), [ResponseType::Code].into()));
        assert_eq!(
            (plain.auth_method, plain.application_type, plain.name.as_str()),
            (AuthMethod::SecretBasic, ApplicationType::Web, "app.example")
        );
        assert_eq!((plain.allowed_scope.to_string(), plain.pkce), ("email openid profile".to_owned(), PkceRule::Required));
    }

    #[test]
    fn an_empty_list_is_as_good_as_none() {
        let empty =
            json!({"grant_types": [], "response_types": [], "contacts": [], "post_logout_redirect_uris": [], "default_acr_values": []});
        assert_eq!(client(empty), client(json!({})));
        assert_eq!(by(&policy(), json!({"redirect_uris": []})), by(&policy(), json!({"redirect_uris": null})));
    }

    #[test]
    fn what_is_unknown_or_privileged_is_ignored() {
        let cunning = json!({
            "first_party": true, "enabled": false, "roles": ["admin"], "claims": [{"claim": "x"}], "lifetimes": {"access_token": 86400},
            "pkce": "optional", "assertion_audience": "issuer_or_token_endpoint", "client_id": "demo-web", "client_secret": "mine",
            "cors_origins": ["https://evil.example"], "default_scope": "openid", "client_name#de": "Laden", "software_statement": "eyJ",
            "x": {"y": []}, "logout_revokes": "nothing", "refresh_token_rotation": "off",
        });
        assert_eq!(client(cunning), client(json!({})));
    }

    #[test]
    fn every_member_is_the_clients_or_the_operators() {
        const PRIVILEGED: [&str; 12] = [
            "client_id",
            "assertion_audience",
            "pkce",
            "cors_origins",
            "default_scope",
            "roles",
            "claims",
            "lifetimes",
            "first_party",
            "enabled",
            "logout_revokes",
            "refresh_token_rotation",
        ];
        // serde lists what it knows.
        let known = serde_json::from_value::<ClientMetadata>(json!({ "": 0 })).unwrap_err().to_string();
        let known: BTreeSet<&str> = known.split('`').skip(1).step_by(2).filter(|name| !name.is_empty()).collect();
        let decided: BTreeSet<&str> = MEMBERS.iter().copied().chain(PRIVILEGED).collect();
        assert_eq!(known, decided, "decide of each member whether a client may choose it for itself");
    }

    #[test]
    fn grant_types_and_response_types_go_together() {
        let kinds = |more: Value| by(&every_kind(), more).map(|client| (client.grant_types, client.response_types));
        let implicit = [GrantType::Implicit].into();
        assert_eq!(kinds(json!({"grant_types": ["implicit"]})), Ok((implicit, [ResponseType::IdToken, ResponseType::IdTokenToken].into())));
        let hybrid = [GrantType::AuthorizationCode, GrantType::Implicit].into();
        assert_eq!(kinds(json!({"response_types": ["token code id_token"]})), Ok((hybrid, [ResponseType::CodeIdTokenToken].into())));
        assert_eq!(kinds(json!({"grant_types": ["client_credentials"]})), Ok(([GrantType::ClientCredentials].into(), [].into())));
        for contradiction in [
            json!({"grant_types": ["authorization_code"], "response_types": ["id_token"]}),
            json!({"grant_types": ["implicit"], "response_types": ["code"]}),
        ] {
            assert_eq!(kinds(contradiction).unwrap_err().code(), ErrorCode::InvalidClientMetadata);
        }
        let only = Policy { response_types: [ResponseType::IdToken].into(), ..every_kind() };
        assert_eq!(by(&only, json!({"grant_types": ["implicit"]})).unwrap().response_types, [ResponseType::IdToken].into());
    }

    #[test]
    fn kinds_that_the_policy_lacks_are_refused() {
        for more in [
            json!({"grant_types": ["implicit"]}),
            json!({"grant_types": ["authorization_code", "password"]}),
            json!({"grant_types": ["client_credentials"]}),
            json!({"response_types": ["code id_token"]}),
            json!({"grant_types": ["urn:example:other"]}),
            json!({"response_types": ["none"]}),
        ] {
            assert_eq!(by(&policy(), more.clone()).unwrap_err().code(), ErrorCode::InvalidClientMetadata, "{more}");
        }
    }

    #[test]
    fn the_scope_is_what_is_asked_for_as_far_as_it_is_allowed() {
        let scope = |more: Value| client(more).allowed_scope.to_string();
        assert_eq!(scope(json!({"scope": "openid clients:write email"})), "email openid");
        assert_eq!(scope(json!({"scope": "clients:write"})), "");
        assert_eq!(by(&policy(), json!({"scope": "a\u{0}"})).unwrap_err().code(), ErrorCode::InvalidClientMetadata);
    }

    #[test]
    fn what_came_is_never_repeated() {
        for more in [
            json!({"redirect_uris": "hunter2"}),
            json!({"redirect_uris": ["http://hunter2.example"]}),
            json!({"grant_types": ["hunter2"]}),
            json!({"application_type": "hunter2"}),
            json!({"scope": "hunter2\n"}),
            json!({"jwks": {"keys": [{"kty": "oct", "k": "hunter2"}]}}),
            json!({"jwks_uri": "http://hunter2.example"}),
            json!({"client_name": "hunter2\n"}),
            json!({"post_logout_redirect_uris": ["hunter2"]}),
        ] {
            let refused = by(&policy(), more.clone()).unwrap_err();
            let told = format!("{}{:?}", refused.description(), refused.refusal());
            assert!(!told.contains("hunter2") && told.contains(more.as_object().unwrap().keys().next().unwrap()), "{told}");
        }
    }

    #[test]
    fn a_public_client_always_needs_a_proof_key() {
        let lax = Policy { pkce: PkceRule::Optional, ..policy() };
        assert_eq!(by(&lax, json!({})).unwrap().pkce, PkceRule::Optional);
        assert_eq!(by(&lax, json!({"token_endpoint_auth_method": "none"})).unwrap().pkce, PkceRule::Required);
    }

    #[test]
    fn an_update_puts_back_what_it_leaves_out_and_keeps_what_the_operator_chose() {
        let named = client(json!({"client_name": "Shop", "scope": "openid", "post_logout_redirect_uris": ["https://app.example/bye"]}));
        let mut held = Client { enabled: false, roles: ["importer".to_owned()].into(), ..named };
        held.allowed_scope = Scope::parse("openid orders").unwrap();
        held.grant_types.insert(GrantType::ClientCredentials);
        let update =
            members(json!({"client_id": "c-1", "grant_types": ["authorization_code", "client_credentials"], "scope": "openid orders x"}));
        let after = asked_again(&update, &policy(), &held).unwrap();
        assert_eq!((after.name.as_str(), after.post_logout_redirect_uris.len()), ("app.example", 0));
        assert_eq!((after.allowed_scope.to_string(), after.default_scope.to_string()), ("openid orders".to_owned(), "openid".to_owned()));
        assert_eq!((&after.grant_types, &after.roles, after.enabled), (&held.grant_types, &held.roles, false));
    }

    #[test]
    fn an_update_names_the_client_and_nothing_that_is_ours_to_say() {
        let held = Client { registered_by: RegisteredBy::Operator, ..client(json!({})) };
        let field = |more: Value| asked_again(&members(more), &policy(), &held).map_err(|reason| reason.description()).unwrap_err();
        assert!(field(json!({})).starts_with("client_id:"));
        assert!(field(json!({"client_id": "other"})).starts_with("client_id:"));
        assert!(field(json!({"client_id": "c-1", "client_secret": "guess"})).starts_with("client_secret:"));
        for ours in OURS {
            assert!(field(json!({"client_id": "c-1", ours: null})).starts_with(ours));
        }
    }
}
