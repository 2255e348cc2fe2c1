//! How clients are told that a session is over, which ones take part in it, and whom that is still to be told.

use sea_orm_migration::prelude::*;

use crate::columns::{flag, goes_with, index, number, optional_text, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            optional_text("frontchannel_logout_uri"),
            flag("frontchannel_logout_session_required").default(false).take(),
            optional_text("backchannel_logout_uri"),
            flag("backchannel_logout_session_required").default(false).take(),
            text("logout_revokes").default("session").take(),
        ] {
            manager.alter_table(Table::alter().table("client").add_column(column).take()).await?;
        }

        // Grants are forgotten earlier than the session in which they were given: who takes part in it is remembered by itself.
        let session_client = Table::create()
            .table("session_client")
            .col(text("session_id"))
            .col(text("client_id"))
            .primary_key(Index::create().col("session_id").col("client_id"))
            .foreign_key(&mut goes_with("session_client", "session_id", "session", "id"))
            .foreign_key(&mut goes_with("session_client", "client_id", "client", "id"))
            .take();
        manager.create_table(session_client).await?;
        manager.create_index(index("session_client", ["client_id"])).await?;

        // The session is over, and the person may be gone, hence no foreign keys for them.
        let logout_notice = Table::create()
            .table("logout_notice")
            .col(text("session_id"))
            .col(text("client_id"))
            .col(text("subject"))
            .col(number("attempts"))
            .col(number("due_at"))
            .col(number("ended_at"))
            .primary_key(Index::create().col("session_id").col("client_id"))
            .foreign_key(&mut goes_with("logout_notice", "client_id", "client", "id"))
            .take();
        manager.create_table(logout_notice).await?;
        manager.create_index(index("logout_notice", ["client_id"])).await?;
        manager.create_index(index("logout_notice", ["due_at"])).await?;
        manager.create_index(index("logout_notice", ["ended_at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["logout_notice", "session_client"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        for column in [
            "logout_revokes",
            "backchannel_logout_session_required",
            "backchannel_logout_uri",
            "frontchannel_logout_session_required",
            "frontchannel_logout_uri",
        ] {
            manager.alter_table(Table::alter().table("client").drop_column(column).take()).await?;
        }
        Ok(())
    }
}
