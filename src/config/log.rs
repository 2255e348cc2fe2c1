//! What is logged, and how.

use tracing::Level;

use super::kind::{one_of, whole_number};
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

    /// How many refused requests are kept in the database with what was expected and what came, for `claviger why`; the oldest go first. 0 keeps none.
    kept_refusals: u64 = whole_number(0..=1_000_000), Presence::Default("10000");
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// A line of text, for people.
    Text,
    /// A JSON object on a line, for machines.
    Json,
}
