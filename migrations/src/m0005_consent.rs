//! What people allowed which client, so that they are asked once.

use sea_orm_migration::prelude::*;

use crate::columns::{goes_with, index, number, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let consent = Table::create()
            .table("consent")
            .col(text("subject"))
            .col(text("client_id"))
            .col(text("scope"))
            .col(number("since"))
            .col(number("updated_at"))
            .primary_key(Index::create().col("subject").col("client_id"))
            .foreign_key(&mut goes_with("consent", "subject", "account", "subject"))
            .foreign_key(&mut goes_with("consent", "client_id", "client", "id"))
            .take();
        manager.create_table(consent).await?;
        manager.create_index(index("consent", ["client_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("consent").take()).await
    }
}
