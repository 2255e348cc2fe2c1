//! Failed sign-ins, counted.

use sea_orm_migration::prelude::*;

use crate::columns::{index, number, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let failure = Table::create()
            .table("login_failure")
            .col(text("key_hash").primary_key())
            .col(number("failures"))
            .col(number("since"))
            .col(number("over_at"))
            .take();
        manager.create_table(failure).await?;
        manager.create_index(index("login_failure", ["over_at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("login_failure").take()).await
    }
}
