//! `claviger migrate`: brings the database up to date.

use clap::Args;

use crate::cli::output::{Trouble, say};
use crate::cli::place::Place;
use crate::store::Store;

/// Bring the database up to date
#[derive(Args)]
#[command(after_help = "Example:\n  claviger migrate --config claviger.toml")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Trouble> {
    let config = arguments.place.config()?;
    let store = Store::connect(config.database.url.reveal(), config.database.max_connections).await?;
    let applied = store.migrate().await?;
    store.close().await;
    if applied.is_empty() {
        say("The database was up to date.")?;
    }
    for name in applied {
        say(format!("applied {name}"))?;
    }
    Ok(())
}
