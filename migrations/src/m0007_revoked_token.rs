//! Access tokens that were taken back before they expired.

use sea_orm_migration::prelude::*;

use crate::columns::{index, number, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let revoked = Table::create().table("revoked_token").col(text("jti").primary_key()).col(number("expires_at")).take();
        manager.create_table(revoked).await?;
        manager.create_index(index("revoked_token", ["expires_at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("revoked_token").take()).await
    }
}
