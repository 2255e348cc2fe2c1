//! Failed sign-ins, counted.
//!
//! A key is kept as its hash: it is whatever somebody typed as a username, of any length and with any character, now and then a password
//! in the wrong field.

use std::time::Duration;

use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryTrait};

use crate::identity::throttle::{Failures, ThrottleKey};
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;
use crate::store::row::Row;
use crate::store::{Store, StoreFailure};

/// The table.
pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "login_failure")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key_hash: String,
        pub failures: i64,
        pub since: i64,
        pub over_at: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The failed sign-ins of accounts and addresses.
pub struct LoginFailures<'a>(pub(super) &'a Store);

impl LoginFailures<'_> {
    /// What was counted for `key`; whether the window is over is for [`ThrottleKey::wait`] to say.
    pub async fn of(&self, key: &ThrottleKey) -> Result<Option<Failures>, StoreFailure> {
        row::Entity::find_by_id(hash(key)).one(&self.0.reader).await?.map(|model| read(&model)).transpose()
    }

    /// What was counted for each of `keys`, in one query.
    pub async fn of_all<'k>(&self, keys: &'k [ThrottleKey]) -> Result<Vec<(&'k ThrottleKey, Failures)>, StoreFailure> {
        let hashes: Vec<String> = keys.iter().map(hash).collect();
        let found = row::Entity::find().filter(row::Column::KeyHash.is_in(&hashes)).all(&self.0.reader).await?;
        let counted = found.iter().filter_map(|model| {
            let key = keys.iter().zip(&hashes).find(|(_, hash)| **hash == model.key_hash)?.0;
            Some(read(model).map(|failures| (key, failures)))
        });
        counted.collect()
    }

    /// Counts one more failure of `key`, the first of a new window when the old one is over. One statement, so that none is lost.
    pub async fn count(&self, key: &ThrottleKey, now: Timestamp, window: Duration) -> Result<Failures, StoreFailure> {
        let over_at = now + window;
        let first = row::Model { key_hash: hash(key), failures: 1, since: now.seconds(), over_at: over_at.seconds() };
        let is_over = || Expr::col((row::Entity, row::Column::Since)).lte((now - window).seconds());
        let either = |fresh: i64, kept: Expr| CaseStatement::new().case(is_over(), fresh).finally(kept);
        let kept = |column| Expr::col((row::Entity, column));
        let count = OnConflict::column(row::Column::KeyHash)
            .value(row::Column::Failures, either(1, kept(row::Column::Failures).add(1)))
            .value(row::Column::Since, either(now.seconds(), kept(row::Column::Since)))
            .value(row::Column::OverAt, either(over_at.seconds(), kept(row::Column::OverAt)))
            .to_owned();
        let statement = row::Entity::insert(first.into_active_model()).on_conflict(count).into_query().returning_all().take();
        // One row goes in, so that one comes back.
        let counted = self.0.writer.query_one(&statement).await?.ok_or_else(|| DbErr::RecordNotFound("login_failure".to_owned()))?;
        read(&row::Model::from_query_result(&counted, "")?)
    }

    /// Forgets the failures of `key`: somebody signed in.
    pub async fn forget(&self, key: &ThrottleKey) -> Result<(), StoreFailure> {
        row::Entity::delete_by_id(hash(key)).exec(&self.0.writer).await?;
        Ok(())
    }
}

fn hash(key: &ThrottleKey) -> String {
    TokenHash::of(&key.stored()).as_str().to_owned()
}

fn read(model: &row::Model) -> Result<Failures, StoreFailure> {
    let count = Row::new("login_failure", &model.key_hash).count("failures", model.failures)?;
    Ok(Failures { count, since: Timestamp::from_seconds(model.since) })
}
