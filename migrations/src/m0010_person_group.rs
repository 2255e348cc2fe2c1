//! Groups of people, which give them roles, and who is in them.

use sea_orm_migration::prelude::*;

use crate::columns::{goes_with, index, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let group =
            Table::create().table("person_group").col(text("name").primary_key()).col(text("description")).col(text("roles")).take();
        manager.create_table(group).await?;
        let member = Table::create()
            .table("group_member")
            .col(text("subject"))
            .col(text("group_name"))
            .primary_key(Index::create().col("subject").col("group_name"))
            .foreign_key(&mut goes_with("group_member", "subject", "account", "subject"))
            .foreign_key(&mut goes_with("group_member", "group_name", "person_group", "name"))
            .take();
        manager.create_table(member).await?;
        manager.create_index(index("group_member", ["group_name"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("group_member").take()).await?;
        manager.drop_table(Table::drop().table("person_group").take()).await
    }
}
