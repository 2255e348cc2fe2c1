//! `claviger check`: says what is wrong, and how to mend it, without starting anything.

use clap::Args;

use crate::cli::output::{Trouble, say};
use crate::cli::place::{Place, missing_database};
use crate::cli::start::outbound;
use crate::clock::Clock;
use crate::config::Config;
use crate::protocol::time::Timestamp;
use crate::signing::{KeyFolder, KeyFolderFailure};
use crate::store::Store;
use crate::web::tls::{Flaw, Pair};

/// Check configuration, database, keys, clock and certificates
#[derive(Args)]
#[command(after_help = "Example:\n  claviger check --config claviger.toml")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
}

/// This program is younger than this moment, 2026-11-01: a clock before it is wrong.
const BUILT_AFTER: Timestamp = Timestamp::from_seconds(1_793_491_200);

pub(super) async fn run(arguments: Arguments) -> Result<(), Trouble> {
    let config = arguments.place.config()?;
    say(format!("ok       configuration: issuer {}", config.issuer))?;
    for warning in config.warnings() {
        say(format!("warning  configuration: {warning}"))?;
    }
    let now = Clock::system().now();
    let mut found = vec![
        ("database", database(&config).await),
        ("keys", keys(&config, now)),
        ("clock", clock(now)),
        ("outbound", certificates(&config)),
    ];
    if config.tls.files().is_some() {
        found.push(("tls", tls(&config, now)?));
    }
    let mut problems = 0;
    for (what, result) in found {
        match result {
            Ok(fine) => say(format!("ok       {what}: {fine}"))?,
            Err(problem) => {
                problems += 1;
                say(format!("problem  {what}: {problem}"))?;
            }
        }
    }
    if problems == 0 { Ok(()) } else { Err(Trouble::new(format!("{problems} problem(s) found"))) }
}

async fn database(config: &Config) -> Result<String, String> {
    if let Some(missing) = missing_database(config) {
        return Err(missing);
    }
    let store =
        Store::connect(config.database.url.reveal(), config.database.max_connections).await.map_err(|failure| failure.to_string())?;
    store.ping().await.map_err(|failure| failure.to_string())?;
    let pending = store.pending_migrations().await.map_err(|failure| failure.to_string())?;
    store.close().await;
    if pending.is_empty() {
        Ok("it answers and is up to date".to_owned())
    } else {
        Err(format!("{} migration(s) are missing. Run `claviger migrate`.", pending.len()))
    }
}

fn keys(config: &Config, now: Timestamp) -> Result<String, String> {
    let folder = match KeyFolder::open(&config.keys.folder) {
        Err(KeyFolderFailure::Missing { .. }) => return Ok("none yet; the server makes them when it starts".to_owned()),
        opened => opened.map_err(|failure| failure.to_string())?,
    };
    let keyring = folder.keyring().map_err(|failure| failure.to_string())?;
    Ok(format!("{} published, {} signs", keyring.published(now).keys.len(), keyring.active().kid()))
}

fn certificates(config: &Config) -> Result<String, String> {
    outbound(config).map_err(|trouble| trouble.to_string())?;
    let own = config.outbound.ca_file.as_ref().map(|path| format!(", and those in {}", path.display()));
    Ok(format!("the certificate authorities of the web are believed{}", own.unwrap_or_default()))
}

/// What the server's own certificate is like. That it should be replaced soon is said at once: it is no problem yet.
fn tls(config: &Config, now: Timestamp) -> Result<Result<String, String>, Trouble> {
    let pair = match Pair::read(&config.tls) {
        Ok(pair) => pair,
        Err(failure) => return Ok(Err(failure.to_string())),
    };
    let (fatal, early): (Vec<_>, Vec<_>) = pair.flaws(&config.issuer, now).into_iter().partition(Flaw::is_fatal);
    for flaw in early {
        say(format!("warning  tls: the certificate {flaw}"))?;
    }
    if fatal.is_empty() {
        let ends = pair.validity().and_then(|validity| validity.ends);
        return Ok(Ok(format!(
            "the certificate fits its key and the issuer{}",
            ends.map(|at| format!(", until {at}")).unwrap_or_default()
        )));
    }
    Ok(Err(fatal.iter().map(|flaw| format!("the certificate {flaw}")).collect::<Vec<_>>().join(" ")))
}

fn clock(now: Timestamp) -> Result<String, String> {
    if now < BUILT_AFTER {
        return Err("it is in the past. Tokens would be refused everywhere: set the time, and keep it with NTP.".to_owned());
    }
    Ok(now.to_string())
}
