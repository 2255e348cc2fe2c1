//! ID tokens (OpenID Connect Core §2, §3.1.3.6).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::protocol::authentication::Authentication;
use crate::protocol::client::ClientId;
use crate::protocol::subject::{SessionId, Subject};
use crate::protocol::time::Timestamp;

/// The `typ` of an ID token's header.
pub const TYP: &str = "JWT";

/// The claims of an ID token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdToken {
    /// Who made it.
    pub iss: String,
    /// Who signed in.
    pub sub: Subject,
    /// The client that it is for.
    pub aud: ClientId,
    /// When it dies.
    pub exp: Timestamp,
    /// When it was made.
    pub iat: Timestamp,
    /// When the person last proved who they are.
    pub auth_time: Timestamp,
    /// How the person proved who they are.
    #[serde(flatten)]
    pub authentication: Authentication,
    /// The authorization request's `nonce`, in the first token that comes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Binds the access token beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// Binds the code beside it (OpenID Connect Core §3.3.2.11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub c_hash: Option<String>,
    /// The session (OpenID Connect Front-Channel Logout §3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<SessionId>,
    /// What the scopes `roles` and `groups` release, and what the rules of its client put there.
    #[serde(flatten)]
    pub released: Map<String, Value>,
}

/// What goes to the client beside an ID token, and is bound by it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// The access token.
    pub access_token: Option<&'a str>,
    /// The code.
    pub code: Option<&'a str>,
}
