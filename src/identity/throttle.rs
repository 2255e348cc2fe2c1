//! Slowing down whoever guesses passwords (NIST SP 800-63B §3.2.2, RFC 6749 §4.3.2).

use std::time::Duration;

use crate::protocol::explanation::{Fact, lasting};
use crate::protocol::time::Timestamp;

/// When failed sign-ins are answered with "later" instead of "wrong".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleLimits {
    /// Failures for one account within the window, from which on it is slowed down.
    pub account_failures: u32,
    /// Failures from one address within the window, from which on it is slowed down.
    pub address_failures: u32,
    /// The window.
    pub window: Duration,
}

/// What a failure is counted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThrottleKey {
    /// The account that somebody tried, whether it exists or not.
    Account(String),
    /// The address they came from; an IPv6 address counts by its /64, which one person can have all of.
    Address(String),
}

/// Failures counted for a key since the window began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub count: u32,
    /// When the first of them was: the window's begin.
    pub since: Timestamp,
}

impl ThrottleKey {
    /// The key as the store keeps it.
    #[must_use]
    pub fn stored(&self) -> String {
        match self {
            Self::Account(name) => format!("account:{name}"),
            Self::Address(address) => format!("address:{address}"),
        }
    }

    /// How long this key must wait; `None` when it need not.
    #[must_use]
    pub fn wait(&self, failures: Failures, limits: ThrottleLimits, now: Timestamp) -> Option<Duration> {
        let over = failures.since + limits.window;
        (failures.count >= self.limit(limits) && now < over).then(|| over.since(now))
    }

    /// What was counted, for the operator. The name of an account stays unsaid: it is what somebody typed, now and then a password.
    #[must_use]
    pub fn explain(&self, failures: Failures, limits: ThrottleLimits) -> Fact {
        let fact = match self {
            Self::Account(_) => Fact::of("failed sign-ins of the account"),
            Self::Address(_) => Fact::of("failed sign-ins from the address"),
        };
        let fact = fact.expected(format!("fewer than {} within {}", self.limit(limits), lasting(limits.window)));
        let fact = fact.came(format!("{} since {}", failures.count, failures.since));
        let fact = fact.note(format!("it has to wait until {}", failures.since + limits.window));
        if let Self::Address(address) = self { fact.note(address) } else { fact }
    }

    const fn limit(&self, limits: ThrottleLimits) -> u32 {
        match self {
            Self::Account(_) => limits.account_failures,
            Self::Address(_) => limits.address_failures,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: ThrottleLimits = ThrottleLimits { account_failures: 10, address_failures: 100, window: Duration::from_mins(15) };

    #[test]
    fn the_tenth_failure_of_an_account_makes_it_wait_for_the_rest_of_the_window() {
        let start = Timestamp::from_seconds(1000);
        let key = ThrottleKey::Account("alice".into());
        let later = start + Duration::from_secs(100);
        assert_eq!(key.wait(Failures { count: 9, since: start }, LIMITS, later), None);
        assert_eq!(key.wait(Failures { count: 10, since: start }, LIMITS, later), Some(Duration::from_secs(800)));
        assert_eq!(key.wait(Failures { count: 10, since: start }, LIMITS, start + LIMITS.window), None);
        let told = format!("{:?}", key.explain(Failures { count: 10, since: start }, LIMITS));
        assert!(
            told.contains("fewer than 10 within 15 min 0 s") && told.contains("until 1970-01-01T00:31:40Z") && !told.contains("alice"),
            "{told}"
        );
        assert_eq!(ThrottleKey::Address("192.0.2.1".into()).wait(Failures { count: 99, since: start }, LIMITS, later), None);
    }
}
