//! `claviger why`: why a request was refused, for whoever has its trace id.

use std::time::Duration;

use clap::Args;

use crate::cli::output::{Trouble, say};
use crate::cli::place::Place;
use crate::protocol::trace_id::TraceId;

/// How often it is looked for: a running server writes down what it refused within a second or two.
const LOOKS: u32 = 9;
/// Time between two looks.
const REST: Duration = Duration::from_millis(250);

/// Tell why a request was refused, or given less than it asked for
#[derive(Args)]
#[command(
    after_help = "Example:\n  claviger why 0af7651916cd43dd8448eb211c80319c --config claviger.toml\n\nThe trace id stands in the Trace-Id header of the answer, on the error page, and in the log."
)]
pub(super) struct Arguments {
    /// The trace id of the answer
    #[arg(value_name = "TRACE-ID")]
    trace_id: String,
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Trouble> {
    let trace_id = TraceId::parse(&arguments.trace_id).map_err(|problem| Trouble::new(problem.to_string()))?;
    let server = arguments.place.server().await?;
    let mut found = server.refusal(&trace_id).await?;
    for _ in 1..LOOKS {
        if found.is_some() {
            break;
        }
        tokio::time::sleep(REST).await;
        found = server.refusal(&trace_id).await?;
    }
    server.close().await;
    let Some(refusal) = found else {
        let kept = arguments.place.config()?.log.kept_refusals;
        return Err(Trouble::new(format!(
            "nothing is known about the request {trace_id}. Either it was not refused, or by another server; or there was nothing at its address; \
             or it failed, which the log tells; or it was refused so long ago that it is forgotten (log.kept_refusals keeps {kept})."
        )));
    };
    say(refusal)
}
