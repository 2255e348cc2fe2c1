//! API keys of people and of clients.

use sea_orm_migration::prelude::*;

use crate::columns::{goes_with, index, number, optional_number, optional_text, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Either `subject` or `client_id` says whose it is.
        let key = Table::create()
            .table("api_key")
            .col(text("id").primary_key())
            .col(text("hash").unique_key())
            .col(text("name"))
            .col(optional_text("subject"))
            .col(optional_text("client_id"))
            .col(text("scope"))
            .col(number("created_at"))
            .col(optional_number("expires_at"))
            .col(optional_number("last_used_at"))
            .col(optional_text("last_used_from"))
            .foreign_key(&mut goes_with("api_key", "subject", "account", "subject"))
            .foreign_key(&mut goes_with("api_key", "client_id", "client", "id"))
            .take();
        manager.create_table(key).await?;
        manager.create_index(index("api_key", ["subject"])).await?;
        manager.create_index(index("api_key", ["client_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("api_key").take()).await
    }
}
