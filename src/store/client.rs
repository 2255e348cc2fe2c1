//! Clients with their secrets and web origins.

pub(super) mod rows;

use sea_orm::ActiveValue::NotSet;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, SelectThree, TopologyStar,
};

use crate::protocol::client::{Client, ClientId, ClientSecret, MOST_SECRETS, Origin};
use crate::protocol::time::Timestamp;
use crate::store::client::rows::{client, client_origin, client_secret};
use crate::store::retry::retried;
use crate::store::row::key;
use crate::store::{Insertion, Store, StoreFailure};

/// The registered clients.
pub struct Clients<'a>(pub(super) &'a Store);

/// What became of a new secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum SecretAdded {
    /// It is there.
    Done,
    /// The client has [`MOST_SECRETS`] already.
    TooMany,
    /// There is no such client.
    NoSuchClient,
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

    /// Registers a client with its secrets.
    pub async fn insert(&self, new: &Client) -> Result<Insertion, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            let row = client::Entity::insert(rows::write(new)?).on_conflict(OnConflict::new().do_nothing().to_owned());
            if row.exec_without_returning(&change).await? == 0 {
                change.rollback().await?;
                return Ok(Insertion::AlreadyThere);
            }
            for secret in &new.secrets {
                client_secret::Entity::insert(rows::write_secret(&new.id, secret)).exec_without_returning(&change).await?;
            }
            insert_origins(&change, new).await?;
            change.commit().await?;
            Ok(Insertion::Inserted)
        })
    }

    /// Writes everything but its secrets and `created_at`; false when there is no such client.
    pub async fn update(&self, changed: &Client) -> Result<bool, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            let row = client::ActiveModel { created_at: NotSet, ..rows::write(changed)? };
            let updated = client::Entity::update_many().set(row).filter(client::Column::Id.eq(changed.id.as_str())).exec(&change).await?;
            if updated.rows_affected == 0 {
                change.rollback().await?;
                return Ok(false);
            }
            let origins = client_origin::Entity::delete_many().filter(client_origin::Column::ClientId.eq(changed.id.as_str()));
            origins.exec(&change).await?;
            insert_origins(&change, changed).await?;
            change.commit().await?;
            Ok(true)
        })
    }

    /// Disables a client, or enables it again. False when there is no such client.
    pub async fn set_enabled(&self, id: &ClientId, enabled: bool, at: Timestamp) -> Result<bool, StoreFailure> {
        let row = client::Entity::update_many()
            .col_expr(client::Column::Enabled, Expr::val(enabled))
            .col_expr(client::Column::UpdatedAt, Expr::val(at.seconds()))
            .filter(client::Column::Id.eq(id.as_str()));
        Ok(row.exec(&self.0.writer).await?.rows_affected > 0)
    }

    /// Removes a client with everything that it was granted: grants, codes, refresh tokens, consents. False when there is no such client.
    pub async fn delete(&self, id: &ClientId) -> Result<bool, StoreFailure> {
        retried!(async { Ok(client::Entity::delete_by_id(id.as_str()).exec(&self.0.writer).await?.rows_affected > 0) })
    }

    /// Gives a client one more secret, if it has fewer than [`MOST_SECRETS`].
    pub async fn add_secret(&self, id: &ClientId, secret: &ClientSecret) -> Result<SecretAdded, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            // On PostgreSQL the row is locked first, or two requests could both count one secret and add another.
            let client = client::Entity::find_by_id(id.as_str()).lock_exclusive().one(&change).await?;
            let secrets = client_secret::Entity::find().filter(client_secret::Column::ClientId.eq(id.as_str())).count(&change).await?;
            let outcome = match client {
                None => SecretAdded::NoSuchClient,
                Some(_) if usize::try_from(secrets).is_ok_and(|secrets| secrets < MOST_SECRETS) => SecretAdded::Done,
                Some(_) => SecretAdded::TooMany,
            };
            if outcome == SecretAdded::Done {
                client_secret::Entity::insert(rows::write_secret(id, secret)).exec_without_returning(&change).await?;
            }
            change.commit().await?;
            Ok(outcome)
        })
    }

    /// Withdraws the secret called `secret`; false when the client has no such secret.
    pub async fn remove_secret(&self, id: &ClientId, secret: &str) -> Result<bool, StoreFailure> {
        let named = client_secret::Entity::delete_by_id((id.as_str().to_owned(), key(secret).to_owned()));
        Ok(named.exec(&self.0.writer).await?.rows_affected > 0)
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
