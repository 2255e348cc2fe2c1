//! Who may register clients, and what such clients are.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::protocol::client::{GrantType, PkceRule, RefreshTokenRotation, ResponseType};
use crate::protocol::client_assertion::AssertionAudience;
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::scope::Scope;
use crate::protocol::words::words;

words! {
    /// Who may register a client.
    Access {
        /// Nobody but the operator.
        Off = "off",
        /// Whoever has an initial access token (RFC 7591 §3).
        InitialAccessToken = "initial_access_token",
        /// Everybody.
        Open = "open",
    }
}

/// What the operator chose about clients that register themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Who may do so.
    pub access: Access,
    /// What such clients may ask people for.
    pub scope: Scope,
    /// The grants that they may use.
    pub grant_types: BTreeSet<GrantType>,
    /// The response types that they may use.
    pub response_types: BTreeSet<ResponseType>,
    /// Whether their codes need a proof key, where they can keep a secret.
    pub pkce: PkceRule,
    /// Whether their refresh tokens are good for one use each, where they can keep a secret.
    pub refresh_token_rotation: RefreshTokenRotation,
    /// Whom their assertions may be addressed to.
    pub assertion_audience: AssertionAudience,
    /// Whether an error goes to such a client by a page of ours while nobody is signed in, and at once otherwise (RFC 9700 §4.11.2).
    pub shows_errors: bool,
    /// The most registrations, and changes of them, from one address within [`super::WINDOW`], where everybody may register.
    pub per_address: u32,
    /// The most clients that registered themselves and are still there.
    pub most_clients: u64,
    /// How long a client is kept that has not got a token yet.
    pub unused_lifetime: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            access: Access::Off,
            scope: Scope::default(),
            grant_types: [GrantType::AuthorizationCode, GrantType::RefreshToken].into(),
            response_types: [ResponseType::Code].into(),
            pkce: PkceRule::Required,
            refresh_token_rotation: RefreshTokenRotation::On,
            assertion_audience: AssertionAudience::Issuer,
            shows_errors: true,
            per_address: 10,
            most_clients: 1000,
            unused_lifetime: Duration::from_hours(24),
        }
    }
}

impl Policy {
    /// What a client that registers itself is where it has no say.
    pub(super) fn profile(&self) -> ClientMetadata {
        ClientMetadata {
            pkce: self.pkce,
            refresh_token_rotation: self.refresh_token_rotation,
            assertion_audience: self.assertion_audience,
            ..ClientMetadata::default()
        }
    }
}
