//! Clients, APIs and grants for the rooms' own tests.

use std::collections::BTreeSet;

use crate::protocol::api::{Api, ApiScope};
use crate::protocol::application_type::ApplicationType;
use crate::protocol::authentication::Authentication;
use crate::protocol::claims_request::AskedClaims;
use crate::protocol::client::{
    AuthMethod, Client, ClientId, ClientSecret, GrantType, PkceRule, RefreshTokenRotation, ResponseType, TokenLifetimes,
};
use crate::protocol::client_assertion::AssertionRules;
use crate::protocol::client_logout::ClientLogout;
use crate::protocol::client_presentation::Presentation;
use crate::protocol::client_responses::ClientResponses;
use crate::protocol::grant::Grant;
use crate::protocol::issuer::Issuer;
use crate::protocol::login_rules::LoginRules;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::registration::RegisteredBy;
use crate::protocol::request_object::RequestObjectRules;
use crate::protocol::resource::Resource;
use crate::protocol::scope::{Scope, ScopeToken};
use crate::protocol::scope_grant::Catalog;
use crate::protocol::subject::{GrantId, SessionId, Subject};
use crate::protocol::subject_type::SubjectRules;
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;

pub(crate) fn client_id(id: &str) -> ClientId {
    ClientId::parse(id).unwrap()
}

/// `app`, whose secret is `app-secret`, at `https://app.example/cb`.
pub(crate) fn confidential_client(grants: &[GrantType], allowed: &str, default: &str) -> Client {
    let code = grants.contains(&GrantType::AuthorizationCode);
    Client {
        id: client_id("app"),
        name: "App".into(),
        application_type: ApplicationType::Web,
        secrets: vec![ClientSecret {
            id: "1".into(),
            hash: TokenHash::of("app-secret"),
            sealed: None,
            created_at: Timestamp::from_seconds(0),
        }],
        auth_method: AuthMethod::SecretBasic,
        keys: None,
        assertions: AssertionRules::default(),
        request_objects: RequestObjectRules::default(),
        subjects: SubjectRules::default(),
        login: LoginRules::default(),
        presentation: Presentation::default(),
        responses: ClientResponses::default(),
        pkce: PkceRule::Required,
        refresh_token_rotation: RefreshTokenRotation::On,
        grant_types: grants.iter().copied().collect(),
        response_types: code.then_some(ResponseType::Code).into_iter().collect(),
        redirect_uris: vec![RedirectUri::register("https://app.example/cb", ApplicationType::Web).unwrap()],
        post_logout_redirect_uris: vec![RedirectUri::register("https://app.example/bye", ApplicationType::Web).unwrap()],
        logout: ClientLogout::default(),
        cors_origins: Vec::new(),
        allowed_scope: Scope::parse(allowed).unwrap(),
        default_scope: Scope::parse(default).unwrap(),
        roles: BTreeSet::new(),
        claims: Vec::new(),
        lifetimes: TokenLifetimes::default(),
        first_party: false,
        enabled: true,
        registered_by: RegisteredBy::Operator,
        created_at: Timestamp::from_seconds(0),
        updated_at: Timestamp::from_seconds(0),
    }
}

pub(crate) fn issuer() -> Issuer {
    Issuer::parse("https://id.example").unwrap()
}

/// The items API, and our own with `clients:read` for admins.
pub(crate) fn catalog() -> Catalog {
    let scope = |name: &str, role: Option<&str>| ApiScope {
        name: ScopeToken::parse(name).unwrap(),
        description: format!("Use {name}"),
        role: role.map(str::to_owned),
    };
    let api = |identifier: &str, scopes: Vec<ApiScope>| Api {
        identifier: Resource::parse(identifier).unwrap(),
        name: identifier.into(),
        scopes,
        introspectors: BTreeSet::from([client_id("demo-api")]),
        claims: Vec::new(),
    };
    Catalog::new(
        issuer(),
        vec![
            api("https://id.example/api", vec![scope("clients:read", Some("admin"))]),
            api("http://localhost:8000", vec![scope("items:read", None), scope("items:write", None)]),
        ],
    )
}

pub(crate) fn grant(scope: &str) -> Grant {
    Grant {
        authentication: Authentication::by_password(),
        id: GrantId::new("grant-1"),
        client: client_id("app"),
        sector: None,
        user: Subject::new("alice-id"),
        session: Some(SessionId::new("session-1")),
        scope: Scope::parse(scope).unwrap(),
        resources: Vec::new(),
        nonce: None,
        claims: AskedClaims::default(),
        authenticated_at: Timestamp::from_seconds(999_000),
        created_at: Timestamp::from_seconds(999_000),
        refresh_until: Some(Timestamp::from_seconds(2_000_000)),
        expires_at: Timestamp::from_seconds(2_000_000),
        revoked_at: None,
    }
}
