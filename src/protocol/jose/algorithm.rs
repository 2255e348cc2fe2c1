//! The algorithms that others may sign with (RFC 7518 §3.1, RFC 8037, RFC 9864).

use crate::protocol::words::words;

words! {
    /// An algorithm of a signature that is not ours. `none` is none.
    Algorithm {
        /// HMAC with SHA-256, by a secret that both sides have.
        Hs256 = "HS256",
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        Rs256 = "RS256",
        /// RSASSA-PSS with SHA-256.
        Ps256 = "PS256",
        /// ECDSA by the curve P-256 with SHA-256.
        Es256 = "ES256",
        /// Ed25519.
        EdDsa = "EdDSA",
    }
}

impl Algorithm {
    /// The one that a header or a key names. RFC 9864 §2.2: `Ed25519` is what `EdDSA` means here.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if name == "Ed25519" { Some(Self::EdDsa) } else { Self::parse(name) }
    }

    /// Whether whoever verifies could have signed, too.
    #[must_use]
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Self::Hs256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_of_ed25519_are_known_and_none_is_not() {
        assert_eq!((Algorithm::named("EdDSA"), Algorithm::named("Ed25519")), (Some(Algorithm::EdDsa), Some(Algorithm::EdDsa)));
        for name in ["none", "None", "", "rs256", "RS512", "ES256K"] {
            assert_eq!(Algorithm::named(name), None, "{name}");
        }
    }
}
