//! A client as it is described by whoever registers it, under the names of RFC 7591 §2: in the management API, and in the file of
//! `claviger apply`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::application_type::ApplicationType;
use crate::protocol::claim_rule::ClaimRule;
use crate::protocol::client::{
    AuthMethod, Client, ClientId, GrantType, Origin, PkceRule, RefreshTokenRotation, ResponseType, TokenLifetimes,
};
use crate::protocol::client_assertion::{AssertionAudience, AssertionRules};
use crate::protocol::client_logout::{ClientLogout, LogoutRevokes, LogoutUri};
use crate::protocol::client_presentation::{LogoUri, Presentation};
use crate::protocol::client_responses::ClientResponses;
use crate::protocol::jose::{Algorithm, ContentEncryption, Encryption, KeyManagement, KeySource, SigningAlgorithm};
use crate::protocol::login_rules::LoginRules;
use crate::protocol::problem::Problem;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::registration::RegisteredBy;
use crate::protocol::request_object::{RequestObjectRules, RequestUri};
use crate::protocol::scope::Scope;
use crate::protocol::subject_type::{SectorIdentifierUri, SubjectRules, SubjectType};
use crate::protocol::time::Timestamp;
use crate::protocol::web_uri::WebUri;

/// What can be chosen about a client. Members that are left out have the safe value: authorization code with PKCE, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "the specifications' own members")]
pub struct ClientMetadata {
    /// Its identifier. It can't be changed.
    pub client_id: String,
    /// Its name, for people.
    pub client_name: String,
    /// Where it runs.
    pub application_type: ApplicationType,
    /// The one way in which it authenticates.
    pub token_endpoint_auth_method: AuthMethod,
    /// The one algorithm that it signs its assertions with; any that the method knows when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<Algorithm>,
    /// Whom its assertions may be addressed to.
    pub assertion_audience: AssertionAudience,
    /// What its ID tokens are signed with; RS256 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<SigningAlgorithm>,
    /// How the key of its encrypted ID tokens gets to it; they are not encrypted when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_encrypted_response_alg: Option<KeyManagement>,
    /// What they are encrypted with; A128CBC-HS256 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_encrypted_response_enc: Option<ContentEncryption>,
    /// What answers of userinfo are signed with; they are not when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<SigningAlgorithm>,
    /// How the key of encrypted answers of userinfo gets to it; they are not encrypted when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_encrypted_response_alg: Option<KeyManagement>,
    /// What they are encrypted with; A128CBC-HS256 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_encrypted_response_enc: Option<ContentEncryption>,
    /// Its public keys, as a JWK set (RFC 7517 §5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Where they are instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// The one algorithm that it signs request objects with; any that its keys can when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<Algorithm>,
    /// Where it keeps request objects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<String>,
    /// Whether each of its requests has to be a signed object.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub require_signed_request_object: bool,
    /// What its `sub` of a person is.
    pub subject_type: SubjectType,
    /// The document that lists the redirection URIs of all clients of its sector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    /// Seconds since a person last signed in, after which they have to again, where its request says nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u32>,
    /// Whether it relies on `auth_time`, which every ID token has.
    pub require_auth_time: bool,
    /// The classes of sign-in that it would like, the best first: kept and told.
    pub default_acr_values: Vec<String>,
    /// Where others may send people who want to sign in at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// Its logo: PNG, JPEG, WebP or GIF.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// Its home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// What it does with what it learns about people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// What it asks people to agree to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// How whoever manages this server reaches those who are responsible for it.
    pub contacts: Vec<String>,
    /// Whether its codes need a proof key.
    pub pkce: PkceRule,
    /// Whether its refresh tokens are good for one use each.
    pub refresh_token_rotation: RefreshTokenRotation,
    /// The grants that it may use.
    pub grant_types: BTreeSet<GrantType>,
    /// The response types that it may use; those that its grants need when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_types: Option<BTreeSet<ResponseType>>,
    /// Where codes may be sent.
    pub redirect_uris: Vec<String>,
    /// Where a person may return after signing out.
    pub post_logout_redirect_uris: Vec<String>,
    /// The page of it that is loaded in a frame when a person signs out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<String>,
    /// Whether that page needs `iss` and `sid`.
    pub frontchannel_logout_session_required: bool,
    /// Where it is sent a logout token when a session ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Whether that token needs a `sid`.
    pub backchannel_logout_session_required: bool,
    /// Which of its refresh tokens end when a person signs out.
    pub logout_revokes: LogoutRevokes,
    /// The web origins whose scripts may call us for it.
    pub cors_origins: Vec<String>,
    /// What it may ask for: words with spaces between them.
    pub scope: String,
    /// What it gets when it asks for nothing in particular; the same when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_scope: Option<String>,
    /// What it is when it acts for itself.
    pub roles: BTreeSet<String>,
    /// What goes into its tokens and its userinfo, beside what the specifications put there.
    pub claims: Vec<ClaimRule>,
    /// How long its tokens live, in seconds.
    pub lifetimes: TokenLifetimes,
    /// Whether it is our own, so that people are not asked for consent.
    pub first_party: bool,
    /// Whether it gets anything at all.
    pub enabled: bool,
}

impl Default for ClientMetadata {
    fn default() -> Self {
        Self {
            client_id: String::new(),
            client_name: String::new(),
            application_type: ApplicationType::Web,
            token_endpoint_auth_method: AuthMethod::SecretBasic,
            token_endpoint_auth_signing_alg: None,
            assertion_audience: AssertionAudience::Issuer,
            id_token_signed_response_alg: None,
            id_token_encrypted_response_alg: None,
            id_token_encrypted_response_enc: None,
            userinfo_signed_response_alg: None,
            userinfo_encrypted_response_alg: None,
            userinfo_encrypted_response_enc: None,
            jwks: None,
            jwks_uri: None,
            request_object_signing_alg: None,
            request_uris: Vec::new(),
            require_signed_request_object: false,
            subject_type: SubjectType::Public,
            sector_identifier_uri: None,
            default_max_age: None,
            require_auth_time: false,
            default_acr_values: Vec::new(),
            initiate_login_uri: None,
            logo_uri: None,
            client_uri: None,
            policy_uri: None,
            tos_uri: None,
            contacts: Vec::new(),
            pkce: PkceRule::Required,
            refresh_token_rotation: RefreshTokenRotation::On,
            grant_types: [GrantType::AuthorizationCode].into(),
            response_types: None,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            frontchannel_logout_uri: None,
            frontchannel_logout_session_required: false,
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            logout_revokes: LogoutRevokes::Session,
            cors_origins: Vec::new(),
            scope: String::new(),
            default_scope: None,
            roles: BTreeSet::new(),
            claims: Vec::new(),
            lifetimes: TokenLifetimes::default(),
            first_party: false,
            enabled: true,
        }
    }
}

impl ClientMetadata {
    /// How a registered client would be described, with nothing left to be guessed.
    #[must_use]
    pub fn of(client: &Client) -> Self {
        let texts = |uris: &[RedirectUri]| uris.iter().map(RedirectUri::to_string).collect();
        Self {
            client_id: client.id.to_string(),
            client_name: client.name.clone(),
            application_type: client.application_type,
            token_endpoint_auth_method: client.auth_method,
            token_endpoint_auth_signing_alg: client.assertions.algorithm,
            assertion_audience: client.assertions.audience,
            id_token_signed_response_alg: Some(client.responses.id_token_signed),
            id_token_encrypted_response_alg: client.responses.id_token_encrypted.map(|encryption| encryption.alg),
            id_token_encrypted_response_enc: client.responses.id_token_encrypted.map(|encryption| encryption.enc),
            userinfo_signed_response_alg: client.responses.userinfo_signed,
            userinfo_encrypted_response_alg: client.responses.userinfo_encrypted.map(|encryption| encryption.alg),
            userinfo_encrypted_response_enc: client.responses.userinfo_encrypted.map(|encryption| encryption.enc),
            jwks: client.keys.as_ref().and_then(KeySource::jwks).cloned(),
            jwks_uri: client.keys.as_ref().and_then(KeySource::jwks_uri).map(str::to_owned),
            request_object_signing_alg: client.request_objects.algorithm,
            request_uris: client.request_objects.uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
            require_signed_request_object: client.request_objects.required,
            subject_type: client.subjects.kind,
            sector_identifier_uri: client.subjects.sector_identifier_uri.as_ref().map(|uri| uri.as_str().to_owned()),
            default_max_age: client.login.max_age,
            require_auth_time: client.login.needs_auth_time,
            default_acr_values: client.login.acr_values.clone(),
            initiate_login_uri: client.login.initiate_login_uri.as_ref().map(WebUri::to_string),
            logo_uri: client.presentation.logo.as_ref().map(|uri| uri.as_str().to_owned()),
            client_uri: client.presentation.home.as_ref().map(WebUri::to_string),
            policy_uri: client.presentation.policy.as_ref().map(WebUri::to_string),
            tos_uri: client.presentation.terms.as_ref().map(WebUri::to_string),
            contacts: client.presentation.contacts.clone(),
            pkce: client.pkce,
            refresh_token_rotation: client.refresh_token_rotation,
            grant_types: client.grant_types.clone(),
            response_types: Some(client.response_types.clone()),
            redirect_uris: texts(&client.redirect_uris),
            post_logout_redirect_uris: texts(&client.post_logout_redirect_uris),
            frontchannel_logout_uri: client.logout.front_channel.as_ref().map(LogoutUri::to_string),
            frontchannel_logout_session_required: client.logout.front_channel_session_required,
            backchannel_logout_uri: client.logout.back_channel.as_ref().map(LogoutUri::to_string),
            backchannel_logout_session_required: client.logout.back_channel_session_required,
            logout_revokes: client.logout.revokes,
            cors_origins: client.cors_origins.iter().map(|origin| origin.as_str().to_owned()).collect(),
            scope: client.allowed_scope.to_string(),
            default_scope: Some(client.default_scope.to_string()),
            roles: client.roles.clone(),
            claims: client.claims.clone(),
            lifetimes: client.lifetimes,
            first_party: client.first_party,
            enabled: client.enabled,
        }
    }

    /// The same without what follows from the rest.
    #[must_use]
    pub fn concise(mut self) -> Self {
        if self.response_types.as_ref() == Some(&response_types(&self.grant_types)) {
            self.response_types = None;
        }
        if self.default_scope.as_ref() == Some(&self.scope) {
            self.default_scope = None;
        }
        if self.id_token_signed_response_alg == Some(SigningAlgorithm::default()) {
            self.id_token_signed_response_alg = None;
        }
        for enc in [&mut self.id_token_encrypted_response_enc, &mut self.userinfo_encrypted_response_enc] {
            *enc = enc.filter(|enc| *enc != ContentEncryption::default());
        }
        self
    }

    /// The client that is described: new, without a secret. Everything that is wrong with the description at once.
    pub fn client(&self) -> Result<Client, Vec<Problem>> {
        let mut problems = Vec::new();
        let id = parsed(&mut problems, "client_id", ClientId::parse(&self.client_id));
        let scope = parsed(&mut problems, "scope", Scope::parse(&self.scope));
        let default_scope = parsed(&mut problems, "default_scope", Scope::parse(self.default_scope.as_ref().unwrap_or(&self.scope)));
        let register = |uri: &str| RedirectUri::register(uri, self.application_type);
        let redirect_uris = all_parsed(&mut problems, "redirect_uris", &self.redirect_uris, register);
        let post_logout = all_parsed(&mut problems, "post_logout_redirect_uris", &self.post_logout_redirect_uris, register);
        let logout = self.logout(&mut problems);
        let keys = self.keys(&mut problems);
        let request_uris = all_parsed(&mut problems, "request_uris", &self.request_uris, RequestUri::parse);
        let web_uri =
            |problems: &mut Vec<Problem>, field: &str, uri: Option<&str>| uri.and_then(|uri| parsed(problems, field, WebUri::parse(uri)));
        let initiate_login_uri = web_uri(&mut problems, "initiate_login_uri", self.initiate_login_uri.as_deref());
        let presentation = Presentation {
            logo: self.logo_uri.as_deref().and_then(|uri| parsed(&mut problems, "logo_uri", LogoUri::parse(uri))),
            home: web_uri(&mut problems, "client_uri", self.client_uri.as_deref()),
            policy: web_uri(&mut problems, "policy_uri", self.policy_uri.as_deref()),
            terms: web_uri(&mut problems, "tos_uri", self.tos_uri.as_deref()),
            contacts: self.contacts.clone(),
        };
        let sector = self.sector_identifier_uri.as_deref().map(SectorIdentifierUri::parse);
        let sector_identifier_uri = sector.and_then(|sector| parsed(&mut problems, "sector_identifier_uri", sector));
        let responses = self.responses(&mut problems);
        let cors_origins = all_parsed(&mut problems, "cors_origins", &self.cors_origins, Origin::parse);
        let (Some(id), Some(allowed_scope), Some(default_scope), true) = (id, scope, default_scope, problems.is_empty()) else {
            return Err(problems);
        };
        let start = Timestamp::from_seconds(0);
        let client = Client {
            id,
            name: self.client_name.clone(),
            application_type: self.application_type,
            secrets: Vec::new(),
            auth_method: self.token_endpoint_auth_method,
            keys,
            assertions: AssertionRules { algorithm: self.token_endpoint_auth_signing_alg, audience: self.assertion_audience },
            request_objects: RequestObjectRules {
                algorithm: self.request_object_signing_alg,
                uris: request_uris,
                required: self.require_signed_request_object,
            },
            subjects: SubjectRules { kind: self.subject_type, sector_identifier_uri },
            login: LoginRules {
                max_age: self.default_max_age,
                needs_auth_time: self.require_auth_time,
                acr_values: self.default_acr_values.clone(),
                initiate_login_uri,
            },
            presentation,
            responses,
            pkce: self.pkce,
            refresh_token_rotation: self.refresh_token_rotation,
            grant_types: self.grant_types.clone(),
            response_types: self.response_types.clone().unwrap_or_else(|| response_types(&self.grant_types)),
            redirect_uris,
            post_logout_redirect_uris: post_logout,
            logout,
            cors_origins,
            allowed_scope,
            default_scope,
            roles: self.roles.clone(),
            claims: self.claims.clone(),
            lifetimes: self.lifetimes,
            first_party: self.first_party,
            enabled: self.enabled,
            registered_by: RegisteredBy::Operator,
            created_at: start,
            updated_at: start,
        };
        problems.extend(client.problems());
        if problems.is_empty() { Ok(client) } else { Err(problems) }
    }

    fn logout(&self, problems: &mut Vec<Problem>) -> ClientLogout {
        let mut uri = |field: &str, text: Option<&String>| text.and_then(|text| parsed(problems, field, LogoutUri::parse(text)));
        ClientLogout {
            front_channel: uri("frontchannel_logout_uri", self.frontchannel_logout_uri.as_ref()),
            front_channel_session_required: self.frontchannel_logout_session_required,
            back_channel: uri("backchannel_logout_uri", self.backchannel_logout_uri.as_ref()),
            back_channel_session_required: self.backchannel_logout_session_required,
            revokes: self.logout_revokes,
        }
    }

    fn responses(&self, problems: &mut Vec<Problem>) -> ClientResponses {
        let mut encrypted = |field, alg, enc| parsed(problems, field, Encryption::registered(alg, enc)).flatten();
        let (of_id_token, of_userinfo) = (self.id_token_encrypted_response_enc, self.userinfo_encrypted_response_enc);
        ClientResponses {
            id_token_signed: self.id_token_signed_response_alg.unwrap_or_default(),
            id_token_encrypted: encrypted("id_token_encrypted_response_enc", self.id_token_encrypted_response_alg, of_id_token),
            userinfo_signed: self.userinfo_signed_response_alg,
            userinfo_encrypted: encrypted("userinfo_encrypted_response_enc", self.userinfo_encrypted_response_alg, of_userinfo),
        }
    }

    /// RFC 7591 §2: `jwks` and `jwks_uri` don't stand together.
    fn keys(&self, problems: &mut Vec<Problem>) -> Option<KeySource> {
        match (&self.jwks, &self.jwks_uri) {
            (None, None) => None,
            (Some(keys), None) => parsed(problems, "jwks", KeySource::here(keys)),
            (None, Some(uri)) => parsed(problems, "jwks_uri", KeySource::there(uri)),
            (Some(_), Some(_)) => {
                problems.push(Problem::new("jwks_uri", "stands beside jwks; keep one of them (RFC 7591 section 2)"));
                None
            }
        }
    }
}

/// The response types that grants need (RFC 7591 §2.1).
fn response_types(grant_types: &BTreeSet<GrantType>) -> BTreeSet<ResponseType> {
    let of = |grant: GrantType, types: &[ResponseType]| if grant_types.contains(&grant) { types.to_vec() } else { Vec::new() };
    let mut types = of(GrantType::AuthorizationCode, &[ResponseType::Code]);
    types.extend(of(GrantType::Implicit, &[ResponseType::IdToken, ResponseType::IdTokenToken]));
    types.into_iter().collect()
}

fn parsed<T, E: std::fmt::Display>(problems: &mut Vec<Problem>, field: &str, result: Result<T, E>) -> Option<T> {
    result.map_err(|problem| problems.push(Problem::new(field, problem))).ok()
}

fn all_parsed<T, E: std::fmt::Display>(
    problems: &mut Vec<Problem>,
    field: &str,
    texts: &[String],
    parse: impl Fn(&str) -> Result<T, E>,
) -> Vec<T> {
    texts.iter().enumerate().filter_map(|(index, text)| parsed(problems, &format!("{field}[{index}]"), parse(text))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shop() -> ClientMetadata {
        ClientMetadata {
            client_id: "shop".to_owned(),
            client_name: "The shop".to_owned(),
            redirect_uris: vec!["https://shop.example/callback".to_owned()],
            scope: "openid profile".to_owned(),
            ..ClientMetadata::default()
        }
    }

    #[test]
    fn what_is_left_out_is_safe() {
        let client = shop().client().unwrap();
        assert_eq!(client.pkce, PkceRule::Required);
        assert_eq!(client.grant_types, [GrantType::AuthorizationCode].into());
        assert!(!client.first_party && !client.is_public());
        assert_eq!(client.default_scope, client.allowed_scope);
    }

    #[test]
    fn a_client_is_described_as_it_was() {
        let client = shop().client().unwrap();
        assert_eq!(ClientMetadata::of(&client).concise(), shop());
        assert_eq!(ClientMetadata::of(&client).client(), Ok(client));
    }

    #[test]
    fn keys_stand_in_one_place_and_fit_the_method() {
        let keys = serde_json::json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]});
        let uri = || Some("https://shop.example/jwks.json".to_owned());
        let signing = |method| ClientMetadata { token_endpoint_auth_method: method, ..shop() };
        let fields = |wrong: ClientMetadata| wrong.client().unwrap_err().into_iter().map(|problem| problem.field).collect::<Vec<_>>();
        let here = ClientMetadata { jwks: Some(keys), ..signing(AuthMethod::PrivateKeyJwt) };
        let there = ClientMetadata { jwks_uri: uri(), ..signing(AuthMethod::PrivateKeyJwt) };
        for good in [&here, &there] {
            assert_eq!(ClientMetadata::of(&good.client().unwrap()).concise(), *good);
        }
        assert_eq!(fields(ClientMetadata { jwks_uri: uri(), ..here.clone() }), ["jwks_uri"]);
        assert_eq!(fields(ClientMetadata { jwks_uri: Some("http://shop.example/jwks".to_owned()), ..shop() }), ["jwks_uri"]);
        assert_eq!(fields(ClientMetadata { jwks: Some(serde_json::json!({})), ..shop() }), ["jwks"]);
        assert_eq!(fields(signing(AuthMethod::PrivateKeyJwt)), ["jwks"]);
        for (method, algorithm) in [
            (AuthMethod::PrivateKeyJwt, Algorithm::Hs256),
            (AuthMethod::SecretJwt, Algorithm::Rs256),
            (AuthMethod::SecretBasic, Algorithm::Hs256),
        ] {
            let wrong =
                ClientMetadata { token_endpoint_auth_method: method, token_endpoint_auth_signing_alg: Some(algorithm), ..there.clone() };
            assert_eq!(fields(wrong), ["token_endpoint_auth_signing_alg"]);
        }
    }

    #[test]
    fn every_problem_is_told_at_once_with_its_field() {
        let wrong = ClientMetadata {
            client_id: "a b".to_owned(),
            redirect_uris: vec!["https://shop.example/callback".to_owned(), "javascript:alert(1)".to_owned()],
            cors_origins: vec!["https://shop.example/".to_owned()],
            scope: "a\u{0}".to_owned(),
            default_scope: Some(String::new()),
            ..shop()
        };
        let fields: Vec<String> = wrong.client().unwrap_err().into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["client_id", "scope", "redirect_uris[1]", "cors_origins[0]"]);
    }

    proptest! {
        #[test]
        fn what_is_described_in_json_is_described_as_it_was(
            id in "[A-Za-z0-9._~-]{1,16}", paths in proptest::collection::vec("[a-z]{1,8}", 1..4), scope in "[a-z:.]{1,5}( [a-z:.]{1,5}){0,4}", enabled: bool
        ) {
            let uris: Vec<String> = paths.iter().map(|path| format!("https://shop.example/{path}")).collect();
            let json = serde_json::json!({"client_id": id, "client_name": "x", "redirect_uris": uris, "scope": scope, "enabled": enabled});
            let client = serde_json::from_value::<ClientMetadata>(json).unwrap().client().unwrap();
            let described = serde_json::to_string(&ClientMetadata::of(&client).concise()).unwrap();
            prop_assert_eq!(serde_json::from_str::<ClientMetadata>(&described).unwrap().client().unwrap(), client);
        }
    }
}
