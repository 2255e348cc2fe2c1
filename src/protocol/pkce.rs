//! Proof Key for Code Exchange (RFC 7636), with `S256` as the only method (RFC 9700 §2.1.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A code challenge: the base64url SHA-256 of a verifier, 43 characters (RFC 7636 §4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChallenge(String);

/// A code verifier: 43 to 128 unreserved characters (RFC 7636 §4.1).
#[derive(Clone, PartialEq, Eq)]
pub struct CodeVerifier(String);

impl CodeChallenge {
    /// Reads a `code_challenge`; `None` when no `S256` of anything looks like it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let decoded = URL_SAFE_NO_PAD.decode(text).ok()?;
        (decoded.len() == 32).then(|| Self(text.to_owned()))
    }

    /// The challenge as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it was made from `verifier`, in a time that does not tell how near a guess came (RFC 7636 §4.6).
    #[must_use]
    pub fn is_met_by(&self, verifier: &CodeVerifier) -> bool {
        verifier.challenge().0.as_bytes().ct_eq(self.0.as_bytes()).into()
    }
}

impl CodeVerifier {
    /// Reads a `code_verifier`; `None` when it breaks the syntax.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        ((43..=128).contains(&text.len()) && text.bytes().all(unreserved)).then(|| Self(text.to_owned()))
    }

    /// The `S256` challenge of it (RFC 7636 §4.2), which is no secret.
    #[must_use]
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge(URL_SAFE_NO_PAD.encode(Sha256::digest(&self.0)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_example_of_rfc_7636_appendix_b_holds() {
        let challenge = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
        assert!(challenge.is_met_by(&CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap()));
        assert!(!challenge.is_met_by(&CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl").unwrap()));
    }

    #[test]
    fn lengths_and_characters_outside_the_syntax_are_refused() {
        for bad in [42, 44, 86] {
            assert!(CodeChallenge::parse(&"A".repeat(bad)).is_none());
        }
        assert!(CodeChallenge::parse(&format!("{}=", "A".repeat(42))).is_none());
        assert!(CodeChallenge::parse(&format!("{}+", "A".repeat(42))).is_none());
        assert!(CodeVerifier::parse(&"a".repeat(42)).is_none());
        assert!(CodeVerifier::parse(&"a".repeat(129)).is_none());
        assert!(CodeVerifier::parse(&format!("{} ", "a".repeat(43))).is_none());
    }

    proptest! {
        #[test]
        fn a_verifier_meets_its_own_challenge_and_no_other(one in "[A-Za-z0-9._~-]{43,128}", other in "[A-Za-z0-9._~-]{43,128}") {
            let (one, other) = (CodeVerifier::parse(&one).unwrap(), CodeVerifier::parse(&other).unwrap());
            let challenge = CodeChallenge::parse(one.challenge().as_str()).unwrap();
            prop_assert!(challenge.is_met_by(&one));
            prop_assert_eq!(challenge.is_met_by(&other), one == other);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,140}") {
            prop_assert!(CodeChallenge::parse(&text).is_none_or(|challenge| challenge.as_str() == text));
            let _ = CodeVerifier::parse(&text);
        }
    }
}
