//! How much work one password costs (RFC 9106 §3.1), within bounds that a server survives.

/// The most memory that may be filled for one password in all passes together, in KiB: about a second of a core. More would only serve
/// whoever wants to keep the server busy.
const MOST_FILLED_KIB: u64 = 1024 * 1024;
/// The parameters that the OWASP Password Storage Cheat Sheet calls equally strong: memory in KiB and iterations at least.
const OWASP_FLOOR: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9216, 4), (7168, 5)];

/// The parameters of Argon2id. A change applies to new passwords at once, and to each old one when its owner logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Cost {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

/// Parameters that can't be, or that would let a few logins take the server down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCost {
    /// Memory out of bounds.
    #[error("memory must be between 8 KiB for each lane and 262144 KiB (256 MiB)")]
    Memory,
    /// No iteration, or so many that a login would take seconds.
    #[error("iterations must be at least 1, and memory times iterations at most 1048576 KiB (1 GiB)")]
    Iterations,
    /// Lanes out of bounds.
    #[error("parallelism must be between 1 and 64")]
    Parallelism,
}

impl Argon2Cost {
    /// 19 MiB, 2 iterations, 1 lane: what OWASP's Password Storage Cheat Sheet recommends.
    pub const DEFAULT: Self = Self { memory_kib: 19_456, iterations: 2, parallelism: 1 };
    /// The most memory that one password may take, in KiB.
    pub const MOST_MEMORY_KIB: u32 = 256 * 1024;
    /// The most lanes that one password may have.
    pub const MOST_PARALLELISM: u32 = 64;

    /// Memory in KiB, passes over it, and independent lanes. The lanes are computed one after the other.
    pub const fn new(memory_kib: u32, iterations: u32, parallelism: u32) -> Result<Self, InvalidCost> {
        if parallelism < 1 || parallelism > Self::MOST_PARALLELISM {
            return Err(InvalidCost::Parallelism);
        }
        // RFC 9106 §3.1: memory is at least 8p KiB.
        if memory_kib < 8 * parallelism || memory_kib > Self::MOST_MEMORY_KIB {
            return Err(InvalidCost::Memory);
        }
        if iterations < 1 || memory_kib as u64 * iterations as u64 > MOST_FILLED_KIB {
            return Err(InvalidCost::Iterations);
        }
        Ok(Self { memory_kib, iterations, parallelism })
    }

    /// Whether a password is cheaper to guess than the OWASP Password Storage Cheat Sheet recommends.
    #[must_use]
    pub fn is_below_floor(self) -> bool {
        !OWASP_FLOOR.iter().any(|(memory_kib, iterations)| self.memory_kib >= *memory_kib && self.iterations >= *iterations)
    }

    /// Memory, in KiB.
    #[must_use]
    pub const fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    #[must_use]
    pub const fn iterations(self) -> u32 {
        self.iterations
    }

    /// Lanes.
    #[must_use]
    pub const fn parallelism(self) -> u32 {
        self.parallelism
    }
}

impl Default for Argon2Cost {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_has_bounds() {
        assert_eq!(Argon2Cost::new(19 * 1024, 2, 1), Ok(Argon2Cost::DEFAULT));
        assert!(Argon2Cost::new(8, 1, 1).is_ok());
        assert!(Argon2Cost::new(256 * 1024, 4, 4).is_ok());
        for (cost, problem) in [
            ((7, 1, 1), InvalidCost::Memory),
            ((31, 1, 4), InvalidCost::Memory),
            ((256 * 1024 + 1, 1, 1), InvalidCost::Memory),
            ((u32::MAX, 1, 1), InvalidCost::Memory),
            ((64, 0, 1), InvalidCost::Iterations),
            ((256 * 1024, 5, 1), InvalidCost::Iterations),
            ((64, u32::MAX, 1), InvalidCost::Iterations),
            ((64, 1, 0), InvalidCost::Parallelism),
            ((4096, 1, 65), InvalidCost::Parallelism),
            ((u32::MAX, 1, u32::MAX), InvalidCost::Parallelism),
        ] {
            assert_eq!(Argon2Cost::new(cost.0, cost.1, cost.2), Err(problem), "{cost:?}");
        }
    }

    #[test]
    fn a_cost_below_owasp_s_least_is_told() {
        for (cost, is_below) in [
            ((19_456, 2, 1), false),
            ((47_104, 1, 1), false),
            ((7168, 5, 4), false),
            ((19_456, 1, 1), true),
            ((19_455, 2, 1), true),
            ((8, 1, 1), true),
            ((7167, 100, 1), true),
        ] {
            assert_eq!(Argon2Cost::new(cost.0, cost.1, cost.2).unwrap().is_below_floor(), is_below, "{cost:?}");
        }
    }
}
