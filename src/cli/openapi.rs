//! `claviger openapi`: the OpenAPI document, as `openapi/openapi.json` has it.

use clap::Args;

use crate::cli::output::{Trouble, say};
use crate::http::document;

/// Print the OpenAPI document of the endpoints, as JSON
#[derive(Args)]
#[command(after_help = "Example:\n  claviger openapi > openapi.json")]
pub(super) struct Arguments {}

pub(super) fn run(_: &Arguments) -> Result<(), Trouble> {
    let document = document().and_then(|document| serde_json::to_string_pretty(&document));
    say(document.map_err(|error| Trouble::new(format!("the document can't be made: {error}")))?)
}
