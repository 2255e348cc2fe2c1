//! Clients that register themselves, and what lets them.

use sea_orm_migration::prelude::*;

use crate::columns::{index, number, optional_number, optional_text, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let registered_by = text("registered_by").default("operator").take();
        for column in [registered_by, optional_text("registration_token"), optional_number("unused_until")] {
            manager.alter_table(Table::alter().table("client").add_column(column).take()).await?;
        }
        // For counting those that registered themselves, and for forgetting those that were never used.
        manager.create_index(index("client", ["registered_by", "unused_until"])).await?;

        let token = Table::create()
            .table("initial_access_token")
            .col(text("id").primary_key())
            .col(text("hash").unique_key())
            .col(text("name"))
            .col(number("uses_left"))
            .col(number("created_at"))
            .col(number("expires_at"))
            .take();
        manager.create_table(token).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("initial_access_token").take()).await?;
        manager.drop_index(Index::drop().name("ix_client_registered_by_unused_until").table("client").to_owned()).await?;
        for column in ["unused_until", "registration_token", "registered_by"] {
            manager.alter_table(Table::alter().table("client").drop_column(column).take()).await?;
        }
        Ok(())
    }
}
