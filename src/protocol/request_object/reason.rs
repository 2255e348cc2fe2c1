//! Why a request object is not acted upon.

use crate::protocol::explanation::{Explanation, Fact, lasting, listed};
use crate::protocol::jose::{Algorithm, NotSigned, NotTheirs};
use crate::protocol::refusal::{self, ErrorCode};
use crate::protocol::time::Timestamp;

/// Why it says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The client has to send one.
    #[error("the client has to send a request object")]
    Required,
    /// `request` and `request_uri` are there.
    #[error("request and request_uri stand side by side")]
    Both,
    /// Nobody registered this place.
    #[error("the request_uri {0:?} is not registered for the client")]
    UnregisteredUri(String),
    /// Nothing could be had from there.
    #[error("the request_uri gives no request object: {0}")]
    Away(String),
    /// It is not taken apart.
    #[error("the request object is not looked at: {0}")]
    NotSigned(#[from] NotSigned),
    /// Not the algorithm that the client registered, or one that proves nothing.
    #[error("the request object is signed with {used}")]
    Algorithm {
        /// What the client registered.
        registered: Option<Algorithm>,
        /// What it used.
        used: Algorithm,
    },
    /// It was not signed with a key of the client's.
    #[error("the request object is not believed: {0}")]
    NotTheirs(#[from] NotTheirs),
    /// It is of a type that is for something else.
    #[error("the request object is another token: {0}")]
    OtherToken(String),
    /// Somebody else made it.
    #[error("the request object's iss is not the client")]
    OtherIssuer,
    /// It is for somebody else.
    #[error("the request object is for somebody else")]
    Audience {
        /// This server.
        issuer: String,
        /// `aud`, as JSON.
        came: String,
    },
    /// No number where a point in time should be.
    #[error("the request object's {0} is no point in time")]
    NoTime(&'static str),
    /// It is over.
    #[error("the request object is over since {until}")]
    Over {
        /// `exp`.
        until: Timestamp,
        /// Our time.
        now: Timestamp,
    },
    /// It is not good yet.
    #[error("the request object's {name} is {time}, which is in the future")]
    TooEarly {
        /// `iat` or `nbf`.
        name: &'static str,
        /// When.
        time: Timestamp,
        /// Our time.
        now: Timestamp,
    },
    /// Another object within.
    #[error("the request object holds another one")]
    Nested,
    /// A member that can be no parameter.
    #[error("the request object's member {0:?} is no parameter")]
    NoParameter(String),
    /// What stands inside and outside differs.
    #[error("the request object's {0} is not that of the request")]
    Disagrees(&'static str),
}

impl refusal::Reason for Reason {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Required | Self::Both => ErrorCode::InvalidRequest,
            Self::UnregisteredUri(_) | Self::Away(_) => ErrorCode::InvalidRequestUri,
            _ => ErrorCode::InvalidRequestObject,
        }
    }

    fn description(&self) -> &'static str {
        match self {
            Self::Required => "This client has to send a signed request object.",
            Self::Both => "The parameters request and request_uri exclude each other.",
            Self::UnregisteredUri(_) => "The request_uri is not registered for this client.",
            Self::Away(_) => "The request_uri gives no request object.",
            _ => "The request object is not signed by this client for this server, or is not as it has to be.",
        }
    }

    fn explain(&self) -> Explanation {
        let object = || Fact::of("request");
        match self {
            Self::Required => Explanation::of(object().expected("a signed object").note("the client has require_signed_request_object")),
            Self::Both => Explanation::of(object().note("request_uri is there, too; send one of them (OpenID Connect Core section 6)")),
            Self::UnregisteredUri(uri) => {
                Explanation::of(Fact::of("request_uri").came(uri).note("compared without fragment; nothing was fetched"))
                    .advise("Register it among the client's request_uris.")
            }
            Self::Away(why) => Explanation::of(Fact::of("request_uri").expected("a signed object, answered in time").note(why)),
            Self::NotSigned(NotSigned::Algorithm(came)) => Explanation::of(algorithm(None).came_if_any(came.as_ref())),
            Self::NotSigned(why) => Explanation::of(object().expected("a signed JWT in compact form").note(why)),
            Self::Algorithm { registered, used } => Explanation::of(algorithm(*registered).came(used.as_str())),
            Self::NotTheirs(why) => why.explain("request"),
            Self::OtherToken(what) => Explanation::of(Fact::of("typ").expected("oauth-authz-req+jwt, JWT, or none").came(what)),
            Self::OtherIssuer => Explanation::of(Fact::of("iss").expected("the client_id, or nothing")),
            Self::Audience { issuer, came } => Explanation::of(Fact::of("aud").expected(format!("{issuer:?}")).came(came)),
            Self::NoTime(name) => Explanation::of(Fact::of(name).expected("seconds since 1970 as a number")),
            Self::Over { until, now } => {
                let fact = Fact::of("exp").expected(format!("after {now}")).came(until.to_string());
                Explanation::of(fact.note(format!("it is over since {}", lasting(now.since(*until)))))
                    .advise("Make an object for each request. If its time is wrong, so is the clock of the client, or ours.")
            }
            Self::TooEarly { name, time, now } => {
                let fact = Fact::of(name).expected(format!("{now} or before")).came(time.to_string());
                Explanation::of(fact.note(format!("it is {} ahead", lasting(time.since(*now))))).advise("Set the clock of the client.")
            }
            Self::Nested => Explanation::of(object().expected("neither request nor request_uri within (OpenID Connect Core section 6.1)")),
            Self::NoParameter(name) => Explanation::of(object().note(format!("its member {name} is neither text nor a number"))),
            Self::Disagrees(name) => Explanation::of(Fact::of(name).note("it differs inside and outside the request object")),
        }
    }
}

fn algorithm(registered: Option<Algorithm>) -> Fact {
    let any = || listed(Algorithm::ALL.iter().filter(|known| !known.is_symmetric()));
    Fact::of("alg")
        .expected(registered.map_or_else(any, |known| known.to_string()))
        .note("expected is the client's request_object_signing_alg")
}
