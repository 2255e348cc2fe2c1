//! People's sessions with us.

use sea_orm_migration::prelude::*;

use crate::columns::{goes_with, index, number, optional_text, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let session = Table::create()
            .table("session")
            .col(text("id").primary_key())
            .col(text("token_hash").unique_key())
            .col(text("subject"))
            .col(number("authenticated_at"))
            .col(number("created_at"))
            .col(number("last_used_at"))
            .col(text("user_agent"))
            .col(text("address"))
            .col(optional_text("interaction"))
            .foreign_key(&mut goes_with("session", "subject", "account", "subject"))
            .take();
        manager.create_table(session).await?;
        manager.create_index(index("session", ["subject"])).await?;
        // For sweeping: unused for too long, or too old.
        manager.create_index(index("session", ["last_used_at"])).await?;
        manager.create_index(index("session", ["created_at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("session").take()).await
    }
}
