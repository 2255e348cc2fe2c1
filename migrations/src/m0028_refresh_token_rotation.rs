//! Whether a client's refresh tokens are good for one use each.

use sea_orm_migration::prelude::*;

use crate::columns::text;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let rotation = text("refresh_token_rotation").default("on").take();
        manager.alter_table(Table::alter().table("client").add_column(rotation).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("client").drop_column("refresh_token_rotation").take()).await
    }
}
