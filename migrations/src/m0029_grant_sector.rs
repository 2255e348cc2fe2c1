//! The sector by whose names a grant tells of people. What was granted to clients with names of their own before is taken back: nobody knows
//! by which names it was given.

use sea_orm_migration::prelude::*;

use crate::columns::optional_text;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("granted").add_column(optional_text("sector")).take()).await?;
        let pairwise = Query::select().column("id").from("client").and_where(Expr::col("subject_type").eq("pairwise")).take();
        let revoked = Query::update()
            .table("granted")
            .value("revoked_at", Expr::col("created_at"))
            .and_where(Expr::col("client_id").in_subquery(pairwise))
            .and_where(Expr::col("revoked_at").is_null())
            .take();
        manager.execute(revoked).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("granted").drop_column("sector").take()).await
    }
}
