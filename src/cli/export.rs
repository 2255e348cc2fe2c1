//! `claviger export`: what is stored, as the file that `claviger apply` takes.

use clap::Args;

use crate::cli::output::{Trouble, say};
use crate::cli::place::Place;

/// Print clients, APIs and people as a file for `claviger apply`, without secrets and passwords
#[derive(Args)]
#[command(after_help = "Example:\n  claviger export --config claviger.toml > everything.toml")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Trouble> {
    let server = arguments.place.server().await?;
    let file = server.export().await?;
    server.close().await;
    say(file.trim_end())
}
