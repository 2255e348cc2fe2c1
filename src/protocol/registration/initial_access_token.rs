//! Initial access tokens (RFC 7591 §1.2): whoever has one may register so many clients with it.

use std::fmt;

use serde::Serialize;

use crate::protocol::problem::Problem;
use crate::protocol::time::Timestamp;

/// The most clients that one token registers.
pub const MOST_USES: u32 = 10_000;

/// Names an initial access token. It opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct InitialAccessTokenId(String);

impl InitialAccessTokenId {
    /// The name made of a fresh UUID, or one that is read from the store or a request.
    #[must_use]
    pub fn new(uuid: impl Into<String>) -> Self {
        Self(uuid.into())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InitialAccessTokenId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An initial access token, but for the secret in it, which the store knows by its hash alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitialAccessToken {
    /// Its public name.
    pub id: InitialAccessTokenId,
    /// What it was made for, in the operator's words.
    pub name: String,
    /// How many clients it still registers.
    pub uses_left: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl InitialAccessToken {
    /// Whether it still registers a client.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.uses_left > 0 && now < self.expires_at
    }

    /// Everything that is wrong with a token that is to be made.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            problems.push(Problem::new("name", "must have 1 to 100 characters on one line"));
        }
        if !(1..=MOST_USES).contains(&self.uses_left) {
            problems.push(Problem::new("uses", format!("must be 1 to {MOST_USES}")));
        }
        if self.expires_at <= self.created_at {
            problems.push(Problem::new("expires_at", "must lie in the future"));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> InitialAccessToken {
        InitialAccessToken {
            id: InitialAccessTokenId::new("1"),
            name: "partners".to_owned(),
            uses_left: 1,
            created_at: Timestamp::from_seconds(0),
            expires_at: Timestamp::from_seconds(100),
        }
    }

    #[test]
    fn it_ends_with_its_time_and_with_its_uses() {
        assert!(token().is_live(Timestamp::from_seconds(99)) && !token().is_live(Timestamp::from_seconds(100)));
        assert!(!InitialAccessToken { uses_left: 0, ..token() }.is_live(Timestamp::from_seconds(0)));
    }

    #[test]
    fn every_problem_is_told_at_once() {
        assert_eq!(token().problems(), []);
        let wrong = InitialAccessToken { name: " ".to_owned(), uses_left: MOST_USES + 1, expires_at: token().created_at, ..token() };
        let fields: Vec<String> = wrong.problems().into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["name", "uses", "expires_at"]);
    }
}
