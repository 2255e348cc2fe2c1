//! Assertions by which clients have proven who they are (RFC 7523 §3 no. 7): each is good for one request, and forgotten when it is over.

use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, IntoActiveModel};

use crate::protocol::client::ClientId;
use crate::protocol::client_assertion::SingleUse;
use crate::protocol::token::TokenHash;
use crate::store::{Applied, Store, StoreFailure};

/// The table.
pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "used_assertion")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: String,
        pub expires_at: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The assertions that were used and are not over.
pub struct UsedAssertions<'a>(pub(super) &'a Store);

impl UsedAssertions<'_> {
    /// Uses a client's assertion up. Of any number of requests with the same one, one is told that it is done.
    pub async fn consume(&self, client: &ClientId, assertion: &SingleUse) -> Result<Applied, StoreFailure> {
        // A hash has any text, of any length, in it. No client identifier has a space.
        let hash = TokenHash::of(&format!("{client} {}", assertion.jti));
        let row = row::Model { hash: hash.as_str().to_owned(), expires_at: assertion.until.seconds() }.into_active_model();
        let insert = row::Entity::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned());
        let inserted = insert.exec_without_returning(&self.0.writer).await?;
        Ok(if inserted == 0 { Applied::Lost } else { Applied::Done })
    }
}
