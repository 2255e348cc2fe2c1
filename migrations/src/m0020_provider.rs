//! Other identity providers, who came from there, and who is on their way. Sessions and grants remember how somebody came.

use sea_orm_migration::prelude::*;

use crate::columns::{goes_with, index, number, optional_text, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let provider = Table::create()
            .table("provider")
            .col(text("name").primary_key())
            .col(text("description"))
            .col(text("sealed_secret"))
            .col(number("created_at"))
            .col(number("updated_at"))
            .take();
        manager.create_table(provider).await?;

        // The provider may be one of the configuration, hence no foreign key. Its issuer is part of the key: another one under the same
        // name knows other people.
        let identity = Table::create()
            .table("identity")
            .col(text("provider"))
            .col(text("issuer"))
            .col(text("their_subject"))
            .col(text("subject"))
            .col(text("profile"))
            .col(text("filled"))
            .col(number("linked_at"))
            .col(number("last_used_at"))
            .primary_key(Index::create().col("provider").col("issuer").col("their_subject"))
            .foreign_key(&mut goes_with("identity", "subject", "account", "subject"))
            .take();
        manager.create_table(identity).await?;
        manager.create_index(index("identity", ["subject"])).await?;

        let departure = Table::create()
            .table("departure")
            .col(text("state_hash").primary_key())
            .col(text("browser_hash"))
            .col(text("provider"))
            .col(text("errand"))
            .col(number("expires_at"))
            .take();
        manager.create_table(departure).await?;
        manager.create_index(index("departure", ["expires_at"])).await?;

        for table in ["session", "granted"] {
            manager.alter_table(Table::alter().table(table).add_column(optional_text("authentication")).take()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["granted", "session"] {
            manager.alter_table(Table::alter().table(table).drop_column("authentication").take()).await?;
        }
        for table in ["departure", "identity", "provider"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}
