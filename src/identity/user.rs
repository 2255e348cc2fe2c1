//! A person with an account here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value};

use crate::protocol::claims::StandardClaims;
use crate::protocol::subject::Subject;
use crate::protocol::time::Timestamp;

/// The name that a person signs in with: 1 to 128 characters, none of them white space or a control character, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username(String);

/// The text is no username.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to 128 characters and no white space")]
pub struct InvalidUsername;

impl Username {
    /// Reads a username; upper case is folded, so that `Alice` and `alice` are the same person.
    pub fn parse(text: &str) -> Result<Self, InvalidUsername> {
        let folded = text.to_lowercase();
        let plain = |character: char| !character.is_whitespace() && !character.is_control();
        if folded.is_empty() || folded.chars().count() > 128 || !folded.chars().all(plain) {
            return Err(InvalidUsername);
        }
        Ok(Self(folded))
    }

    /// The username as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A password's hash as a PHC string. It has no `Debug`, so that it can't reach a log.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A hash in PHC string format.
    #[must_use]
    pub const fn from_phc(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string.
    #[must_use]
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHash(…)")
    }
}

/// A person's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Their `sub`: a UUID that is never given to anyone else.
    pub subject: Subject,
    /// What they sign in with. No two people share one.
    pub username: Username,
    /// Their password's hash; without one they can't sign in with a password.
    pub password: Option<PasswordHash>,
    /// Counts the changes of the password: what was begun with an earlier one does not come into being.
    pub password_version: i64,
    /// What we know about them.
    pub claims: StandardClaims,
    /// What else we know about them, by the names of the attributes.
    pub attributes: Map<String, Value>,
    /// What they are here themselves, such as `admin`.
    pub roles: BTreeSet<String>,
    /// The groups that they are in, each with the roles that it gives them.
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// A disabled person can't sign in, and what they allowed is inactive.
    pub enabled: bool,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When the account was last changed (OpenID Connect Core §5.1, `updated_at`).
    pub updated_at: Timestamp,
}

impl User {
    /// Whether they have a role, by themselves or by a group.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.contains(role) || self.groups.values().any(|given| given.contains(role))
    }

    /// All their roles: their own, and those that their groups give them.
    #[must_use]
    pub fn all_roles(&self) -> BTreeSet<String> {
        self.groups.values().flatten().chain(&self.roles).cloned().collect()
    }

    /// The names of their groups.
    #[must_use]
    pub fn group_names(&self) -> BTreeSet<String> {
        self.groups.keys().cloned().collect()
    }

    /// What to call them on our pages.
    #[must_use]
    pub fn display_name(&self) -> &str {
        self.claims.name.as_deref().unwrap_or_else(|| self.username.as_str())
    }
}

/// Why a new password is refused (NIST SP 800-63B §3.1.1.2: length counts, composition rules don't).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// It is shorter than this server asks for.
    #[error("must have at least {0} characters")]
    TooShort(usize),
    /// It is longer than any hash should be asked to take.
    #[error("must have at most 256 characters")]
    TooLong,
    /// It is the username.
    #[error("must not be the username")]
    SameAsUsername,
}

/// Checks a new password of `username`, which must have at least `minimum` characters.
pub fn check_new_password(password: &str, username: &Username, minimum: usize) -> Result<(), WeakPassword> {
    let length = password.chars().count();
    if length < minimum {
        return Err(WeakPassword::TooShort(minimum));
    }
    if length > 256 {
        return Err(WeakPassword::TooLong);
    }
    if password.to_lowercase() == username.as_str() {
        return Err(WeakPassword::SameAsUsername);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_is_one_word_in_lower_case() {
        assert_eq!(Username::parse("Alice").unwrap().as_str(), "alice");
        for bad in ["", "a b", "a\0", "a\r\nb", &"a".repeat(129)] {
            assert_eq!(Username::parse(bad), Err(InvalidUsername), "{bad:?}");
        }
    }

    #[test]
    fn a_password_is_judged_by_its_length() {
        let name = Username::parse("wonderland").unwrap();
        assert_eq!(check_new_password("short", &name, 8), Err(WeakPassword::TooShort(8)));
        assert_eq!(check_new_password("Wonderland", &name, 8), Err(WeakPassword::SameAsUsername));
        assert_eq!(check_new_password(&"x".repeat(257), &name, 8), Err(WeakPassword::TooLong));
        assert_eq!(check_new_password("all lower case words", &name, 8), Ok(()));
    }
}
