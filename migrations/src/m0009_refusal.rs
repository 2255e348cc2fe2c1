//! Why requests were refused, for a while.

use sea_orm_migration::prelude::*;

use crate::columns::{number, optional_text, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The position says which are the oldest. `client_id` is whatever a request said about who it is, hence no foreign key.
        let refusal = Table::create()
            .table("refusal")
            .col(number("position").auto_increment().primary_key())
            .col(text("trace_id").unique_key())
            .col(number("at"))
            .col(text("method"))
            .col(text("path"))
            .col(number("status"))
            .col(optional_text("client_id"))
            .col(optional_text("code"))
            .col(optional_text("description"))
            .col(text("reason"))
            .col(text("facts"))
            .col(optional_text("advice"))
            .take();
        manager.create_table(refusal).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("refusal").take()).await
    }
}
