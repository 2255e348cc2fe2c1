//! Clients' logos (`logo_uri`, RFC 7591 §2): fetched by us, so that no client learns who looks at our pages, and shown only if they are
//! pictures. What was found is remembered for a while, and so is that nothing was.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::flow::{Failure, Server};
use crate::outbound::{Outbound, PrivateHosts};
use crate::protocol::client::ClientId;
use crate::protocol::client_presentation::LogoUri;
use crate::protocol::picture::PictureKind;

/// How long a logo that was fetched is good for.
const LIFETIME: Duration = Duration::from_hours(1);
/// How long nobody is asked again who had none.
const REST: Duration = Duration::from_mins(5);
/// How long a page waits for a logo at most, its turn included.
const LONGEST: Duration = Duration::from_secs(5);
/// Bytes of a logo.
const MOST_BYTES: usize = 256 * 1024;
/// Bytes of all logos that are remembered.
const CAPACITY: u64 = 32 * 1024 * 1024;
/// Logos that are fetched at once: there has to be room for what matters more.
const PARALLEL: usize = 4;

/// A picture that a client calls its logo.
pub struct Logo {
    /// What kind of picture it is.
    pub kind: PictureKind,
    /// The picture.
    pub bytes: Vec<u8>,
}

/// What is known of a URL: the logo behind it, or that there is none.
type Found = Option<Arc<Logo>>;

/// The logos that were fetched. Its clones are the same.
#[derive(Clone)]
pub(super) struct Logos {
    /// None where this server asks nobody.
    outbound: Option<(Outbound, PrivateHosts)>,
    cache: Cache<LogoUri, Found>,
    slots: Arc<Semaphore>,
}

/// How long what is known stays so.
struct Lifetimes;

impl Expiry<LogoUri, Found> for Lifetimes {
    fn expire_after_create(&self, _: &LogoUri, found: &Found, _: Instant) -> Option<Duration> {
        Some(if found.is_some() { LIFETIME } else { REST })
    }
}

impl Logos {
    pub(super) fn new(outbound: Option<(Outbound, PrivateHosts)>) -> Self {
        let weight = |_: &LogoUri, found: &Found| {
            // What is known of a URL takes some room itself.
            let bytes = found.as_ref().map_or(0, |logo| logo.bytes.len()) + 4096;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder().max_capacity(CAPACITY).weigher(weight).expire_after(Lifetimes).build();
        Self { outbound, cache, slots: Arc::new(Semaphore::new(PARALLEL)) }
    }

    async fn find(&self, uri: &LogoUri) -> Found {
        if let Some(known) = self.cache.get(uri).await {
            return known;
        }
        let (logos, uri) = (self.clone(), uri.clone());
        // A task of its own: whoever goes away meanwhile leaves it to others, or each who comes and goes would begin it anew. Of those who ask
        // at the same time, one fetches.
        let looking = async move { logos.cache.get_with_by_ref(&uri, logos.fetch(&uri)).await };
        tokio::spawn(looking).await.unwrap_or_default()
    }

    async fn fetch(&self, uri: &LogoUri) -> Found {
        let (outbound, private) = self.outbound.as_ref()?;
        let fetching = async {
            // It is never closed.
            let _slot = self.slots.acquire().await;
            outbound.picture(uri.as_str(), MOST_BYTES, private).await.map_err(|failure| failure.to_string())
        };
        let found = timeout(LONGEST, fetching).await.unwrap_or_else(|_| Err("it was not answered in time".to_owned()));
        let found = found.and_then(|bytes| match PictureKind::of(&bytes) {
            Some(kind) => Ok(Arc::new(Logo { kind, bytes })),
            None => Err("it is neither PNG nor JPEG nor GIF nor WebP".to_owned()),
        });
        found.inspect_err(|reason| tracing::info!(logo_uri = uri.as_str(), reason, "a client's logo can't be shown")).ok()
    }
}

impl Server {
    /// The logo of an enabled client, if it has one that can be had and is a picture. Nothing is fetched for anybody else.
    pub async fn client_logo(&self, id: &ClientId) -> Result<Option<Arc<Logo>>, Failure> {
        let client = self.cached_client(id).await?.filter(|client| client.enabled);
        Ok(match client.as_ref().and_then(|client| client.presentation.logo.as_ref()) {
            Some(uri) => self.logos.find(uri).await,
            None => None,
        })
    }
}
