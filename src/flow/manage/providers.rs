//! Managing other identity providers, those of the configuration excepted.

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;

use crate::flow::manage::{ATTEMPTS, Expected, Page, PageRequest, Reach, Refused, Version, patched};
use crate::flow::providers::sealed_for;
use crate::flow::{Failure, Server};
use crate::identity::provider::{Provider, ProviderName};
use crate::protocol::time::Timestamp;
use crate::store::{Applied, Insertion, StoredProvider};

/// A provider as it is shown: without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderView {
    /// What was declared.
    #[serde(flatten)]
    pub provider: Provider,
    /// When it was first declared.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl ProviderView {
    /// How a provider is shown.
    #[must_use]
    pub fn of(stored: &StoredProvider) -> Self {
        Self { provider: stored.provider.clone(), created_at: stored.created_at, updated_at: stored.updated_at }
    }
}

impl Server {
    /// The stored providers that have this text in name or display name, whatever its case; by name.
    pub async fn provider_page(&self, text: &str, request: &PageRequest) -> Result<Page<ProviderView>, Failure> {
        let text = text.to_lowercase();
        let wanted =
            |view: &ProviderView| [view.provider.name.as_str(), view.provider.label()].iter().any(|own| own.to_lowercase().contains(&text));
        let all = self.store.providers().list().await?;
        Ok(request.page_of(all.iter().map(ProviderView::of).filter(wanted), |view| view.provider.name.as_str()))
    }

    /// One stored provider.
    pub async fn stored_provider(&self, name: &ProviderName) -> Result<Option<ProviderView>, Failure> {
        Ok(self.store.providers().find(name).await?.as_ref().map(ProviderView::of))
    }

    /// Declares a provider. Its roles have to be within reach: whoever declares one decides who comes from there.
    pub async fn add_provider(
        &self,
        reach: Reach<'_>,
        provider: Provider,
        secret: &SecretString,
    ) -> Result<Result<ProviderView, Refused>, Failure> {
        if let Err(problems) = provider.check() {
            return Ok(Err(Refused::Invalid(problems)));
        }
        if let Err(beyond) = reach.person(&provider.roles) {
            return Ok(Err(beyond));
        }
        let now = self.clock.now();
        let sealed_secret = self.sealed_secret(&provider.name, secret)?;
        let stored = StoredProvider { provider, sealed_secret, created_at: now, updated_at: now };
        let inserted = self.store.providers().insert(&stored).await?;
        self.providers.clear();
        Ok(match inserted {
            Insertion::Inserted => Ok(ProviderView::of(&stored)),
            Insertion::AlreadyThere => Err(Refused::AlreadyThere(format!("the provider {}", stored.provider.name))),
        })
    }

    /// Changes a provider by a merge patch (RFC 7396), and its secret if there is another one.
    pub async fn patch_provider(
        &self,
        reach: Reach<'_>,
        name: &ProviderName,
        expected: &Expected,
        secret: Option<&SecretString>,
        patch: &Value,
    ) -> Result<Result<ProviderView, Refused>, Failure> {
        self.change_provider(reach, name, expected, secret, |provider| patched(&provider, patch)).await
    }

    /// Changes a provider, and its secret if there is another one.
    pub async fn change_provider(
        &self,
        reach: Reach<'_>,
        name: &ProviderName,
        expected: &Expected,
        secret: Option<&SecretString>,
        change: impl Fn(Provider) -> Result<Provider, Refused> + Send,
    ) -> Result<Result<ProviderView, Refused>, Failure> {
        for _ in 0..ATTEMPTS {
            let Some(before) = self.store.providers().find(name).await? else { return Ok(Err(Refused::not_found("provider", name))) };
            if !expected.admits(&Version::of(&ProviderView::of(&before))) {
                return Ok(Err(Refused::Outdated));
            }
            let provider = match change(before.provider.clone()) {
                Ok(changed) if changed.name != before.provider.name => return Ok(Err(Refused::field("name", "can't be changed"))),
                Ok(changed) => changed,
                Err(refused) => return Ok(Err(refused)),
            };
            if let Err(problems) = provider.check() {
                return Ok(Err(Refused::Invalid(problems)));
            }
            if let Err(beyond) = reach.person(&before.provider.roles).and_then(|()| reach.person(&provider.roles)) {
                return Ok(Err(beyond));
            }
            if provider == before.provider && secret.is_none() {
                return Ok(Ok(ProviderView::of(&before)));
            }
            let sealed_secret = match secret {
                Some(secret) => self.sealed_secret(name, secret)?,
                None => before.sealed_secret.clone(),
            };
            let after = StoredProvider { provider, sealed_secret, created_at: before.created_at, updated_at: self.clock.now() };
            let replaced = self.store.providers().replace(&before, &after).await?;
            self.providers.clear();
            if replaced == Applied::Done {
                return Ok(Ok(ProviderView::of(&after)));
            }
        }
        Ok(Err(Refused::Outdated))
    }

    /// Forgets a provider. Nobody comes from there any more; whose accounts that opened is still known, should it come back.
    pub async fn delete_provider(&self, name: &ProviderName, expected: &Expected) -> Result<Result<(), Refused>, Failure> {
        for _ in 0..ATTEMPTS {
            let Some(before) = self.store.providers().find(name).await? else { return Ok(Err(Refused::not_found("provider", name))) };
            if !expected.admits(&Version::of(&ProviderView::of(&before))) {
                return Ok(Err(Refused::Outdated));
            }
            let deleted = self.store.providers().delete(&before).await?;
            self.providers.clear();
            if deleted == Applied::Done {
                return Ok(Ok(()));
            }
        }
        Ok(Err(Refused::Outdated))
    }

    fn sealed_secret(&self, name: &ProviderName, secret: &SecretString) -> Result<String, Failure> {
        Ok(self.keyring.vault().seal(&sealed_for(name.as_str()), secret.expose_secret(), &self.random)?)
    }

    /// The secret that we have at a stored provider, if it can be opened.
    pub(in crate::flow) fn opened_secret(&self, stored: &StoredProvider) -> Option<SecretString> {
        self.keyring.vault().open(&sealed_for(stored.provider.name.as_str()), &stored.sealed_secret).ok()
    }
}
