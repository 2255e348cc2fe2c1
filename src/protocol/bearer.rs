//! Presenting an access token (RFC 6750) at endpoints of our own.

use std::borrow::Cow;

use crate::protocol::access_token::AccessToken;
use crate::protocol::client_responses::Unencryptable;
use crate::protocol::explanation::{Explanation, Fact, lasting, listed};
use crate::protocol::params::Params;
use crate::protocol::refusal::ErrorCode;
use crate::protocol::time::Timestamp;

/// Why a presented token does not open an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// There is none.
    #[error("no access token was presented")]
    Missing,
    /// It stands in two places at once (RFC 6750 §2), or the header is malformed.
    #[error("the access token is presented twice or malformed: {0}")]
    Malformed(&'static str),
    /// It is none of ours, or was tampered with.
    #[error("the access token is not ours: {why}")]
    Untrusted {
        /// Why it is not.
        why: String,
        /// What was expected of it, and what came.
        facts: Vec<Fact>,
    },
    /// It is too old.
    #[error("the access token has expired")]
    Expired {
        /// When it did.
        at: Timestamp,
        /// When it was presented.
        now: Timestamp,
    },
    /// It, its grant, its session, its person or its client is no more.
    #[error("the access token is inactive: {0}")]
    Inactive(&'static str),
    /// The answer can't be encrypted as its client registered.
    #[error(transparent)]
    Unencryptable(#[from] Unencryptable),
    /// It lacks the scope.
    #[error("the access token lacks the scope {needed}")]
    Scope {
        /// The scope that is needed.
        needed: Cow<'static, str>,
        /// What is known about the token.
        facts: Vec<Fact>,
    },
}

impl crate::protocol::refusal::Reason for Reason {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Malformed(_) => ErrorCode::InvalidRequest,
            Self::Unencryptable(why) => why.code(),
            Self::Scope { .. } => ErrorCode::InsufficientScope,
            _ => ErrorCode::InvalidToken,
        }
    }

    fn description(&self) -> &'static str {
        match self {
            Self::Missing => "An access token is required.",
            Self::Malformed(_) => "The access token is presented twice or malformed.",
            Self::Unencryptable(why) => why.description(),
            Self::Scope { .. } => "The access token lacks the scope for this.",
            _ => "The access token is invalid, expired or revoked.",
        }
    }

    fn explain(&self) -> Explanation {
        const TOKEN: &str = "access token";
        match self {
            Self::Missing => Explanation::of(Fact::of(TOKEN).expected("Authorization: Bearer, and the token (RFC 6750 section 2.1)")),
            Self::Malformed(why) => Explanation::of(Fact::of(TOKEN).expected("one token, in one place").came(why)),
            Self::Unencryptable(why) => why.explain(),
            Self::Untrusted { facts, .. } => Explanation::of_all(facts.iter().cloned()),
            Self::Expired { at, now } => {
                let fact = Fact::of("exp").expected(format!("presented before {at}"));
                let fact = fact.came(format!("{now}, {} too late", lasting(now.since(*at))));
                Explanation::of(fact.note("the time that came is the time here; if the caller's clock says otherwise, one of the two is wrong"))
                    .advise("Get another token, with the refresh token if there is one. If the lifetime is too short, it is a setting of the client.")
            }
            Self::Inactive(why) => Explanation::of(Fact::of(TOKEN).expected("one that is alive").note(why)),
            Self::Scope { facts, .. } => Explanation::of_all(facts.iter().cloned()).advise(
                "Let the client ask for the scope. When it did, its own sign-in or token request says by which rule the scope was dropped.",
            ),
        }
    }
}

impl Reason {
    /// The reason why a live token of ours does not suffice.
    #[must_use]
    pub fn lacks_scope(needed: &'static str, token: &AccessToken) -> Self {
        let scope = Fact::of("scope").expected(needed).came(&token.scope);
        Self::Scope { needed: needed.into(), facts: vec![scope, Fact::of("client").came(token.client_id.as_str())] }
    }

    /// The reason why the scope of a live token of ours does not count any more: the person lost the role for it, or the client may not
    /// ask for it any more.
    #[must_use]
    pub fn lost(needed: &'static str) -> Self {
        let fact = Fact::of("scope")
            .came(needed)
            .note("the token has it, but the person has lost the role that it needs, or the client may not ask for it any more");
        Self::Scope { needed: needed.into(), facts: vec![fact] }
    }

    /// The reason why a live token of ours does not suffice to manage somebody who may do more than it may: `needed` is what it takes.
    #[must_use]
    pub fn beyond(needed: String) -> Self {
        let fact = Fact::of("scope").expected(&needed);
        Self::Scope { needed: needed.into(), facts: vec![fact.note("nobody gives away, or takes over, what they may not do themselves")] }
    }

    /// The reason why a live token of ours is for another API than `audience` (RFC 9068 §4). The answer is the same as for a lacking scope.
    #[must_use]
    pub fn other_audience(needed: &'static str, token: &AccessToken, audience: &str) -> Self {
        let fact = Fact::of("aud").expected(audience).came(listed(token.aud.identifiers()));
        Self::Scope { needed: needed.into(), facts: vec![fact, Fact::of("client").came(token.client_id.as_str())] }
    }
}

/// Finds the token in the `Authorization` header or the form body (RFC 6750 §2.1, §2.2); the query is no place for one (§2.3).
pub fn presented<'a>(authorization: Option<&'a str>, form: &'a Params) -> Result<&'a str, Reason> {
    let in_form = form.one("access_token").map_err(|_| Reason::Malformed("the parameter access_token is repeated"))?;
    match (authorization, in_form) {
        (None, None) => Err(Reason::Missing),
        (Some(_), Some(_)) => Err(Reason::Malformed("a token in the Authorization header and one in the body")),
        (None, Some(token)) => Ok(token),
        (Some(header), None) => {
            let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(Reason::Missing);
            }
            let token = token.trim_matches(' ');
            if token.is_empty() || token.contains(' ') { Err(Reason::Malformed("Bearer with no token, or several")) } else { Ok(token) }
        }
    }
}

/// Whether a token whose signature holds is alive by itself.
pub fn check_time(token: &AccessToken, now: Timestamp) -> Result<(), Reason> {
    if now >= token.exp { Err(Reason::Expired { at: token.exp, now }) } else { Ok(()) }
}

/// The `WWW-Authenticate` challenge (RFC 6750 §3): no error code where no token was presented, the needed scope where it was lacking.
#[must_use]
pub fn challenge(reason: &Reason) -> String {
    use crate::protocol::refusal::Reason as _;
    match reason {
        Reason::Missing => "Bearer realm=\"claviger\"".to_owned(),
        Reason::Scope { needed, .. } => {
            format!("Bearer error=\"{}\", error_description=\"{}\", scope=\"{needed}\"", reason.code().as_str(), reason.description())
        }
        _ => format!("Bearer error=\"{}\", error_description=\"{}\"", reason.code().as_str(), reason.description()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_is_presented_once_in_the_header_or_in_the_form() {
        let none = Params::default();
        let form = Params::parse(b"access_token=t").unwrap();
        assert_eq!(presented(Some("bEaReR t"), &none), Ok("t"));
        assert_eq!(presented(None, &form), Ok("t"));
        assert!(matches!(presented(Some("Bearer t"), &form), Err(Reason::Malformed(_))));
        assert_eq!(presented(None, &none), Err(Reason::Missing));
        assert_eq!(presented(Some("Basic t"), &none), Err(Reason::Missing));
        assert!(matches!(presented(Some("Bearer"), &none), Err(Reason::Malformed(_))));
        assert!(matches!(presented(Some("Bearer a b"), &none), Err(Reason::Malformed(_))));
    }

    #[test]
    fn the_challenge_has_no_error_code_where_no_token_was_presented() {
        assert_eq!(challenge(&Reason::Missing), "Bearer realm=\"claviger\"");
        assert!(
            challenge(&Reason::Expired { at: Timestamp::from_seconds(1), now: Timestamp::from_seconds(2) })
                .starts_with("Bearer error=\"invalid_token\"")
        );
        assert!(challenge(&Reason::Scope { needed: "openid".into(), facts: Vec::new() }).ends_with("scope=\"openid\""));
    }

    proptest! {
        #[test]
        fn a_token_is_found_behind_its_scheme(scheme in "[Bb][Ee][Aa][Rr][Ee][Rr]", spaces in " {1,3}", token in "[A-Za-z0-9._~+/-]{1,64}={0,2}") {
            let header = format!("{scheme}{spaces}{token}");
            let none = Params::default();
            prop_assert_eq!(presented(Some(&header), &none), Ok(&*token));
        }

        #[test]
        fn what_is_found_is_one_word(header in "(Bearer|bearer|Basic)?.{0,32}") {
            let none = Params::default();
            let found = presented(Some(&header), &none);
            prop_assert!(found.is_err() || found.is_ok_and(|token| !token.is_empty() && !token.contains(' ') && header.contains(token)));
        }
    }
}
