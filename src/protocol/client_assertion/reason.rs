//! Why an assertion does not prove who sends it. The caller is told the same each time.

use crate::protocol::client_assertion::{ASSERTION_TYPE, AssertionAudience, LONGEST, LONGEST_JTI};
use crate::protocol::explanation::{Explanation, Fact, lasting, listed};
use crate::protocol::jose::{Algorithm, NotSigned, NotTheirs};
use crate::protocol::time::Timestamp;

/// Why it says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// `client_assertion_type` is missing or another one.
    #[error("the client_assertion_type is not that of a JWT")]
    Type(Option<String>),
    /// A parameter or a claim is missing, or is no text.
    #[error("the assertion has no {0}")]
    Missing(&'static str),
    /// It is not taken apart.
    #[error("the assertion is not looked at: {0}")]
    NotSigned(#[from] NotSigned),
    /// It is of a type that is for something else.
    #[error("the assertion is a token of the type {0:?}")]
    OtherToken(String),
    /// It was made by somebody else than it speaks for.
    #[error("the assertion's iss and sub differ")]
    TwoNames {
        /// `iss`.
        issuer: String,
        /// `sub`.
        subject: String,
    },
    /// `client_id` is somebody else.
    #[error("client_id is not the assertion's sub")]
    OtherClient {
        /// `client_id`.
        client: String,
        /// `sub`.
        subject: String,
    },
    /// Nobody can be called so.
    #[error("there is no client {0:?}")]
    NoClient(String),
    /// Not the algorithm that the client registered.
    #[error("the client is registered for {registered} and signed with {used}")]
    Algorithm {
        /// What it registered.
        registered: Algorithm,
        /// What it used.
        used: Algorithm,
    },
    /// It is for somebody else.
    #[error("the assertion is for somebody else")]
    Audience {
        /// Whom it may be for.
        rule: AssertionAudience,
        /// This server.
        issuer: String,
        /// `aud`, as JSON.
        came: String,
    },
    /// No number where a point in time should be.
    #[error("the assertion's {0} is no point in time")]
    NoTime(&'static str),
    /// It is over.
    #[error("the assertion is over since {until}")]
    Over {
        /// `exp`.
        until: Timestamp,
        /// Our time.
        now: Timestamp,
    },
    /// It would be good for too long.
    #[error("the assertion is good until {until}, which is too long")]
    TooLong {
        /// `exp`.
        until: Timestamp,
        /// Our time.
        now: Timestamp,
    },
    /// It is not good yet.
    #[error("the assertion's {name} is {time}, which is in the future")]
    TooEarly {
        /// `iat` or `nbf`.
        name: &'static str,
        /// When.
        time: Timestamp,
        /// Our time.
        now: Timestamp,
    },
    /// Its `jti` is too long to be remembered.
    #[error("the assertion's jti is too long")]
    LongName,
    /// The client has no secret that it could be verified with.
    #[error("the client has no secret that is kept for client_secret_jwt")]
    NoSecret,
    /// It was not signed with the secret.
    #[error("the assertion was signed with another secret")]
    WrongSecret,
    /// It was not signed with a key of the client's.
    #[error("the assertion is not believed: {0}")]
    NotTheirs(#[from] NotTheirs),
    /// It was used before.
    #[error("the assertion was used before")]
    Used(String),
}

impl Reason {
    /// What was expected and what came.
    #[must_use]
    pub fn explain(&self) -> Explanation {
        let assertion = Fact::of("client_assertion");
        let section = "RFC 7523 section 3";
        match self {
            Self::Type(came) => Explanation::of(Fact::of("client_assertion_type").expected(ASSERTION_TYPE).came_if_any(came.as_ref())),
            Self::Missing(name) => Explanation::of(Fact::of(name).expected("text in the assertion or the form").note(section)),
            Self::NotSigned(NotSigned::Algorithm(came)) => {
                Explanation::of(Fact::of("alg").expected(listed(Algorithm::ALL)).came_if_any(came.as_ref()))
            }
            Self::NotSigned(why) => Explanation::of(assertion.expected("a signed JWT in compact form").note(why)),
            Self::OtherToken(typ) => Explanation::of(Fact::of("typ").expected("client-authentication+jwt, JWT, or none").came(typ)),
            Self::TwoNames { issuer, subject } => {
                Explanation::of(Fact::compared("sub", issuer, subject).note(format!("expected is its iss, {section}"))).asked_by(subject)
            }
            Self::OtherClient { client, subject } => {
                Explanation::of(Fact::compared("client_id", subject, client).note("expected is the assertion's sub, RFC 7521 section 4.2"))
            }
            Self::NoClient(subject) => Explanation::of(Fact::of("sub").expected("the client_id").came(subject)).asked_by(subject),
            Self::Algorithm { registered, used } => {
                let fact = Fact::of("alg").expected(registered.as_str()).came(used.as_str());
                Explanation::of(fact.note("expected is the client's token_endpoint_auth_signing_alg"))
            }
            Self::Audience { rule, issuer, came } => audience(*rule, issuer, came),
            Self::NoTime(name) => Explanation::of(Fact::of(name).expected("seconds since 1970 as a number").note(section)),
            Self::Over { until, now } => {
                let fact = Fact::of("exp").expected(format!("after {now}")).came(until.to_string());
                Explanation::of(fact.note(format!("it is over since {}", lasting(now.since(*until)))))
                    .advise("Make an assertion for each request. If its time is wrong, so is the clock of the client, or ours.")
            }
            Self::TooLong { until, now } => {
                let fact = Fact::of("exp").expected(format!("{} ahead at most", lasting(LONGEST))).came(until.to_string());
                Explanation::of(fact.note(format!("it is {} ahead", lasting(until.since(*now)))))
                    .advise("Make assertions that are good for a minute.")
            }
            Self::TooEarly { name, time, now } => {
                let fact = Fact::of(name).expected(format!("{now} or before")).came(time.to_string());
                Explanation::of(fact.note(format!("it is {} ahead", lasting(time.since(*now))))).advise("Set the clock of the client.")
            }
            Self::LongName => Explanation::of(Fact::of("jti").expected(format!("{LONGEST_JTI} characters at most"))),
            Self::NoSecret => {
                Explanation::of(Fact::of("client secret").note("those that were made before the client was client_secret_jwt are hashed"))
                    .advise("Make one that is kept for this method: claviger clients rotate-secret, with the client's identifier.")
            }
            Self::WrongSecret => {
                Explanation::of(assertion.note("it was signed with another secret than those that are alive, or changed afterwards"))
            }
            Self::NotTheirs(why) => why.explain("client_assertion"),
            Self::Used(jti) => Explanation::of(Fact::of("jti").expected("one that was not used before").came(jti).note(section))
                .advise("Make an assertion for each request, and never send one again."),
        }
    }
}

fn audience(rule: AssertionAudience, issuer: &str, came: &str) -> Explanation {
    let fact = Fact::of("aud").came(came);
    match rule {
        AssertionAudience::Issuer => Explanation::of(
            fact.expected(format!("{issuer:?}")).note("this server's issuer as a single text, RFC 10070"),
        )
        .advise(
            "Let the client address the issuer. If it can only address the token endpoint: set its assertion_audience to issuer_or_token_endpoint.",
        ),
        AssertionAudience::IssuerOrTokenEndpoint => {
            Explanation::of(fact.expected(format!("{issuer:?} or {:?}", format!("{issuer}/token"))).note("RFC 7523 section 3"))
        }
    }
}
