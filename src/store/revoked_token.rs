//! Access tokens that were taken back before they expired (RFC 7009). What is revoked with its grant, its session, its person or its client needs no row here.

use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, IntoActiveModel};

use crate::protocol::time::Timestamp;
use crate::store::row::key;
use crate::store::{Store, StoreFailure};

/// The table.
pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "revoked_token")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub jti: String,
        pub expires_at: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The `jti` (RFC 7519 §4.1.7) of every revoked token that has not expired yet.
pub struct RevokedTokens<'a>(pub(super) &'a Store);

impl RevokedTokens<'_> {
    /// Takes the token called `jti` back; it is remembered until it expires. Doing so again changes nothing.
    pub async fn revoke(&self, jti: &str, expires_at: Timestamp) -> Result<(), StoreFailure> {
        let row = row::Model { jti: key(jti).to_owned(), expires_at: expires_at.seconds() }.into_active_model();
        let insert = row::Entity::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned());
        insert.exec_without_returning(&self.0.writer).await?;
        Ok(())
    }

    /// Whether the token called `jti` was taken back.
    pub async fn contains(&self, jti: &str) -> Result<bool, StoreFailure> {
        Ok(row::Entity::find_by_id(key(jti)).one(&self.0.reader).await?.is_some())
    }
}
