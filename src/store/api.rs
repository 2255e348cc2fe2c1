//! APIs with their scopes and introspectors.

mod rows;

use sea_orm::ActiveValue::NotSet;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::protocol::api::Api;
use crate::protocol::client::ClientId;
use crate::protocol::resource::Resource;
use crate::protocol::scope::ScopeToken;
use crate::store::api::rows::{api, api_introspector, api_scope};
use crate::store::failure::{is_taken, names_nothing};
use crate::store::retry::retried;
use crate::store::{Applied, Store, StoreFailure};

/// The APIs that take our access tokens.
pub struct Apis<'a>(pub(super) &'a Store);

/// What became of an API that was to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum ApiWritten {
    /// It is there as it was given.
    Written,
    /// Nothing is changed: an API with this identifier is there already.
    AlreadyThere,
    /// Nothing is changed: the API is gone, or is not as it was any more.
    Lost,
    /// Nothing is changed: another API has this scope.
    ScopeTaken(ScopeToken),
    /// Nothing is changed: there is no such client to introspect it.
    NoSuchClient(ClientId),
}

impl Apis<'_> {
    /// All of them by their identifiers, in one query.
    pub async fn list(&self) -> Result<Vec<Api>, StoreFailure> {
        list(&self.0.reader).await
    }

    /// The API that `identifier` names (see [`Resource::names_the_same_as`]).
    pub async fn find(&self, identifier: &Resource) -> Result<Option<Api>, StoreFailure> {
        Ok(self.list().await?.into_iter().find(|api| api.identifier.names_the_same_as(identifier)))
    }

    /// Registers an API. No two have identifiers that name the same, or a scope in common.
    pub async fn insert(&self, new: &Api) -> Result<ApiWritten, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            let known = list(&change).await?;
            if known.iter().any(|api| api.identifier.names_the_same_as(&new.identifier)) {
                return Ok(ApiWritten::AlreadyThere);
            }
            if let Some(conflict) = conflict(&change, &known, new).await? {
                return Ok(conflict);
            }
            let row = api::Entity::insert(rows::write(new)?).exec_without_returning(&change).await;
            again_if_overtaken(row)?;
            insert_parts(&change, new).await?;
            change.commit().await?;
            Ok(ApiWritten::Written)
        })
    }

    /// Writes name, scopes and introspectors, if the API is still as `before` says.
    pub async fn replace(&self, before: &Api, after: &Api) -> Result<ApiWritten, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            let Some(known) = locked(&change, before).await? else { return Ok(ApiWritten::Lost) };
            let identifier = before.identifier.as_str();
            let itself = api::Column::Identifier.eq(identifier);
            let after = Api { identifier: before.identifier.clone(), ..after.clone() };
            if let Some(conflict) = conflict(&change, &known, &after).await? {
                return Ok(conflict);
            }
            let row = api::ActiveModel { identifier: NotSet, ..rows::write(&after)? };
            api::Entity::update_many().set(row).filter(itself).exec(&change).await?;
            api_scope::Entity::delete_many().filter(api_scope::Column::Api.eq(identifier)).exec(&change).await?;
            api_introspector::Entity::delete_many().filter(api_introspector::Column::Api.eq(identifier)).exec(&change).await?;
            insert_parts(&change, &after).await?;
            change.commit().await?;
            Ok(ApiWritten::Written)
        })
    }

    /// Removes an API and its scopes, if it is still as `before` says.
    pub async fn delete(&self, before: &Api) -> Result<Applied, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            if locked(&change, before).await?.is_none() {
                return Ok(Applied::Lost);
            }
            api::Entity::delete_by_id(before.identifier.as_str()).exec(&change).await?;
            change.commit().await?;
            Ok(Applied::Done)
        })
    }
}

/// All APIs, if this one is as `before` says, and stays so until `change` is made: on PostgreSQL its row is locked first.
async fn locked(change: &impl ConnectionTrait, before: &Api) -> Result<Option<Vec<Api>>, StoreFailure> {
    api::Entity::find_by_id(before.identifier.as_str()).lock_exclusive().one(change).await?;
    let known = list(change).await?;
    Ok(known.contains(before).then_some(known))
}

async fn list(connection: &impl ConnectionTrait) -> Result<Vec<Api>, StoreFailure> {
    let rows = api::Entity::find()
        .find_also_related(api_scope::Entity)
        .find_also_related(api_introspector::Entity)
        .order_by_asc(api::Column::Identifier)
        .order_by_asc(api_scope::Column::Position)
        .all(connection)
        .await?;
    rows::assemble(rows)
}

/// What keeps `written` from being written beside the `known` ones.
async fn conflict(change: &impl ConnectionTrait, known: &[Api], written: &Api) -> Result<Option<ApiWritten>, StoreFailure> {
    let others = known.iter().filter(|api| api.identifier != written.identifier);
    let taken = others.flat_map(|api| &api.scopes).find(|theirs| written.scopes.iter().any(|mine| mine.name == theirs.name));
    if let Some(scope) = taken {
        return Ok(Some(ApiWritten::ScopeTaken(scope.name.clone())));
    }
    let missing = rows::missing_client(change, &written.introspectors).await?;
    Ok(missing.map(ApiWritten::NoSuchClient))
}

async fn insert_parts(change: &impl ConnectionTrait, api: &Api) -> Result<(), StoreFailure> {
    let (scopes, introspectors) = (rows::write_scopes(api), rows::write_introspectors(api));
    if !scopes.is_empty() {
        again_if_overtaken(api_scope::Entity::insert_many(scopes).exec_without_returning(change).await)?;
    }
    if !introspectors.is_empty() {
        again_if_overtaken(api_introspector::Entity::insert_many(introspectors).exec_without_returning(change).await)?;
    }
    Ok(())
}

/// On PostgreSQL another request can take a name, or remove a client, after we looked. The next attempt sees it.
fn again_if_overtaken(inserted: Result<u64, DbErr>) -> Result<u64, StoreFailure> {
    inserted.map_err(|error| match error {
        overtaken if is_taken(&overtaken) || names_nothing(&overtaken) => StoreFailure::Contended(overtaken.to_string()),
        other => other.into(),
    })
}
