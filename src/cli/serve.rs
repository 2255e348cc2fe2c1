//! `claviger serve`: the server in production.

use std::path::PathBuf;

use clap::Args;

use crate::cli::app::Surroundings;
use crate::cli::output::Trouble;
use crate::cli::start::{FirstKeys, log, open, run as serve};
use crate::config::{Config, environment};
use crate::web::listeners::Listeners;
use crate::web::tls::Tls;

/// Start with a configuration file, the environment (`CLAVIGER_*`), or both
#[derive(Args)]
#[command(
    after_help = "Example:\n  claviger serve --config claviger.toml\n\nEvery setting: docs/configuration.md, or `claviger reference`."
)]
pub(super) struct Arguments {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Trouble> {
    let config = Config::load(arguments.config.as_deref(), environment())?;
    log(&config);
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let tls = Tls::open(&config.tls)?;
    let listeners = Listeners::bind(&config.server.listen).await?;
    let opened = open(&config, FirstKeys::Make).await?;
    if config.database.migrate_on_start {
        opened.store.migrate().await?;
    }
    opened.refuse_pending_migrations().await?;
    for address in listeners.local_addresses() {
        tracing::info!(%address, issuer = %config.issuer, tls = tls.is_some(), "listening");
    }
    let surroundings = Surroundings {
        trusted_proxies: config.server.trusted_proxies.clone(),
        body_timeout: Some(config.server.body_timeout),
        own_host_only: false,
        docs: config.docs.client(),
        shows_why: false,
    };
    serve(opened.server, &config, listeners, tls, surroundings).await
}
