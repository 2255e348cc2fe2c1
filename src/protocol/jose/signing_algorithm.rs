//! The algorithms that we sign with (RFC 7518 §3.1, RFC 8037).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::protocol::words::words;

words! {
    /// An algorithm of a signature of ours. None is symmetric, and `none` is none.
    SigningAlgorithm {
        /// RSASSA-PKCS1-v1_5 with SHA-256: what a client gets that asks for nothing else.
        Rs256 = "RS256",
        /// RSASSA-PKCS1-v1_5 with SHA-384.
        Rs384 = "RS384",
        /// RSASSA-PKCS1-v1_5 with SHA-512.
        Rs512 = "RS512",
        /// RSASSA-PSS with SHA-256.
        Ps256 = "PS256",
        /// RSASSA-PSS with SHA-384.
        Ps384 = "PS384",
        /// RSASSA-PSS with SHA-512.
        Ps512 = "PS512",
        /// ECDSA by the curve P-256 with SHA-256.
        Es256 = "ES256",
        /// ECDSA by the curve P-384 with SHA-384.
        Es384 = "ES384",
        /// Ed25519.
        EdDsa = "EdDSA",
    }
}

/// The kind of key that an algorithm signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA (RFC 7518 §6.3).
    Rsa,
    /// The elliptic curve P-256 (RFC 7518 §6.2).
    P256,
    /// The elliptic curve P-384 (RFC 7518 §6.2).
    P384,
    /// Ed25519 (RFC 8037 §2).
    Ed25519,
}

impl Default for SigningAlgorithm {
    /// OpenID Connect Registration §2, `id_token_signed_response_alg`: the default, if omitted, is RS256.
    fn default() -> Self {
        Self::Rs256
    }
}

impl SigningAlgorithm {
    /// The kind of key that it signs with.
    #[must_use]
    pub const fn key_kind(self) -> KeyKind {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => KeyKind::Rsa,
            Self::Es256 => KeyKind::P256,
            Self::Es384 => KeyKind::P384,
            Self::EdDsa => KeyKind::Ed25519,
        }
    }

    /// The left half of the hash of a text, by the hash function of this algorithm: the `at_hash` of an access token, or the `c_hash` of a code,
    /// beside an ID token that is signed with it (OpenID Connect Core §3.1.3.6, §3.3.2.11). Ed25519 hashes with SHA-512 (RFC 8032 §5.1).
    #[must_use]
    pub fn left_half(self, text: &str) -> String {
        fn half(digest: &[u8]) -> String {
            URL_SAFE_NO_PAD.encode(digest.split_at(digest.len() / 2).0)
        }
        match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => half(&Sha256::digest(text)),
            Self::Rs384 | Self::Ps384 | Self::Es384 => half(&Sha384::digest(text)),
            Self::Rs512 | Self::Ps512 | Self::EdDsa => half(&Sha512::digest(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_openid_connect_core_appendix_a_3_holds() {
        let rs256 = SigningAlgorithm::default();
        assert_eq!(rs256.left_half("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
        // Appendix A.4: that of a code.
        assert_eq!(rs256.left_half("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"), "LDktKdoQak3Pk0cnXxCltA");
    }

    #[test]
    fn the_hash_is_as_long_as_the_algorithm_says() {
        // FIPS 180-4 examples: the hashes of "abc".
        let abc = |algorithm: SigningAlgorithm| URL_SAFE_NO_PAD.decode(algorithm.left_half("abc")).unwrap();
        for algorithm in SigningAlgorithm::ALL {
            let bits = if *algorithm == SigningAlgorithm::EdDsa { "512" } else { &algorithm.as_str()[2..] };
            let (bytes, first) = match bits {
                "256" => (16, [0xba, 0x78, 0x16, 0xbf]),
                "384" => (24, [0xcb, 0x00, 0x75, 0x3f]),
                _ => (32, [0xdd, 0xaf, 0x35, 0xa1]),
            };
            assert_eq!((abc(*algorithm).len(), &abc(*algorithm)[..4]), (bytes, first.as_slice()), "{algorithm}");
        }
    }

    #[test]
    fn no_symmetric_algorithm_and_no_none_signs() {
        for name in ["none", "HS256", "HS512", "ES512", "RS1", "rs256", ""] {
            assert_eq!(SigningAlgorithm::parse(name), None, "{name}");
        }
    }
}
