//! Access tokens as JWT (RFC 9068).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::protocol::authentication::Authentication;
use crate::protocol::client::ClientId;
use crate::protocol::scope::Scope;
use crate::protocol::subject::{ApiKeyId, GrantId, SessionId, Subject};
use crate::protocol::time::Timestamp;

/// The `typ` of an access token's header (RFC 9068 §2.1).
pub const TYP: &str = "at+jwt";

/// The claims of an access token (RFC 9068 §2.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// Who made it.
    pub iss: String,
    /// Whom it speaks for: a person, or the client itself.
    pub sub: Subject,
    /// The APIs that it is for.
    pub aud: Audience,
    /// When it dies.
    pub exp: Timestamp,
    /// When it was made.
    pub iat: Timestamp,
    /// Its own name; a person's begins with that of the grant it came of.
    pub jti: String,
    /// Who got it.
    pub client_id: ClientId,
    /// What it is good for.
    pub scope: String,
    /// When the person last proved who they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Timestamp>,
    /// How the person proved who they are.
    #[serde(flatten)]
    pub authentication: Authentication,
    /// The session in which it was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<SessionId>,
    /// The roles of the person, or of the client that acts for itself (RFC 9068 §2.2.3.1).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<String>,
    /// The person's groups (RFC 9068 §2.2.3.1).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// What the rules of its client and of its APIs put there.
    #[serde(flatten)]
    pub ruled: Map<String, Value>,
}

/// What an access token came of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A client asked for it for itself.
    Client,
    /// A person allowed it.
    Grant(GrantId),
    /// An API key was exchanged for it.
    ApiKey(ApiKeyId),
}

/// One audience as a string, several as an array (RFC 7519 §4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Audience {
    /// The audience of these identifiers.
    #[must_use]
    pub fn of(mut identifiers: Vec<String>) -> Self {
        if identifiers.len() == 1 {
            identifiers.pop().map_or_else(|| Self::Several(Vec::new()), Self::One)
        } else {
            Self::Several(identifiers)
        }
    }

    /// The identifiers.
    #[must_use]
    pub fn identifiers(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }

    /// Whether an identifier is among them.
    #[must_use]
    pub fn contains(&self, identifier: &str) -> bool {
        self.identifiers().iter().any(|known| known == identifier)
    }
}

/// The `jti` of a token that came of a grant: the grant's name, a full stop, and a name of its own.
#[must_use]
pub fn jti_of(grant: &GrantId, own: &str) -> String {
    format!("{grant}.{own}")
}

/// What stands before the name of an API key at the head of a `jti`; no grant is called so.
const OF_KEY: &str = "key:";

/// The `jti` of a token that came of an API key.
#[must_use]
pub fn jti_of_key(key: &ApiKeyId, own: &str) -> String {
    format!("{OF_KEY}{key}.{own}")
}

impl AccessToken {
    /// What it came of.
    #[must_use]
    pub fn origin(&self) -> Origin {
        match self.jti.split_once('.') {
            None => Origin::Client,
            Some((head, _)) => {
                head.strip_prefix(OF_KEY).map_or_else(|| Origin::Grant(GrantId::new(head)), |key| Origin::ApiKey(ApiKeyId::new(key)))
            }
        }
    }

    /// What it is good for.
    #[must_use]
    pub fn granted(&self) -> Scope {
        Scope::parse(&self.scope).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jti_leads_back_to_what_the_token_came_of() {
        let token = AccessToken {
            authentication: Authentication::default(),
            iss: "https://id.example".into(),
            sub: Subject::of_client(&ClientId::parse("app").unwrap()),
            aud: Audience::of(vec!["https://api.example".into()]),
            exp: Timestamp::from_seconds(2),
            iat: Timestamp::from_seconds(1),
            jti: jti_of(&GrantId::new("g-1"), "t-1"),
            client_id: ClientId::parse("app").unwrap(),
            scope: "items:read".into(),
            auth_time: None,
            sid: None,
            roles: [].into(),
            groups: [].into(),
            ruled: Map::new(),
        };
        assert_eq!(token.origin(), Origin::Grant(GrantId::new("g-1")));
        assert_eq!(AccessToken { jti: "t-1".into(), ..token.clone() }.origin(), Origin::Client);
        let of_key = AccessToken { jti: jti_of_key(&ApiKeyId::new("k-1"), "t-1"), ..token.clone() };
        assert_eq!(of_key.origin(), Origin::ApiKey(ApiKeyId::new("k-1")));
        assert_eq!(
            serde_json::to_value(&token).unwrap(),
            serde_json::json!({"iss": "https://id.example", "sub": "client:app", "aud": "https://api.example", "exp": 2, "iat": 1, "jti": "g-1.t-1", "client_id": "app", "scope": "items:read"})
        );
    }
}
