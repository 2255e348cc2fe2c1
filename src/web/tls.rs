//! TLS of our own: which certificate is shown and which versions and suites are spoken, by what the operator chose and by RFC 9325. The
//! certificate and its key are replaced when their files change.

mod certificate;
pub mod own;
mod pair;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

pub use self::certificate::{Flaw, Validity};
pub use self::pair::{Pair, PairFailure};
use crate::clock::Clock;
use crate::config;
use crate::protocol::issuer::Issuer;
use crate::signing::{Reload, Stamp};

/// Time between two looks at the files.
const WATCH: Duration = Duration::from_secs(1);
/// Time between two complaints about a certificate that is about to end.
const REMIND: Duration = Duration::from_hours(24);

/// TLS as a running server speaks it. Clones share it.
#[derive(Clone)]
pub struct Tls(Arc<Shared>);

struct Shared {
    settings: config::Tls,
    current: RwLock<Current>,
    seen: Mutex<Seen>,
}

/// What connections are accepted with.
struct Current {
    pair: Pair,
    server: Arc<ServerConfig>,
}

/// What the last look at the files found.
struct Seen {
    stamps: Option<[Stamp; 2]>,
    problem: Option<String>,
}

impl Tls {
    /// Reads the certificate and its key, where TLS is to be spoken.
    pub fn open(settings: &config::Tls) -> Result<Option<Self>, PairFailure> {
        if settings.files().is_none() {
            return Ok(None);
        }
        // The stamps before the files: a change in between is then noticed at the first look.
        let stamps = stamps(settings);
        let current = RwLock::new(Current::read(settings)?);
        Ok(Some(Self(Arc::new(Shared { settings: settings.clone(), current, seen: Mutex::new(Seen { stamps, problem: None }) }))))
    }

    /// What speaks TLS on the next connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let current = self.0.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current.server))
    }

    /// Looks whether one of the files has changed, and if so takes both into use. What can't be used leaves the old certificate in use; the
    /// reason is returned once, and again only when it becomes another.
    pub fn reload_if_changed(&self) -> Result<Reload, PairFailure> {
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps = stamps(&self.0.settings);
        if stamps.is_some() && stamps == seen.stamps {
            seen.problem = None;
            return Ok(Reload::Unchanged);
        }
        match Current::read(&self.0.settings) {
            Ok(current) => {
                *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = current;
                *seen = Seen { stamps, problem: None };
                Ok(Reload::Reloaded)
            }
            Err(failure) => {
                let problem = Some(failure.to_string());
                if seen.problem == problem {
                    return Ok(Reload::StillBroken);
                }
                seen.problem = problem;
                Err(failure)
            }
        }
    }

    /// Says in the log what is wrong with the certificate in use.
    fn complain(&self, issuer: &Issuer, clock: &Clock) {
        let current = self.0.current.read().unwrap_or_else(PoisonError::into_inner);
        for flaw in current.pair.flaws(issuer, clock.now()) {
            tracing::warn!("tls: the certificate {flaw}");
        }
    }

    /// Picks up changes of the files, for as long as the server runs, and reminds the operator of a certificate that is about to end.
    pub async fn watch(self, issuer: Issuer, clock: Clock) {
        self.complain(&issuer, &clock);
        let mut said = clock.now();
        loop {
            tokio::time::sleep(WATCH).await;
            match self.reload_if_changed() {
                Ok(Reload::Reloaded) => {
                    tracing::info!("the TLS certificate changed");
                    said = clock.now();
                    self.complain(&issuer, &clock);
                }
                Ok(Reload::Unchanged | Reload::StillBroken) if clock.now().since(said) < REMIND => {}
                Ok(Reload::Unchanged | Reload::StillBroken) => {
                    said = clock.now();
                    self.complain(&issuer, &clock);
                }
                Err(failure) => tracing::error!(%failure, "the TLS certificate can't be read anew; the one from before stays in use"),
            }
        }
    }
}

impl Current {
    fn read(settings: &config::Tls) -> Result<Self, PairFailure> {
        let pair = Pair::read(settings)?;
        let server = Arc::new(pair.server(settings)?);
        Ok(Self { pair, server })
    }
}

/// The versions of both files, where both can be found.
fn stamps(settings: &config::Tls) -> Option<[Stamp; 2]> {
    let files = settings.files()?;
    Some([Stamp::of(files.certificate).ok()?, Stamp::of(files.key).ok()?])
}
