//! `claviger reference`: every setting, as `docs/configuration.md` has it.

use clap::Args;

use crate::cli::output::{Trouble, say};

/// Print every setting, as Markdown
#[derive(Args)]
#[command(after_help = "Example:\n  claviger reference > docs/configuration.md")]
pub(super) struct Arguments {}

pub(super) fn run(_: &Arguments) -> Result<(), Trouble> {
    say(crate::config::reference().trim_end())
}
