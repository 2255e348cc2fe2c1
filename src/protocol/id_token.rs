//! ID tokens (OpenID Connect Core §2, §3.1.3.6).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

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

/// The `at_hash` of an access token, or the `c_hash` of a code, beside an ID token that is signed with a SHA-256 algorithm: the left half of
/// its hash (OpenID Connect Core §3.1.3.6, §3.3.2.11).
#[must_use]
pub fn left_half(text: &str) -> String {
    let digest = Sha256::digest(text);
    URL_SAFE_NO_PAD.encode(digest.split_at(digest.len() / 2).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_openid_connect_core_appendix_a_3_holds() {
        assert_eq!(left_half("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
        // Appendix A.4: that of a code.
        assert_eq!(left_half("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"), "LDktKdoQak3Pk0cnXxCltA");
    }
}
