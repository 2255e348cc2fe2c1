//! The roles of clients, and what else goes into the tokens for clients and APIs.

use sea_orm_migration::prelude::*;

use crate::columns::text;

/// The columns, each with its table.
const COLUMNS: [(&str, &str); 3] = [("client", "roles"), ("client", "claims"), ("api", "claims")];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            manager.alter_table(Table::alter().table(table).add_column(text(column).default("[]")).take()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            manager.alter_table(Table::alter().table(table).drop_column(column).take()).await?;
        }
        Ok(())
    }
}
