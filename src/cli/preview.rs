//! `claviger preview`: what a request would give, and why.

use clap::Args;

use crate::cli::output::{Trouble, say};
use crate::cli::place::Place;
use crate::flow::preview::Tried;

/// Show the claims that a request would give, and why; nothing is granted
#[derive(Args)]
#[command(after_help = "Example:\n  claviger preview --client demo-web --user alice --scope 'openid profile items:read'")]
pub(super) struct Arguments {
    /// The client that would ask
    #[arg(long, value_name = "ID")]
    client: String,
    /// The person, by username or sub [default: the client acts for itself]
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// What it would ask for, as a list in quotes [default: the client's default scope]
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Trouble> {
    let server = arguments.place.server().await?;
    let Arguments { client, user, scope, place: _ } = &arguments;
    let preview = server.preview(Tried { client, user: user.as_deref(), scope: scope.as_deref() }).await??;
    server.close().await;
    say(serde_json::to_string_pretty(&preview).map_err(|error| Trouble::new(error.to_string()))?)
}
