//! Managing other identity providers, those of the configuration excepted.

use std::collections::BTreeSet;

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
        if let Err(refused) = reach.person(&provider.roles).and_then(|()| may_ask(reach, &BTreeSet::new(), &provider)) {
            return Ok(Err(refused));
        }
        let now = self.clock.now();
        let sealed_secret = self.sealed_secret(&provider, secret)?;
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
            if let Err(refused) = may_become(reach, &before.provider, &provider) {
                return Ok(Err(refused));
            }
            let sealed_secret = match secret {
                Some(secret) => self.sealed_secret(&provider, secret)?,
                None if is_elsewhere(&before.provider, &provider) => {
                    let reason = "is needed again, because the one that is known was given for another provider";
                    return Ok(Err(Refused::field("client_secret", reason)));
                }
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
    pub async fn delete_provider(
        &self,
        reach: Reach<'_>,
        name: &ProviderName,
        expected: &Expected,
    ) -> Result<Result<(), Refused>, Failure> {
        if let Err(beyond) = reach.anybody() {
            return Ok(Err(beyond));
        }
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

    fn sealed_secret(&self, provider: &Provider, secret: &SecretString) -> Result<String, Failure> {
        Ok(self.keyring.vault().seal(&sealed_for(provider), secret.expose_secret(), &self.random)?)
    }

    /// The secret that we have at a stored provider, if it can be opened.
    pub(in crate::flow) fn opened_secret(&self, stored: &StoredProvider) -> Option<SecretString> {
        self.keyring.vault().open(&sealed_for(&stored.provider), &stored.sealed_secret).ok()
    }
}

/// Whether a provider is somebody else by now, who must not get the secret that was given for the one before.
pub(in crate::flow) fn is_elsewhere(before: &Provider, after: &Provider) -> bool {
    before.kind != after.kind || before.issuer() != after.issuer()
}

/// Whoever decides who a provider is decides who people from there are, among them those who manage everything.
fn may_become(reach: Reach<'_>, before: &Provider, after: &Provider) -> Result<(), Refused> {
    may_ask(reach, &before.allowed_private_hosts, after)?;
    let same_people =
        !is_elsewhere(before, after) && before.client_id == after.client_id && before.allowed_private_hosts == after.allowed_private_hosts;
    if same_people { Ok(()) } else { reach.anybody() }
}

/// What may be asked in this machine's own network is for whoever has the machine to say.
fn may_ask(reach: Reach<'_>, known: &BTreeSet<String>, provider: &Provider) -> Result<(), Refused> {
    if reach == Reach::Everything || provider.allowed_private_hosts.is_subset(known) {
        return Ok(());
    }
    Err(Refused::field("allowed_private_hosts", "can only be added to by the configuration, or by `claviger apply` on the machine itself"))
}
