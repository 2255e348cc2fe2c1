//! A person's session with us, in one browser.

use std::time::Duration;

use crate::protocol::authentication::Authentication;
use crate::protocol::subject::{SessionId, Subject};
use crate::protocol::time::Timestamp;

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Time without use after which a session is over.
    pub idle: Duration,
    /// Time after sign-in when a session is over, however much it is used.
    pub absolute: Duration,
}

/// A session. The cookie that opens it is known to the store by its hash alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its public name, `sid` in tokens.
    pub id: SessionId,
    /// Whose it is.
    pub user: Subject,
    /// When the person last proved who they are (`auth_time`).
    pub authenticated_at: Timestamp,
    /// How they did.
    pub authentication: Authentication,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute or so.
    pub last_used_at: Timestamp,
    /// The browser as it described itself, shortened, for the account page.
    pub user_agent: String,
    /// The address it began from, for the account page.
    pub address: String,
    /// What the person did for one particular authorization request, not yet used up by its answer.
    pub interaction: Option<Interaction>,
}

/// What a person did for one authorization request, so that the junction asks for it once and no more.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Interaction {
    /// Names the request: the hash of its query.
    pub request: String,
    /// They signed in for it.
    pub signed_in: bool,
    /// They answered the consent page for it.
    pub consent: Option<bool>,
    /// When they did; it counts for ten minutes.
    pub at: Timestamp,
}

/// How long what a person did for a request counts.
const INTERACTION_LIFETIME: Duration = Duration::from_mins(10);

/// Uses within this time of each other are remembered as one, so that reading needs no write.
pub const USE_GRANULARITY: Duration = Duration::from_mins(1);

impl Session {
    /// Whether it still counts.
    #[must_use]
    pub fn is_live(&self, now: Timestamp, limits: SessionLimits) -> bool {
        now < self.ends_at(limits)
    }

    /// When it ends unless it is used again.
    #[must_use]
    pub fn ends_at(&self, limits: SessionLimits) -> Timestamp {
        (self.last_used_at + limits.idle).min(self.created_at + limits.absolute)
    }

    /// Whether its last use is long enough ago to be written down again.
    #[must_use]
    pub fn use_is_worth_noting(&self, now: Timestamp) -> bool {
        now.since(self.last_used_at) >= USE_GRANULARITY
    }

    /// What the person did for the request named `request`, if it still counts.
    #[must_use]
    pub fn interaction_for(&self, request: &str, now: Timestamp) -> Option<&Interaction> {
        self.interaction.as_ref().filter(|interaction| interaction.request == request && now.since(interaction.at) < INTERACTION_LIFETIME)
    }
}
