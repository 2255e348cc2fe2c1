//! APIs, their scopes and who may introspect their tokens.

use sea_orm_migration::prelude::*;

use crate::columns::{goes_with, index, number, optional_text, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let api = Table::create().table("api").col(text("identifier").primary_key()).col(text("name")).take();
        manager.create_table(api).await?;

        // The name alone is the key: no two APIs share a scope.
        let scope = Table::create()
            .table("api_scope")
            .col(text("name").primary_key())
            .col(text("api"))
            .col(number("position"))
            .col(text("description"))
            .col(optional_text("role"))
            .foreign_key(&mut goes_with("api_scope", "api", "api", "identifier"))
            .take();
        manager.create_table(scope).await?;
        manager.create_index(index("api_scope", ["api"])).await?;

        let introspector = Table::create()
            .table("api_introspector")
            .col(text("api"))
            .col(text("client_id"))
            .primary_key(Index::create().col("api").col("client_id"))
            .foreign_key(&mut goes_with("api_introspector", "api", "api", "identifier"))
            .foreign_key(&mut goes_with("api_introspector", "client_id", "client", "id"))
            .take();
        manager.create_table(introspector).await?;
        manager.create_index(index("api_introspector", ["client_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["api_introspector", "api_scope", "api"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}
