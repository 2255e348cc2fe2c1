//! Between columns and values: what a row's text and numbers mean.

use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr, SimpleExpr};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::StoreFailure;

/// A row that is being read, so that it can be named when it fits nothing that we know.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'static str,
    name: &'a str,
}

impl<'a> Row<'a> {
    /// The row of `table` that is called `name` in the log; never the hash of a token.
    pub(super) const fn new(table: &'static str, name: &'a str) -> Self {
        Self { table, name }
    }

    /// The failure that says that the row's `column` can't be understood.
    pub(super) fn corrupt(self, column: &'static str) -> StoreFailure {
        StoreFailure::Corrupt { table: self.table, column, row: self.name.to_owned() }
    }

    /// What a column means, if it means anything.
    pub(super) fn known<T>(self, column: &'static str, meaning: Option<T>) -> Result<T, StoreFailure> {
        meaning.ok_or_else(|| self.corrupt(column))
    }

    /// What a column's JSON means.
    pub(super) fn json<T: DeserializeOwned>(self, column: &'static str, text: &str) -> Result<T, StoreFailure> {
        self.known(column, serde_json::from_str(text).ok())
    }

    /// What a column's JSON means; the default where there is none, because the row is older than the column.
    pub(super) fn json_or_default<T: DeserializeOwned + Default>(
        self,
        column: &'static str,
        text: Option<&str>,
    ) -> Result<T, StoreFailure> {
        text.map_or_else(|| Ok(T::default()), |text| self.json(column, text))
    }

    /// A count or a duration.
    pub(super) fn count(self, column: &'static str, number: i64) -> Result<u32, StoreFailure> {
        self.known(column, u32::try_from(number).ok())
    }
}

/// A value as JSON, for a column.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreFailure> {
    serde_json::to_string(value).map_err(|error| StoreFailure::Database(format!("a value can't be written as JSON: {error}")))
}

/// A name to look for. PostgreSQL has no text with a NUL in it and refuses even to look for one; such a name names nothing, like an
/// empty one.
pub(super) fn key(name: &str) -> &str {
    if name.contains('\0') { "" } else { name }
}

/// Whether a column has a text in it, whatever the case of their ASCII letters.
pub(super) fn contains(column: impl ColumnTrait, text: &str) -> SimpleExpr {
    let mut pattern = String::from("%");
    // PostgreSQL has no text with a NUL in it.
    for character in text.to_ascii_lowercase().chars().filter(|character| *character != '\0') {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    Expr::expr(Func::lower(Expr::col(column.as_column_ref()))).like(LikeExpr::new(pattern).escape('\\'))
}
