//! Slowing down whoever guesses passwords (NIST SP 800-63B §3.2.2, RFC 6749 §4.3.2), and whoever sets off for other providers without end.

use std::time::Duration;

use crate::identity::departure;
use crate::protocol::explanation::{Fact, lasting};
use crate::protocol::registration;
use crate::protocol::time::Timestamp;

/// How many people may be on their way to other providers from one address: each is remembered until it is too late to come back.
const MOST_DEPARTURES: u32 = 1000;

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

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThrottleKey {
    /// Failures of the account that somebody tried, whether it exists or not.
    Account(String),
    /// Failures from the network that they came from: an address, of IPv6 its /64.
    Address(String),
    /// Departures to other providers from a network.
    Departures(String),
    /// Clients that register themselves, or change their registration, from a network.
    Registrations {
        /// The network.
        network: String,
        /// The most of them.
        most: u32,
    },
}

/// What was counted for a key since the window began.
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
            Self::Address(name) => format!("address:{name}"),
            Self::Departures(name) => format!("departures:{name}"),
            Self::Registrations { network, .. } => format!("registrations:{network}"),
        }
    }

    /// How long this key must wait; `None` when it need not.
    #[must_use]
    pub fn wait(&self, failures: Failures, limits: ThrottleLimits, now: Timestamp) -> Option<Duration> {
        let over = failures.since + self.window(limits);
        (failures.count >= self.limit(limits) && now < over).then(|| over.since(now))
    }

    /// What was counted, for the operator. The name of an account stays unsaid: it is what somebody typed, now and then a password.
    #[must_use]
    pub fn explain(&self, failures: Failures, limits: ThrottleLimits) -> Fact {
        let fact = match self {
            Self::Account(_) => Fact::of("failed sign-ins of the account"),
            Self::Address(_) => Fact::of("failed sign-ins from the address"),
            Self::Departures(_) => Fact::of("sign-ins at other providers that were begun from the address"),
            Self::Registrations { .. } => Fact::of("clients that were registered or changed from the address"),
        };
        let fact = fact.expected(format!("fewer than {} within {}", self.limit(limits), lasting(self.window(limits))));
        let fact = fact.came(format!("{} since {}", failures.count, failures.since));
        let fact = fact.note(format!("it has to wait until {}", failures.since + self.window(limits)));
        match self {
            Self::Address(name) | Self::Departures(name) | Self::Registrations { network: name, .. } => fact.note(name),
            Self::Account(_) => fact,
        }
    }

    /// How often it may be counted before it must wait.
    #[must_use]
    pub const fn limit(&self, limits: ThrottleLimits) -> u32 {
        match self {
            Self::Account(_) => limits.account_failures,
            Self::Address(_) => limits.address_failures,
            Self::Departures(_) => MOST_DEPARTURES,
            Self::Registrations { most, .. } => *most,
        }
    }

    /// How long it is counted.
    #[must_use]
    pub const fn window(&self, limits: ThrottleLimits) -> Duration {
        match self {
            Self::Account(_) | Self::Address(_) => limits.window,
            Self::Departures(_) => departure::LIFETIME,
            Self::Registrations { .. } => registration::WINDOW,
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
