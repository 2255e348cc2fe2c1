//! What can be wrong with a provider. What it sent is never repeated but for error codes, which the specification lists.

use std::error::Error;

use oauth2::RequestTokenError;
use openidconnect::{ClaimsVerificationError, DiscoveryError, SignatureVerificationError};

use crate::outbound::OutboundFailure;

/// Why nobody arrived from a provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The person, or the provider on their behalf, said no.
    #[error("the provider says that the person refused (access_denied)")]
    Denied,
    /// The provider refused, with this error code.
    #[error("the provider refuses: {0}")]
    Refused(String),
    /// It can't be asked.
    #[error(transparent)]
    Unreachable(#[from] OutboundFailure),
    /// What it answers is not what it should be.
    #[error("the provider can't be understood: {0}")]
    Misbehaved(&'static str),
    /// What it says about the person can't be relied on.
    #[error("what the provider says can't be relied on: {0}")]
    Untrusted(&'static str),
    /// A recent sign-in was asked for, and it does not show that there was one.
    #[error("the provider does not show that the person signed in within {0} s, as max_age or prompt=login asks")]
    NotFresh(u64),
}

impl Trouble {
    pub(super) const fn untrusted(reason: &'static str) -> Self {
        Self::Untrusted(reason)
    }

    /// An error code of the provider. What does not look like one is not repeated.
    pub(super) fn refused(code: &str) -> Self {
        let is_code = (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        Self::Refused(if is_code { code.to_owned() } else { "an error that is none".to_owned() })
    }
}

impl From<DiscoveryError<OutboundFailure>> for Trouble {
    fn from(error: DiscoveryError<OutboundFailure>) -> Self {
        match error {
            DiscoveryError::Request(failure) => Self::Unreachable(failure),
            DiscoveryError::Validation(_) => Self::Misbehaved("its metadata is that of another issuer"),
            DiscoveryError::Response(..) => Self::Misbehaved("it has no metadata or keys where they should be"),
            _ => Self::Misbehaved("its metadata or keys make no sense"),
        }
    }
}

impl<T: oauth2::ErrorResponse + 'static> From<RequestTokenError<OutboundFailure, T>> for Trouble
where
    RequestTokenError<OutboundFailure, T>: Error,
{
    fn from(error: RequestTokenError<OutboundFailure, T>) -> Self {
        match error {
            RequestTokenError::Request(failure) => Self::Unreachable(failure),
            // GitHub answers its errors with status 200, as if they were tokens.
            RequestTokenError::Parse(_, body) => {
                error_in(&body).map_or(Self::Misbehaved("its answer holds no token"), |code| Self::refused(&code))
            }
            RequestTokenError::ServerResponse(response) => {
                // Its error code is the one member that has no `Display` of its own here.
                let code = serde_json::to_value(&response).ok();
                let code = code.as_ref().and_then(|response| response.get("error")).and_then(serde_json::Value::as_str);
                Self::refused(code.unwrap_or_default())
            }
            RequestTokenError::Other(_) => Self::Misbehaved("its token endpoint does not answer as one"),
        }
    }
}

fn error_in(body: &[u8]) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(body).ok()?;
    answer.get("error")?.as_str().map(str::to_owned)
}

impl From<ClaimsVerificationError> for Trouble {
    fn from(error: ClaimsVerificationError) -> Self {
        Self::Untrusted(match error {
            ClaimsVerificationError::Expired(_) => "the ID token has expired",
            ClaimsVerificationError::InvalidAudience(_) => "the ID token is for somebody else (aud)",
            ClaimsVerificationError::InvalidIssuer(_) => "the ID token is of another issuer (iss)",
            ClaimsVerificationError::InvalidNonce(_) => "the ID token was made for another sign-in (nonce)",
            ClaimsVerificationError::SignatureVerification(signature) => match signature {
                SignatureVerificationError::NoSignature => "the ID token is not signed",
                SignatureVerificationError::DisallowedAlg(_) | SignatureVerificationError::UnsupportedAlg(_) => {
                    "the ID token is signed with an algorithm that is not taken"
                }
                SignatureVerificationError::NoMatchingKey | SignatureVerificationError::AmbiguousKeyId(_) => {
                    "the ID token is signed with a key that the provider has not published"
                }
                _ => "the signature of the ID token is wrong",
            },
            _ => "the ID token makes no sense",
        })
    }
}
