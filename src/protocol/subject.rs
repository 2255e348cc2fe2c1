//! Identifiers of ours that stand in tokens: the subject, the session, the grant.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An identifier that we made from a random UUID.
macro_rules! identifier {
    ($(#[$about:meta])* $name:ident) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The identifier made of a fresh UUID in its hyphenated form, or one that is read from the store or a token.
            #[must_use]
            pub fn new(uuid: impl Into<String>) -> Self {
                Self(uuid.into())
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

identifier! {
    /// A person's `sub` (OpenID Connect Core §2): a UUID, never given to anyone else. A client's own `sub` (RFC 9068 §2.2) reads
    /// `client:` and its identifier; a colon never stands in a UUID, so that no client can be taken for a person (RFC 9700 §4.15). Clients
    /// whose subjects are pairwise know a person by 43 characters of base64url instead, which are neither.
    Subject
}

identifier! {
    /// A session's `sid` (OpenID Connect Front-Channel Logout §3). It names the session and opens nothing.
    SessionId
}

identifier! {
    /// Names an API key. It opens nothing.
    ApiKeyId
}

identifier! {
    /// Names what a person once allowed a client; every token that came of it carries it at the head of its `jti`.
    GrantId
}

impl Subject {
    /// The subject of a client's own tokens.
    #[must_use]
    pub fn of_client(client: &crate::protocol::client::ClientId) -> Self {
        Self(format!("client:{client}"))
    }
}
