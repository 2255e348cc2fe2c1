//! Why a signed text is none of a client's.

use crate::protocol::explanation::{Explanation, Fact, listed};
use crate::protocol::jose::algorithm::Algorithm;

/// Why it is not believed that a client signed something with a key of its own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTheirs {
    /// The client has no keys.
    #[error("the client has no keys")]
    NoKeys,
    /// The client's keys can't be had.
    #[error("the client's keys can't be had: {0}")]
    KeysAway(String),
    /// None of the client's keys is the one.
    #[error("the client has no such key")]
    UnknownKey {
        /// The key that it names.
        kid: Option<String>,
        /// What it was signed with.
        algorithm: Algorithm,
        /// The keys that there are.
        known: Vec<String>,
    },
    /// Somebody else signed it.
    #[error("the signature is wrong")]
    WrongSignature,
}

impl NotTheirs {
    /// What was expected of the signed text `what`, and what came.
    #[must_use]
    pub fn explain(&self, what: &'static str) -> Explanation {
        match self {
            Self::NoKeys => Explanation::of(Fact::of("jwks").expected("the client's public keys")).advise("Register jwks or jwks_uri."),
            Self::KeysAway(why) => Explanation::of(Fact::of("jwks_uri").expected("a JWK set, answered in time").note(why)),
            Self::UnknownKey { kid, algorithm, known } => {
                let fact = Fact::of("kid").expected(listed(known)).came_if_any(kid.as_ref());
                Explanation::of(fact.note(format!("a key for {algorithm} is needed; expected are all keys of the client")))
            }
            Self::WrongSignature => {
                Explanation::of(Fact::of(what).note("it was signed with another key than those of the client, or changed afterwards"))
            }
        }
    }
}
