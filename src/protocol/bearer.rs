//! Presenting an access token (RFC 6750) at endpoints of our own.

use crate::protocol::access_token::AccessToken;
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
    #[error("the access token is presented twice or malformed")]
    Malformed,
    /// It is none of ours, or was tampered with.
    #[error("the access token is not ours: {0}")]
    Untrusted(String),
    /// It is too old.
    #[error("the access token has expired")]
    Expired,
    /// It, its grant, its session, its person or its client is no more.
    #[error("the access token is inactive: {0}")]
    Inactive(&'static str),
    /// It lacks the scope.
    #[error("the access token lacks the scope {0}")]
    Scope(&'static str),
}

impl crate::protocol::refusal::Reason for Reason {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Malformed => ErrorCode::InvalidRequest,
            Self::Scope(_) => ErrorCode::InsufficientScope,
            _ => ErrorCode::InvalidToken,
        }
    }

    fn description(&self) -> &'static str {
        match self {
            Self::Missing => "An access token is required.",
            Self::Malformed => "The access token is presented twice or malformed.",
            Self::Scope(_) => "The access token lacks the scope for this.",
            _ => "The access token is invalid, expired or revoked.",
        }
    }
}

/// Finds the token in the `Authorization` header or the form body (RFC 6750 §2.1, §2.2); the query is no place for one (§2.3).
pub fn presented<'a>(authorization: Option<&'a str>, form: &'a Params) -> Result<&'a str, Reason> {
    let in_form = form.one("access_token").map_err(|_| Reason::Malformed)?;
    match (authorization, in_form) {
        (None, None) => Err(Reason::Missing),
        (Some(_), Some(_)) => Err(Reason::Malformed),
        (None, Some(token)) => Ok(token),
        (Some(header), None) => {
            let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(Reason::Missing);
            }
            let token = token.trim_matches(' ');
            if token.is_empty() || token.contains(' ') { Err(Reason::Malformed) } else { Ok(token) }
        }
    }
}

/// Whether a token whose signature holds is alive by itself.
pub fn check_time(token: &AccessToken, now: Timestamp) -> Result<(), Reason> {
    if now >= token.exp { Err(Reason::Expired) } else { Ok(()) }
}

/// The `WWW-Authenticate` challenge (RFC 6750 §3): no error code where no token was presented, the needed scope where it was lacking.
#[must_use]
pub fn challenge(reason: &Reason) -> String {
    use crate::protocol::refusal::Reason as _;
    match reason {
        Reason::Missing => "Bearer realm=\"claviger\"".to_owned(),
        Reason::Scope(scope) => {
            format!("Bearer error=\"{}\", error_description=\"{}\", scope=\"{scope}\"", reason.code().as_str(), reason.description())
        }
        _ => format!("Bearer error=\"{}\", error_description=\"{}\"", reason.code().as_str(), reason.description()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_presented_once_in_the_header_or_in_the_form() {
        let none = Params::default();
        let form = Params::parse(b"access_token=t").unwrap();
        assert_eq!(presented(Some("bEaReR t"), &none), Ok("t"));
        assert_eq!(presented(None, &form), Ok("t"));
        assert_eq!(presented(Some("Bearer t"), &form), Err(Reason::Malformed));
        assert_eq!(presented(None, &none), Err(Reason::Missing));
        assert_eq!(presented(Some("Basic t"), &none), Err(Reason::Missing));
        assert_eq!(presented(Some("Bearer"), &none), Err(Reason::Malformed));
        assert_eq!(presented(Some("Bearer a b"), &none), Err(Reason::Malformed));
    }

    #[test]
    fn the_challenge_has_no_error_code_where_no_token_was_presented() {
        assert_eq!(challenge(&Reason::Missing), "Bearer realm=\"claviger\"");
        assert!(challenge(&Reason::Expired).starts_with("Bearer error=\"invalid_token\""));
        assert!(challenge(&Reason::Scope("openid")).ends_with("scope=\"openid\""));
    }
}
