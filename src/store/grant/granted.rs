//! The row of a grant: "grant" is a reserved word.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{CaseStatement, ExprTrait, IntoColumnRef, IntoCondition, Query};
use sea_orm::{IntoActiveModel, QueryFilter};

use crate::identity::session::SessionLimits;
use crate::protocol::client::ClientId;
use crate::protocol::client_logout::LogoutRevokes;
use crate::protocol::grant::Grant;
use crate::protocol::subject::{GrantId, SessionId, Subject};
use crate::protocol::subject_type::Sector;
use crate::protocol::time::Timestamp;
use crate::store::client::rows::client;
use crate::store::failure::applied;
use crate::store::row::{Row, json, key};
use crate::store::{Applied, StoreFailure, session};

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "granted")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub client_id: String,
    pub sector: Option<String>,
    pub subject: String,
    pub session_id: Option<String>,
    pub scope: String,
    pub resources: String,
    pub nonce: Option<String>,
    pub authenticated_at: i64,
    pub created_at: i64,
    pub refresh_until: Option<i64>,
    pub expires_at: i64,
    pub revoked_at: Option<i64>,
    pub authentication: Option<String>,
    pub claims: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {
    #[sea_orm(belongs_to = "crate::store::session::row::Entity", from = "Column::SessionId", to = "crate::store::session::row::Column::Id")]
    Session,
}

impl Related<session::row::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Session.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

pub(super) fn read(model: Model) -> Result<Grant, StoreFailure> {
    let row = Row::new("granted", &model.id);
    Ok(Grant {
        client: row.known("client_id", ClientId::parse(&model.client_id).ok())?,
        scope: row.json("scope", &model.scope)?,
        resources: row.json("resources", &model.resources)?,
        authentication: row.json_or_default("authentication", model.authentication.as_deref())?,
        claims: row.json_or_default("claims", model.claims.as_deref())?,
        nonce: model.nonce.as_deref().map(|text| row.json("nonce", text)).transpose()?,
        id: GrantId::new(model.id),
        sector: model.sector.map(Sector::from_stored),
        user: Subject::new(model.subject),
        session: model.session_id.map(SessionId::new),
        authenticated_at: Timestamp::from_seconds(model.authenticated_at),
        created_at: Timestamp::from_seconds(model.created_at),
        refresh_until: model.refresh_until.map(Timestamp::from_seconds),
        expires_at: Timestamp::from_seconds(model.expires_at),
        revoked_at: model.revoked_at.map(Timestamp::from_seconds),
    })
}

/// The grant, and whether its session goes on; true where there was none.
pub(super) fn read_with_session(
    model: Model,
    session: Option<session::row::Model>,
    now: Timestamp,
    limits: SessionLimits,
) -> Result<(Grant, bool), StoreFailure> {
    let grant = read(model)?;
    let session = session.map(session::read).transpose()?;
    let goes_on = grant.session.is_none() || session.is_some_and(|session| session.is_live(now, limits));
    Ok((grant, goes_on))
}

/// Remembers a new grant; lost when the client or the person is gone.
pub(super) async fn insert(change: &impl ConnectionTrait, grant: &Grant) -> Result<Applied, StoreFailure> {
    let model = Model {
        id: grant.id.to_string(),
        client_id: grant.client.to_string(),
        sector: grant.sector.as_ref().map(Sector::to_string),
        subject: grant.user.to_string(),
        session_id: grant.session.as_ref().map(ToString::to_string),
        scope: json(&grant.scope)?,
        resources: json(&grant.resources)?,
        // As JSON: it is a client's own text, with any character in it, and PostgreSQL has no text with a NUL.
        nonce: grant.nonce.as_ref().map(json).transpose()?,
        authenticated_at: grant.authenticated_at.seconds(),
        created_at: grant.created_at.seconds(),
        refresh_until: grant.refresh_until.map(Timestamp::seconds),
        expires_at: grant.expires_at.seconds(),
        revoked_at: grant.revoked_at.map(Timestamp::seconds),
        authentication: Some(json(&grant.authentication)?),
        claims: if grant.claims.is_empty() { None } else { Some(json(&grant.claims)?) },
    };
    applied(Entity::insert(model.into_active_model()).exec_without_returning(change).await)
}

/// Revokes one grant, unless it is revoked.
pub(super) async fn revoke(connection: &impl ConnectionTrait, id: &GrantId, at: Timestamp) -> Result<(), DbErr> {
    revoke_where(connection, Column::Id.eq(key(id.as_str())), at).await
}

/// Revokes the grants that `which` holds for and that are not revoked yet.
pub(in crate::store) async fn revoke_where(
    connection: &impl ConnectionTrait,
    which: impl IntoCondition,
    at: Timestamp,
) -> Result<(), DbErr> {
    let revoked = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::val(at.seconds()))
        .filter(which.into_condition())
        .filter(Column::RevokedAt.is_null());
    revoked.exec(connection).await.map(|_| ())
}

/// Revokes the grants of these sessions, which are about to end, for clients whose tokens all end with them.
pub(in crate::store) async fn revoke_with_sessions(
    connection: &impl ConnectionTrait,
    sessions: &[String],
    at: Timestamp,
) -> Result<(), DbErr> {
    let clients = Query::select()
        .column((client::Entity, client::Column::Id))
        .from(client::Entity)
        .and_where(Expr::col((client::Entity, client::Column::LogoutRevokes)).eq(LogoutRevokes::Everything.as_str()))
        .take();
    // Grants are found by the person, not by the session.
    let people = Query::select()
        .column((session::row::Entity, session::row::Column::Subject))
        .from(session::row::Entity)
        .and_where(Expr::col((session::row::Entity, session::row::Column::Id)).is_in(sessions))
        .take();
    let which = Column::Subject.in_subquery(people).and(Column::SessionId.is_in(sessions)).and(Column::ClientId.in_subquery(clients));
    revoke_where(connection, which, at).await
}

/// Whether the grant that `column` names is there and not revoked.
pub(super) fn is_not_revoked(column: impl IntoColumnRef) -> Expr {
    let grant = Query::select()
        .expr(Expr::val(1))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::Id)).equals(column))
        .and_where(Expr::col((Entity, Column::RevokedAt)).is_null())
        .take();
    Expr::exists(grant)
}

/// Puts off when a grant may be forgotten; never brings it forward.
pub(super) async fn keep(
    change: &impl ConnectionTrait,
    id: &GrantId,
    refresh_until: Option<Timestamp>,
    expires_at: Timestamp,
) -> Result<Applied, StoreFailure> {
    let expires_at = expires_at.seconds();
    let later = CaseStatement::new().case(Expr::col(Column::ExpiresAt).lt(expires_at), expires_at).finally(Expr::col(Column::ExpiresAt));
    let mut kept = Entity::update_many().col_expr(Column::ExpiresAt, later.into()).filter(Column::Id.eq(key(id.as_str())));
    if let Some(until) = refresh_until {
        kept = kept.col_expr(Column::RefreshUntil, Expr::val(until.seconds()));
    }
    Ok(if kept.exec(change).await?.rows_affected == 1 { Applied::Done } else { Applied::Lost })
}
