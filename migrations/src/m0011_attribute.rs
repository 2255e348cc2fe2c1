//! What else can be known about people than the standard claims, and what is.

use sea_orm_migration::prelude::*;

use crate::columns::text;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let attribute =
            Table::create().table("attribute").col(text("name").primary_key()).col(text("kind")).col(text("description")).take();
        manager.create_table(attribute).await?;
        let values = Table::alter().table("account").add_column(text("attributes").default("{}")).take();
        manager.alter_table(values).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("account").drop_column("attributes").take()).await?;
        manager.drop_table(Table::drop().table("attribute").take()).await
    }
}
