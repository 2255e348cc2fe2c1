//! The public keys of clients, how they sign who they are, secrets that are kept for it, and the assertions that were used.

use sea_orm_migration::prelude::*;

use crate::columns::{index, number, optional_text, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let audience = text("assertion_audience").default("issuer").take();
        for column in [optional_text("jwks"), optional_text("jwks_uri"), optional_text("assertion_algorithm"), audience] {
            manager.alter_table(Table::alter().table("client").add_column(column).take()).await?;
        }
        manager.alter_table(Table::alter().table("client_secret").add_column(optional_text("sealed")).take()).await?;

        let used = Table::create().table("used_assertion").col(text("hash").primary_key()).col(number("expires_at")).take();
        manager.create_table(used).await?;
        manager.create_index(index("used_assertion", ["expires_at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("used_assertion").take()).await?;
        manager.alter_table(Table::alter().table("client_secret").drop_column("sealed").take()).await?;
        for column in ["assertion_audience", "assertion_algorithm", "jwks_uri", "jwks"] {
            manager.alter_table(Table::alter().table("client").drop_column(column).take()).await?;
        }
        Ok(())
    }
}
