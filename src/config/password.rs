//! How passwords are hashed, and how long they must be.

use super::kind::{automatic_or, whole_number};
use super::problem::Problem;
use super::settings::{Presence, settings};
use crate::identity::password_cost::{Argon2Cost, InvalidCost};

settings! {
    /// Passwords. They are hashed with Argon2id (RFC 9106); a hash that was made with other parameters is renewed when its owner signs
    /// in.
    pub Password "password"

    /// Memory for one hash, in KiB.
    memory_kib: u32 = whole_number(8..=Argon2Cost::MOST_MEMORY_KIB), Presence::Default("19456");

    /// Passes over that memory.
    iterations: u32 = whole_number(1..=100), Presence::Default("2");

    /// Lanes of one hash.
    parallelism: u32 = whole_number(1..=Argon2Cost::MOST_PARALLELISM), Presence::Default("1");

    /// Hashes computed at a time; `auto` is one fewer than there are cores. Each takes `memory_kib` while it runs.
    workers: Option<usize> = automatic_or(whole_number(1..=1024)), Presence::Default("auto");

    /// Sign-ins that may wait for a worker; further ones are answered 503 with `Retry-After`.
    queue: usize = whole_number(1..=100_000), Presence::Default("64");

    /// Characters that a new password must have. NIST SP 800-63B asks for 8 at least, and for 15 where the password is all that
    /// is asked.
    minimum_length: usize = whole_number(8..=64), Presence::Default("8");
}

impl Password {
    /// What one hash costs.
    pub const fn cost(&self) -> Result<Argon2Cost, InvalidCost> {
        Argon2Cost::new(self.memory_kib, self.iterations, self.parallelism)
    }

    pub(super) fn contradiction(&self) -> Option<Problem> {
        let problem = self.cost().err()?;
        let setting = match problem {
            InvalidCost::Memory => "password.memory_kib",
            InvalidCost::Iterations => "password.iterations",
            InvalidCost::Parallelism => "password.parallelism",
        };
        Some(Problem::new(setting, problem.to_string()))
    }
}
