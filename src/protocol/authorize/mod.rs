//! The authorization endpoint, RFC 6749 §3.1 and OpenID Connect Core §3.1.2: who asks and where an answer may go ([`Destination`]), what is
//! asked ([`Request`]), and what happens next ([`next_step`]).

mod answer;
mod decide;
mod request;

pub use answer::{Answer, Destination, ResponseMode, client_id};
pub use decide::{Facts, SignedIn, Step, next_step};
pub use request::{Prompt, Request};

use crate::protocol::refusal::ErrorCode;

/// Why the authorization endpoint says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// `client_id` is missing, repeated or none.
    #[error("client_id is missing, repeated or malformed")]
    NoClient,
    /// We know no such client, or it is disabled.
    #[error("the client {0:?} is unknown or disabled")]
    UnknownClient(String),
    /// `redirect_uri` is not one that the client registered, is repeated, or is missing although it registered several.
    #[error("the redirect_uri {0:?} is not registered for the client")]
    UnregisteredRedirectUri(Option<String>),
    /// A parameter stands there twice.
    #[error("the parameter {0:?} is repeated")]
    Repeated(String),
    /// `state` or `nonce` is too long or holds control characters.
    #[error("{0} is longer than 1024 characters or has control characters")]
    Unechoable(&'static str),
    /// `response_mode` is one that we don't know.
    #[error("the response_mode {0:?} is unknown")]
    UnknownResponseMode(String),
    /// `response_type` is missing.
    #[error("response_type is missing")]
    NoResponseType,
    /// The client did not register for this response type, or nobody can.
    #[error("the response_type {0:?} is not registered for the client")]
    UnsupportedResponseType(String),
    /// Request objects are not supported (OpenID Connect Core §6).
    #[error("a request object was sent")]
    RequestObject,
    /// Request objects by reference are not supported (OpenID Connect Core §6).
    #[error("a request_uri was sent")]
    RequestUri,
    /// Self-issued registration is not supported (OpenID Connect Core §7.2.1).
    #[error("a registration was sent")]
    Registration,
    /// The client's codes need a proof key.
    #[error("there is no code_challenge")]
    NoChallenge,
    /// The challenge is no `S256` one.
    #[error("the code_challenge is malformed or its method is not S256")]
    BadChallenge,
    /// `prompt` is unknown, or `none` has company.
    #[error("the prompt {0:?} is unknown or contradicts itself")]
    BadPrompt(String),
    /// `max_age` is no number of seconds.
    #[error("max_age is not a number")]
    BadMaxAge,
    /// `id_token_hint` is no ID token of ours for this client.
    #[error("the id_token_hint is not an ID token of ours for this client")]
    BadHint,
    /// The person would have to sign in, and `prompt=none` forbids to ask.
    #[error("the person would have to sign in")]
    LoginRequired,
    /// The person would have to consent, and `prompt=none` forbids to ask.
    #[error("the person would have to consent")]
    ConsentRequired,
    /// The person who signed in is not the one of the `id_token_hint`.
    #[error("another person signed in than the id_token_hint names")]
    OtherPerson,
    /// The person said no.
    #[error("the person refused")]
    Denied,
}

impl crate::protocol::refusal::Reason for Reason {
    fn code(&self) -> ErrorCode {
        match self {
            Self::UnsupportedResponseType(_) => ErrorCode::UnsupportedResponseType,
            Self::RequestObject => ErrorCode::RequestNotSupported,
            Self::RequestUri => ErrorCode::RequestUriNotSupported,
            Self::Registration => ErrorCode::RegistrationNotSupported,
            Self::LoginRequired | Self::OtherPerson => ErrorCode::LoginRequired,
            Self::ConsentRequired => ErrorCode::ConsentRequired,
            Self::Denied => ErrorCode::AccessDenied,
            _ => ErrorCode::InvalidRequest,
        }
    }

    fn description(&self) -> &'static str {
        match self {
            Self::NoClient | Self::UnknownClient(_) => "The application that sent you here is not registered.",
            Self::UnregisteredRedirectUri(_) => "The address to return to is not registered for this application.",
            Self::Repeated(_) => "A parameter is repeated.",
            Self::Unechoable(_) => "The state or the nonce is too long or has control characters.",
            Self::UnknownResponseMode(_) => "The response_mode must be query, fragment or form_post.",
            Self::NoResponseType => "The parameter response_type is missing.",
            Self::UnsupportedResponseType(_) => "The response_type is not registered for this client.",
            Self::RequestObject => "Request objects are not supported.",
            Self::RequestUri => "Request objects by reference are not supported.",
            Self::Registration => "The parameter registration is not supported.",
            Self::NoChallenge => "A code_challenge is required (PKCE).",
            Self::BadChallenge => "The code_challenge must be 43 base64url characters and its method S256.",
            Self::BadPrompt(_) => "The prompt is unknown, or none stands beside others.",
            Self::BadMaxAge => "The max_age must be a number of seconds.",
            Self::BadHint => "The id_token_hint is not an ID token of this server for this client.",
            Self::LoginRequired | Self::OtherPerson => "The person has to sign in.",
            Self::ConsentRequired => "The person has to consent.",
            Self::Denied => "The person refused.",
        }
    }
}
