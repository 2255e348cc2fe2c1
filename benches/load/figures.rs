//! What is said about the figures.

use std::time::Duration;

/// What a figure should be.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    AtLeast(f64),
    Below(f64),
}

impl Limit {
    /// Prints a figure and whether it is within its limit.
    pub(crate) fn show(self, what: &str, figure: f64, unit: &str) {
        let (reached, wanted) = match self {
            Self::AtLeast(limit) => (figure >= limit, format!("at least {limit}")),
            Self::Below(limit) => (figure < limit, format!("below {limit}")),
        };
        let verdict = if reached { "PASS" } else { "MISSED" };
        let decimals = if unit.is_empty() { 3 } else { 1 };
        println!("{what:<39} {figure:>9.decimals$} {unit:<2}  {verdict} ({wanted})");
    }
}

pub(crate) fn median(figures: &mut [f64]) -> f64 {
    percentile(figures, 0.5)
}

/// The figure that `share` of all are not above (nearest rank).
pub(crate) fn percentile(figures: &mut [f64], share: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a rank among a few thousand")]
    let rank = (figures.len() as f64 * share).ceil() as usize;
    figures.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// How many in a second.
pub(crate) fn per_second(count: u32, time: Duration) -> f64 {
    f64::from(count) / time.as_secs_f64()
}
