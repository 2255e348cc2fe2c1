//! The row of a refresh token.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Alias;
use sea_orm::{FromQueryResult, IntoActiveModel, JoinType, QuerySelect, QueryTrait, UpdateMany};

use crate::identity::session::SessionLimits;
use crate::protocol::grant::SealedSuccessor;
use crate::protocol::grant::refresh_token::{State, Stored};
use crate::protocol::subject::GrantId;
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;
use crate::store::failure::applied;
use crate::store::grant::granted;
use crate::store::row::Row;
use crate::store::{Applied, StoreFailure, session};

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_token")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    pub grant_id: String,
    pub expires_at: i64,
    pub spent_at: Option<i64>,
    pub successor: Option<String>,
    pub sealed_successor: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {
    #[sea_orm(belongs_to = "super::granted::Entity", from = "Column::GrantId", to = "super::granted::Column::Id")]
    Grant,
    #[sea_orm(belongs_to = "Entity", from = "Column::Successor", to = "Column::Hash")]
    Successor,
}

impl Related<granted::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Grant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

/// A refresh token beside what [`Stored`] says of it; the prefixes are SeaORM's.
#[derive(FromQueryResult)]
pub(super) struct Found {
    #[sea_orm(nested(prefix = "A_"))]
    token: Model,
    #[sea_orm(nested(prefix = "B_"))]
    grant: granted::Model,
    #[sea_orm(nested(prefix = "C_"))]
    session: Option<session::row::Model>,
    successor_spent_at: Option<i64>,
}

pub(super) async fn find(connection: &impl ConnectionTrait, hash: &TokenHash) -> Result<Option<Found>, StoreFailure> {
    let successor = Alias::new("next");
    let query = Entity::find()
        .find_also_related(granted::Entity)
        .and_also_related(session::row::Entity)
        .join_as(JoinType::LeftJoin, Relation::Successor.def(), successor.clone())
        .column_as(Expr::col((successor, Column::SpentAt)), "successor_spent_at")
        .filter(Column::Hash.eq(hash.as_str()))
        .into_query();
    let found = connection.query_one(&query).await?;
    Ok(found.map(|row| Found::from_query_result(&row, "")).transpose()?)
}

pub(super) fn read(found: Found, now: Timestamp, limits: SessionLimits) -> Result<Stored, StoreFailure> {
    let Found { token, grant, session, successor_spent_at } = found;
    // Named by its grant: the log must not learn the hash.
    let row = Row::new("refresh_token", &token.grant_id);
    let state = match (token.spent_at, token.successor, token.sealed_successor) {
        (None, None, None) => State::Live,
        (Some(at), Some(_), sealed) => State::Spent {
            at: Timestamp::from_seconds(at),
            successor: sealed.map(SealedSuccessor),
            successor_is_spent: successor_spent_at.is_some(),
        },
        (Some(_), None, _) => return Err(row.corrupt("successor")),
        (None, ..) => return Err(row.corrupt("spent_at")),
    };
    let (grant, session_is_live) = granted::read_with_session(grant, session, now, limits)?;
    let expires_at = Timestamp::from_seconds(token.expires_at);
    Ok(Stored { token: TokenHash::from_stored(token.hash), grant, session_is_live, expires_at, state })
}

/// Remembers a new one; lost when its grant is gone.
pub(super) async fn insert(
    change: &impl ConnectionTrait,
    token: &TokenHash,
    grant: &GrantId,
    expires_at: Timestamp,
) -> Result<Applied, StoreFailure> {
    let model = Model {
        hash: token.as_str().to_owned(),
        grant_id: grant.to_string(),
        expires_at: expires_at.seconds(),
        spent_at: None,
        successor: None,
        sealed_successor: None,
    };
    applied(Entity::insert(model.into_active_model()).exec_without_returning(change).await)
}

/// RFC 9700 §4.14.2: a refresh token is used once and has one successor. Lost when it is spent, or unknown, or its grant is revoked.
pub(super) async fn spend(
    change: &impl ConnectionTrait,
    token: &TokenHash,
    successor: &TokenHash,
    sealed: &SealedSuccessor,
    at: Timestamp,
) -> Result<Applied, StoreFailure> {
    let spent = live(token)
        .col_expr(Column::SpentAt, Expr::val(at.seconds()))
        .col_expr(Column::Successor, Expr::val(successor.as_str()))
        .col_expr(Column::SealedSuccessor, Expr::val(sealed.0.as_str()));
    changed(change, spent).await
}

/// Puts off when a refresh token dies. Lost when it is spent, or unknown, or its grant is revoked.
pub(super) async fn prolong(change: &impl ConnectionTrait, token: &TokenHash, expires_at: Timestamp) -> Result<Applied, StoreFailure> {
    changed(change, live(token).col_expr(Column::ExpiresAt, Expr::val(expires_at.seconds()))).await
}

/// A change of the token, should it be neither spent nor revoked.
fn live(token: &TokenHash) -> UpdateMany<Entity> {
    Entity::update_many()
        .filter(Column::Hash.eq(token.as_str()))
        .filter(Column::SpentAt.is_null())
        .filter(granted::is_not_revoked((Entity, Column::GrantId)))
}

async fn changed(change: &impl ConnectionTrait, update: UpdateMany<Entity>) -> Result<Applied, StoreFailure> {
    Ok(if update.exec(change).await?.rows_affected == 1 { Applied::Done } else { Applied::Lost })
}
