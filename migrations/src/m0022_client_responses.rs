//! In what form a client gets ID tokens and answers of userinfo.

use sea_orm_migration::prelude::*;

use crate::columns::text;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let responses = text("responses").default("{}").take();
        manager.alter_table(Table::alter().table("client").add_column(responses).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("client").drop_column("responses").take()).await
    }
}
