//! A client's secret that somebody chose, instead of having it generated.

use secrecy::{ExposeSecret, SecretString};

use crate::protocol::token::TokenHash;

/// Characters that it must have: it is kept as a plain SHA-256, so it has to be as good as a generated one.
pub const SHORTEST_SECRET: usize = 32;

/// A secret that somebody chose.
#[derive(Clone, Debug)]
pub struct ChosenSecret(SecretString);

impl ChosenSecret {
    /// The one that was given. Whether it is good enough is for [`check_chosen_secret`] to say.
    #[must_use]
    pub const fn new(text: SecretString) -> Self {
        Self(text)
    }

    /// It.
    #[must_use]
    pub const fn text(&self) -> &SecretString {
        &self.0
    }

    /// Its hash, as it is kept.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.0.expose_secret())
    }
}

impl PartialEq for ChosenSecret {
    fn eq(&self, other: &Self) -> bool {
        self.hash().matches(&other.hash())
    }
}

impl Eq for ChosenSecret {}

/// Why a chosen secret is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// Nothing at all.
    #[error("is empty")]
    Empty,
    /// RFC 6749 Appendix A.2: `client-secret` is printable ASCII.
    #[error("must be printable ASCII characters alone")]
    NotPrintable,
    /// It could be guessed.
    #[error("must have at least {SHORTEST_SECRET} characters; leave it out, and one is generated")]
    TooShort,
}

/// Checks a secret that somebody chose. What is [`BadSecret::TooShort`] would work, but could be guessed.
pub fn check_chosen_secret(secret: &str) -> Result<(), BadSecret> {
    if secret.is_empty() {
        return Err(BadSecret::Empty);
    }
    if !secret.bytes().all(|byte| matches!(byte, 0x20..=0x7E)) {
        return Err(BadSecret::NotPrintable);
    }
    if secret.len() < SHORTEST_SECRET { Err(BadSecret::TooShort) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_secret_is_long_and_printable() {
        assert_eq!(check_chosen_secret(&"x".repeat(32)), Ok(()));
        assert_eq!(check_chosen_secret(&"x".repeat(31)), Err(BadSecret::TooShort));
        assert_eq!(check_chosen_secret(""), Err(BadSecret::Empty));
        assert_eq!(check_chosen_secret(&"ü".repeat(32)), Err(BadSecret::NotPrintable));
        assert_eq!(check_chosen_secret(&"x\n".repeat(32)), Err(BadSecret::NotPrintable));
    }
}
