//! In what form a client gets what it is told about people (OpenID Connect Registration §2): ID tokens, and answers of userinfo.

use serde::{Deserialize, Serialize};

use crate::protocol::jose::SigningAlgorithm;

/// What a client registered about what it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientResponses {
    /// What ID tokens are signed with (`id_token_signed_response_alg`).
    pub id_token_signed: SigningAlgorithm,
    /// What answers of userinfo are signed with (`userinfo_signed_response_alg`); plain JSON when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed: Option<SigningAlgorithm>,
}

impl ClientResponses {
    /// The algorithms that something for the client is signed with, beside RS256, and under which name it registered each.
    pub fn signed_with(&self) -> impl Iterator<Item = (&'static str, SigningAlgorithm)> {
        let id_token = ("id_token_signed_response_alg", self.id_token_signed);
        [id_token].into_iter().chain(self.userinfo_signed.map(|algorithm| ("userinfo_signed_response_alg", algorithm)))
    }
}
