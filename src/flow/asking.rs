//! Asking for what clients publish themselves.

use std::time::Duration;

use tokio::time::timeout;

use crate::outbound::{Outbound, PrivateHosts};
use crate::protocol::client::Client;

/// How long whoever needs a document waits for it at most.
const LONGEST: Duration = Duration::from_secs(10);

/// Whom to ask by, and which hosts may be somewhere private. Nobody is asked by the default.
#[derive(Clone, Default)]
pub(super) struct Asking(Option<(Outbound, PrivateHosts)>);

impl Asking {
    pub(super) const fn by(outbound: Outbound, private: PrivateHosts) -> Self {
        Self(Some((outbound, private)))
    }

    /// What is found behind a URL, or why nothing of at most so many bytes is, for the operator.
    pub(super) async fn document(&self, url: &str, most: usize) -> Result<Vec<u8>, String> {
        let (outbound, private) = self.0.as_ref().ok_or("this server asks no other servers")?;
        let found = timeout(LONGEST, outbound.document(url, most, private)).await;
        found.map_err(|_| "it was not answered in time".to_owned())?.map_err(|failure| failure.to_string())
    }
}

/// The same twice: for clients that the operator registered, and for those that registered themselves. Whoever makes such clients in number
/// keeps only their like waiting.
pub(super) struct Apart<T> {
    of_the_operator: T,
    of_strangers: T,
}

impl<T> Apart<T> {
    pub(super) fn new(make: impl Fn() -> T) -> Self {
        Self { of_the_operator: make(), of_strangers: make() }
    }

    /// What is there for a client.
    pub(super) const fn of(&self, client: &Client) -> &T {
        if client.registered_itself() { &self.of_strangers } else { &self.of_the_operator }
    }
}
