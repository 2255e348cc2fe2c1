//! Which state of a thing somebody has seen, so that nobody undoes another's change without knowing (RFC 9110 §13.1.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Names one state of a thing: the hash of how it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(String);

impl Version {
    /// The version of a thing that is shown like this.
    #[must_use]
    pub fn of(shown: &impl Serialize) -> Self {
        // What can't be shown has no state that anybody could have seen.
        Self(URL_SAFE_NO_PAD.encode(Sha256::digest(serde_json::to_vec(shown).unwrap_or_default())))
    }

    /// The version as text, without the quotes of an entity tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which state a change is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever it is by now.
    Anything,
    /// One of these.
    OneOf(Vec<String>),
}

impl Expected {
    /// Whether a change may go on with what is there.
    #[must_use]
    pub fn admits(&self, version: &Version) -> bool {
        match self {
            Self::Anything => true,
            Self::OneOf(versions) => versions.iter().any(|expected| expected == version.as_str()),
        }
    }
}
