//! How the people of a client sign in, and what it says about itself to them.

use sea_orm_migration::prelude::*;

use crate::columns::optional_text;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["login_rules", "presentation"] {
            manager.alter_table(Table::alter().table("client").add_column(optional_text(column)).take()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["login_rules", "presentation"] {
            manager.alter_table(Table::alter().table("client").drop_column(column).take()).await?;
        }
        Ok(())
    }
}
