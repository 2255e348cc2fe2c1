//! Refusals: how we say no to a caller, in public and for the log.

use std::fmt;

use crate::protocol::explanation::{Explanation, Fact};
use crate::protocol::params::{Malformed, Repeated};

/// An error code of OAuth 2 or OpenID Connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// RFC 6749 §4.1.2.1, §5.2.
    InvalidRequest,
    /// RFC 6749 §5.2.
    InvalidClient,
    /// RFC 6749 §5.2.
    InvalidGrant,
    /// RFC 6749 §4.1.2.1, §5.2.
    UnauthorizedClient,
    /// RFC 6749 §5.2.
    UnsupportedGrantType,
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType,
    /// RFC 6749 §4.1.2.1, §5.2.
    InvalidScope,
    /// RFC 8707 §2.
    InvalidTarget,
    /// RFC 6749 §4.1.2.1.
    AccessDenied,
    /// OpenID Connect Core §3.1.2.6.
    LoginRequired,
    /// OpenID Connect Core §3.1.2.6.
    ConsentRequired,
    /// OpenID Connect Core Error Code `unmet_authentication_requirements` 1.0 §2.
    UnmetAuthenticationRequirements,
    /// OpenID Connect Core §3.1.2.6.
    InvalidRequestObject,
    /// OpenID Connect Core §3.1.2.6.
    InvalidRequestUri,
    /// OpenID Connect Core §3.1.2.6.
    RegistrationNotSupported,
    /// RFC 7591 §3.2.2.
    InvalidRedirectUri,
    /// RFC 7591 §3.2.2.
    InvalidClientMetadata,
    /// RFC 6750 §3.1.
    InvalidToken,
    /// RFC 6750 §3.1.
    InsufficientScope,
    /// RFC 6749 §4.1.2.1: too many tries, too much to do.
    TemporarilyUnavailable,
    /// RFC 6749 §4.1.2.1: our own fault.
    ServerError,
}

impl ErrorCode {
    /// The code as it stands in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::InvalidRequestUri => "invalid_request_uri",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::ServerError => "server_error",
        }
    }
}

/// Why a rule says no. `Display` is for the log and may name what was wrong; the public text is fixed for each reason.
pub trait Reason: fmt::Display {
    /// The specification's error code.
    fn code(&self) -> ErrorCode;

    /// A fixed sentence that is safe to show: plain ASCII without quote and backslash (RFC 6749 §5.2).
    fn description(&self) -> &'static str;

    /// What was expected and what came, for the operator alone.
    fn explain(&self) -> Explanation {
        Explanation::default()
    }
}

/// A refusal: the caller's fault, answered with the specification's error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The error code of the answer.
    pub code: ErrorCode,
    /// The fixed sentence of the answer.
    pub description: &'static str,
    /// The reason, for the log.
    pub reason: String,
    /// What was expected and what came, for the operator.
    pub explanation: Box<Explanation>,
    /// When it makes sense to try again, where waiting helps.
    pub wait: Option<Wait>,
}

/// How long to wait before trying again, and why (RFC 9110 §10.2.3, `Retry-After`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The caller tried too often (RFC 6585 §4): seconds.
    TooMany(u64),
    /// There is too much to do (RFC 9110 §15.6.4): seconds.
    Busy(u64),
}

impl Refusal {
    /// The refusal for a reason that the log words as the public does.
    #[must_use]
    pub fn new(code: ErrorCode, description: &'static str) -> Self {
        Self { code, description, reason: description.to_owned(), explanation: Box::default(), wait: None }
    }

    /// The refusal of somebody who tried too often.
    #[must_use]
    pub fn too_many(seconds: u64) -> Self {
        let refusal = Self::new(ErrorCode::TemporarilyUnavailable, "Too many attempts. Try again later.");
        Self { wait: Some(Wait::TooMany(seconds)), ..refusal }
    }

    /// The refusal while there is too much to do.
    #[must_use]
    pub fn busy() -> Self {
        let refusal = Self::new(ErrorCode::TemporarilyUnavailable, "The server is busy. Try again in a moment.");
        Self { wait: Some(Wait::Busy(2)), ..refusal }
    }

    /// The same refusal with more for the log.
    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..self }
    }

    /// The same refusal with what the operator may know about it.
    #[must_use]
    pub fn explained(self, explanation: Explanation) -> Self {
        Self { explanation: Box::new(explanation), ..self }
    }

    /// The same refusal, asked by `client` unless it is known already who asked.
    #[must_use]
    pub fn asked_by(self, client: &str) -> Self {
        Self { explanation: Box::new(self.explanation.asked_by(client)), ..self }
    }

    /// The refusal of a request without a parameter that it needs.
    #[must_use]
    pub fn missing(name: &'static str, description: &'static str) -> Self {
        Self::new(ErrorCode::InvalidRequest, description).explained(Explanation::of(Fact::of(name).expected("a value")))
    }
}

impl<R: Reason> From<R> for Refusal {
    fn from(reason: R) -> Self {
        let explanation = Box::new(reason.explain());
        Self { code: reason.code(), description: reason.description(), reason: reason.to_string(), explanation, wait: None }
    }
}

impl From<Malformed> for Refusal {
    fn from(problem: Malformed) -> Self {
        Self::new(ErrorCode::InvalidRequest, "The parameters are not form-urlencoded UTF-8.")
            .because(problem.to_string())
            .explained(problem.explain())
    }
}

impl From<Repeated> for Refusal {
    fn from(problem: Repeated) -> Self {
        Self::new(ErrorCode::InvalidRequest, "A parameter is repeated.").because(problem.to_string()).explained(problem.explain())
    }
}
