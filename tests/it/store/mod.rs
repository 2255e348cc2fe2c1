//! The store's suite: each function runs on SQLite and on PostgreSQL.

mod api;
mod api_key;
mod client;
mod code;
mod connection;
mod consent;
mod corruption;
mod grant;
mod group;
mod identity;
mod login_failure;
mod logout;
mod pairwise_salt;
mod refusal;
mod registration;
mod revoked_token;
mod rotation;
mod schema;
mod session;
mod sweep;
mod used_assertion;
mod user;

use std::sync::Arc;
use std::time::Duration;

use claviger::identity::session::{Interaction, Session, SessionLimits};
use claviger::identity::user::{PasswordHash, User, Username};
use claviger::protocol::application_type::ApplicationType;
use claviger::protocol::authentication::Authentication;
use claviger::protocol::claim_rule::ClaimRule;
use claviger::protocol::claims::{Address, StandardClaims};
use claviger::protocol::claims_request::AskedClaims;
use claviger::protocol::client::{
    AuthMethod, Client, ClientId, ClientSecret, GrantType, Origin, PkceRule, RefreshTokenRotation, ResponseType, TokenLifetimes,
};
use claviger::protocol::client_assertion::AssertionRules;
use claviger::protocol::client_logout::{ClientLogout, LogoutRevokes, LogoutUri};
use claviger::protocol::client_presentation::{LogoUri, Presentation};
use claviger::protocol::client_responses::ClientResponses;
use claviger::protocol::grant::{Effect, Grant, SealedSuccessor, authorization_code};
use claviger::protocol::jose::Algorithm;
use claviger::protocol::login_rules::LoginRules;
use claviger::protocol::pkce::CodeChallenge;
use claviger::protocol::redirect_uri::RedirectUri;
use claviger::protocol::registration::RegisteredBy;
use claviger::protocol::request_object::{RequestObjectRules, RequestUri};
use claviger::protocol::resource::Resource;
use claviger::protocol::scope::Scope;
use claviger::protocol::subject::{GrantId, SessionId, Subject};
use claviger::protocol::subject_type::{Sector, SectorIdentifierUri, SubjectRules, SubjectType};
use claviger::protocol::time::Timestamp;
use claviger::protocol::token::TokenHash;
use claviger::protocol::web_uri::WebUri;
use claviger::store::{Applied, Insertion, Store};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::database::Database;

/// Text that breaks careless SQL, JSON and encodings, without a NUL.
const HOSTILE: &str = "Robert'); DROP TABLE account;-- \"%_\\ ?$1 \u{1F511}\u{202E}e\u{301}\u{FFFF}\n";

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
pub const LIMITS: SessionLimits = SessionLimits { idle: Duration::from_hours(8), absolute: Duration::from_hours(7 * 24) };

/// `seconds` after [`NOW`].
fn after(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

fn scope(words: &str) -> Scope {
    Scope::parse(words).unwrap()
}

fn hash(of: &str) -> TokenHash {
    TokenHash::of(of)
}

fn client_id(id: &str) -> ClientId {
    ClientId::parse(id).unwrap()
}

fn grant_id(id: &str) -> GrantId {
    GrantId::new(id)
}

fn secret(id: &str, created_at: Timestamp) -> ClientSecret {
    ClientSecret { id: id.to_owned(), hash: hash(id), sealed: None, created_at }
}

/// A client with something in every field.
fn client(id: &str) -> Client {
    let uri = |text| RedirectUri::register(text, ApplicationType::Web).unwrap();
    Client {
        id: client_id(id),
        name: HOSTILE.to_owned(),
        application_type: ApplicationType::Web,
        secrets: vec![secret("old", NOW), secret("new", after(1))],
        auth_method: AuthMethod::SecretPost,
        keys: None,
        assertions: AssertionRules::default(),
        request_objects: RequestObjectRules {
            algorithm: Some(Algorithm::Ps256),
            uris: vec![RequestUri::parse("https://a.example/objects#1").unwrap()],
            required: true,
        },
        subjects: SubjectRules {
            kind: SubjectType::Pairwise,
            sector_identifier_uri: Some(SectorIdentifierUri::parse("https://a.example/sector").unwrap()),
        },
        login: LoginRules {
            max_age: Some(u32::MAX),
            needs_auth_time: true,
            acr_values: vec!["urn:b".to_owned(), "urn:a".to_owned()],
            initiate_login_uri: Some(WebUri::parse("https://a.example/login?x=%22").unwrap()),
        },
        presentation: Presentation {
            logo: Some(LogoUri::parse("https://a.example/logo.png?x=%22").unwrap()),
            home: Some(WebUri::parse("https://a.example/home").unwrap()),
            policy: Some(WebUri::parse("https://a.example/policy").unwrap()),
            terms: Some(WebUri::parse("https://a.example/terms#one").unwrap()),
            contacts: vec![HOSTILE.to_owned(), "help@a.example".to_owned()],
        },
        responses: ClientResponses::default(),
        pkce: PkceRule::Optional,
        refresh_token_rotation: RefreshTokenRotation::Off,
        grant_types: [GrantType::AuthorizationCode, GrantType::RefreshToken].into(),
        response_types: [ResponseType::Code].into(),
        redirect_uris: vec![uri("https://z.example/cb?a=%22&b=$1"), uri("https://a.example/cb")],
        post_logout_redirect_uris: vec![uri("https://a.example/")],
        logout: ClientLogout {
            front_channel: LogoutUri::parse("https://a.example/bye?x=1").ok(),
            front_channel_session_required: true,
            back_channel: LogoutUri::parse("https://b.example/bye").ok(),
            back_channel_session_required: true,
            revokes: LogoutRevokes::Session,
        },
        cors_origins: ["https://z.example", "https://a.example", "http://localhost:3000"].map(|text| Origin::parse(text).unwrap()).into(),
        allowed_scope: scope("openid profile items:read items:write"),
        default_scope: scope("openid"),
        roles: ["importer".to_owned(), HOSTILE.to_owned()].into(),
        claims: vec![rule("level"), rule(HOSTILE)],
        lifetimes: TokenLifetimes { access_token: 1, id_token: 2, refresh_token_idle: 3, refresh_token_absolute: u32::MAX },
        first_party: true,
        enabled: true,
        registered_by: RegisteredBy::Operator,
        created_at: NOW,
        updated_at: after(2),
    }
}

/// A rule with something in every field.
fn rule(claim: &str) -> ClaimRule {
    let when = serde_json::json!({"scope": "openid", "role": "admin", "group": HOSTILE});
    let rule = serde_json::json!({"claim": claim, "from": "constant", "value": {"a": [1, null]}, "into": ["id_token"], "when": when});
    serde_json::from_value(rule).unwrap()
}

/// A person with something in every kind of field.
fn user(name: &str) -> User {
    User {
        subject: Subject::new(format!("subject-of-{name}")),
        username: Username::parse(name).unwrap(),
        password_version: 0,
        password: Some(PasswordHash::from_phc(format!("$argon2id${name}"))),
        claims: StandardClaims {
            name: Some(HOSTILE.to_owned()),
            nickname: Some("a\0b".to_owned()),
            email_verified: Some(false),
            address: Some(Address { formatted: Some("1 High St\nTown".to_owned()), ..Address::default() }),
            ..StandardClaims::default()
        },
        attributes: serde_json::from_value(serde_json::json!({"badge": 7, HOSTILE: [HOSTILE]})).unwrap(),
        roles: ["admin".to_owned(), HOSTILE.to_owned()].into(),
        groups: [].into(),
        enabled: true,
        created_at: NOW,
        updated_at: after(1),
    }
}

fn session(id: &str, user: &User) -> Session {
    Session {
        id: SessionId::new(id),
        user: user.subject.clone(),
        authenticated_at: NOW,
        authentication: Authentication::by_password(),
        created_at: NOW,
        last_used_at: NOW,
        user_agent: HOSTILE.to_owned(),
        address: "2001:db8::1".to_owned(),
        interaction: Some(Interaction { request: "r\0".to_owned(), signed_in: true, consent: Some(false), at: NOW }),
    }
}

/// A grant of `user` to `client`, in `session`, for a day.
fn grant(id: &str, client: &Client, user: &User, session: Option<&Session>) -> Grant {
    Grant {
        sector: Some(Sector::from_stored("app.example".to_owned())),
        id: grant_id(id),
        client: client.id.clone(),
        user: user.subject.clone(),
        session: session.map(|session| session.id.clone()),
        scope: scope("openid items:read"),
        resources: vec![Resource::parse("https://api.example").unwrap()],
        nonce: Some("n\0\u{1F511}".to_owned()),
        claims: AskedClaims::default(),
        authenticated_at: NOW,
        authentication: Authentication::by_provider("work", &["mfa".to_owned()], Some("gold")),
        created_at: after(1),
        refresh_until: None,
        expires_at: after(86400),
        revoked_at: None,
    }
}

fn code(text: &str, grant: Grant) -> authorization_code::Stored {
    authorization_code::Stored {
        code: hash(text),
        redirect_uri: Some("https://a.example/cb".to_owned()),
        challenge: CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        expires_at: after(60),
        spent_at: None,
        grant,
        session_is_live: true,
    }
}

fn spend_code(text: &str) -> Effect {
    Effect::SpendCode { code: hash(text), at: after(2) }
}

fn keep_token(text: &str, grant: &str) -> Effect {
    Effect::KeepRefreshToken { token: hash(text), grant: grant_id(grant), expires_at: after(3600) }
}

/// What a rotation of `old` to `new` asks for.
fn rotate(old: &str, new: &str, grant: &str, at: Timestamp) -> [Effect; 2] {
    let spend = Effect::SpendRefreshToken { token: hash(old), successor: hash(new), sealed: SealedSuccessor(format!("sealed {new}")), at };
    [spend, keep_token(new, grant)]
}

/// A client `app`, a person `alice` and a session `sid` of hers, remembered.
async fn alice_and_app(store: &Store) -> (User, Client, Session) {
    let (alice, app) = (user("alice"), client("app"));
    let sid = session("sid", &alice);
    assert_eq!(store.users().insert(&alice).await, Ok(Insertion::Inserted));
    assert_eq!(store.clients().insert(&app).await, Ok(Insertion::Inserted));
    assert_eq!(store.sessions().begin(&hash("cookie"), &sid, 0).await, Ok(Applied::Done));
    (alice, app, sid)
}

/// A code called `code` of a grant called `g`, remembered.
async fn with_code(database: &Database) -> authorization_code::Stored {
    let (alice, app, sid) = alice_and_app(&database.store).await;
    let stored = code("code", grant("g", &app, &alice, Some(&sid)));
    assert_eq!(database.store.grants().insert_code(&stored, None).await, Ok(Applied::Done));
    stored
}

/// What `times` tasks that start together come to.
async fn at_once<T, F>(times: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(times));
    let mut tasks = JoinSet::new();
    for number in 0..times {
        let (start, task) = (start.clone(), task(number));
        tasks.spawn(async move {
            start.wait().await;
            task.await
        });
    }
    tasks.join_all().await
}
