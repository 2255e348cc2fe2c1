//! How long people stay signed in.

use std::time::Duration;

use super::kind::time;
use super::problem::Problem;
use super::settings::{Presence, settings};
use crate::identity::session::SessionLimits;

settings! {
    /// How long people stay signed in.
    pub Session "session"

    /// Time without use after which a person has to sign in again.
    idle: Duration = time(60..=2_592_000), Presence::Default("8h");

    /// Time after which a person has to sign in again, however active they are.
    absolute: Duration = time(60..=7_776_000), Presence::Default("7d");
}

impl Session {
    /// The limits as the rules take them.
    #[must_use]
    pub const fn limits(&self) -> SessionLimits {
        SessionLimits { idle: self.idle, absolute: self.absolute }
    }

    pub(super) fn contradiction(&self) -> Option<Problem> {
        (self.idle > self.absolute).then(|| Problem::new("session.idle", "must not be longer than session.absolute"))
    }
}
