//! What a client may ask for beyond plain parameters: single claims, which its grants keep (OpenID Connect Core §5.5), and request objects
//! (§6).

use sea_orm_migration::prelude::*;

use crate::columns::optional_text;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("granted").add_column(optional_text("claims")).take()).await?;
        manager.alter_table(Table::alter().table("client").add_column(optional_text("request_objects")).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("client").drop_column("request_objects").take()).await?;
        manager.alter_table(Table::alter().table("granted").drop_column("claims").take()).await
    }
}
