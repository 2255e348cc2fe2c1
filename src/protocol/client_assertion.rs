//! Client authentication by a signed assertion: `client_secret_jwt` and `private_key_jwt` (RFC 7521 §4.2, RFC 7523 §2.2 and §3, updated by
//! RFC 10070; OpenID Connect Core §9).
//!
//! | MUST | where |
//! |---|---|
//! | the type is named, RFC 7521 §4.2 | `an_assertion_of_another_type_is_refused` |
//! | `iss` and `sub` are the client, §3 nos. 1, 2 | `issuer_and_subject_are_the_client` |
//! | `aud` is this server's issuer alone, RFC 10070 | `the_audience_is_the_issuer_alone` |
//! | `exp` is there and near, §3 no. 4 | `it_is_over_soon` |
//! | `nbf` and `iat` are not in the future, §3 nos. 5, 6 | `clocks_may_differ_a_little` |
//! | `jti` is there, to be used once, §3 no. 7 | `it_has_a_name` |
//! | it is signed as registered, §3 no. 9, RFC 8725 §3.1 | `the_algorithm_is_the_registered_one` |

mod reason;

use std::time::Duration;

use serde_json::Value;

pub use self::reason::Reason;
use crate::protocol::client::{AuthMethod, Client, ClientId};
use crate::protocol::explanation::{shown, stranger};
use crate::protocol::issuer::Issuer;
use crate::protocol::jose::{Algorithm, Jws};
use crate::protocol::params::Params;
use crate::protocol::time::Timestamp;
use crate::protocol::words::words;

/// The one `client_assertion_type` (RFC 7523 §2.2).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far ahead an assertion may end.
const LONGEST: Duration = Duration::from_mins(5);
/// How far a client's clock may be ahead of ours.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(1);
/// Characters of a `jti`.
const LONGEST_JTI: usize = 512;

words! {
    /// Whom a client's assertions may be addressed to.
    AssertionAudience {
        /// This server's issuer, as the only value (RFC 10070): nobody else can be meant.
        Issuer = "issuer",
        /// The issuer or the URL of the token endpoint, alone or among others: what clients were told before.
        IssuerOrTokenEndpoint = "issuer_or_token_endpoint",
    }
}

/// What a client registered about its assertions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssertionRules {
    /// The one algorithm that it signs with (`token_endpoint_auth_signing_alg`); any that its method knows when there is none.
    pub algorithm: Option<Algorithm>,
    /// Whom it may address.
    pub audience: AssertionAudience,
}

impl Default for AssertionRules {
    fn default() -> Self {
        Self { algorithm: None, audience: AssertionAudience::Issuer }
    }
}

/// An assertion as it came, which nobody believes yet.
pub struct Assertion {
    /// Who it says to be.
    pub client: ClientId,
    /// What is signed.
    pub jws: Jws,
    /// What it says to be signed with.
    pub algorithm: Algorithm,
}

/// What an assertion is called, and how long that has to be remembered: it is good for one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SingleUse {
    /// Its `jti`.
    pub jti: String,
    /// Its `exp`, and a little more: of several servers, the clock of one may be behind.
    pub until: Timestamp,
}

impl Assertion {
    /// Reads `client_assertion`, `client_assertion_type` and, if it is there, `client_id`.
    pub fn read(params: &Params) -> Result<Self, Reason> {
        let assertion_type = params.get("client_assertion_type");
        if assertion_type != Some(ASSERTION_TYPE) {
            return Err(Reason::Type(assertion_type.map(str::to_owned)));
        }
        let (jws, algorithm) = Jws::parse(params.get("client_assertion").ok_or(Reason::Missing("client_assertion"))?)?;
        // RFC 8725 §3.11: a token that was made for something else is none that authenticates.
        if let Some(typ) = jws.typ().filter(|typ| !matches!(typ.as_str(), "jwt" | "client-authentication+jwt")) {
            return Err(Reason::OtherToken(shown(&typ)));
        }
        let (issuer, subject) = (jws.text("iss").ok_or(Reason::Missing("iss"))?, jws.text("sub").ok_or(Reason::Missing("sub"))?);
        if issuer != subject {
            return Err(Reason::TwoNames { issuer: issuer.to_owned(), subject: subject.to_owned() });
        }
        // RFC 7521 §4.2: client_id, which is not needed, must name the same client.
        if let Some(id) = params.get("client_id").filter(|id| *id != subject) {
            return Err(Reason::OtherClient { client: id.to_owned(), subject: subject.to_owned() });
        }
        let client = ClientId::parse(subject).map_err(|_| Reason::NoClient(stranger(subject)))?;
        Ok(Self { client, jws, algorithm })
    }

    /// The method that it belongs to.
    #[must_use]
    pub const fn method(&self) -> AuthMethod {
        if self.algorithm.is_symmetric() { AuthMethod::SecretJwt } else { AuthMethod::PrivateKeyJwt }
    }

    /// What it is good for at `now`, if `client` has signed it.
    pub fn check(&self, client: &Client, issuer: &Issuer, now: Timestamp) -> Result<SingleUse, Reason> {
        if let Some(registered) = client.assertions.algorithm.filter(|registered| *registered != self.algorithm) {
            return Err(Reason::Algorithm { registered, used: self.algorithm });
        }
        self.check_audience(client.assertions.audience, issuer)?;
        let until = self.time("exp")?.ok_or(Reason::Missing("exp"))?;
        if until <= now {
            return Err(Reason::Over { until, now });
        }
        if until > now + LONGEST + CLOCK_TOLERANCE {
            return Err(Reason::TooLong { until, now });
        }
        for name in ["iat", "nbf"] {
            if let Some(time) = self.time(name)?.filter(|time| *time > now + CLOCK_TOLERANCE) {
                return Err(Reason::TooEarly { name, time, now });
            }
        }
        let jti = self.jws.text("jti").filter(|jti| !jti.is_empty()).ok_or(Reason::Missing("jti"))?;
        if jti.chars().count() > LONGEST_JTI {
            return Err(Reason::LongName);
        }
        Ok(SingleUse { jti: jti.to_owned(), until: until + CLOCK_TOLERANCE })
    }

    fn check_audience(&self, rule: AssertionAudience, issuer: &Issuer) -> Result<(), Reason> {
        let audience = self.jws.claim("aud").ok_or(Reason::Missing("aud"))?;
        let endpoint = issuer.url("/token");
        let is_issuer = |value: &Value| value.as_str() == Some(issuer.as_str());
        let is_either = |value: &Value| is_issuer(value) || value.as_str() == Some(&endpoint);
        let is_right = match rule {
            AssertionAudience::Issuer => is_issuer(audience),
            AssertionAudience::IssuerOrTokenEndpoint => match audience {
                Value::Array(several) => several.iter().any(is_either),
                one => is_either(one),
            },
        };
        if is_right { Ok(()) } else { Err(Reason::Audience { rule, issuer: issuer.to_string(), came: audience.to_string() }) }
    }

    fn time(&self, name: &'static str) -> Result<Option<Timestamp>, Reason> {
        self.jws.time(name).map_err(|_| Reason::NoTime(name))
    }
}

#[cfg(test)]
mod tests;
