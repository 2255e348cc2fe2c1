//! Grants: the ways to a token, a room each, and what they have in common.
//!
//! A room reads its own parameters, looks at what the store found, and decides. Authenticating the client, minting and writing are done
//! once for all of them by the corridor, [`crate::flow::token`].

pub mod authorization_code;
pub mod client_credentials;
pub mod password;
pub mod refresh_token;
pub mod token_exchange;

use crate::protocol::authentication::Authentication;
use crate::protocol::claims_request::AskedClaims;
use crate::protocol::client::ClientId;
use crate::protocol::explanation::{Explanation, Fact, listed};
use crate::protocol::refusal::Refusal;
use crate::protocol::resource::Resource;
use crate::protocol::scope::Scope;
use crate::protocol::subject::{GrantId, SessionId, Subject};
use crate::protocol::subject_type::Sector;
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;

/// What a person allowed a client, remembered for as long as a token of it may live. A family of refresh tokens is one grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its name.
    pub id: GrantId,
    /// Who got it.
    pub client: ClientId,
    /// Who gave it.
    pub user: Subject,
    /// The sector that the client was of: what comes of it names people as that sector does, whatever becomes of the client (OpenID Connect
    /// Core §8.1).
    pub sector: Option<Sector>,
    /// The session in which it was given; none for the password grant, which has no browser.
    pub session: Option<SessionId>,
    /// What it allows.
    pub scope: Scope,
    /// The APIs that it was narrowed to (RFC 8707 §2.2); empty: every API of its scopes.
    pub resources: Vec<Resource>,
    /// The `nonce` of the authorization request (OpenID Connect Core §3.1.2.1).
    pub nonce: Option<String>,
    /// The single claims that it allows beside its scope (OpenID Connect Core §5.5).
    pub claims: AskedClaims,
    /// When the person had last proved who they are.
    pub authenticated_at: Timestamp,
    /// How they had.
    pub authentication: Authentication,
    /// When it was given.
    pub created_at: Timestamp,
    /// When its family of refresh tokens ends, if it has one: rotation does not extend it (RFC 9700 §4.14.2).
    pub refresh_until: Option<Timestamp>,
    /// When nothing that came of it can be alive any more, so that it may be forgotten.
    pub expires_at: Timestamp,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl Grant {
    /// Whether it outlives the session in which it was given (OpenID Connect Core §11).
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.scope.contains("offline_access")
    }

    /// Whether a token request may narrow this grant to these APIs (RFC 8707 §2.2); otherwise the first that it may not.
    pub fn can_be_narrowed_to(&self, asked: &[Resource]) -> Result<(), Foreign> {
        let is_granted = |resource: &Resource| self.resources.iter().any(|known| known.names_the_same_as(resource));
        let foreign = asked.iter().find(|resource| !self.resources.is_empty() && !is_granted(resource));
        foreign.map_or(Ok(()), |asked| Err(Foreign { asked: asked.clone(), granted: self.resources.clone() }))
    }
}

/// An API that is none of those that a grant was narrowed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    asked: Resource,
    granted: Vec<Resource>,
}

impl Foreign {
    pub(crate) fn explain(&self) -> Explanation {
        let fact = Fact::of("resource").expected(format!("one of {}", listed(&self.granted))).came(self.asked.as_str());
        Explanation::of(fact.note("expected are those of the authorization request (RFC 8707 section 2.2)"))
    }
}

/// What the corridor shall make a token of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// What a person allowed; `None` for a client's own token.
    pub grant: Option<Grant>,
    /// What the access token is good for: what was granted, or less when the request asked for less.
    pub scope: Scope,
    /// The APIs that this request narrows the access token to; empty: those that the grant was narrowed to.
    pub resources: Vec<Resource>,
    /// What becomes of refresh tokens.
    pub refresh: RefreshPlan,
}

/// What becomes of refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefreshPlan {
    /// None is given.
    None,
    /// The first one of a family is given.
    First,
    /// The presented one is spent, a successor is given.
    Rotate(TokenHash),
    /// The presented one stays, and lives on: the client's do not rotate.
    Keep(TokenHash),
    /// The successor that was already given is given once more, because the answer was lost, opened with the presented token.
    Repeat(SealedSuccessor),
}

/// A successor as the store keeps it for the seconds of the retry window: sealed, so that only the holder of its predecessor can open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSuccessor(pub String);

/// A change that a decision asks for. It is made even when the reply is a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a request has a handful of them, for a moment")]
pub enum Effect {
    /// The code is used up. Only one request can do this.
    SpendCode {
        /// The code.
        code: TokenHash,
        /// When it was used.
        at: Timestamp,
    },
    /// The refresh token is used up and has a successor. Only one request can do this.
    SpendRefreshToken {
        /// The token that was presented.
        token: TokenHash,
        /// Its successor's hash.
        successor: TokenHash,
        /// Its successor, for a retry.
        sealed: SealedSuccessor,
        /// When it was used.
        at: Timestamp,
    },
    /// The person's password is still the one that was checked, and the account is enabled. Otherwise nothing is changed.
    ConfirmPassword {
        /// Whose.
        user: Subject,
        /// The version that was checked.
        version: i64,
    },
    /// A new grant is remembered.
    StartGrant(Grant),
    /// What a grant gave is prolonged: it may not be forgotten before then.
    KeepGrant {
        /// Which.
        grant: GrantId,
        /// The end of its family of refresh tokens, once it has one.
        refresh_until: Option<Timestamp>,
        /// When it may be forgotten.
        expires_at: Timestamp,
    },
    /// A refresh token is remembered.
    KeepRefreshToken {
        /// Its hash.
        token: TokenHash,
        /// The family.
        grant: GrantId,
        /// When it dies unless it is used.
        expires_at: Timestamp,
    },
    /// A refresh token that stays lives on. Not one that was used up meanwhile.
    ProlongRefreshToken {
        /// Its hash.
        token: TokenHash,
        /// When it dies unless it is used.
        expires_at: Timestamp,
    },
    /// Everything that a grant gave is taken back.
    RevokeGrant {
        /// Which.
        grant: GrantId,
        /// When.
        at: Timestamp,
    },
    /// The session in which a grant was given is in use.
    NoteSessionUse {
        /// Which.
        session: SessionId,
        /// When.
        at: Timestamp,
    },
}

/// A room's verdict. Effects are committed even when the reply is a refusal, so that a replayed code revokes its tokens although the
/// client sees an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What changes.
    pub effects: Vec<Effect>,
    /// What is answered.
    pub reply: Result<Authorization, Refusal>,
}

impl Decision {
    /// A refusal that changes nothing.
    #[must_use]
    pub fn refuse(refusal: impl Into<Refusal>) -> Self {
        Self { effects: Vec::new(), reply: Err(refusal.into()) }
    }
}
