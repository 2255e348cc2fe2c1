//! Clients, their secrets and their web origins.

use sea_orm_migration::prelude::*;

use crate::columns::{flag, goes_with, index, number, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut client = Table::create().table("client").col(text("id").primary_key()).take();
        for column in ["name", "application_type", "auth_method", "pkce", "grant_types", "response_types"] {
            client.col(text(column));
        }
        for column in ["redirect_uris", "post_logout_redirect_uris", "allowed_scope", "default_scope"] {
            client.col(text(column));
        }
        for column in ["access_token_lifetime", "id_token_lifetime", "refresh_token_idle", "refresh_token_absolute"] {
            client.col(number(column));
        }
        client.col(flag("first_party")).col(flag("enabled")).col(number("created_at")).col(number("updated_at"));
        manager.create_table(client).await?;

        let secret = Table::create()
            .table("client_secret")
            .col(text("client_id"))
            .col(text("id"))
            .col(text("hash"))
            .col(number("created_at"))
            .primary_key(Index::create().col("client_id").col("id"))
            .foreign_key(&mut goes_with("client_secret", "client_id", "client", "id"))
            .take();
        manager.create_table(secret).await?;

        let origin = Table::create()
            .table("client_origin")
            .col(text("client_id"))
            .col(number("position"))
            .col(text("origin"))
            .primary_key(Index::create().col("client_id").col("position"))
            .foreign_key(&mut goes_with("client_origin", "client_id", "client", "id"))
            .take();
        manager.create_table(origin).await?;
        // For preflight requests: is the origin registered by anyone?
        manager.create_index(index("client_origin", ["origin"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["client_origin", "client_secret", "client"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}
