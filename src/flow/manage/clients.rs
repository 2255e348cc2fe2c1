//! Managing clients.

use crate::flow::manage::Refused;
use crate::flow::{Failure, Server};
use crate::protocol::client::{Client, ClientId, ClientSecret, MOST_SECRETS};
use crate::protocol::token::{Token, TokenKind};
use crate::store::{Insertion, SecretAdded};

impl Server {
    /// All clients, by identifier.
    pub async fn clients(&self) -> Result<Vec<Client>, Failure> {
        Ok(self.store.clients().list().await?)
    }

    /// One client.
    pub async fn client(&self, id: &ClientId) -> Result<Option<Client>, Failure> {
        Ok(self.store.clients().find(id).await?)
    }

    /// Registers a client as described, with a generated secret if it is confidential. The secret is returned once and then forgotten.
    pub async fn add_client(&self, mut client: Client) -> Result<Result<(Client, Option<Token>), Refused>, Failure> {
        let now = self.clock.now();
        let secret = (!client.is_public() && client.secrets.is_empty()).then(|| self.random.token(TokenKind::ClientSecret));
        client.secrets.extend(secret.as_ref().map(|secret| ClientSecret {
            id: self.random.uuid().to_string(),
            hash: secret.hash(),
            created_at: now,
        }));
        (client.created_at, client.updated_at) = (now, now);
        let problems = client.problems();
        if !problems.is_empty() {
            return Ok(Err(Refused::Invalid(problems)));
        }
        match self.store.clients().insert(&client).await? {
            Insertion::Inserted => {
                self.cache.clear();
                Ok(Ok((client, secret)))
            }
            Insertion::AlreadyThere => Ok(Err(Refused::AlreadyThere(format!("client {}", client.id)))),
        }
    }

    /// Changes what is registered of a client, but for its secrets.
    pub async fn update_client(&self, mut client: Client) -> Result<Result<(), Refused>, Failure> {
        client.updated_at = self.clock.now();
        let problems = client.problems();
        if !problems.is_empty() {
            return Ok(Err(Refused::Invalid(problems)));
        }
        let found = self.store.clients().update(&client).await?;
        self.cache.clear();
        Ok(found.then_some(()).ok_or_else(|| not_found(&client.id)))
    }

    /// Disables a client, or enables it again. What a disabled client got is inactive at once.
    pub async fn enable_client(&self, id: &ClientId, enabled: bool) -> Result<Result<(), Refused>, Failure> {
        let found = self.store.clients().set_enabled(id, enabled, self.clock.now()).await?;
        self.cache.clear();
        Ok(found.then_some(()).ok_or_else(|| not_found(id)))
    }

    /// Deletes a client and everything that came of it.
    pub async fn delete_client(&self, id: &ClientId) -> Result<Result<(), Refused>, Failure> {
        let found = self.store.clients().delete(id).await?;
        self.cache.clear();
        Ok(found.then_some(()).ok_or_else(|| not_found(id)))
    }

    /// Gives a client a new secret. The newest one so far stays alive beside it, so that the client can change over; older ones die.
    pub async fn rotate_client_secret(&self, id: &ClientId) -> Result<Result<Token, Refused>, Failure> {
        let Some(client) = self.store.clients().find(id).await? else { return Ok(Err(not_found(id))) };
        if client.is_public() {
            return Ok(Err(Refused::Invalid(vec![format!("client {id} is public: it has no secret")])));
        }
        let secret = self.random.token(TokenKind::ClientSecret);
        let stored = ClientSecret { id: self.random.uuid().to_string(), hash: secret.hash(), created_at: self.clock.now() };
        let mut older = client.secrets;
        older.sort_by_key(|secret| std::cmp::Reverse(secret.created_at));
        for old in older.iter().skip(MOST_SECRETS - 1) {
            self.store.clients().remove_secret(id, &old.id).await?;
        }
        let added = self.store.clients().add_secret(id, &stored).await?;
        self.cache.clear();
        Ok(match added {
            SecretAdded::Done => Ok(secret),
            SecretAdded::TooMany => Err(Refused::Invalid(vec!["another secret was made at the same time; try again".to_owned()])),
            SecretAdded::NoSuchClient => Err(not_found(id)),
        })
    }
}

fn not_found(id: &ClientId) -> Refused {
    Refused::NotFound(format!("client {id}"))
}
