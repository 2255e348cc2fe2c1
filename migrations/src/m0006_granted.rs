//! Grants, and the codes and refresh tokens that came of them.

use sea_orm_migration::prelude::*;

use crate::columns::{goes_with, index, number, optional_number, optional_text, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // `session_id` names a row that may be gone: that is how a grant knows that its session is over. Hence no foreign key.
        let granted = Table::create()
            .table("granted")
            .col(text("id").primary_key())
            .col(text("client_id"))
            .col(text("subject"))
            .col(optional_text("session_id"))
            .col(text("scope"))
            .col(text("resources"))
            .col(optional_text("nonce"))
            .col(number("authenticated_at"))
            .col(number("created_at"))
            .col(optional_number("refresh_until"))
            .col(number("expires_at"))
            .col(optional_number("revoked_at"))
            .foreign_key(&mut goes_with("granted", "client_id", "client", "id"))
            .foreign_key(&mut goes_with("granted", "subject", "account", "subject"))
            .take();
        manager.create_table(granted).await?;
        manager.create_index(index("granted", ["subject", "client_id"])).await?;
        manager.create_index(index("granted", ["client_id"])).await?;
        manager.create_index(index("granted", ["expires_at"])).await?;

        let code = Table::create()
            .table("code")
            .col(text("hash").primary_key())
            .col(text("grant_id"))
            .col(optional_text("redirect_uri"))
            .col(optional_text("challenge"))
            .col(number("expires_at"))
            .col(optional_number("spent_at"))
            .foreign_key(&mut goes_with("code", "grant_id", "granted", "id"))
            .take();
        manager.create_table(code).await?;
        manager.create_index(index("code", ["grant_id"])).await?;

        let refresh_token = Table::create()
            .table("refresh_token")
            .col(text("hash").primary_key())
            .col(text("grant_id"))
            .col(number("expires_at"))
            .col(optional_number("spent_at"))
            .col(optional_text("successor"))
            .col(optional_text("sealed_successor"))
            .foreign_key(&mut goes_with("refresh_token", "grant_id", "granted", "id"))
            .take();
        manager.create_table(refresh_token).await?;
        manager.create_index(index("refresh_token", ["grant_id"])).await?;
        manager.create_index(index("refresh_token", ["expires_at"])).await?;
        // For forgetting sealed successors: of all the tokens, the few that still have one.
        manager.create_index(index("refresh_token", ["spent_at"]).and_where(Expr::col("sealed_successor").is_not_null()).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["refresh_token", "code", "granted"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}
