//! Signing in at another identity provider: who there is, sending somebody there, taking them in when they come back, and linking what they
//! are called there to an account here.

mod arrive;
mod depart;
mod link;
mod people;
mod turned;

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;

pub use self::arrive::{Arrived, Return};
pub use self::depart::{Departed, Leave, Leaver};
pub use self::link::{Link, LinkStart, Links, WaysAgain};
pub use self::turned::{NoEntry, Turned};
use crate::flow::{Failure, Server};
use crate::identity::provider::Provider;
use crate::store::StoredProvider;
pub use crate::store::Unlinked as UnlinkResult;
use crate::upstream::{Registered, Upstream};

/// How old what is remembered of the store may be.
const FRESHNESS: Duration = Duration::from_secs(1);

/// What a provider's secret is sealed for. Name and issuer are part of it: a secret is never opened for another provider, nor for whoever
/// is put in its place.
pub(super) fn sealed_for(provider: &Provider) -> String {
    format!("client secret at the provider {} with the issuer {}", provider.name, provider.issuer())
}

/// The providers of a server.
pub(super) struct Registry {
    /// None where this server asks nobody.
    upstream: Option<Upstream>,
    configured: Vec<Registered>,
    merged: Cache<(), Arc<Vec<Registered>>>,
}

/// A provider as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// Its name in URLs.
    pub name: String,
    /// What people read.
    pub label: String,
}

impl Default for Registry {
    fn default() -> Self {
        Self { upstream: None, configured: Vec::new(), merged: Cache::builder().max_capacity(1).time_to_live(FRESHNESS).build() }
    }
}

impl Registry {
    pub(super) fn new(upstream: Upstream, configured: Vec<Registered>) -> Self {
        Self { upstream: Some(upstream), configured, ..Self::default() }
    }

    /// Forgets what it knows of the store, after a change of our own.
    pub(super) fn clear(&self) {
        self.merged.invalidate_all();
    }

    /// Whether the configuration has a provider of this name, which then is the one that counts.
    pub(super) fn is_configured(&self, name: &str) -> bool {
        self.configured.iter().any(|known| known.provider.name.as_str() == name)
    }
}

impl Server {
    /// The providers that people can come from, in the order of their buttons.
    pub async fn provider_buttons(&self) -> Result<Vec<Button>, Failure> {
        let all = self.all_providers().await?;
        let enabled = all.iter().map(|known| &known.provider).filter(|provider| provider.enabled);
        Ok(enabled.map(|provider| Button { name: provider.name.to_string(), label: provider.label().to_owned() }).collect())
    }

    /// What an operator may not have meant about the stored providers, a sentence each.
    pub async fn provider_warnings(&self) -> Result<Vec<String>, Failure> {
        let stored = self.store.providers().list().await?;
        let both = stored.iter().map(|known| &known.provider.name).filter(|name| self.providers.is_configured(name.as_str()));
        Ok(both.map(|name| format!("the provider {name} is in the configuration and in the database: the configuration counts")).collect())
    }

    /// Those of the configuration, and those that are stored under other names.
    pub(super) async fn all_providers(&self) -> Result<Arc<Vec<Registered>>, Failure> {
        if let Some(known) = self.providers.merged.get(&()).await {
            return Ok(known);
        }
        let mut all = self.providers.configured.clone();
        if self.providers.upstream.is_some() {
            for stored in self.store.providers().list().await? {
                if !self.providers.is_configured(stored.provider.name.as_str()) {
                    all.extend(self.opened(stored));
                }
            }
        }
        let all = Arc::new(all);
        self.providers.merged.insert((), Arc::clone(&all)).await;
        Ok(all)
    }

    /// The provider of this name, enabled or not, and who asks it.
    pub(super) async fn provider(&self, name: &str) -> Result<Option<(Registered, &Upstream)>, Failure> {
        let Some(upstream) = &self.providers.upstream else { return Ok(None) };
        let all = self.all_providers().await?;
        Ok(all.iter().find(|known| known.provider.name.as_str() == name).map(|known| (known.clone(), upstream)))
    }

    /// A stored provider with its secret. One whose secret can't be opened is none: nobody can come from there.
    fn opened(&self, stored: StoredProvider) -> Option<Registered> {
        let provider = stored.provider;
        match self.keyring.vault().open(&sealed_for(&provider), &stored.sealed_secret) {
            Ok(secret) => Some(Registered { provider, secret }),
            Err(failure) => {
                tracing::error!(provider = %provider.name, %failure, "the secret at a provider can't be opened: nobody can come from there");
                None
            }
        }
    }
}
