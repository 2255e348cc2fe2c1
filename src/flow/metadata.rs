//! What we publish about ourselves.

use crate::flow::{Failure, Server};
use crate::protocol::metadata::Metadata;
use crate::signing::JwkSet;

impl Server {
    /// The metadata document (RFC 8414, OpenID Connect Discovery).
    pub async fn metadata(&self) -> Result<Metadata, Failure> {
        let metadata = Metadata::of(&self.issuer, self.catalog().await?.apis(), &self.settings.algorithms);
        Ok(Metadata { registration_endpoint: self.registration_endpoint(), ..metadata })
    }

    /// The public keys (RFC 7517).
    #[must_use]
    pub fn key_set(&self) -> JwkSet {
        self.keyring.current().published(self.clock.now())
    }
}
