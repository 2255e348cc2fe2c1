//! How passwords are hashed, and how long they must be.

use super::kind::{automatic_or, whole_number};
use super::problem::Problem;
use super::settings::{Presence, settings};

settings! {
    /// Passwords. They are hashed with Argon2id (RFC 9106); a hash that was made with other parameters is renewed when its owner signs
    /// in.
    pub Password "password"

    /// Memory for one hash, in KiB.
    memory_kib: u32 = whole_number(8..=262_144), Presence::Default("19456");

    /// Passes over that memory.
    iterations: u32 = whole_number(1..=100), Presence::Default("2");

    /// Lanes of one hash.
    parallelism: u32 = whole_number(1..=64), Presence::Default("1");

    /// Hashes computed at a time; `auto` is one fewer than there are cores. Each takes `memory_kib` while it runs.
    workers: Option<usize> = automatic_or(whole_number(1..=1024)), Presence::Default("auto");

    /// Sign-ins that may wait for a worker; further ones are answered 503 with `Retry-After`.
    queue: usize = whole_number(1..=100_000), Presence::Default("64");

    /// Characters that a new password must have. NIST SP 800-63B asks for 8 at least, and for 15 where the password is all that
    /// is asked.
    minimum_length: usize = whole_number(8..=64), Presence::Default("8");
}

/// The parameters that the OWASP Password Storage Cheat Sheet calls equally strong: memory in KiB and iterations at least.
const OWASP_FLOOR: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9216, 4), (7168, 5)];

/// The most memory that one hash may fill in all, in KiB: more would only serve whoever wants to keep the server busy.
const MOST_FILLED_KIB: u64 = 1024 * 1024;

impl Password {
    /// Whether hashes are cheaper to guess than the OWASP Password Storage Cheat Sheet recommends.
    #[must_use]
    pub fn is_below_floor(&self) -> bool {
        !OWASP_FLOOR.iter().any(|(memory_kib, iterations)| self.memory_kib >= *memory_kib && self.iterations >= *iterations)
    }

    pub(super) fn contradiction(&self) -> Option<Problem> {
        // RFC 9106 §3.1: the memory is at least eight blocks of 1 KiB for each lane.
        if self.memory_kib < 8 * self.parallelism {
            return Some(Problem::new("password.memory_kib", "must be at least eight times password.parallelism"));
        }
        let filled = u64::from(self.memory_kib) * u64::from(self.iterations);
        (filled > MOST_FILLED_KIB).then(|| Problem::new("password.iterations", "times password.memory_kib must be at most 1048576 (1 GiB)"))
    }
}
