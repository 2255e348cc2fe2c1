//! Managing clients.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;

use crate::flow::authenticate::sealed_for;
use crate::flow::manage::{ATTEMPTS, Expected, Page, PageRequest, Reach, Refused, Version, patched};
use crate::flow::{Failure, Server};
use crate::protocol::chosen_secret::ChosenSecret;
use crate::protocol::client::{AuthMethod, Client, ClientId, ClientSecret, MOST_SECRETS};
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::registration::Registrar;
use crate::protocol::scope::Scope;
use crate::protocol::time::Timestamp;
use crate::protocol::token::{Token, TokenKind};
use crate::store::{Applied, ClientFilter, Insertion};

/// A client as it is shown to whoever manages it; never a secret nor its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClientView {
    /// What can be chosen about it.
    #[serde(flatten)]
    pub metadata: ClientMetadata,
    /// Its secrets that are alive, by their names.
    pub secrets: Vec<SecretView>,
    /// Who registered it.
    pub registered_by: Registrar,
    /// When it is forgotten unless it gets a token before: of a client that registered itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unused_until: Option<Timestamp>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A secret, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretView {
    /// Names it, so that it can be withdrawn.
    pub id: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl ClientView {
    /// How a client is shown.
    #[must_use]
    pub fn of(client: &Client) -> Self {
        let secret = |secret: &ClientSecret| SecretView { id: secret.id.clone(), created_at: secret.created_at };
        Self {
            metadata: ClientMetadata::of(client),
            secrets: client.secrets.iter().map(secret).collect(),
            registered_by: client.registered_by.registrar(),
            unused_until: client.registered_by.unused_until(),
            created_at: client.created_at,
            updated_at: client.updated_at,
        }
    }
}

/// A client that was just registered, or its secret that was just made. The secret is shown once and then forgotten.
pub struct WithSecret<T> {
    /// What was made.
    pub made: T,
    /// The secret, of a confidential client.
    pub secret: Option<Token>,
}

const PUBLIC: Refused = Refused::Conflict("the client is public: it has no secret");
const BY_KEY: Refused = Refused::Conflict("the client authenticates by its keys: it has no secret");

impl Server {
    /// All clients, by identifier.
    pub async fn clients(&self) -> Result<Vec<Client>, Failure> {
        Ok(self.store.clients().list().await?)
    }

    /// The clients that `filter` lets through, by identifier.
    pub async fn client_page(&self, filter: &ClientFilter, request: &PageRequest) -> Result<Page<Client>, Failure> {
        let found = self.store.clients().page(filter, request.after(), request.fetch()).await?;
        Ok(request.page(found, |client| client.id.as_str()))
    }

    /// One client.
    pub async fn client(&self, id: &ClientId) -> Result<Option<Client>, Failure> {
        Ok(self.store.clients().find(id).await?)
    }

    /// Registers a client as described. A confidential one gets a generated secret, unless its secret is `given`.
    pub async fn add_client(
        &self,
        mut client: Client,
        given: Option<ChosenSecret>,
    ) -> Result<Result<WithSecret<Client>, Refused>, Failure> {
        let now = self.clock.now();
        let (secret, kept) = if client.has_secret() {
            let (secret, kept) = self.given_or_generated(given);
            (secret, Some(kept))
        } else {
            (None, given)
        };
        client.secrets = kept.map(|kept| self.new_secret(&client, &kept)).transpose()?.into_iter().collect();
        (client.created_at, client.updated_at) = (now, now);
        let problems: Vec<_> = client.problems().into_iter().chain(self.unoffered(&client, None)).collect();
        if !problems.is_empty() {
            return Ok(Err(Refused::Invalid(problems)));
        }
        if let Err(problems) = self.check_sector(None, &client).await {
            return Ok(Err(Refused::Invalid(problems)));
        }
        Box::pin(self.prepare_keys_of(&client)).await?;
        match self.store.clients().insert(&client).await? {
            Insertion::Inserted => {
                self.cache.clear();
                Ok(Ok(WithSecret { made: client, secret }))
            }
            Insertion::AlreadyThere => Ok(Err(Refused::AlreadyThere(format!("client {}", client.id)))),
        }
    }

    /// Changes what can be chosen about a client.
    pub async fn change_client(
        &self,
        id: &ClientId,
        expected: &Expected,
        change: impl Fn(ClientMetadata) -> Result<ClientMetadata, Refused> + Send,
    ) -> Result<Result<Client, Refused>, Failure> {
        for _ in 0..ATTEMPTS {
            let Some(before) = self.store.clients().find(id).await? else { return Ok(Err(not_found(id))) };
            if !expected.admits(&Version::of(&ClientView::of(&before))) {
                return Ok(Err(Refused::Outdated));
            }
            let described = match change(ClientMetadata::of(&before).concise()) {
                Ok(metadata) if metadata.client_id != id.as_str() => return Ok(Err(Refused::field("client_id", "can't be changed"))),
                Ok(metadata) => metadata.client().map_err(Refused::Invalid),
                Err(refused) => Err(refused),
            };
            let described = match described {
                Ok(described) => described,
                Err(refused) => return Ok(Err(refused)),
            };
            let (secrets, registered_by) = (before.secrets.clone(), before.registered_by.clone());
            let after = Client { secrets, registered_by, created_at: before.created_at, updated_at: before.updated_at, ..described };
            if after == before {
                return Ok(Ok(before));
            }
            let problems = after.problems();
            if !problems.is_empty() {
                return Ok(Err(Refused::Invalid(problems)));
            }
            match self.replace_client(&before, after).await? {
                Err(Refused::Outdated) => {}
                replaced => return Ok(replaced),
            }
        }
        Ok(Err(Refused::Outdated))
    }

    /// Makes a client exactly `after`, which has no problems but perhaps with its sector, secrets included, if it is still as `before` says.
    pub(in crate::flow) async fn replace_client(&self, before: &Client, mut after: Client) -> Result<Result<Client, Refused>, Failure> {
        let unoffered = self.unoffered(&after, Some(before));
        if !unoffered.is_empty() {
            return Ok(Err(Refused::Invalid(unoffered)));
        }
        if let Err(problems) = self.check_sector(Some(before), &after).await {
            return Ok(Err(Refused::Invalid(problems)));
        }
        Box::pin(self.prepare_keys_of(&after)).await?;
        after.updated_at = self.clock.now();
        if after.auth_method != AuthMethod::SecretJwt {
            // Nobody needs them back any more.
            after.secrets.iter_mut().for_each(|secret| secret.sealed = None);
        }
        if self.store.clients().replace(before, &after).await? == Applied::Lost {
            return Ok(Err(Refused::Outdated));
        }
        self.cache.clear();
        Ok(Ok(after))
    }

    /// Changes a client by a merge patch (RFC 7396) of its metadata.
    pub async fn patch_client(
        &self,
        reach: Reach<'_>,
        id: &ClientId,
        expected: &Expected,
        patch: &Value,
    ) -> Result<Result<Client, Refused>, Failure> {
        let within =
            |metadata: &ClientMetadata| Scope::parse(&metadata.scope).map_or(Ok(()), |scope| reach.client(&scope, &metadata.roles));
        self.change_client(id, expected, |metadata| {
            within(&metadata)?;
            let changed = patched(&metadata, patch)?;
            within(&changed).map(|()| changed)
        })
        .await
    }

    /// Disables a client, or enables it again. What a disabled client got is inactive at once.
    pub async fn enable_client(&self, id: &ClientId, enabled: bool) -> Result<Result<Client, Refused>, Failure> {
        self.change_client(id, &Expected::Anything, |metadata| Ok(ClientMetadata { enabled, ..metadata })).await
    }

    /// Deletes a client and everything that came of it.
    pub async fn delete_client(&self, reach: Reach<'_>, id: &ClientId, expected: &Expected) -> Result<Result<(), Refused>, Failure> {
        for _ in 0..ATTEMPTS {
            let Some(before) = self.store.clients().find(id).await? else { return Ok(Err(not_found(id))) };
            if let Err(beyond) = reach.client(&before.allowed_scope, &before.roles) {
                return Ok(Err(beyond));
            }
            if !expected.admits(&Version::of(&ClientView::of(&before))) {
                return Ok(Err(Refused::Outdated));
            }
            let deleted = self.store.clients().delete(&before).await?;
            self.cache.clear();
            if deleted == Applied::Done {
                return Ok(Ok(()));
            }
        }
        Ok(Err(Refused::Outdated))
    }

    /// Gives a client a second secret beside the one that it has, generated or `given`.
    pub async fn add_client_secret(
        &self,
        reach: Reach<'_>,
        id: &ClientId,
        given: Option<ChosenSecret>,
    ) -> Result<Result<WithSecret<SecretView>, Refused>, Failure> {
        for _ in 0..ATTEMPTS {
            let Some(before) = self.store.clients().find(id).await? else { return Ok(Err(not_found(id))) };
            if let Err(beyond) = reach.client(&before.allowed_scope, &before.roles) {
                return Ok(Err(beyond));
            }
            if let Some(refused) = without_secret(&before) {
                return Ok(Err(refused));
            }
            if before.secrets.len() >= MOST_SECRETS {
                return Ok(Err(Refused::Conflict("the client has two secrets that are alive; withdraw one of them first")));
            }
            let (secret, kept) = self.given_or_generated(given.clone());
            let newer = self.newer_secret(&before, &kept)?;
            let made = SecretView { id: newer.id.clone(), created_at: newer.created_at };
            let secrets = before.secrets.iter().cloned().chain([newer]).collect();
            match self.replace_client(&before, Client { secrets, ..before.clone() }).await? {
                Err(Refused::Outdated) => {}
                replaced => return Ok(replaced.map(|_| WithSecret { made, secret })),
            }
        }
        Ok(Err(Refused::Outdated))
    }

    /// Withdraws a secret of a client: it opens nothing any more.
    pub async fn withdraw_client_secret(&self, reach: Reach<'_>, id: &ClientId, secret: &str) -> Result<Result<(), Refused>, Failure> {
        for _ in 0..ATTEMPTS {
            let Some(before) = self.store.clients().find(id).await? else { return Ok(Err(not_found(id))) };
            if let Err(beyond) = reach.client(&before.allowed_scope, &before.roles) {
                return Ok(Err(beyond));
            }
            let (gone, secrets): (Vec<_>, Vec<_>) = before.secrets.iter().cloned().partition(|known| known.id == secret);
            if gone.is_empty() {
                return Ok(Err(Refused::not_found("such secret of client", id)));
            }
            match self.replace_client(&before, Client { secrets, ..before.clone() }).await? {
                Err(Refused::Outdated) => {}
                replaced => return Ok(replaced.map(drop)),
            }
        }
        Ok(Err(Refused::Outdated))
    }

    /// Gives a client a new secret, generated or `given`. The newest one so far stays alive beside it, so that the client can change over;
    /// older ones die.
    pub async fn rotate_client_secret(
        &self,
        id: &ClientId,
        given: Option<ChosenSecret>,
    ) -> Result<Result<WithSecret<SecretView>, Refused>, Failure> {
        for _ in 0..ATTEMPTS {
            let Some(before) = self.store.clients().find(id).await? else { return Ok(Err(not_found(id))) };
            if let Some(refused) = without_secret(&before) {
                return Ok(Err(refused));
            }
            let (secret, kept) = self.given_or_generated(given.clone());
            let newest = self.newer_secret(&before, &kept)?;
            let made = SecretView { id: newest.id.clone(), created_at: newest.created_at };
            match self.replace_client(&before, Client { secrets: rotated(&before.secrets, newest), ..before.clone() }).await? {
                Err(Refused::Outdated) => {}
                Err(refused) => return Ok(Err(refused)),
                Ok(_) => return Ok(Ok(WithSecret { made, secret })),
            }
        }
        Ok(Err(Refused::Outdated))
    }

    /// The secret that is given, or one that is generated, which then is shown.
    pub(in crate::flow) fn given_or_generated(&self, given: Option<ChosenSecret>) -> (Option<Token>, ChosenSecret) {
        given.map_or_else(
            || {
                let secret = self.random.token(TokenKind::ClientSecret);
                let kept = ChosenSecret::new(SecretString::from(secret.reveal()));
                (Some(secret), kept)
            },
            |given| (None, given),
        )
    }

    /// A secret for `client` that is younger than those that it has: two that are made within a second still have an order.
    pub(in crate::flow) fn newer_secret(&self, client: &Client, kept: &ChosenSecret) -> Result<ClientSecret, Failure> {
        let mut secret = self.new_secret(client, kept)?;
        let newest = client.secrets.iter().map(|secret| secret.created_at + Duration::from_secs(1)).max();
        secret.created_at = newest.map_or(secret.created_at, |after| after.max(secret.created_at));
        Ok(secret)
    }

    pub(in crate::flow) fn new_secret(&self, client: &Client, kept: &ChosenSecret) -> Result<ClientSecret, Failure> {
        let id = self.random.uuid().to_string();
        let seal = || self.keyring.vault().seal(&sealed_for(&client.id, &id), kept.text().expose_secret(), &self.random);
        let sealed = (client.auth_method == AuthMethod::SecretJwt).then(seal).transpose()?;
        Ok(ClientSecret { id, hash: kept.hash(), sealed, created_at: self.clock.now() })
    }
}

/// Why a client gets no secret, if it has none.
const fn without_secret(client: &Client) -> Option<Refused> {
    match client.auth_method {
        AuthMethod::None => Some(PUBLIC),
        AuthMethod::PrivateKeyJwt => Some(BY_KEY),
        AuthMethod::SecretBasic | AuthMethod::SecretPost | AuthMethod::SecretJwt => None,
    }
}

/// The secrets of a client that gets another one: it, beside the newest one so far.
pub(in crate::flow) fn rotated(secrets: &[ClientSecret], newer: ClientSecret) -> Vec<ClientSecret> {
    secrets.iter().max_by_key(|secret| secret.created_at).cloned().into_iter().chain([newer]).collect()
}

fn not_found(id: &ClientId) -> Refused {
    Refused::not_found("client", id)
}
