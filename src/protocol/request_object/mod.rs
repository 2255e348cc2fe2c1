//! Authorization requests as signed objects, by value and by reference (OpenID Connect Core §6, RFC 9101).
//!
//! | MUST | where |
//! |---|---|
//! | never ignored; not both ways at once, Core §6.1, §6.2 | `an_object_comes_one_way_or_not_at_all` |
//! | a reference is one that the client registered, Core §6.2 | `only_a_registered_place_is_asked` |
//! | signed with the registered algorithm and never with `none`, Core §6.1, RFC 9101 §10.2 | `only_the_registered_algorithm_counts` |
//! | `iss` is the client and `aud` has this server, where they are there, Core §6.1 | `an_object_of_somebody_else_or_for_somebody_else_is_refused` |
//! | no token of another kind, RFC 9101 §10.8 | `no_other_token_passes_for_an_object` |
//! | `client_id` and `response_type` agree, Core §6.1 | `what_stands_twice_agrees_or_the_object_wins` |
//! | no object within the object, Core §6.1 | `an_object_of_somebody_else_or_for_somebody_else_is_refused` |
//! | with `typ` `oauth-authz-req+jwt` nothing but its contents counts, RFC 9101 §6.3 | `an_object_of_rfc_9101_stands_alone` |

mod reason;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::reason::Reason;
use crate::protocol::client::{Client, ResponseType};
use crate::protocol::explanation::shown;
use crate::protocol::issuer::Issuer;
use crate::protocol::jose::{Algorithm, InvalidKeys, JwksUri, Jws};
use crate::protocol::params::Params;
use crate::protocol::time::Timestamp;

/// The `typ` of an object that stands alone (RFC 9101 §4).
const ALONE: &str = "oauth-authz-req+jwt";
/// How far a client's clock may be ahead of ours.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(1);
/// What an object says about itself (RFC 7519 §4.1), and not about the request.
const ABOUT_ITSELF: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
/// The most places of one client.
pub const MOST_REQUEST_URIS: usize = 20;

/// What a client registered about its request objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestObjectRules {
    /// The one algorithm that it signs with (`request_object_signing_alg`); any that its keys can when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Algorithm>,
    /// Where it keeps objects (`request_uris`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uris: Vec<RequestUri>,
    /// Whether each of its requests has to be one (RFC 9101 §10.5, `require_signed_request_object`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
}

/// Where a client keeps request objects. A fragment may say what is there (OpenID Connect Core §6.2); it is not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestUri(String);

/// How a request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried<'a> {
    /// As parameters.
    Plainly,
    /// As an object (`request`).
    ByValue(&'a str),
    /// As the address of an object, without its fragment (`request_uri`).
    ByReference(&'a str),
}

/// An object as it came, which nobody believes yet.
pub struct RequestObject {
    /// What is signed.
    pub jws: Jws,
    /// What it says to be signed with.
    pub algorithm: Algorithm,
    stands_alone: bool,
}

impl RequestUri {
    /// Reads the URL: https, or http on this machine where the operator has to have allowed it.
    pub fn parse(text: &str) -> Result<Self, InvalidKeys> {
        JwksUri::parse(without_fragment(text)).map(|_| Self(text.to_owned()))
    }

    /// The URL as it was registered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RequestUri {
    type Error = InvalidKeys;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<RequestUri> for String {
    fn from(uri: RequestUri) -> Self {
        uri.0
    }
}

/// How a request of `client` comes. A parameter that stands twice is for [`crate::protocol::authorize::Request::parse`] to refuse.
pub fn carried<'a>(params: &'a Params, client: &Client) -> Result<Carried<'a>, Reason> {
    let one = |name: &str| params.one(name).ok().flatten();
    match (one("request"), one("request_uri")) {
        (None, None) if client.request_objects.required => Err(Reason::Required),
        (None, None) => Ok(Carried::Plainly),
        (Some(object), None) => Ok(Carried::ByValue(object)),
        (None, Some(uri)) => {
            let place = without_fragment(uri);
            let is_registered = client.request_objects.uris.iter().any(|known| without_fragment(known.as_str()) == place);
            if is_registered { Ok(Carried::ByReference(place)) } else { Err(Reason::UnregisteredUri(shown(uri))) }
        }
        (Some(_), Some(_)) => Err(Reason::Both),
    }
}

impl RequestObject {
    /// Takes an object of `client` apart.
    pub fn read(text: &str, client: &Client) -> Result<Self, Reason> {
        let (jws, algorithm) = Jws::parse(text)?;
        let registered = client.request_objects.algorithm;
        // RFC 8725 §3.1: a secret that both sides have proves nothing here.
        if algorithm.is_symmetric() || registered.is_some_and(|registered| registered != algorithm) {
            return Err(Reason::Algorithm { registered, used: algorithm });
        }
        let typ = jws.typ();
        match typ.as_deref() {
            // RFC 9101 §10.5: of a client that has to sign, nothing counts that it did not sign.
            None | Some("jwt" | ALONE) => {
                let stands_alone = typ.as_deref() == Some(ALONE) || client.request_objects.required;
                Ok(Self { jws, algorithm, stands_alone })
            }
            Some(other) => Err(Reason::OtherToken(shown(other))),
        }
    }

    /// When it ends, if it says so.
    pub fn ends(&self) -> Result<Option<Timestamp>, Reason> {
        self.time("exp")
    }

    /// The request that a signed object makes of the parameters around it. `is_known` is an object that came in time before: while a person
    /// signs in, it may end.
    pub fn request(&self, around: &Params, client: &Client, issuer: &Issuer, now: Timestamp, is_known: bool) -> Result<Params, Reason> {
        self.check_whose(client, issuer)?;
        if let Some(until) = self.ends()?.filter(|until| *until <= now && !is_known) {
            return Err(Reason::Over { until, now });
        }
        for name in ["iat", "nbf"] {
            if let Some(time) = self.time(name)?.filter(|time| *time > now + CLOCK_TOLERANCE) {
                return Err(Reason::TooEarly { name, time, now });
            }
        }
        let mut inner = Vec::new();
        for (name, value) in self.jws.claims().iter().filter(|(name, _)| !ABOUT_ITSELF.contains(&name.as_str())) {
            match name.as_str() {
                "request" | "request_uri" => return Err(Reason::Nested),
                // RFC 8707 §2: the one parameter that may stand several times.
                "resource" if value.is_array() => {
                    for resource in value.as_array().into_iter().flatten() {
                        inner.push((name.clone(), text(resource).ok_or_else(|| Reason::NoParameter(shown(name)))?));
                    }
                }
                // OpenID Connect Core §5.5: within an object, this one is an object.
                "claims" if value.is_object() => inner.push((name.clone(), value.to_string())),
                _ if value.is_null() => {}
                _ => inner.push((name.clone(), text(value).ok_or_else(|| Reason::NoParameter(shown(name)))?)),
            }
        }
        let of = |name: &str| inner.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        if of("client_id").is_some_and(|id| id != client.id.as_str()) {
            return Err(Reason::Disagrees("client_id"));
        }
        let same_words = |one: &str, other: &str| {
            one == other || ResponseType::of_words(one).is_some_and(|known| ResponseType::of_words(other) == Some(known))
        };
        if let (Some(within), Ok(Some(outside))) = (of("response_type"), around.one("response_type"))
            && !same_words(within, outside)
        {
            return Err(Reason::Disagrees("response_type"));
        }
        Ok(around.overlaid(inner, self.stands_alone))
    }

    fn check_whose(&self, client: &Client, issuer: &Issuer) -> Result<(), Reason> {
        let named = |name: &str| self.jws.claim(name).filter(|value| !value.is_null());
        if named("iss").is_some_and(|iss| iss.as_str() != Some(client.id.as_str())) {
            return Err(Reason::OtherIssuer);
        }
        // RFC 9101 §10.8: an assertion that authenticates the client is no request of it.
        if named("sub").is_some_and(|sub| sub.as_str() == Some(client.id.as_str())) {
            return Err(Reason::OtherToken("one that authenticates the client".to_owned()));
        }
        let is_here = |value: &Value| value.as_str() == Some(issuer.as_str());
        let is_for_us = |audience: &Value| audience.as_array().map_or_else(|| is_here(audience), |several| several.iter().any(is_here));
        if let Some(audience) = named("aud").filter(|audience| !is_for_us(audience)) {
            return Err(Reason::Audience { issuer: issuer.to_string(), came: shown(&audience.to_string()) });
        }
        Ok(())
    }

    fn time(&self, name: &'static str) -> Result<Option<Timestamp>, Reason> {
        self.jws.time(name).map_err(|_| Reason::NoTime(name))
    }
}

/// A parameter's value, which JSON may have as a number (`max_age`) or as yes or no.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn without_fragment(uri: &str) -> &str {
    uri.split_once('#').map_or(uri, |(place, _)| place)
}

#[cfg(test)]
mod tests;
