//! When failed sign-ins are slowed down.

use std::time::Duration;

use super::kind::{time, whole_number};
use super::problem::Problem;
use super::settings::{Presence, settings};
use crate::identity::throttle::ThrottleLimits;

settings! {
    /// Failed sign-ins. Whoever has too many of them is answered 429 with `Retry-After`.
    pub Login "login"

    /// Failures for one account within the window, from which on it has to wait.
    account_failures: u32 = whole_number(1..=1000), Presence::Default("10");

    /// Failures from one address within the window, from which on it has to wait. An IPv6 address counts by its first 64 bits.
    address_failures: u32 = whole_number(1..=1_000_000), Presence::Default("100");

    /// The window in which failures are counted.
    window: Duration = time(60..=86_400), Presence::Default("15m");
}

impl Login {
    /// The limits as the rules take them.
    #[must_use]
    pub const fn limits(&self) -> ThrottleLimits {
        ThrottleLimits { account_failures: self.account_failures, address_failures: self.address_failures, window: self.window }
    }

    pub(super) fn contradiction(&self) -> Option<Problem> {
        let what = "must not be less than login.account_failures, or one person locks out a whole network";
        (self.address_failures < self.account_failures).then(|| Problem::new("login.address_failures", what))
    }
}
