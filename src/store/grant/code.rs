//! The row of an authorization code.

use sea_orm::entity::prelude::*;

use crate::identity::session::SessionLimits;
use crate::protocol::grant::authorization_code::Stored;
use crate::protocol::pkce::CodeChallenge;
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;
use crate::store::grant::granted;
use crate::store::row::Row;
use crate::store::{Applied, StoreFailure, session};

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "code")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    pub grant_id: String,
    pub redirect_uri: Option<String>,
    pub challenge: Option<String>,
    pub expires_at: i64,
    pub spent_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {
    #[sea_orm(belongs_to = "super::granted::Entity", from = "Column::GrantId", to = "super::granted::Column::Id")]
    Grant,
}

impl Related<granted::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Grant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

pub(super) fn read(
    code: Model,
    grant: granted::Model,
    session: Option<session::row::Model>,
    now: Timestamp,
    limits: SessionLimits,
) -> Result<Stored, StoreFailure> {
    // Named by its grant: the log must not learn the hash.
    let row = Row::new("code", &code.grant_id);
    let challenge = code.challenge.map(|text| row.known("challenge", CodeChallenge::parse(&text))).transpose()?;
    let (grant, session_is_live) = granted::read_with_session(grant, session, now, limits)?;
    Ok(Stored {
        challenge,
        code: TokenHash::from_stored(code.hash),
        redirect_uri: code.redirect_uri,
        expires_at: Timestamp::from_seconds(code.expires_at),
        spent_at: code.spent_at.map(Timestamp::from_seconds),
        grant,
        session_is_live,
    })
}

pub(super) fn write(code: &Stored) -> Model {
    Model {
        hash: code.code.as_str().to_owned(),
        grant_id: code.grant.id.to_string(),
        redirect_uri: code.redirect_uri.clone(),
        challenge: code.challenge.as_ref().map(|challenge| challenge.as_str().to_owned()),
        expires_at: code.expires_at.seconds(),
        spent_at: code.spent_at.map(Timestamp::seconds),
    }
}

/// RFC 6749 §4.1.2: a code is used once. Lost when it is spent, or unknown, or its grant is revoked.
pub(super) async fn spend(change: &impl ConnectionTrait, code: &TokenHash, at: Timestamp) -> Result<Applied, StoreFailure> {
    let spent = Entity::update_many()
        .col_expr(Column::SpentAt, Expr::val(at.seconds()))
        .filter(Column::Hash.eq(code.as_str()))
        .filter(Column::SpentAt.is_null())
        .filter(granted::is_not_revoked((Entity, Column::GrantId)));
    Ok(if spent.exec(change).await?.rows_affected == 1 { Applied::Done } else { Applied::Lost })
}
