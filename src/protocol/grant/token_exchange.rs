//! Token exchange, RFC 8693, for API keys alone: who has a key gets a short-lived access token for it. The key authenticates; no client does.
//!
//! | MUST | where |
//! |---|---|
//! | subject_token and subject_token_type are required, §2.1 | `what_is_missing_or_of_another_kind_is_refused` |
//! | actor_token_type goes with actor_token, §2.1; there is nobody to act for | `what_is_missing_or_of_another_kind_is_refused` |
//! | the answer names the issued_token_type, §2.2.1 | `a_key_is_traded_for_a_short_lived_token` |

use crate::protocol::api_key::TOKEN_TYPE;
use crate::protocol::explanation::{Explanation, Fact};
use crate::protocol::params::Params;
use crate::protocol::refusal::{ErrorCode, Refusal};
use crate::protocol::resource::Resource;
use crate::protocol::scope_grant::{Narrowing, ScopeRefusal};
use crate::protocol::token::{Token, TokenKind};

/// The `grant_type` (RFC 8693 §2.1).
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// What is issued (RFC 8693 §3).
pub const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";

/// What this grant reads from the form.
pub struct Request {
    /// The API key.
    pub key: Token,
    /// What the token is narrowed to.
    pub narrowing: Narrowing,
}

/// Why it says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A parameter is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// What is presented is no API key.
    #[error("the subject_token_type is another one than that of API keys")]
    OtherSubject(String),
    /// What is asked for is no access token.
    #[error("the requested_token_type is not that of access tokens")]
    OtherRequest(String),
    /// Somebody acts for somebody else.
    #[error("there is an actor_token")]
    Actor,
    /// A client authenticates, too.
    #[error("a client authenticates beside the key")]
    TwoCallers,
    /// What is presented has not the form of an API key.
    #[error("the subject_token has not the form of an API key")]
    Malformed(String),
    /// The key, or its owner, is no more.
    #[error("the API key is not alive: {0}")]
    Inactive(&'static str),
}

impl crate::protocol::refusal::Reason for Reason {
    fn code(&self) -> ErrorCode {
        // RFC 8693 §2.2.2: so is a subject_token that is invalid for any reason.
        ErrorCode::InvalidRequest
    }

    fn description(&self) -> &'static str {
        match self {
            Self::Missing(_) => "The parameters subject_token and subject_token_type are required.",
            Self::OtherSubject(_) => "Only API keys can be exchanged here.",
            Self::OtherRequest(_) => "Only access tokens are issued here.",
            Self::Actor => "An actor_token is not supported.",
            Self::TwoCallers => "The API key alone authenticates; leave the client authentication out.",
            Self::Malformed(_) | Self::Inactive(_) => "The API key is invalid, expired or revoked.",
        }
    }

    fn explain(&self) -> Explanation {
        Explanation::of(match self {
            Self::Missing(name) => Fact::of("parameter").expected(name),
            Self::OtherSubject(came) => Fact::compared("subject_token_type", TOKEN_TYPE, came),
            Self::OtherRequest(came) => Fact::compared("requested_token_type", ACCESS_TOKEN_TYPE, came),
            Self::Actor => Fact::of("actor_token").note("there is nobody to act for but the key's owner"),
            Self::TwoCallers => Fact::of("client authentication").expected("none").note("the key says whose it is"),
            Self::Malformed(misfit) => Fact::of("subject_token").note(misfit.as_str()),
            Self::Inactive(why) => Fact::of("subject_token").expected("a key that is alive").note(*why),
        })
    }
}

impl Request {
    /// Reads the parameters.
    pub fn parse(params: &Params) -> Result<Self, Refusal> {
        let required = |name| params.get(name).ok_or(Reason::Missing(name));
        let (key, kind) = (required("subject_token")?, required("subject_token_type")?);
        if kind != TOKEN_TYPE {
            return Err(Reason::OtherSubject(kind.to_owned()).into());
        }
        if params.get("actor_token").is_some() || params.get("actor_token_type").is_some() {
            return Err(Reason::Actor.into());
        }
        if let Some(other) = params.get("requested_token_type").filter(|asked| *asked != ACCESS_TOKEN_TYPE) {
            return Err(Reason::OtherRequest(other.to_owned()).into());
        }
        let mut narrowing = Narrowing::parse(params)?;
        if let Some(audience) = params.get("audience") {
            // RFC 8693 §2.1: it narrows as a resource does. What names no API of ours is refused with the rest.
            narrowing.resources.push(Resource::parse(audience).map_err(ScopeRefusal::from)?);
        }
        let key = Token::parse(TokenKind::ApiKey, key).ok_or_else(|| Reason::Malformed(Token::misfit(TokenKind::ApiKey, key)))?;
        Ok(Self { key, narrowing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::token::RANDOM_BYTES;

    fn parse(query: &str) -> Result<Request, ErrorCode> {
        Request::parse(&Params::parse(query.as_bytes()).unwrap()).map_err(|refusal| refusal.code)
    }

    #[test]
    fn what_is_missing_or_of_another_kind_is_refused() {
        let key = Token::new(TokenKind::ApiKey, [7; RANDOM_BYTES]);
        let good = format!("subject_token={}&subject_token_type={TOKEN_TYPE}", key.reveal());
        assert!(parse(&good).is_ok_and(|request| request.key.hash() == key.hash()));
        assert!(parse(&format!("{good}&requested_token_type={ACCESS_TOKEN_TYPE}&scope=items:read")).is_ok());
        for (query, code) in [
            (format!("subject_token_type={TOKEN_TYPE}"), ErrorCode::InvalidRequest),
            (format!("subject_token={}", key.reveal()), ErrorCode::InvalidRequest),
            (format!("subject_token={}&subject_token_type={ACCESS_TOKEN_TYPE}", key.reveal()), ErrorCode::InvalidRequest),
            (format!("{good}&actor_token=x&actor_token_type=y"), ErrorCode::InvalidRequest),
            (format!("{good}&requested_token_type=urn:ietf:params:oauth:token-type:refresh_token"), ErrorCode::InvalidRequest),
            (format!("subject_token=clv_key_x&subject_token_type={TOKEN_TYPE}"), ErrorCode::InvalidRequest),
            (format!("{good}&audience=orders"), ErrorCode::InvalidTarget),
            (format!("{good}&scope=%22"), ErrorCode::InvalidScope),
            (format!("{good}&resource=relative"), ErrorCode::InvalidTarget),
        ] {
            assert_eq!(parse(&query).err(), Some(code), "{query}");
        }
    }
}
