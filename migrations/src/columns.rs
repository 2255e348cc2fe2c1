//! The few kinds of column, foreign key and index that the schema is made of.

use sea_orm_migration::prelude::*;

/// Text that must be there: identifiers, hashes, words, JSON.
pub(crate) fn text(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

/// Text that may be missing.
pub(crate) fn optional_text(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).text().take()
}

/// A count, a duration in seconds, or a point in time in seconds since 1970.
pub(crate) fn number(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

/// A number that may be missing.
pub(crate) fn optional_number(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).big_integer().take()
}

/// Yes or no.
pub(crate) fn flag(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().take()
}

/// `table.column` names a row of `other`, and goes when that row goes.
pub(crate) fn goes_with(
    table: impl IntoIden,
    column: impl IntoIden,
    other: impl IntoIden,
    key: impl IntoIden,
) -> ForeignKeyCreateStatement {
    let (table, column, other, key) = (table.into_iden(), column.into_iden(), other.into_iden(), key.into_iden());
    let name = format!("fk_{table}_{column}");
    ForeignKey::create().name(name).from(table, column).to(other, key).on_delete(ForeignKeyAction::Cascade).take()
}

/// An index of `table` by `columns`, in this order.
pub(crate) fn index<C: IntoIden>(table: impl IntoIden, columns: impl IntoIterator<Item = C>) -> IndexCreateStatement {
    let table = table.into_iden();
    let mut name = format!("ix_{table}");
    let mut index = Index::create().table(table).take();
    for column in columns {
        let column = column.into_iden();
        name.push('_');
        name.push_str(&column.to_string());
        index.col(column);
    }
    index.name(name).take()
}
