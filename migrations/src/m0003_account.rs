//! People with an account.

use sea_orm_migration::prelude::*;

use crate::columns::{flag, number, optional_text, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let account = Table::create()
            .table("account")
            .col(text("subject").primary_key())
            .col(text("username").unique_key())
            .col(optional_text("password_hash"))
            .col(number("password_version"))
            .col(text("claims"))
            .col(text("roles"))
            .col(flag("enabled"))
            .col(number("created_at"))
            .col(number("updated_at"))
            .take();
        manager.create_table(account).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("account").take()).await
    }
}
