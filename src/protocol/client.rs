//! What is registered of a client (RFC 6749 §2, with the metadata names of RFC 7591 §2 and OpenID Connect Registration §2).

mod problems;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::protocol::application_type::ApplicationType;
use crate::protocol::claim_rule::ClaimRule;
use crate::protocol::client_assertion::AssertionRules;
use crate::protocol::client_logout::{ClientLogout, LogoutRevokes};
use crate::protocol::client_presentation::Presentation;
use crate::protocol::client_responses::ClientResponses;
use crate::protocol::grant::Grant;
use crate::protocol::jose::KeySource;
use crate::protocol::login_rules::LoginRules;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::registration::RegisteredBy;
use crate::protocol::request_object::RequestObjectRules;
use crate::protocol::scope::Scope;
use crate::protocol::subject_type::{Sector, SubjectRules, SubjectType};
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;
use crate::protocol::words::words;

/// The longest life of any access or ID token that we sign: a retired key stays published for as long.
pub const LONGEST_TOKEN_LIFETIME: Duration = Duration::from_hours(24);

/// A client identifier (RFC 6749 §2.2): 1 to 128 of `[A-Za-z0-9._~-]`, so that it needs no escaping in Basic, URLs or logs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(String);

/// The text is no client identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 128 of the characters A-Z a-z 0-9 . _ ~ -")]
pub struct InvalidClientId;

impl ClientId {
    /// Reads a client identifier.
    pub fn parse(text: &str) -> Result<Self, InvalidClientId> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'-');
        if text.is_empty() || text.len() > 128 || !text.bytes().all(allowed) {
            return Err(InvalidClientId);
        }
        Ok(Self(text.to_owned()))
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ClientId {
    type Error = InvalidClientId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> Self {
        id.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

words! {
    /// How a client proves that it is itself (RFC 7591 §2, `token_endpoint_auth_method`). A client has one method.
    AuthMethod {
        /// Identifier and secret in the `Authorization: Basic` header (RFC 6749 §2.3.1).
        SecretBasic = "client_secret_basic",
        /// Identifier and secret in the body (RFC 6749 §2.3.1).
        SecretPost = "client_secret_post",
        /// An assertion that is signed with the secret (OpenID Connect Core §9).
        SecretJwt = "client_secret_jwt",
        /// An assertion that is signed with a private key (OpenID Connect Core §9, RFC 7523).
        PrivateKeyJwt = "private_key_jwt",
        /// It can't: a public client names itself (RFC 6749 §2.1).
        None = "none",
    }
}

words! {
    /// Whether a code needs a proof key (RFC 7636, RFC 9700 §2.1.1).
    PkceRule {
        /// Every authorization request carries a `S256` challenge.
        Required = "required",
        /// A confidential client may go without.
        Optional = "optional",
    }
}

words! {
    /// Whether a refresh token is good for one use (RFC 9700 §4.14.2).
    RefreshTokenRotation {
        /// Each use brings a successor, and one that is used again ends its family.
        On = "on",
        /// A confidential client keeps its refresh token: stolen, it is of no use without the client's authentication (RFC 6749 §10.4).
        Off = "off",
    }
}

words! {
    /// Ways to a token (RFC 6749 §4, RFC 7591 §2, `grant_types`).
    GrantType {
        /// RFC 6749 §4.1.
        AuthorizationCode = "authorization_code",
        /// RFC 6749 §4.4.
        ClientCredentials = "client_credentials",
        /// RFC 6749 §6.
        RefreshToken = "refresh_token",
        /// RFC 6749 §4.3. RFC 9700 §2.4 advises against it: a client has it only when it registers for it.
        Password = "password",
        /// Tokens straight from the authorization endpoint (OpenID Connect Core §3.2, §3.3). RFC 9700 §2.1.2 advises against access tokens
        /// there: a client has it only when it registers for it. The token endpoint knows no such grant.
        Implicit = "implicit",
    }
}

words! {
    /// What the authorization endpoint answers with (RFC 6749 §3.1.1, OAuth 2.0 Multiple Response Types, `response_types`).
    ResponseType {
        /// An authorization code.
        Code = "code",
        /// An ID token (OpenID Connect Core §3.2).
        IdToken = "id_token",
        /// An ID token and an access token (OpenID Connect Core §3.2).
        IdTokenToken = "id_token token",
        /// A code and an ID token (OpenID Connect Core §3.3).
        CodeIdToken = "code id_token",
        /// A code and an access token (OpenID Connect Core §3.3).
        CodeToken = "code token",
        /// All of them (OpenID Connect Core §3.3).
        CodeIdTokenToken = "code id_token token",
    }
}

impl ResponseType {
    /// The response type of these words, in any order (OAuth 2.0 Multiple Response Types §3).
    #[must_use]
    pub fn of_words(text: &str) -> Option<Self> {
        let sorted = |text: &str| -> Vec<String> {
            let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            words.sort_unstable();
            words
        };
        Self::ALL.iter().copied().find(|known| sorted(known.as_str()) == sorted(text))
    }

    /// Whether the answer has a code.
    #[must_use]
    pub const fn has_code(self) -> bool {
        matches!(self, Self::Code | Self::CodeIdToken | Self::CodeToken | Self::CodeIdTokenToken)
    }

    /// Whether the answer has an ID token.
    #[must_use]
    pub const fn has_id_token(self) -> bool {
        matches!(self, Self::IdToken | Self::IdTokenToken | Self::CodeIdToken | Self::CodeIdTokenToken)
    }

    /// Whether the answer has an access token.
    #[must_use]
    pub const fn has_token(self) -> bool {
        matches!(self, Self::IdTokenToken | Self::CodeToken | Self::CodeIdTokenToken)
    }

    /// Whether tokens travel through the browser: the query is no place for them, and the client needs the grant type `implicit`.
    #[must_use]
    pub const fn is_front_channel(self) -> bool {
        self.has_id_token() || self.has_token()
    }
}

/// A secret of a client: generated by us, long and random, so that its SHA-256 is the right hash for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecret {
    /// Names the secret, so that one of two can be withdrawn.
    pub id: String,
    /// Its SHA-256.
    pub hash: TokenHash,
    /// It, sealed under the key of this server's key folder, if the client's method needs it back (`client_secret_jwt`).
    pub sealed: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How long a client's tokens live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenLifetimes {
    /// Seconds that an access token lives.
    pub access_token: u32,
    /// Seconds that an ID token lives.
    pub id_token: u32,
    /// Seconds after which an unused refresh token dies.
    pub refresh_token_idle: u32,
    /// Seconds after which a family of refresh tokens dies, however often it was rotated.
    pub refresh_token_absolute: u32,
}

impl Default for TokenLifetimes {
    fn default() -> Self {
        const DAY: u32 = 24 * 60 * 60;
        Self { access_token: 600, id_token: 600, refresh_token_idle: 14 * DAY, refresh_token_absolute: 90 * DAY }
    }
}

/// The most secrets of one client that are alive at once: the old one and its replacement.
pub const MOST_SECRETS: usize = 2;

/// A registered client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its identifier.
    pub id: ClientId,
    /// Its name, for people.
    pub name: String,
    /// Where it runs.
    pub application_type: ApplicationType,
    /// Its secrets that are alive; none for a public client.
    pub secrets: Vec<ClientSecret>,
    /// The one way in which it authenticates.
    pub auth_method: AuthMethod,
    /// Its public keys, if it has any.
    pub keys: Option<KeySource>,
    /// How it signs who it is.
    pub assertions: AssertionRules,
    /// How it sends requests as signed objects.
    pub request_objects: RequestObjectRules,
    /// By which `sub` it knows people.
    pub subjects: SubjectRules,
    /// How its people sign in.
    pub login: LoginRules,
    /// What it says about itself to people.
    pub presentation: Presentation,
    /// In what form it gets what it is told about people.
    pub responses: ClientResponses,
    /// Whether its codes need a proof key.
    pub pkce: PkceRule,
    /// Whether its refresh tokens are good for one use each.
    pub refresh_token_rotation: RefreshTokenRotation,
    /// The grants that it registered for.
    pub grant_types: BTreeSet<GrantType>,
    /// The response types that it registered for.
    pub response_types: BTreeSet<ResponseType>,
    /// Where codes, and tokens of the grant type `implicit`, may be sent.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where a person may return after signing out (OpenID Connect RP-Initiated Logout §3.1).
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// How it is told that a person signed out, and what that ends.
    pub logout: ClientLogout,
    /// The web origins whose scripts may call us for this client.
    pub cors_origins: Vec<Origin>,
    /// What it may ask for.
    pub allowed_scope: Scope,
    /// What it gets when it asks for nothing in particular.
    pub default_scope: Scope,
    /// What it is when it acts for itself.
    pub roles: BTreeSet<String>,
    /// What goes into its tokens and its userinfo, beside what the specifications put there.
    pub claims: Vec<ClaimRule>,
    /// How long its tokens live.
    pub lifetimes: TokenLifetimes,
    /// Our own application: people are not asked for consent.
    pub first_party: bool,
    /// A disabled client gets nothing, and what it got is inactive.
    pub enabled: bool,
    /// Who registered it.
    pub registered_by: RegisteredBy,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Client {
    /// Whether it can't keep a secret (RFC 6749 §2.1).
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.auth_method == AuthMethod::None
    }

    /// Whether nobody who runs this server has looked at it: it registered itself (RFC 7591).
    #[must_use]
    pub const fn registered_itself(&self) -> bool {
        matches!(self.registered_by, RegisteredBy::Itself(_))
    }

    /// Whether it authenticates by a secret.
    #[must_use]
    pub const fn has_secret(&self) -> bool {
        !matches!(self.auth_method, AuthMethod::None | AuthMethod::PrivateKeyJwt)
    }

    /// Whether it registered for a grant.
    #[must_use]
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// Whether it registered for a grant that people give.
    #[must_use]
    pub fn acts_for_people(&self) -> bool {
        [GrantType::AuthorizationCode, GrantType::Password, GrantType::Implicit].into_iter().any(|grant| self.may_use(grant))
    }

    /// The sector within which it shares what it calls people, unless that is what all clients call them (OpenID Connect Core §8.1).
    #[must_use]
    pub fn sector(&self) -> Option<Sector> {
        match self.subjects.kind {
            SubjectType::Public => None,
            // One that could not be registered shares with nobody.
            SubjectType::Pairwise => {
                let sector = self.subjects.sector(&self.redirect_uris, self.application_type).ok().flatten();
                Some(sector.unwrap_or_else(|| Sector::of_client(&self.id)))
            }
        }
    }

    /// The registered redirection URI that a request means (RFC 6749 §3.1.2.3).
    #[must_use]
    pub fn redirect_uri(&self, presented: &str) -> Option<&RedirectUri> {
        self.redirect_uris.iter().find(|registered| registered.matches(presented, self.application_type))
    }

    /// Whether what a grant gave goes on when its session is over (OpenID Connect Core §11).
    #[must_use]
    pub fn keeps_without_session(&self, grant: &Grant) -> bool {
        grant.is_offline() || self.logout.revokes == LogoutRevokes::Nothing
    }

    /// Whether scripts of an origin may read our answers to this client.
    #[must_use]
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.cors_origins.iter().any(|allowed| allowed.as_str() == origin)
    }
}

/// A web origin (RFC 6454 §6.2) as browsers send it: scheme, host, and a port that is not the default one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

/// The text is no web origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a web origin such as https://app.example.com, without path or trailing slash")]
pub struct InvalidOrigin;

impl Origin {
    /// Reads an origin.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let url = Url::parse(text).map_err(|_| InvalidOrigin)?;
        if !matches!(url.scheme(), "https" | "http") || url.origin().ascii_serialization() != text {
            return Err(InvalidOrigin);
        }
        Ok(Self(text.to_owned()))
    }

    /// The origin as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Origin {
    type Error = InvalidOrigin;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}
