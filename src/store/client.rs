//! Clients with their secrets and web origins.

pub(super) mod rows;

use std::collections::BTreeSet;

use sea_orm::ActiveValue::NotSet;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, SelectThree, TopologyStar};

use crate::protocol::client::{Client, ClientId, Origin};
use crate::protocol::client_logout::LogoutRevokes;
use crate::protocol::registration::Registrar;
use crate::store::client::rows::{client, client_origin, client_secret};
use crate::store::grant::granted;
use crate::store::retry::retried;
use crate::store::row::{contains, key};
use crate::store::{Applied, Insertion, Store, StoreFailure, logout_notice, session_client};

/// The registered clients.
pub struct Clients<'a>(pub(super) &'a Store);

/// Which clients are listed.
#[derive(Clone, Debug, Default)]
pub struct ClientFilter {
    /// Text in their identifier or name, whatever its case.
    pub text: Option<String>,
    /// Whether they are enabled.
    pub enabled: Option<bool>,
    /// Who registered them.
    pub registered_by: Option<Registrar>,
}

impl Clients<'_> {
    /// The client called `id`, in one query.
    pub async fn find(&self, id: &ClientId) -> Result<Option<Client>, StoreFailure> {
        let rows = with_secrets_and_origins(Condition::all().add(client::Column::Id.eq(id.as_str()))).all(&self.0.reader).await?;
        Ok(rows::assemble(rows)?.pop())
    }

    /// All of them by their identifiers, in one query.
    pub async fn list(&self) -> Result<Vec<Client>, StoreFailure> {
        rows::assemble(with_secrets_and_origins(Condition::all()).all(&self.0.reader).await?)
    }

    /// At most `limit` of those that `filter` lets through, by their identifiers, from the one that follows `after` on.
    pub async fn page(&self, filter: &ClientFilter, after: Option<&str>, limit: u64) -> Result<Vec<Client>, StoreFailure> {
        let mut named = client::Entity::find().select_only().column(client::Column::Id).order_by_asc(client::Column::Id).limit(limit);
        if let Some(text) = &filter.text {
            named = named.filter(Condition::any().add(contains(client::Column::Id, text)).add(contains(client::Column::Name, text)));
        }
        if let Some(enabled) = filter.enabled {
            named = named.filter(client::Column::Enabled.eq(enabled));
        }
        if let Some(registrar) = filter.registered_by {
            named = named.filter(client::Column::RegisteredBy.eq(registrar.as_str()));
        }
        if let Some(after) = after {
            named = named.filter(client::Column::Id.gt(key(after)));
        }
        let named = named.into_tuple::<String>().all(&self.0.reader).await?;
        rows::assemble(with_secrets_and_origins(Condition::all().add(client::Column::Id.is_in(named))).all(&self.0.reader).await?)
    }

    /// Registers a client with its secrets.
    pub async fn insert(&self, new: &Client) -> Result<Insertion, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            let outcome = insert(&change, new).await?;
            if outcome == Insertion::Inserted {
                change.commit().await?;
            }
            Ok(outcome)
        })
    }

    /// Writes everything but `created_at`, if the client is still as `before` says: of its secrets, those that `after` lacks are withdrawn
    /// and those that it has besides are added. Where it knows people by other names from now on, what they allowed it so far is over: no token
    /// may change whom it is about (OpenID Connect Core §12.2).
    pub async fn replace(&self, before: &Client, after: &Client) -> Result<Applied, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            if locked(&change, &before.id).await?.as_ref() != Some(before) {
                return Ok(Applied::Lost);
            }
            let itself = client::Column::Id.eq(before.id.as_str());
            let row = client::ActiveModel { id: NotSet, created_at: NotSet, ..rows::write(after)? };
            client::Entity::update_many().set(row).filter(itself).exec(&change).await?;
            if before.sector() != after.sector() {
                granted::revoke_where(&change, granted::Column::ClientId.eq(before.id.as_str()), after.updated_at).await?;
                // Nor is it told of sessions that it knew by other names.
                forget_sessions(&change, &before.id).await?;
            }
            let origins = client_origin::Entity::delete_many().filter(client_origin::Column::ClientId.eq(before.id.as_str()));
            origins.exec(&change).await?;
            insert_origins(&change, &Client { id: before.id.clone(), ..after.clone() }).await?;
            let theirs = client_secret::Entity::delete_many().filter(client_secret::Column::ClientId.eq(before.id.as_str()));
            let kept = after.secrets.iter().filter(|secret| before.secrets.contains(secret)).map(|secret| secret.id.as_str());
            theirs.filter(client_secret::Column::Id.is_not_in(kept)).exec(&change).await?;
            for secret in after.secrets.iter().filter(|secret| !before.secrets.contains(secret)) {
                client_secret::Entity::insert(rows::write_secret(&before.id, secret)).exec_without_returning(&change).await?;
            }
            change.commit().await?;
            Ok(Applied::Done)
        })
    }

    /// Removes a client with everything that it was granted (grants, codes, refresh tokens, consents), if it is still as `before` says.
    pub async fn delete(&self, before: &Client) -> Result<Applied, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            if locked(&change, &before.id).await?.as_ref() != Some(before) {
                return Ok(Applied::Lost);
            }
            client::Entity::delete_by_id(before.id.as_str()).exec(&change).await?;
            change.commit().await?;
            Ok(Applied::Done)
        })
    }

    /// Whether any enabled client registered this web origin, for preflight requests: they don't say which client they are for.
    pub async fn allows_origin(&self, origin: &str) -> Result<bool, StoreFailure> {
        let Ok(origin) = Origin::parse(origin) else { return Ok(false) };
        let registered = client_origin::Entity::find()
            .inner_join(client::Entity)
            .filter(client_origin::Column::Origin.eq(origin.as_str()))
            .filter(client::Column::Enabled.eq(true))
            .limit(1);
        Ok(registered.one(&self.0.reader).await?.is_some())
    }
}

/// The identifiers of the clients whose grants don't depend on the session in which they were given.
pub(super) async fn that_keep_without_session(connection: &impl ConnectionTrait) -> Result<BTreeSet<String>, StoreFailure> {
    let keepers = client::Entity::find().filter(client::Column::LogoutRevokes.eq(LogoutRevokes::Nothing.as_str()));
    Ok(keepers.select_only().column(client::Column::Id).into_tuple::<String>().all(connection).await?.into_iter().collect())
}

/// Registers a client with its secrets within `change`.
pub(super) async fn insert(change: &impl ConnectionTrait, new: &Client) -> Result<Insertion, StoreFailure> {
    let row = client::Entity::insert(rows::write(new)?).on_conflict(OnConflict::new().do_nothing().to_owned());
    if row.exec_without_returning(change).await? == 0 {
        return Ok(Insertion::AlreadyThere);
    }
    for secret in &new.secrets {
        client_secret::Entity::insert(rows::write_secret(&new.id, secret)).exec_without_returning(change).await?;
    }
    insert_origins(change, new).await?;
    Ok(Insertion::Inserted)
}

/// A client as it is until `change` is made: on PostgreSQL its row is locked first, so that nobody else changes it meanwhile.
async fn locked(change: &impl ConnectionTrait, id: &ClientId) -> Result<Option<Client>, StoreFailure> {
    client::Entity::find_by_id(id.as_str()).lock_exclusive().one(change).await?;
    let itself = Condition::all().add(client::Column::Id.eq(id.as_str()));
    Ok(rows::assemble(with_secrets_and_origins(itself).all(change).await?)?.into_iter().next())
}

async fn forget_sessions(change: &impl ConnectionTrait, id: &ClientId) -> Result<(), StoreFailure> {
    session_client::row::Entity::delete_many().filter(session_client::row::Column::ClientId.eq(id.as_str())).exec(change).await?;
    logout_notice::row::Entity::delete_many().filter(logout_notice::row::Column::ClientId.eq(id.as_str())).exec(change).await?;
    Ok(())
}

fn with_secrets_and_origins(filter: Condition) -> SelectThree<client::Entity, client_secret::Entity, client_origin::Entity, TopologyStar> {
    client::Entity::find()
        .find_also_related(client_secret::Entity)
        .find_also_related(client_origin::Entity)
        .filter(filter)
        .order_by_asc(client::Column::Id)
        .order_by_asc(client_secret::Column::CreatedAt)
        .order_by_asc(client_secret::Column::Id)
        .order_by_asc(client_origin::Column::Position)
}

async fn insert_origins(change: &impl ConnectionTrait, client: &Client) -> Result<(), StoreFailure> {
    let origins = rows::write_origins(client);
    if !origins.is_empty() {
        client_origin::Entity::insert_many(origins).exec_without_returning(change).await?;
    }
    Ok(())
}
