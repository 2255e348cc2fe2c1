//! Other identity providers, as they are declared in the file of `claviger apply` or by the management API.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::identity::provider::{Provider, ProviderName};
use crate::protocol::time::Timestamp;
use crate::store::retry::retried;
use crate::store::row::{Row, json, key};
use crate::store::{Applied, Insertion, Store, StoreFailure};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "provider")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub description: String,
        pub sealed_secret: String,
        pub created_at: i64,
        pub updated_at: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A provider that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredProvider {
    /// What was declared.
    pub provider: Provider,
    /// The secret that we have there, sealed under the key of this server's key folder.
    pub sealed_secret: String,
    /// When it was first declared.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The providers that are stored.
pub struct Providers<'a>(pub(super) &'a Store);

impl Providers<'_> {
    /// All of them by their names.
    pub async fn list(&self) -> Result<Vec<StoredProvider>, StoreFailure> {
        row::Entity::find().order_by_asc(row::Column::Name).all(&self.0.reader).await?.into_iter().map(read).collect()
    }

    /// At most `limit` of them by their names, from the one that follows `after` on.
    pub async fn page(&self, after: Option<&str>, limit: u64) -> Result<Vec<StoredProvider>, StoreFailure> {
        let mut found = row::Entity::find().order_by_asc(row::Column::Name).limit(limit);
        if let Some(after) = after {
            found = found.filter(row::Column::Name.gt(key(after)));
        }
        found.all(&self.0.reader).await?.into_iter().map(read).collect()
    }

    /// The one of this name.
    pub async fn find(&self, name: &ProviderName) -> Result<Option<StoredProvider>, StoreFailure> {
        row::Entity::find_by_id(name.as_str()).one(&self.0.reader).await?.map(read).transpose()
    }

    /// Remembers one, unless its name is taken.
    pub async fn insert(&self, new: &StoredProvider) -> Result<Insertion, StoreFailure> {
        let row = row::Entity::insert(write(new)?.into_active_model()).on_conflict(OnConflict::new().do_nothing().to_owned());
        let inserted = row.exec_without_returning(&self.0.writer).await?;
        Ok(if inserted == 0 { Insertion::AlreadyThere } else { Insertion::Inserted })
    }

    /// Writes it, if it is still as `before` says.
    pub async fn replace(&self, before: &StoredProvider, after: &StoredProvider) -> Result<Applied, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            let itself = before.provider.name.as_str();
            let found = row::Entity::find_by_id(itself).lock_exclusive().one(&change).await?.map(read).transpose()?;
            if found.as_ref() != Some(before) {
                return Ok(Applied::Lost);
            }
            let row = row::ActiveModel { name: sea_orm::ActiveValue::NotSet, ..write(after)?.into_active_model().reset_all() };
            row::Entity::update_many().set(row).filter(row::Column::Name.eq(itself)).exec(&change).await?;
            change.commit().await?;
            Ok(Applied::Done)
        })
    }

    /// Forgets it, if it is still as `before` says. Who came from there stays known, should it come back.
    pub async fn delete(&self, before: &StoredProvider) -> Result<Applied, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            let itself = before.provider.name.as_str();
            let found = row::Entity::find_by_id(itself).lock_exclusive().one(&change).await?.map(read).transpose()?;
            if found.as_ref() != Some(before) {
                return Ok(Applied::Lost);
            }
            row::Entity::delete_by_id(itself).exec(&change).await?;
            change.commit().await?;
            Ok(Applied::Done)
        })
    }
}

fn read(model: row::Model) -> Result<StoredProvider, StoreFailure> {
    let provider = Row::new("provider", &model.name).json("description", &model.description)?;
    Ok(StoredProvider {
        provider,
        sealed_secret: model.sealed_secret,
        created_at: Timestamp::from_seconds(model.created_at),
        updated_at: Timestamp::from_seconds(model.updated_at),
    })
}

fn write(stored: &StoredProvider) -> Result<row::Model, StoreFailure> {
    Ok(row::Model {
        name: stored.provider.name.to_string(),
        description: json(&stored.provider)?,
        sealed_secret: stored.sealed_secret.clone(),
        created_at: stored.created_at.seconds(),
        updated_at: stored.updated_at.seconds(),
    })
}
