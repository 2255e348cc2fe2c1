//! Why requests were refused: the newest of them, for as long as there is room.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, NotSet, QueryFilter, Set};

use crate::protocol::explanation::Recorded;
use crate::protocol::time::Timestamp;
use crate::protocol::trace_id::TraceId;
use crate::store::retry::retried;
use crate::store::row::{Row, json};
use crate::store::{Store, StoreFailure};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "refusal")]
    pub(super) struct Model {
        #[sea_orm(primary_key)]
        pub position: i64,
        pub trace_id: String,
        pub at: i64,
        pub method: String,
        pub path: String,
        pub status: i64,
        pub client_id: Option<String>,
        pub code: Option<String>,
        pub description: Option<String>,
        pub reason: String,
        pub facts: String,
        pub advice: Option<String>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Requests that were refused, or given less than they asked for.
pub struct Refusals<'a>(pub(super) &'a Store);

impl Refusals<'_> {
    /// Remembers these, and forgets all but the newest `most`. What is remembered already stays as it is.
    pub async fn keep(&self, refusals: &[Recorded], most: u64) -> Result<(), StoreFailure> {
        let rows: Vec<row::ActiveModel> = refusals.iter().map(model).collect::<Result<_, _>>()?;
        retried!(async {
            let change = self.0.begin().await?;
            if !rows.is_empty() {
                let known = OnConflict::column(row::Column::TraceId).do_nothing().to_owned();
                row::Entity::insert_many(rows.clone()).on_conflict(known).exec_without_returning(&change).await?;
            }
            forget(&change, most).await?;
            Ok(change.commit().await?)
        })
    }

    /// Why the request of this name was refused, if that is remembered.
    pub async fn find(&self, trace_id: &TraceId) -> Result<Option<Recorded>, StoreFailure> {
        let found = row::Entity::find().filter(row::Column::TraceId.eq(trace_id.as_str())).one(&self.0.reader).await?;
        found.map(read).transpose()
    }
}

/// Positions only grow, so that the newest ones are those that are the least behind.
async fn forget(change: &impl ConnectionTrait, most: u64) -> Result<(), StoreFailure> {
    let newest = Query::select().expr(Expr::col(row::Column::Position).max()).from(row::Entity).take();
    let last_to_go = Expr::from(newest).sub(i64::try_from(most).unwrap_or(i64::MAX));
    row::Entity::delete_many().filter(Expr::col(row::Column::Position).lte(last_to_go)).exec(change).await?;
    Ok(())
}

fn model(recorded: &Recorded) -> Result<row::ActiveModel, StoreFailure> {
    Ok(row::ActiveModel {
        position: NotSet,
        trace_id: Set(recorded.trace_id.to_string()),
        at: Set(recorded.at.seconds()),
        method: Set(recorded.method.clone()),
        path: Set(recorded.path.clone()),
        status: Set(recorded.status.into()),
        client_id: Set(recorded.client.clone()),
        code: Set(recorded.code.clone()),
        description: Set(recorded.description.clone()),
        reason: Set(recorded.reason.clone()),
        facts: Set(json(&recorded.facts)?),
        advice: Set(recorded.advice.clone()),
    })
}

fn read(model: row::Model) -> Result<Recorded, StoreFailure> {
    let row = Row::new("refusal", &model.trace_id);
    Ok(Recorded {
        trace_id: row.known("trace_id", TraceId::parse(&model.trace_id).ok())?,
        at: Timestamp::from_seconds(model.at),
        status: row.known("status", u16::try_from(model.status).ok())?,
        facts: row.json("facts", &model.facts)?,
        method: model.method,
        path: model.path,
        client: model.client_id,
        code: model.code,
        description: model.description,
        reason: model.reason,
        advice: model.advice,
    })
}
