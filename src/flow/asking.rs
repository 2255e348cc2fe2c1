//! Asking for what clients publish themselves.

use std::time::Duration;

use tokio::time::timeout;

use crate::outbound::{Outbound, PrivateHosts};

/// How long whoever needs a document waits for it at most.
const LONGEST: Duration = Duration::from_secs(10);

/// Whom to ask by, and which hosts may be somewhere private. Nobody is asked by the default.
#[derive(Clone, Default)]
pub(super) struct Asking(Option<(Outbound, PrivateHosts)>);

impl Asking {
    pub(super) const fn by(outbound: Outbound, private: PrivateHosts) -> Self {
        Self(Some((outbound, private)))
    }

    /// What is found behind a URL, or why nothing is, for the operator.
    pub(super) async fn document(&self, url: &str) -> Result<Vec<u8>, String> {
        let (outbound, private) = self.0.as_ref().ok_or("this server asks no other servers")?;
        let found = timeout(LONGEST, outbound.document(url, private)).await;
        found.map_err(|_| "it was not answered in time".to_owned())?.map_err(|failure| failure.to_string())
    }
}
