//! The keys that clients publish themselves (`jwks_uri`, RFC 7591 §2): fetched when they are needed, remembered for a while, and fetched
//! again when a client signs with a key that is not among them.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use moka::future::Cache;
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::flow::asking::Asking;
use crate::protocol::jose::{ClientKeys, JwksUri};
use crate::protocol::time::Timestamp;

/// How long keys that were fetched are good for.
const LIFETIME: Duration = Duration::from_mins(10);
/// How long nothing is fetched after it was: whoever signs with unknown keys must not make us a burden to others.
const REST: Duration = Duration::from_secs(10);
/// How long a URL is remembered that nobody asks for.
const FORGOTTEN: Duration = Duration::from_hours(1);
/// Bytes of a key set that is read.
const LONGEST_SET: usize = 1024 * 1024;
/// The most URLs that are remembered.
const CAPACITY: u64 = 1000;

/// The keys of all clients that publish them themselves.
pub(super) struct PublishedKeys {
    asking: Asking,
    sources: Cache<JwksUri, Arc<Source>>,
}

/// What is known of one URL.
#[derive(Default)]
struct Source {
    last: RwLock<Option<Arc<Fetched>>>,
    turn: Arc<Mutex<()>>,
}

/// What was found behind a URL.
pub(super) struct Fetched {
    /// The keys, or why there are none.
    pub(super) keys: Result<ClientKeys, String>,
    /// When somebody had last asked for it.
    asked_at: Timestamp,
    /// When it was found.
    found_at: Timestamp,
}

impl Default for PublishedKeys {
    fn default() -> Self {
        Self { asking: Asking::default(), sources: Cache::builder().max_capacity(CAPACITY).time_to_idle(FORGOTTEN).build() }
    }
}

impl PublishedKeys {
    pub(super) fn new(asking: Asking) -> Self {
        Self { asking, ..Self::default() }
    }

    /// The keys behind a URL, as they were found at most [`LIFETIME`] ago. Whoever has looked at some in vain gets younger ones, if there was
    /// no look at them within [`REST`].
    pub(super) async fn find(&self, uri: &JwksUri, clock: &Clock, in_vain: Option<&Arc<Fetched>>) -> Arc<Fetched> {
        let source = self.sources.get_with_by_ref(uri, async { Arc::default() }).await;
        let known = || source.last().filter(|fetched| fetched.is_enough(clock.now(), in_vain));
        if let Some(enough) = known() {
            return enough;
        }
        // Of those who ask at the same time, one fetches; nobody who has enough waits for it.
        let turn = Arc::clone(&source.turn).lock_owned().await;
        if let Some(enough) = known() {
            return enough;
        }
        let (asked, uri, clock) = (self.asking.clone(), uri.clone(), clock.clone());
        let broken_off = Fetched { keys: Err("they could not be looked at".to_owned()), asked_at: clock.now(), found_at: clock.now() };
        let looking = async move {
            let _turn = turn;
            let found = fetch(&asked, &uri).await;
            // However long it took, it rests from now on.
            let fetched = Arc::new(source.after(found, clock.now()));
            *source.last.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&fetched));
            fetched
        };
        // A task of its own: whoever goes away meanwhile leaves it to others, or each who comes and goes would begin it anew.
        tokio::spawn(looking).await.unwrap_or_else(|_| Arc::new(broken_off))
    }
}

async fn fetch(asked: &Asking, uri: &JwksUri) -> Result<ClientKeys, String> {
    let found = asked.document(uri.as_str(), LONGEST_SET).await?;
    ClientKeys::found(&found).map_err(|invalid| invalid.to_string())
}

impl Source {
    /// What is known after a look at `now`.
    fn after(&self, found: Result<ClientKeys, String>, now: Timestamp) -> Fetched {
        match (found, self.last()) {
            // Keys that were found a little while ago are still good when the place is away for a moment.
            (Err(_), Some(before)) if before.keys.is_ok() && now.since(before.found_at) < LIFETIME => {
                Fetched { keys: before.keys.clone(), asked_at: now, found_at: before.found_at }
            }
            (keys, _) => Fetched { keys, asked_at: now, found_at: now },
        }
    }

    fn last(&self) -> Option<Arc<Fetched>> {
        self.last.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Fetched {
    fn is_enough(self: &Arc<Self>, now: Timestamp, in_vain: Option<&Arc<Self>>) -> bool {
        // What was seen later than now was seen by a clock that has been set back since.
        let is_younger = |at: Timestamp, than: Duration| at <= now && now.since(at) < than;
        let is_resting = is_younger(self.asked_at, REST);
        let is_good = self.keys.is_ok() && is_younger(self.found_at, LIFETIME);
        let is_new = in_vain.is_none_or(|seen| !Arc::ptr_eq(seen, self));
        is_resting || is_good && is_new
    }
}
