//! The refresh token grant, RFC 6749 §6, with rotation and reuse detection (RFC 9700 §4.14.2).
//!
//! | MUST | where |
//! |---|---|
//! | a refresh token is bound to its client, §6 | `a_token_of_another_client_is_refused` |
//! | the scope may shrink and not grow, §6 | `the_scope_may_shrink_and_not_grow` |
//! | a token used again revokes its family, RFC 9700 §4.14.2 | `a_token_used_again_later_revokes_its_family` |
//! | an answer that was lost can be asked for again | `a_retry_at_once_gets_the_same_successor` |
//! | it ends with its session unless offline_access was granted, OpenID Connect Core §11 | `it_ends_with_its_session` |

mod explain;

use std::time::Duration;

use crate::protocol::client::{Client, RefreshTokenRotation};
use crate::protocol::explanation::Explanation;
use crate::protocol::grant::{Authorization, Decision, Effect, Foreign, Grant, RefreshPlan, SealedSuccessor};
use crate::protocol::params::Params;
use crate::protocol::refusal::{ErrorCode, Refusal};
use crate::protocol::resource::{InvalidResource, Resource};
use crate::protocol::scope::{InvalidScope, Scope};
use crate::protocol::time::Timestamp;
use crate::protocol::token::{Token, TokenHash, TokenKind};

/// How long the client of a lost answer may ask for it again, the last second included: times are whole seconds here.
pub const RETRY_WINDOW: Duration = Duration::from_secs(10);

/// What this grant reads from the form.
pub struct Request {
    /// The presented token; it opens its sealed successor.
    pub token: Token,
    scope: Option<Scope>,
    resources: Vec<Resource>,
}

/// A refresh token as remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its hash.
    pub token: TokenHash,
    /// Its family.
    pub grant: Grant,
    /// Whether the session in which the grant was given goes on; true where there was none.
    pub session_is_live: bool,
    /// When it dies unless it is used.
    pub expires_at: Timestamp,
    /// Where it is in its life.
    pub state: State,
}

/// Where a refresh token is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It can be used.
    Live,
    /// It was used, and has a successor.
    Spent {
        /// When.
        at: Timestamp,
        /// The successor, sealed; forgotten soon after the retry window.
        successor: Option<SealedSuccessor>,
        /// Whether the successor was used in its turn, so that its holder did get it.
        successor_is_spent: bool,
    },
}

/// Why it says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// There is no `refresh_token`.
    #[error("the refresh_token is missing")]
    Missing,
    /// It is no refresh token of ours.
    #[error("the refresh token is malformed: {0}")]
    Malformed(String),
    /// We know no such token.
    #[error("the refresh token is unknown")]
    Unknown,
    /// It was given to another client.
    #[error("the refresh token was given to another client, {0}")]
    OtherClient(String),
    /// It was not used for too long, or its family is too old.
    #[error("the refresh token has expired: {}", if *.family { "its family is too old" } else { "it was not used for too long" })]
    Expired {
        /// Whether the whole family did.
        family: bool,
        /// When it did.
        at: Timestamp,
        /// When it was presented.
        now: Timestamp,
    },
    /// Its family was taken back.
    #[error("the grant was revoked")]
    Revoked(Timestamp),
    /// The session that it belongs to is over.
    #[error("the session of the refresh token is over")]
    SessionOver,
    /// It was used before.
    #[error("the refresh token was used before; its family is revoked")]
    Reused {
        /// When.
        at: Timestamp,
        /// When it was presented again.
        now: Timestamp,
    },
    /// It asks for more than was granted, or for nothing at all.
    #[error("the scope is not within what was granted: {asked:?}")]
    WiderScope {
        /// What it asks for.
        asked: String,
        /// What was granted.
        granted: String,
    },
    /// It asks for something that is no scope.
    #[error("the scope is malformed: {0}")]
    MalformedScope(#[from] InvalidScope),
    /// It asks for an API that was not granted.
    #[error("the resource is not within what was granted")]
    OtherResource(Foreign),
    /// It asks for an API in a form that none has.
    #[error("the resource is malformed: {0}")]
    MalformedResource(#[from] InvalidResource),
}

impl crate::protocol::refusal::Reason for Reason {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Missing => ErrorCode::InvalidRequest,
            Self::WiderScope { .. } | Self::MalformedScope(_) => ErrorCode::InvalidScope,
            Self::OtherResource(_) | Self::MalformedResource(_) => ErrorCode::InvalidTarget,
            _ => ErrorCode::InvalidGrant,
        }
    }

    fn description(&self) -> &'static str {
        match self {
            Self::Missing => "The parameter refresh_token is missing.",
            Self::WiderScope { .. } | Self::MalformedScope(_) => "The scope is not within what was granted.",
            Self::OtherResource(_) | Self::MalformedResource(_) => "The resource is not within what was granted.",
            _ => "The refresh token is invalid, expired, revoked or used.",
        }
    }

    fn explain(&self) -> Explanation {
        explain::explain(self)
    }
}

impl Request {
    /// Reads the parameters.
    pub fn parse(params: &Params) -> Result<Self, Reason> {
        let token = params.get("refresh_token").ok_or(Reason::Missing)?;
        let scope = params.get("scope").map(Scope::parse).transpose()?;
        let malformed = || Reason::Malformed(Token::misfit(TokenKind::RefreshToken, token));
        Ok(Self {
            token: Token::parse(TokenKind::RefreshToken, token).ok_or_else(malformed)?,
            scope,
            resources: Resource::parse_all(params)?,
        })
    }
}

/// Applies the rules.
#[must_use]
pub fn decide(request: &Request, found: Option<Stored>, client: &Client, now: Timestamp) -> Decision {
    let Some(stored) = found else { return Decision::refuse(Reason::Unknown) };
    if stored.grant.client != client.id {
        return Decision::refuse(Reason::OtherClient(stored.grant.client.to_string()));
    }
    if let Some(at) = stored.grant.revoked_at {
        return Decision::refuse(Reason::Revoked(at));
    }
    let refresh = match &stored.state {
        State::Live if client.refresh_token_rotation == RefreshTokenRotation::Off => RefreshPlan::Keep(stored.token.clone()),
        State::Live => RefreshPlan::Rotate(stored.token.clone()),
        State::Spent { at, successor: Some(sealed), successor_is_spent: false } if now.since(*at) <= RETRY_WINDOW => {
            RefreshPlan::Repeat(sealed.clone())
        }
        State::Spent { at, .. } => {
            // RFC 9700 §4.14.2: whoever comes second, thief or owner, shows that there are two; both lose it.
            let refusal = Refusal::from(Reason::Reused { at: *at, now });
            return Decision { effects: vec![Effect::RevokeGrant { grant: stored.grant.id, at: now }], reply: Err(refusal) };
        }
    };
    let family = stored.grant.refresh_until.is_none_or(|until| now >= until);
    if now >= stored.expires_at || family {
        let at = stored.grant.refresh_until.filter(|_| family).unwrap_or(stored.expires_at);
        return Decision::refuse(Reason::Expired { family, at, now });
    }
    if !stored.session_is_live && !client.keeps_without_session(&stored.grant) {
        return Decision::refuse(Reason::SessionOver);
    }
    let scope = match &request.scope {
        None => stored.grant.scope.clone(),
        Some(asked) if asked.is_within(&stored.grant.scope) => asked.clone(),
        Some(asked) => return Decision::refuse(wider(asked, &stored.grant)),
    };
    if scope.is_empty() {
        return Decision::refuse(wider(&scope, &stored.grant));
    }
    if let Err(foreign) = stored.grant.can_be_narrowed_to(&request.resources) {
        return Decision::refuse(Reason::OtherResource(foreign));
    }
    let session = stored.grant.session.clone().filter(|_| stored.session_is_live);
    Decision {
        effects: session.map(|session| Effect::NoteSessionUse { session, at: now }).into_iter().collect(),
        reply: Ok(Authorization { scope, resources: request.resources.clone(), refresh, grant: Some(stored.grant) }),
    }
}

fn wider(asked: &Scope, grant: &Grant) -> Reason {
    Reason::WiderScope { asked: asked.to_string(), granted: grant.scope.to_string() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::client::GrantType;
    use crate::protocol::samples;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn presented() -> Token {
        Token::new(TokenKind::RefreshToken, [1; crate::protocol::token::RANDOM_BYTES])
    }

    fn request(query: &str) -> Request {
        Request::parse(&Params::parse(format!("refresh_token={}&{query}", presented().reveal()).as_bytes()).unwrap()).unwrap()
    }

    fn stored(state: State) -> Stored {
        Stored {
            token: presented().hash(),
            grant: samples::grant("openid items:read"),
            session_is_live: true,
            expires_at: NOW + Duration::from_mins(1),
            state,
        }
    }

    fn spent(ago: u64, successor_is_spent: bool) -> State {
        State::Spent { at: NOW - Duration::from_secs(ago), successor: Some(SealedSuccessor("sealed".into())), successor_is_spent }
    }

    fn decide_on(query: &str, stored: Stored) -> Decision {
        let client = samples::confidential_client(&[GrantType::AuthorizationCode, GrantType::RefreshToken], "openid items:read", "openid");
        decide(&request(query), Some(stored), &client, NOW)
    }

    fn reason(decision: &Decision) -> String {
        decision.reply.as_ref().unwrap_err().reason.clone()
    }

    #[test]
    fn a_live_token_is_rotated() {
        let reply = decide_on("", stored(State::Live)).reply.unwrap();
        assert_eq!(reply.refresh, RefreshPlan::Rotate(presented().hash()));
        assert_eq!(reply.scope.to_string(), "items:read openid");
    }

    #[test]
    fn a_token_that_does_not_rotate_stays_unless_it_was_used_up() {
        let mut client = samples::confidential_client(&[GrantType::RefreshToken], "openid items:read", "openid");
        client.refresh_token_rotation = RefreshTokenRotation::Off;
        let plan = |state| decide(&request(""), Some(stored(state)), &client, NOW).reply.map(|reply| reply.refresh).ok();
        assert_eq!(plan(State::Live), Some(RefreshPlan::Keep(presented().hash())));
        assert_eq!(plan(spent(10, false)), Some(RefreshPlan::Repeat(SealedSuccessor("sealed".into()))));
        assert_eq!(plan(spent(11, false)), None);
    }

    #[test]
    fn a_token_of_another_client_is_refused() {
        let mut other = stored(State::Live);
        other.grant.client = samples::client_id("other");
        let decision = decide_on("", other);
        assert_eq!(reason(&decision), Reason::OtherClient("other".into()).to_string());
        assert!(decision.effects.is_empty());
    }

    #[test]
    fn the_scope_may_shrink_and_not_grow() {
        assert_eq!(decide_on("scope=items:read", stored(State::Live)).reply.unwrap().scope.to_string(), "items:read");
        let refusal = decide_on("scope=items:read+items:write", stored(State::Live)).reply.unwrap_err();
        assert_eq!(refusal.code, ErrorCode::InvalidScope);
    }

    #[test]
    fn a_resource_outside_the_grant_is_refused() {
        let mut narrow = stored(State::Live);
        narrow.grant.resources = vec![Resource::parse("http://localhost:8000").unwrap()];
        assert_eq!(decide_on("resource=http://localhost:8000/", narrow.clone()).reply.unwrap().resources.len(), 1);
        assert_eq!(decide_on("resource=https://other.example", narrow).reply.unwrap_err().code, ErrorCode::InvalidTarget);
    }

    #[test]
    fn a_retry_at_once_gets_the_same_successor() {
        let reply = decide_on("", stored(spent(10, false))).reply.unwrap();
        assert_eq!(reply.refresh, RefreshPlan::Repeat(SealedSuccessor("sealed".into())));
    }

    #[test]
    fn a_token_used_again_later_revokes_its_family() {
        for state in [spent(11, false), spent(1, true), State::Spent { at: NOW, successor: None, successor_is_spent: false }] {
            let stored = stored(state);
            let family = stored.grant.id.clone();
            let decision = decide_on("", stored);
            assert_eq!(reason(&decision), "the refresh token was used before; its family is revoked");
            assert_eq!(decision.effects, [Effect::RevokeGrant { grant: family, at: NOW }]);
        }
    }

    #[test]
    fn it_ends_with_its_session() {
        let over = Stored { session_is_live: false, ..stored(State::Live) };
        assert_eq!(reason(&decide_on("", over.clone())), Reason::SessionOver.to_string());
        let offline = Stored { grant: samples::grant("openid offline_access"), ..over };
        assert!(decide_on("", offline).reply.is_ok());
    }

    #[test]
    fn idle_and_absolute_lifetime_are_kept() {
        let unused = decide_on("", Stored { expires_at: NOW, ..stored(State::Live) });
        assert_eq!(reason(&unused), "the refresh token has expired: it was not used for too long");
        let mut old = stored(State::Live);
        old.grant.refresh_until = Some(NOW);
        assert_eq!(reason(&decide_on("", old)), "the refresh token has expired: its family is too old");
        let mut revoked = stored(State::Live);
        revoked.grant.revoked_at = Some(NOW);
        assert_eq!(reason(&decide_on("", revoked)), Reason::Revoked(NOW).to_string());
    }

    proptest! {
        #[test]
        fn no_refusal_yields_an_authorization_and_nothing_widens(scope in "(openid|items:read|items:write|users:read)( (openid|items:read|email)){0,2}", ago in 0_u64..20, spent_too: bool) {
            for state in [State::Live, spent(ago, spent_too)] {
                let decision = decide_on(&format!("scope={}", scope.replace(' ', "+")), stored(state));
                if let Ok(authorization) = decision.reply {
                    prop_assert!(authorization.scope.is_within(&samples::grant("openid items:read").scope));
                    let revokes = decision.effects.iter().any(|effect| matches!(effect, Effect::RevokeGrant { .. }));
                    prop_assert!(!revokes);
                }
            }
        }
    }
}
