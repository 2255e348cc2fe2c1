//! Managing API keys, whosever they are; and the person's own, for the account page.

use serde::{Deserialize, Serialize};

use crate::flow::api_key::Holder;
use crate::flow::manage::{Page, PageRequest, Reach, Refused};
use crate::flow::session::Current;
use crate::flow::{Failure, Server};
use crate::protocol::api_key::{ApiKey, MOST_KEYS, Owner};
use crate::protocol::client::ClientId;
use crate::protocol::scope::Scope;
use crate::protocol::subject::{ApiKeyId, Subject};
use crate::protocol::time::Timestamp;
use crate::protocol::token::{Token, TokenKind};
use crate::store::{ApiKeyFilter, Applied};

/// An API key as it is shown; never the key itself or its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApiKeyView {
    /// Its public name.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// The person whose it is, by their `sub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Subject>,
    /// The client whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientId>,
    /// What it is good for, as far as its owner still is.
    pub scope: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute or so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// The address it was last used from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_from: Option<String>,
}

/// An API key to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// What its owner calls it.
    pub name: String,
    /// The person whose it is, by username or `sub`.
    #[serde(default)]
    pub user: Option<String>,
    /// The client whose it is.
    #[serde(default)]
    pub client: Option<String>,
    /// What it is good for.
    pub scope: String,
    /// When it ends.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// A key that was just made, with the secret that is shown this once.
pub struct MadeApiKey {
    /// The key.
    pub key: ApiKey,
    /// What it opens things with.
    pub secret: Token,
}

impl ApiKeyView {
    /// How a key is shown.
    #[must_use]
    pub fn of(key: &ApiKey) -> Self {
        let (user, client) = match key.owner.clone() {
            Owner::Person(subject) => (Some(subject), None),
            Owner::Client(client) => (None, Some(client)),
        };
        Self {
            id: key.id.to_string(),
            name: key.name.clone(),
            user,
            client,
            scope: key.scope.to_string(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            last_used_from: key.last_used_from.clone(),
        }
    }
}

impl Server {
    /// The keys that have this text in their name, whatever its case, of one owner or of all.
    pub async fn api_key_page(
        &self,
        text: Option<String>,
        owner: Option<Owner>,
        request: &PageRequest,
    ) -> Result<Page<ApiKeyView>, Failure> {
        let found = self.store.api_keys().page(&ApiKeyFilter { text, owner }, request.after(), request.fetch()).await?;
        Ok(request.page(found.iter().map(ApiKeyView::of).collect(), |key| &key.id))
    }

    /// Whose keys are meant: a person by username or `sub`, or a client.
    pub async fn key_owner(&self, user: Option<&str>, client: Option<&str>) -> Result<Result<Owner, Refused>, Failure> {
        Ok(match (user, client) {
            (Some(user), None) => {
                let found = self.user_by_name(user).await?.map(|user| Owner::Person(user.subject));
                found.ok_or_else(|| Refused::field("user", "there is no such person"))
            }
            (None, Some(client)) => match ClientId::parse(client) {
                Ok(id) if self.client(&id).await?.is_some() => Ok(Owner::Client(id)),
                _ => Err(Refused::field("client", "there is no such client")),
            },
            _ => Err(Refused::field("user", "either user or client says whose the key is")),
        })
    }

    /// One key.
    pub async fn api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, Failure> {
        Ok(self.store.api_keys().find(id).await?)
    }

    /// Makes a key for somebody. Whoever has it can act as its owner does.
    pub async fn add_api_key(&self, reach: Reach<'_>, new: &NewApiKey) -> Result<Result<MadeApiKey, Refused>, Failure> {
        let owner = match self.key_owner(new.user.as_deref(), new.client.as_deref()).await? {
            Ok(owner) => owner,
            Err(refused) => return Ok(Err(refused)),
        };
        let scope = match Scope::parse(&new.scope) {
            Ok(scope) => scope,
            Err(problem) => return Ok(Err(Refused::field("scope", problem))),
        };
        let holder = match self.holder(&owner).await? {
            Ok(holder) => holder,
            Err(why) => return Ok(Err(Refused::Conflict(why))),
        };
        let within = match &holder.user {
            Some(user) => reach.person(&user.all_roles()),
            None => reach.client(&holder.client.allowed_scope, &holder.client.roles),
        };
        if let Err(beyond) = within {
            return Ok(Err(beyond));
        }
        self.make_api_key(owner, &holder, new.name.clone(), scope, new.expires_at).await
    }

    async fn make_api_key(
        &self,
        owner: Owner,
        holder: &Holder,
        name: String,
        scope: Scope,
        expires_at: Option<Timestamp>,
    ) -> Result<Result<MadeApiKey, Refused>, Failure> {
        let created_at = self.clock.now();
        let id = ApiKeyId::new(self.random.uuid());
        let key = ApiKey { id, name, owner, scope, created_at, expires_at, last_used_at: None, last_used_from: None };
        let problems = key.problems(created_at, &self.reach_of(holder).await?);
        if !problems.is_empty() {
            return Ok(Err(Refused::Invalid(problems)));
        }
        let alive = self.store.api_keys().of(&key.owner).await?.into_iter().filter(|key| key.is_live(created_at)).count();
        if alive >= MOST_KEYS {
            return Ok(Err(Refused::Conflict("there are a hundred keys of this owner already; revoke one of them first")));
        }
        let secret = self.random.token(TokenKind::ApiKey);
        if self.store.api_keys().insert(&secret.hash(), &key).await? == Applied::Lost {
            return Ok(Err(Refused::Outdated));
        }
        tracing::info!(target: "claviger::security", key = %key.id, scope = %key.scope, "an API key was made");
        Ok(Ok(MadeApiKey { key, secret }))
    }

    /// Revokes a key: it opens nothing any more, nor do the tokens that it was exchanged for.
    pub async fn revoke_api_key(&self, reach: Reach<'_>, id: &ApiKeyId) -> Result<Result<(), Refused>, Failure> {
        let not_found = || Refused::not_found("API key", id);
        let Some(key) = self.api_key(id).await? else { return Ok(Err(not_found())) };
        // What nobody can use any more may be revoked by everybody who may revoke at all.
        if let Ok(holder) = self.holder(&key.owner).await? {
            let within = match &holder.user {
                Some(user) => reach.person(&user.all_roles()),
                None => reach.client(&holder.client.allowed_scope, &holder.client.roles),
            };
            if let Err(beyond) = within {
                return Ok(Err(beyond));
            }
        }
        Ok(match self.store.api_keys().delete(id).await? {
            Applied::Done => Ok(()),
            Applied::Lost => Err(not_found()),
        })
    }

    /// The keys of the person who is signed in, and what a new one may be good for.
    pub async fn own_api_keys(&self, current: &Current) -> Result<(Vec<ApiKey>, Scope), Failure> {
        let owner = Owner::Person(current.user.subject.clone());
        let reach = match self.holder(&owner).await? {
            Ok(holder) => self.reach_of(&holder).await?,
            Err(_) => Scope::default(),
        };
        Ok((self.store.api_keys().of(&owner).await?, reach))
    }

    /// Makes a key for the person who is signed in.
    pub async fn add_own_api_key(
        &self,
        current: &Current,
        name: &str,
        scope: Scope,
        expires_at: Option<Timestamp>,
    ) -> Result<Result<MadeApiKey, Refused>, Failure> {
        let owner = Owner::Person(current.user.subject.clone());
        match self.holder(&owner).await? {
            Ok(holder) => self.make_api_key(owner, &holder, name.to_owned(), scope, expires_at).await,
            Err(why) => Ok(Err(Refused::Conflict(why))),
        }
    }

    /// Revokes a key of the person who is signed in; somebody else's is left alone.
    pub async fn revoke_own_api_key(&self, current: &Current, id: &ApiKeyId) -> Result<(), Failure> {
        let owner = Owner::Person(current.user.subject.clone());
        if self.api_key(id).await?.is_some_and(|key| key.owner == owner) {
            // Lost is gone, too.
            let _gone = self.store.api_keys().delete(id).await?;
        }
        Ok(())
    }
}
