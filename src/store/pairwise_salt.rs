//! The salt of pairwise subjects. It lies in the database, so that all processes have the same one, a backup has it, and a new key folder
//! gives nobody a new name.

use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, IntoActiveModel};
use secrecy::{ExposeSecret, SecretString};

use crate::store::retry::retried;
use crate::store::{Store, StoreFailure};

/// The one row.
const NAME: &str = "subjects";

/// The table.
mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "pairwise_salt")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub salt: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The salt of pairwise subjects.
pub struct PairwiseSalts<'a>(pub(super) &'a Store);

impl PairwiseSalts<'_> {
    /// The salt; `made` if there was none. Of any number of processes that bring one, all get the same.
    pub async fn find_or_insert(&self, made: &SecretString) -> Result<SecretString, StoreFailure> {
        if let Some(found) = row::Entity::find_by_id(NAME).one(&self.0.reader).await? {
            return Ok(found.salt.into());
        }
        retried!(async {
            let row = row::Model { name: NAME.to_owned(), salt: made.expose_secret().to_owned() }.into_active_model();
            let insert = row::Entity::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned());
            insert.exec_without_returning(&self.0.writer).await?;
            let found = row::Entity::find_by_id(NAME).one(&self.0.writer).await?;
            found.map(|found| found.salt.into()).ok_or_else(|| StoreFailure::Database("the salt of pairwise subjects is gone".to_owned()))
        })
    }
}
