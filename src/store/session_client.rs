//! Which clients take part in a session: those that were given something in it that says who signed in.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::protocol::client::ClientId;
use crate::protocol::subject::SessionId;
use crate::store::row::Row;
use crate::store::{Applied, StoreFailure, failure};

/// The table.
pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "session_client")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub session_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A client takes part in a session from now on, if it does not already. Lost when it is gone.
pub(super) async fn join(change: &impl ConnectionTrait, session: &SessionId, client: &ClientId) -> Result<Applied, StoreFailure> {
    let model = row::Model { session_id: session.to_string(), client_id: client.to_string() };
    let insert = row::Entity::insert(model.into_active_model()).on_conflict(OnConflict::new().do_nothing().to_owned());
    failure::applied(insert.exec_without_returning(change).await)
}

/// The clients that take part in a session, by their identifiers.
pub(super) async fn of(connection: &impl ConnectionTrait, session: &str) -> Result<Vec<ClientId>, StoreFailure> {
    let row = Row::new("session_client", session);
    let theirs = row::Entity::find().filter(row::Column::SessionId.eq(session)).order_by_asc(row::Column::ClientId);
    let ids = theirs.select_only().column(row::Column::ClientId).into_tuple::<String>().all(connection).await?;
    ids.iter().map(|id| row.known("client_id", ClientId::parse(id).ok())).collect()
}
