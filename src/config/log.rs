//! What is logged, and how.

use tracing::Level;

use super::kind::one_of;
use super::settings::{Presence, settings};

settings! {
    /// The log, which goes to standard error. No level writes secrets into it.
    pub Log "log"

    /// How lines look: `text` for people, `json` for machines.
    format: LogFormat = one_of(&[("text", LogFormat::Text), ("json", LogFormat::Json)]), Presence::Default("text");

    /// How much is said: `debug` has a line for every request and every refusal.
    level: Level = one_of(&[
        ("error", Level::ERROR), ("warn", Level::WARN), ("info", Level::INFO), ("debug", Level::DEBUG), ("trace", Level::TRACE),
    ]), Presence::Default("info");
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// A line of text, for people.
    Text,
    /// A JSON object on a line, for machines.
    Json,
}
