//! By which `sub` a client knows people, and the salt that pairwise ones are made with.

use sea_orm_migration::prelude::*;

use crate::columns::{optional_text, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let subject_type = text("subject_type").default("public").take();
        for column in [subject_type, optional_text("sector_identifier_uri")] {
            manager.alter_table(Table::alter().table("client").add_column(column).take()).await?;
        }
        // One row. It is no key: whoever restores a backup needs it, and finds it there.
        let salt = Table::create().table("pairwise_salt").col(text("name").primary_key()).col(text("salt")).take();
        manager.create_table(salt).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("pairwise_salt").take()).await?;
        for column in ["sector_identifier_uri", "subject_type"] {
            manager.alter_table(Table::alter().table("client").drop_column(column).take()).await?;
        }
        Ok(())
    }
}
