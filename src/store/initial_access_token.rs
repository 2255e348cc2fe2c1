//! Initial access tokens. One that is used up, over or revoked is forgotten.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::protocol::registration::{InitialAccessToken, InitialAccessTokenId};
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;
use crate::store::row::{Row, key};
use crate::store::{Applied, Store, StoreFailure};

/// The table.
pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "initial_access_token")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub hash: String,
        pub name: String,
        pub uses_left: i64,
        pub created_at: i64,
        pub expires_at: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The initial access tokens.
pub struct InitialAccessTokens<'a>(pub(super) &'a Store);

impl InitialAccessTokens<'_> {
    /// Remembers a token by its hash.
    pub async fn insert(&self, hash: &TokenHash, new: &InitialAccessToken) -> Result<(), StoreFailure> {
        let model = row::Model {
            id: new.id.to_string(),
            hash: hash.as_str().to_owned(),
            name: new.name.clone(),
            uses_left: new.uses_left.into(),
            created_at: new.created_at.seconds(),
            expires_at: new.expires_at.seconds(),
        };
        row::Entity::insert(model.into_active_model()).exec_without_returning(&self.0.writer).await?;
        Ok(())
    }

    /// The token with this hash.
    pub async fn find_by_hash(&self, hash: &TokenHash) -> Result<Option<InitialAccessToken>, StoreFailure> {
        row::Entity::find().filter(row::Column::Hash.eq(hash.as_str())).one(&self.0.reader).await?.map(read).transpose()
    }

    /// The token of this name.
    pub async fn find(&self, id: &InitialAccessTokenId) -> Result<Option<InitialAccessToken>, StoreFailure> {
        row::Entity::find_by_id(key(id.as_str())).one(&self.0.reader).await?.map(read).transpose()
    }

    /// At most `limit` of them, by their names, from the one that follows `after` on.
    pub async fn page(&self, after: Option<&str>, limit: u64) -> Result<Vec<InitialAccessToken>, StoreFailure> {
        let mut found = row::Entity::find().order_by_asc(row::Column::Id).limit(limit);
        if let Some(after) = after {
            found = found.filter(row::Column::Id.gt(key(after)));
        }
        found.all(&self.0.reader).await?.into_iter().map(read).collect()
    }

    /// Revokes a token; lost when there is none.
    pub async fn delete(&self, id: &InitialAccessTokenId) -> Result<Applied, StoreFailure> {
        let gone = row::Entity::delete_by_id(key(id.as_str())).exec(&self.0.writer).await?;
        Ok(if gone.rows_affected == 0 { Applied::Lost } else { Applied::Done })
    }
}

/// Takes one use of the token with this hash, and says whether there was one.
pub(super) async fn use_up(change: &impl ConnectionTrait, hash: &TokenHash, now: Timestamp) -> Result<bool, StoreFailure> {
    let used = row::Entity::update_many()
        .col_expr(row::Column::UsesLeft, Expr::col(row::Column::UsesLeft).sub(1))
        .filter(row::Column::Hash.eq(hash.as_str()))
        .filter(row::Column::UsesLeft.gt(0))
        .filter(row::Column::ExpiresAt.gt(now.seconds()));
    Ok(used.exec(change).await?.rows_affected == 1)
}

fn read(model: row::Model) -> Result<InitialAccessToken, StoreFailure> {
    let row = Row::new("initial_access_token", &model.id);
    Ok(InitialAccessToken {
        uses_left: row.count("uses_left", model.uses_left)?,
        id: InitialAccessTokenId::new(model.id),
        name: model.name,
        created_at: Timestamp::from_seconds(model.created_at),
        expires_at: Timestamp::from_seconds(model.expires_at),
    })
}
