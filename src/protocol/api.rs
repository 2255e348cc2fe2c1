//! APIs (resource servers, RFC 6749 §1.1): the audiences that access tokens are made for, and the scopes of each.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::protocol::claim_rule::ClaimRule;
use crate::protocol::client::ClientId;
use crate::protocol::resource::Resource;
use crate::protocol::scope::ScopeToken;

/// A scope of an API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiScope {
    /// The word in requests and tokens. No two APIs share one.
    pub name: ScopeToken,
    /// What it allows, for the consent page.
    #[serde(default)]
    pub description: String,
    /// The role that a person needs for it, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// An API that takes our access tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// The audience URI of its tokens (RFC 8707, RFC 9068 §2.2 `aud`).
    pub identifier: Resource,
    /// Its name, for people.
    #[serde(default)]
    pub name: String,
    /// Its scopes.
    #[serde(default)]
    pub scopes: Vec<ApiScope>,
    /// The clients that may introspect tokens made for it (RFC 7662 §4).
    #[serde(default)]
    pub introspectors: BTreeSet<ClientId>,
    /// What goes into tokens for it, beside what the specifications put there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimRule>,
}
