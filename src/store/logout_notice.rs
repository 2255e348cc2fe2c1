//! Clients that are still to be told, by their back channel, that a session is over. A notice is written in the transaction that ends the
//! session, so that no restart loses one, and goes when the client was told or will not be.

use std::collections::BTreeSet;
use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::protocol::client::ClientId;
use crate::protocol::registration::Registrar;
use crate::protocol::subject::{SessionId, Subject};
use crate::protocol::time::Timestamp;
use crate::store::client::rows::client;
use crate::store::row::Row;
use crate::store::{Store, StoreFailure, session, session_client};

/// The table.
pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "logout_notice")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub session_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: String,
        pub subject: String,
        pub attempts: i64,
        pub due_at: i64,
        pub ended_at: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How long after the end of a session clients are told of it, longer than it takes to try often enough: whoever was away for longer, or we
/// ourselves, has nothing of it.
pub const LONGEST: Duration = Duration::from_hours(24);

/// A client that is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutNotice {
    /// The session that is over.
    pub session: SessionId,
    /// Who is to be told.
    pub client: ClientId,
    /// Whose session it was.
    pub user: Subject,
    /// How often it was tried, this time included.
    pub attempts: u32,
}

/// The clients that are still to be told.
pub struct LogoutNotices<'a>(pub(super) &'a Store);

impl LogoutNotices<'_> {
    /// Takes up to `limit` notices that are due, of clients that `registrar` registered, one of each client at most and none of those in `busy`.
    /// Nobody else gets them before `until`: whoever takes one and goes away leaves it to the next.
    pub async fn take(
        &self,
        registrar: Registrar,
        now: Timestamp,
        until: Timestamp,
        busy: &BTreeSet<ClientId>,
        limit: u64,
    ) -> Result<Vec<LogoutNotice>, StoreFailure> {
        let theirs = Query::select()
            .column((client::Entity, client::Column::Id))
            .from(client::Entity)
            .and_where(Expr::col((client::Entity, client::Column::RegisteredBy)).eq(registrar.as_str()))
            .take();
        let due = row::Entity::find()
            .filter(row::Column::DueAt.lte(now.seconds()))
            .filter(row::Column::EndedAt.gt((now - LONGEST).seconds()))
            .filter(row::Column::ClientId.in_subquery(theirs))
            .filter(row::Column::ClientId.is_not_in(busy.iter().map(ClientId::as_str)))
            .order_by_asc(row::Column::DueAt)
            .order_by_asc(row::Column::SessionId)
            .limit(limit);
        let mut clients = BTreeSet::new();
        let mut taken = Vec::new();
        for model in due.all(&self.0.reader).await? {
            if clients.insert(model.client_id.clone()) && self.claim(&model, until).await? {
                taken.push(read(model)?);
            }
        }
        Ok(taken)
    }

    /// The client was told, or will not be. Somebody else's turn meanwhile is left alone.
    pub async fn done(&self, notice: &LogoutNotice) -> Result<(), StoreFailure> {
        row::Entity::delete_many().filter(itself(notice)).exec(&self.0.writer).await?;
        Ok(())
    }

    /// The client is to be told later. Somebody else's turn meanwhile is left alone.
    pub async fn put_off(&self, notice: &LogoutNotice, until: Timestamp) -> Result<(), StoreFailure> {
        let later = row::Entity::update_many().col_expr(row::Column::DueAt, Expr::val(until.seconds())).filter(itself(notice));
        later.exec(&self.0.writer).await?;
        Ok(())
    }

    /// Of any number of processes that look at the same notice, one gets it.
    async fn claim(&self, model: &row::Model, until: Timestamp) -> Result<bool, StoreFailure> {
        let claim = row::Entity::update_many()
            .col_expr(row::Column::Attempts, Expr::val(model.attempts + 1))
            .col_expr(row::Column::DueAt, Expr::val(until.seconds()))
            .filter(row::Column::SessionId.eq(model.session_id.as_str()))
            .filter(row::Column::ClientId.eq(model.client_id.as_str()))
            .filter(row::Column::Attempts.eq(model.attempts))
            .filter(row::Column::DueAt.eq(model.due_at));
        Ok(claim.exec(&self.0.writer).await?.rows_affected == 1)
    }
}

/// Writes a notice for every enabled client with a back channel that takes part in one of these sessions, which are about to end.
pub(super) async fn write_for(change: &impl ConnectionTrait, sessions: &[String], at: Timestamp) -> Result<(), DbErr> {
    use row::Column::{Attempts, ClientId, DueAt, EndedAt, SessionId, Subject};
    let told = Query::select()
        .column((session_client::row::Entity, session_client::row::Column::SessionId))
        .column((session_client::row::Entity, session_client::row::Column::ClientId))
        .column((session::row::Entity, session::row::Column::Subject))
        .expr(Expr::val(0_i64))
        .expr(Expr::val(at.seconds()))
        .expr(Expr::val(at.seconds()))
        .from(session_client::row::Entity)
        .inner_join(
            session::row::Entity,
            Expr::col((session::row::Entity, session::row::Column::Id))
                .equals((session_client::row::Entity, session_client::row::Column::SessionId)),
        )
        .inner_join(
            client::Entity,
            Expr::col((client::Entity, client::Column::Id)).equals((session_client::row::Entity, session_client::row::Column::ClientId)),
        )
        .and_where(Expr::col((session_client::row::Entity, session_client::row::Column::SessionId)).is_in(sessions))
        .and_where(Expr::col((client::Entity, client::Column::BackchannelLogoutUri)).is_not_null())
        .and_where(Expr::col((client::Entity, client::Column::Enabled)).eq(true))
        .take();
    let mut insert = Query::insert();
    insert
        .into_table(row::Entity)
        .columns([SessionId, ClientId, Subject, Attempts, DueAt, EndedAt])
        .on_conflict(OnConflict::new().do_nothing().to_owned());
    insert.select_from(told).map_err(|error| DbErr::Custom(error.to_string()))?;
    change.execute(&insert).await.map(|_| ())
}

fn itself(notice: &LogoutNotice) -> Condition {
    Condition::all()
        .add(row::Column::SessionId.eq(notice.session.as_str()))
        .add(row::Column::ClientId.eq(notice.client.as_str()))
        .add(row::Column::Attempts.eq(i64::from(notice.attempts)))
}

/// The notice as it is once it was taken.
fn read(model: row::Model) -> Result<LogoutNotice, StoreFailure> {
    let row = Row::new("logout_notice", &model.session_id);
    Ok(LogoutNotice {
        client: row.known("client_id", ClientId::parse(&model.client_id).ok())?,
        attempts: row.count("attempts", model.attempts + 1)?,
        user: Subject::new(model.subject),
        session: SessionId::new(model.session_id),
    })
}
