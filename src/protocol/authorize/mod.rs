//! The authorization endpoint, RFC 6749 §3.1 and OpenID Connect Core §3.1.2: who asks and where an answer may go ([`Destination`]), what is
//! asked ([`Request`]), and what happens next ([`next_step`]).

mod answer;
mod decide;
mod explain;
mod request;

pub use answer::{Answer, Destination, Given, GivenAccess, ResponseMode, client_id};
pub use decide::{Facts, SignedIn, Step, next_step};
pub use request::{Prompt, Request};

use std::time::Duration;

use crate::protocol::claims_request;
use crate::protocol::client::ResponseType;
use crate::protocol::explanation::{Explanation, lasting};
use crate::protocol::params::Repeated;
use crate::protocol::refusal::ErrorCode;
use crate::protocol::subject::Subject;

/// Why the authorization endpoint says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// `client_id` is missing, repeated or none.
    #[error("client_id is missing, repeated or malformed")]
    NoClient,
    /// We know no such client.
    #[error("there is no client {0:?}")]
    UnknownClient(String),
    /// The client is disabled.
    #[error("the client {0:?} is disabled")]
    DisabledClient(String),
    /// `redirect_uri` is not one that the client registered, is repeated, or is missing although it registered several.
    #[error("the redirect_uri {} is not registered for the client", .0.as_deref().unwrap_or("(none, or several)"))]
    UnregisteredRedirectUri(Option<String>),
    /// A parameter stands there twice.
    #[error(transparent)]
    Repeated(#[from] Repeated),
    /// `state` or `nonce` is too long or holds control characters.
    #[error("{name} is longer than 1024 bytes or has control characters")]
    Unechoable {
        /// Which of them.
        name: &'static str,
        /// Its length in bytes.
        length: usize,
    },
    /// `response_mode` is one that we don't know.
    #[error("the response_mode {0:?} is unknown")]
    UnknownResponseMode(String),
    /// `response_type` is missing.
    #[error("response_type is missing")]
    NoResponseType,
    /// The client did not register for this response type, or nobody can.
    #[error("the response_type {found:?} is not registered for the client")]
    UnsupportedResponseType {
        /// The one that came.
        found: String,
        /// What the client registered.
        registered: Vec<ResponseType>,
    },
    /// Tokens would travel in the query.
    #[error("the response_type {0} has tokens, and response_mode asks for the query")]
    TokensInQuery(ResponseType),
    /// An ID token from the authorization endpoint needs a `nonce` (OpenID Connect Core §3.2.2.1, §3.3.2.11).
    #[error("there is no nonce, which the response_type {0} needs")]
    NoNonce(ResponseType),
    /// There is no ID token without the scope `openid` (OpenID Connect Core §3.1.2.1).
    #[error("the scope lacks openid, which the response_type {0} needs")]
    NoOpenid(ResponseType),
    /// Self-issued registration is not supported (OpenID Connect Core §7.2.1).
    #[error("a registration was sent")]
    Registration,
    /// The client's codes need a proof key.
    #[error("there is no code_challenge")]
    NoChallenge {
        /// Whether the client is public, so that no rule of its own could waive it.
        public: bool,
    },
    /// The challenge is no `S256` one.
    #[error("the code_challenge is malformed or its method is not S256")]
    BadChallenge {
        /// Its length, if one came. What it is stays unsaid: with the method `plain` it is the secret itself.
        length: Option<usize>,
        /// Its method, if one came.
        method: Option<String>,
    },
    /// `prompt` is unknown, or `none` has company.
    #[error("the prompt {0:?} is unknown or contradicts itself")]
    BadPrompt(String),
    /// `max_age` is no number of seconds.
    #[error("max_age is not a number")]
    BadMaxAge(String),
    /// `id_token_hint` is no ID token of ours for this client.
    #[error("the id_token_hint is not an ID token of ours for this client: {0}")]
    BadHint(String),
    /// `claims` is not as it has to be.
    #[error("the claims parameter {0}")]
    BadClaims(claims_request::Malformed),
    /// The person would have to sign in, and `prompt=none` forbids to ask.
    #[error("the person would have to sign in: {0}")]
    LoginRequired(WhyLogin),
    /// The person would have to consent, and `prompt=none` forbids to ask.
    #[error("the person would have to consent: {0}")]
    ConsentRequired(WhyConsent),
    /// The person signed in for this very request, and not as the client needs it: asking once more would go in circles.
    #[error("the person signed in, but {0}")]
    NotAsAsked(WhyLogin),
    /// The person said no.
    #[error("the person refused {0}")]
    Denied(Turned),
}

/// Why a person has to sign in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhyLogin {
    /// Nobody is signed in in this browser.
    #[error("nobody is signed in in this browser")]
    Nobody,
    /// The client wants them to.
    #[error("prompt=login asks for it")]
    Prompt,
    /// They last did so too long ago.
    #[error("they last did so {} ago", lasting(*.age))]
    TooLongAgo {
        /// How long ago.
        age: Duration,
        /// Seconds that the client allows.
        max_age: u64,
    },
    /// The `id_token_hint` names somebody else.
    #[error("the id_token_hint names somebody else")]
    OtherPerson {
        /// The one of the hint.
        hinted: Subject,
        /// The one who is signed in.
        found: Subject,
    },
    /// The `claims` parameter takes somebody else alone (OpenID Connect Core §5.5.1).
    #[error("the claims parameter names somebody else")]
    PersonNotTaken {
        /// Whom it takes.
        taken: String,
        /// The one who is signed in.
        found: Subject,
    },
    /// The `claims` parameter takes other classes of sign-in alone (OpenID Connect Core §5.5.1.1).
    #[error("their sign-in is of none of the classes that the claims parameter takes")]
    ClassNotTaken {
        /// Those that it takes.
        taken: Vec<String>,
        /// That of the sign-in.
        found: Option<String>,
    },
}

/// Why a person has to consent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhyConsent {
    /// The client wants them to.
    #[error("prompt=consent asks for it")]
    Prompt,
    /// Access while they are away needs their word, even for our own applications.
    #[error("offline_access always needs it")]
    Offline,
    /// Any program on their device could pose as the client.
    #[error("what was allowed to a native application before proves nothing")]
    CouldBePosedAs,
    /// They did not allow all of it yet.
    #[error("they have not allowed {0} yet")]
    NotAllowedYet(String),
}

/// Where a person turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Turned {
    /// On the login page.
    #[error("to sign in")]
    AtLogin,
    /// On the consent page.
    #[error("what the client asked for")]
    AtConsent,
}

impl crate::protocol::refusal::Reason for Reason {
    fn code(&self) -> ErrorCode {
        match self {
            Self::UnsupportedResponseType { .. } => ErrorCode::UnsupportedResponseType,
            Self::Registration => ErrorCode::RegistrationNotSupported,
            Self::NotAsAsked(WhyLogin::ClassNotTaken { .. }) => ErrorCode::UnmetAuthenticationRequirements,
            Self::LoginRequired(_) | Self::NotAsAsked(_) => ErrorCode::LoginRequired,
            Self::ConsentRequired(_) => ErrorCode::ConsentRequired,
            Self::Denied(_) => ErrorCode::AccessDenied,
            _ => ErrorCode::InvalidRequest,
        }
    }

    fn description(&self) -> &'static str {
        match self {
            Self::NoClient | Self::UnknownClient(_) | Self::DisabledClient(_) => "The application that sent you here is not registered.",
            Self::UnregisteredRedirectUri(_) => "The address to return to is not registered for this application.",
            Self::Repeated(_) => "A parameter is repeated.",
            Self::Unechoable { .. } => "The state or the nonce is too long or has control characters.",
            Self::UnknownResponseMode(_) => "The response_mode must be query, fragment or form_post.",
            Self::NoResponseType => "The parameter response_type is missing.",
            Self::UnsupportedResponseType { .. } => "The response_type is not registered for this client.",
            Self::TokensInQuery(_) => "The response_mode query is not for tokens.",
            Self::NoNonce(_) => "The response_type needs a nonce.",
            Self::NoOpenid(_) => "The response_type needs the scope openid.",
            Self::Registration => "The parameter registration is not supported.",
            Self::NoChallenge { .. } => "A code_challenge is required (PKCE).",
            Self::BadChallenge { .. } => "The code_challenge must be 43 base64url characters and its method S256.",
            Self::BadPrompt(_) => "The prompt is unknown, or none stands beside others.",
            Self::BadMaxAge(_) => "The max_age must be a number of seconds.",
            Self::BadHint(_) => "The id_token_hint is not an ID token of this server for this client.",
            Self::BadClaims(_) => "The claims must be a JSON object of the members userinfo and id_token.",
            Self::NotAsAsked(WhyLogin::ClassNotTaken { .. }) => "The person can not sign in as the essential acr asks.",
            Self::LoginRequired(_) | Self::NotAsAsked(_) => "The person has to sign in.",
            Self::ConsentRequired(_) => "The person has to consent.",
            Self::Denied(_) => "The person refused.",
        }
    }

    fn explain(&self) -> Explanation {
        explain::explain(self)
    }
}
