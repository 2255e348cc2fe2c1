//! Token introspection (RFC 7662 §2.2).

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::protocol::access_token::{AccessToken, Audience};
use crate::protocol::api::Api;
use crate::protocol::api_key::{ApiKey, INTROSPECTED};
use crate::protocol::authentication::Authentication;
use crate::protocol::client::ClientId;
use crate::protocol::explanation::{Explanation, Fact, listed};
use crate::protocol::scope::Scope;
use crate::protocol::subject::Subject;
use crate::protocol::time::Timestamp;

/// What a resource server learns about a token. Of an inactive one, and of one that is none of its business, it learns nothing else
/// (RFC 7662 §2.2, §4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Introspection {
    /// Whether it is alive, and the caller's business.
    pub active: bool,
    /// The facts, of an active one.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
}

/// The facts about an active token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// What it is good for at the APIs of the caller.
    pub scope: String,
    /// Who got it.
    pub client_id: ClientId,
    /// The person's username, where the token releases their profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// How it is presented.
    pub token_type: &'static str,
    /// When it dies; an API key may have no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<Timestamp>,
    /// When it was made.
    pub iat: Timestamp,
    /// Whom it speaks for.
    pub sub: Subject,
    /// The APIs that it is for.
    pub aud: Audience,
    /// Who made it.
    pub iss: String,
    /// Its own name.
    pub jti: String,
    /// How the person, if it is one, proved who they are.
    #[serde(flatten)]
    pub authentication: Authentication,
    /// The roles of the person, or of the client that acts for itself.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<String>,
    /// The person's groups.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// What the rules of its client and of its APIs put there.
    #[serde(flatten)]
    pub ruled: Map<String, Value>,
}

impl Introspection {
    /// The answer about everything that is not alive or not the caller's business.
    pub const INACTIVE: Self = Self { active: false, facts: None };

    /// The answer to `caller` about a token that is alive.
    #[must_use]
    pub fn of(token: AccessToken, username: Option<String>, caller: &ClientId, apis: &[Api]) -> Self {
        let business: Vec<&Api> = business(&token, caller, apis).collect();
        if business.is_empty() {
            return Self::INACTIVE;
        }
        // RFC 7662 §4: a resource server learns nothing about what the token can do elsewhere.
        let scope: Scope = token.granted().filter(|word| business.iter().any(|api| api.scopes.iter().any(|known| known.name == *word)));
        let username = username.filter(|_| token.granted().contains("profile"));
        let aud = Audience::of(business.iter().map(|api| api.identifier.to_string()).collect());
        let facts = Facts {
            scope: scope.to_string(),
            client_id: token.client_id,
            username,
            token_type: "Bearer",
            exp: Some(token.exp),
            iat: token.iat,
            sub: token.sub,
            aud,
            iss: token.iss,
            jti: token.jti,
            authentication: token.authentication,
            roles: token.roles,
            groups: token.groups,
            ruled: token.ruled,
        };
        Self { active: true, facts: Some(facts) }
    }
}

impl Introspection {
    /// The same about an API key, which the token stands for.
    #[must_use]
    pub fn of_key(self, key: &ApiKey) -> Self {
        let facts = self.facts.map(|facts| Facts {
            token_type: INTROSPECTED,
            exp: key.expires_at,
            iat: key.created_at,
            jti: key.id.to_string(),
            ..facts
        });
        Self { facts, ..self }
    }
}

/// The APIs of the caller's that a token is for.
fn business<'a>(token: &AccessToken, caller: &ClientId, apis: &'a [Api]) -> impl Iterator<Item = &'a Api> {
    apis.iter().filter(|api| api.introspectors.contains(caller) && token.aud.contains(api.identifier.as_str()))
}

/// Why a token that is alive is none of the caller's business, for the operator; `None` when it is.
#[must_use]
pub fn foreign(token: &AccessToken, caller: &ClientId, apis: &[Api]) -> Option<Explanation> {
    if business(token, caller, apis).next().is_some() {
        return None;
    }
    let theirs: Vec<&str> = apis.iter().filter(|api| api.introspectors.contains(caller)).map(|api| api.identifier.as_str()).collect();
    let fact = Fact::of("aud").expected(format!("one of the APIs that {caller} may introspect: {}", listed(theirs)));
    let fact = fact.came(listed(token.aud.identifiers()));
    Some(Explanation::of(fact).advise("Make the caller an introspector of the API, or let the client ask for a scope of the caller's API."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::samples;

    fn token() -> AccessToken {
        AccessToken {
            authentication: Authentication::default(),
            iss: "https://id.example".into(),
            sub: Subject::new("alice-id"),
            aud: Audience::of(vec!["http://localhost:8000".into(), "https://id.example".into()]),
            exp: Timestamp::from_seconds(2),
            iat: Timestamp::from_seconds(1),
            jti: "g.t".into(),
            client_id: samples::client_id("app"),
            scope: "items:read openid email".into(),
            auth_time: None,
            sid: None,
            roles: [].into(),
            groups: [].into(),
            ruled: Map::new(),
        }
    }

    #[test]
    fn a_resource_server_learns_about_its_own_api_only() {
        let catalog = samples::catalog();
        let seen = Introspection::of(token(), Some("alice".into()), &samples::client_id("demo-api"), catalog.apis());
        let facts = seen.facts.unwrap();
        assert_eq!((facts.scope.as_str(), facts.aud), ("items:read", Audience::One("http://localhost:8000".into())));
        let other = Introspection::of(token(), None, &samples::client_id("other"), catalog.apis());
        assert_eq!(serde_json::to_string(&other).unwrap(), r#"{"active":false}"#);
    }
}
