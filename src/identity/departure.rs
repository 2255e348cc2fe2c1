//! Somebody on their way to another provider, to sign in there.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::subject::Subject;
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;

/// How long they may take.
pub const LIFETIME: Duration = Duration::from_mins(10);

/// One attempt. It counts once, in the browser in which it began, for the provider that it began with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// The `state` that they come back with, by its hash.
    pub state: TokenHash,
    /// The cookie of the browser in which it began, by its hash.
    pub browser: TokenHash,
    /// The provider.
    pub provider: String,
    /// What they left with.
    pub errand: Errand,
    /// When it is too late to come back.
    pub expires_at: Timestamp,
}

/// What they left with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// The provider's issuer at that time.
    pub issuer: String,
    /// The nonce that has to come back in the ID token.
    pub nonce: String,
    /// The proof key's verifier.
    pub verifier: String,
    /// How recent their sign-in there has to be, in seconds.
    pub max_age: Option<u64>,
    /// What for.
    pub purpose: Purpose,
}

/// What somebody goes to another provider for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// To sign in here, and to go on with this authorization request; with none, it is empty.
    SignIn(String),
    /// To link who they are there to this account.
    Link(Subject),
}
