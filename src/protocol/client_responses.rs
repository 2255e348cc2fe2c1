//! In what form a client gets what it is told about people (OpenID Connect Registration §2): ID tokens, and answers of userinfo.

use serde::{Deserialize, Serialize};

use crate::protocol::explanation::{Explanation, Fact};
use crate::protocol::jose::{Encryption, KeySource, NotTheirs, SigningAlgorithm};
use crate::protocol::problem::Problem;
use crate::protocol::refusal::ErrorCode;

/// What a client registered about what it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientResponses {
    /// What ID tokens are signed with (`id_token_signed_response_alg`).
    pub id_token_signed: SigningAlgorithm,
    /// How they are encrypted then (`id_token_encrypted_response_alg`, `id_token_encrypted_response_enc`), if they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_encrypted: Option<Encryption>,
    /// What answers of userinfo are signed with (`userinfo_signed_response_alg`), if they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed: Option<SigningAlgorithm>,
    /// How they are encrypted then (`userinfo_encrypted_response_alg`, `userinfo_encrypted_response_enc`), if they are. Plain JSON is what is
    /// neither signed nor encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_encrypted: Option<Encryption>,
}

/// Why something can't be encrypted for a client: the reason, for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what the client is to get can't be encrypted: {0}")]
pub struct Unencryptable(pub String);

impl From<NotTheirs> for Unencryptable {
    fn from(why: NotTheirs) -> Self {
        Self(why.to_string())
    }
}

impl ClientResponses {
    /// The algorithms that something for the client is signed with, and under which name it registered each.
    pub fn signed_with(&self) -> impl Iterator<Item = (&'static str, SigningAlgorithm)> {
        let id_token = ("id_token_signed_response_alg", self.id_token_signed);
        [id_token].into_iter().chain(self.userinfo_signed.map(|algorithm| ("userinfo_signed_response_alg", algorithm)))
    }

    /// What contradicts the keys that the client registered. What stands behind a URL is not looked at: it may change.
    #[must_use]
    pub fn problems(&self, keys: Option<&KeySource>) -> Vec<Problem> {
        let encrypted =
            [("id_token_encrypted_response_alg", self.id_token_encrypted), ("userinfo_encrypted_response_alg", self.userinfo_encrypted)];
        let asked = encrypted.into_iter().filter_map(|(field, encryption)| Some((field, encryption?.alg)));
        let lacks = asked.filter(|(_, alg)| match keys {
            Some(KeySource::Here(keys)) => keys.encryption_key(*alg).is_none(),
            Some(KeySource::There(_)) => false,
            None => true,
        });
        lacks.map(|(field, alg)| Problem::new(field, format!("needs a public key for {alg}: register jwks or jwks_uri"))).collect()
    }
}

impl crate::protocol::refusal::Reason for Unencryptable {
    fn code(&self) -> ErrorCode {
        ErrorCode::InvalidRequest
    }

    fn description(&self) -> &'static str {
        "The client is registered for encrypted answers and has no key for them."
    }

    fn explain(&self) -> Explanation {
        Explanation::of(Fact::of("jwks").expected("a public key for what the client registered to be encrypted").came(&self.0))
    }
}
