//! What we encrypt with (RFC 7518 §4.1, §5.1).

use serde::{Deserialize, Serialize};

use crate::protocol::words::words;

words! {
    /// How the key that encrypts a text gets to whom it is for (RFC 7518 §4.1). None needs a secret that both sides have.
    KeyManagement {
        /// RSAES-OAEP with SHA-256.
        RsaOaep256 = "RSA-OAEP-256",
        /// Both sides agree on the key, by an ephemeral key of ours.
        EcdhEs = "ECDH-ES",
        /// Both sides agree on the key that the key is wrapped with.
        EcdhEsA256Kw = "ECDH-ES+A256KW",
    }
}

words! {
    /// How the text itself is encrypted (RFC 7518 §5.1).
    ContentEncryption {
        /// AES-128-CBC with HMAC-SHA-256: what a client gets that asks for nothing else.
        A128CbcHs256 = "A128CBC-HS256",
        /// AES-128-GCM.
        A128Gcm = "A128GCM",
        /// AES-256-GCM.
        A256Gcm = "A256GCM",
    }
}

impl Default for ContentEncryption {
    /// OpenID Connect Registration §2, `id_token_encrypted_response_enc`: the default, if omitted, is A128CBC-HS256.
    fn default() -> Self {
        Self::A128CbcHs256
    }
}

/// How something is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encryption {
    /// How the key gets there.
    pub alg: KeyManagement,
    /// How the text is encrypted.
    pub enc: ContentEncryption,
}

impl Encryption {
    /// What a client registered: no content encryption without an algorithm for its key (OpenID Connect Registration §2).
    pub fn registered(alg: Option<KeyManagement>, enc: Option<ContentEncryption>) -> Result<Option<Self>, EncWithoutAlg> {
        match (alg, enc) {
            (Some(alg), enc) => Ok(Some(Self { alg, enc: enc.unwrap_or_default() })),
            (None, Some(_)) => Err(EncWithoutAlg),
            (None, None) => Ok(None),
        }
    }
}

/// A content encryption was asked for, and no encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("needs the alg beside it")]
pub struct EncWithoutAlg;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_algorithm_by_itself_has_a_content_encryption_but_not_the_other_way_round() {
        let made = |alg, enc| Encryption::registered(alg, enc).map(|made| made.map(|made| made.enc));
        assert_eq!(made(Some(KeyManagement::EcdhEs), None), Ok(Some(ContentEncryption::A128CbcHs256)));
        assert_eq!(made(Some(KeyManagement::EcdhEs), Some(ContentEncryption::A256Gcm)), Ok(Some(ContentEncryption::A256Gcm)));
        assert_eq!(made(None, Some(ContentEncryption::A256Gcm)), Err(EncWithoutAlg));
        assert_eq!(made(None, None), Ok(None));
    }

    #[test]
    fn what_is_broken_or_shared_is_not_known() {
        for name in ["RSA1_5", "RSA-OAEP", "dir", "A256KW", "PBES2-HS256+A128KW", "none", ""] {
            assert_eq!(KeyManagement::parse(name), None, "{name}");
        }
    }
}
