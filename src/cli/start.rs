//! Putting a server together from its configuration, and running it.

use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::app::{self, Surroundings};
use crate::cli::output::Trouble;
use crate::clock::Clock;
use crate::config::Config;
use crate::config::log::LogFormat;
use crate::flow::back_channel::tell_forever;
use crate::flow::refusals::record_forever;
use crate::flow::sweep::{sweep_forever, watch_keys};
use crate::flow::{Server, Settings};
use crate::outbound::{Limits, Outbound, PrivateHosts};
use crate::password::Passwords;
use crate::protocol::jose::SigningAlgorithm;
use crate::random::Random;
use crate::signing::{KeyFolder, KeySize, SharedKeyring};
use crate::store::Store;
use crate::upstream::{Registered, Upstream};
use crate::web::accept;
use crate::web::listeners::Listeners;
use crate::web::tls::Tls;

/// A server that does not listen yet.
pub(super) struct Opened {
    pub(super) server: Arc<Server>,
    pub(super) store: Store,
}

impl Opened {
    /// Stops where the database is older than this program.
    pub(super) async fn refuse_pending_migrations(&self) -> Result<(), Trouble> {
        let pending = self.store.pending_migrations().await?;
        if pending.is_empty() {
            return Ok(());
        }
        Err(Trouble::new(format!(
            "the database lacks {} migration(s): {}. Run `claviger migrate` first, or set database.migrate_on_start.",
            pending.len(),
            pending.join(", ")
        )))
    }
}

/// What becomes of a key folder that has no keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstKeys {
    /// The first ones are made.
    Make,
    /// It stays as it is: nothing is signed.
    Leave,
}

/// Opens the database and the keys.
pub(super) async fn open(config: &Config, first_keys: FirstKeys) -> Result<Opened, Trouble> {
    let (clock, random) = (Clock::system(), Random::system());
    let store = Store::connect(config.database.url.reveal(), config.database.max_connections).await?;
    let size = u32::try_from(config.keys.rsa_bits).ok().and_then(KeySize::from_bits).unwrap_or_default();
    let keyring = match first_keys {
        FirstKeys::Make => SharedKeyring::open(KeyFolder::open_or_create(&config.keys.folder, size, &random, clock.now())?)?,
        FirstKeys::Leave => SharedKeyring::open_or_in_memory(&config.keys.folder, &random, clock.now())?,
    };
    let algorithms = match first_keys {
        FirstKeys::Make => offered(&config.keys.algorithms, &keyring),
        FirstKeys::Leave => config.keys.algorithms.clone(),
    };
    let cost = config.password.cost().map_err(|problem| Trouble::new(format!("password: {problem}")))?;
    let workers = config.password.workers.and_then(NonZeroUsize::new).unwrap_or_else(Passwords::default_workers);
    let passwords = Passwords::new(cost, workers, config.password.queue, random.clone())
        .map_err(|error| Trouble::new(format!("the threads that hash passwords can't be started: {error}")))?;
    let settings = Settings {
        session: config.session.limits(),
        throttle: config.login.limits(),
        password_minimum: config.password.minimum_length,
        key_size: size,
        algorithms,
        kept_refusals: config.log.kept_refusals,
        api_key_in_query: config.api_keys.in_query,
    };
    let outbound = outbound(config)?;
    let upstream = Upstream::new(outbound.apart(), clock.clone());
    let private: PrivateHosts = config.outbound.allowed_private_hosts.iter().cloned().collect();
    let providers = config.providers.iter().cloned().map(|known| Registered { provider: known.provider, secret: known.secret });
    let server = Server::new(config.issuer.clone(), settings, store.clone(), keyring, passwords, clock, random)
        .with_providers(upstream, providers.collect())
        .asking_clients(&outbound, private)
        .registering(config.registration.policy());
    Ok(Opened { server: Arc::new(server), store })
}

/// What the server offers to sign with, of what the operator chose.
fn offered(chosen: &[SigningAlgorithm], keyring: &SharedKeyring) -> Vec<SigningAlgorithm> {
    let usable = keyring.usable(chosen);
    let left_out: Vec<&str> = chosen.iter().filter(|algorithm| !usable.contains(algorithm)).map(|algorithm| algorithm.as_str()).collect();
    if !left_out.is_empty() {
        tracing::warn!(
            left_out = left_out.join(", "),
            "keys.folder can't be written to and has no keys of some algorithms, which are not offered: make them by `claviger keys rotate --algorithm`, or \
             leave them out of keys.algorithms"
        );
    }
    usable
}

/// The client for other servers.
pub(super) fn outbound(config: &Config) -> Result<Outbound, Trouble> {
    match &config.outbound.ca_file {
        Some(path) => {
            let wrong = |problem: String| Trouble::new(format!("outbound.ca_file: {} {problem}", path.display()));
            let pem = std::fs::read(path).map_err(|error| wrong(format!("can't be read: {error}")))?;
            Outbound::new(Some(&pem), Limits::default()).map_err(|bad| wrong(bad.to_string()))
        }
        None => Outbound::new(None, Limits::default()).map_err(|bad| Trouble::new(bad.to_string())),
    }
}

/// Sends the log to standard error. Libraries speak up from `warn` on.
pub(super) fn log(config: &Config) {
    let targets = Targets::new().with_default(LevelFilter::WARN).with_target("claviger", config.log.level);
    let registry = tracing_subscriber::registry().with(targets);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    // A second call changes nothing: tests start several servers in one process.
    let _ = match config.log.format {
        LogFormat::Text => registry.with(lines).try_init(),
        LogFormat::Json => registry.with(lines.json()).try_init(),
    };
    crate::web::panics::log();
}

/// Serves until the process is told to stop (SIGTERM, SIGINT): no new requests, those in flight finish, the database closes.
pub(super) async fn run(
    server: Arc<Server>,
    config: &Config,
    listeners: Listeners,
    tls: Option<Tls>,
    surroundings: Surroundings,
) -> Result<(), Trouble> {
    for warning in server.provider_warnings().await? {
        tracing::warn!("{warning}");
    }
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| Trouble::new(format!("signals can't be watched: {error}")))?;
    let mut background = vec![
        tokio::spawn(sweep_forever(server.clone())),
        tokio::spawn(watch_keys(server.clone())),
        tokio::spawn(record_forever(server.clone())),
        tokio::spawn(tell_forever(server.clone())),
    ];
    background.extend(tls.clone().map(|tls| tokio::spawn(tls.watch(config.issuer.clone(), Clock::system()))));
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    accept::serve(listeners, tls, app::endpoint(&server, &surroundings), accept::Limits::from(&config.server), stop).await;
    for task in background {
        task.abort();
        // Gone before the database is, or it would complain.
        let _ = task.await;
    }
    server.close().await;
    Ok(())
}
