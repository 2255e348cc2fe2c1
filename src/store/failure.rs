//! Why the store failed: our fault or the operator's, never the caller's.

use std::borrow::Cow;

use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxError};

use crate::store::Applied;

/// The store failed. No variant ever carries a token, a password or a hash of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreFailure {
    /// The database can't be reached or doesn't answer in time; the text says why.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Writes got in each other's way, again and again.
    #[error("the database is too busy: {0}")]
    Contended(String),
    /// The database refused a statement; the text is its own.
    #[error("the database failed: {0}")]
    Database(String),
    /// A row fits nothing that we know.
    #[error("the table {table} holds a row that can't be understood: {row:?}, by its column {column}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column that makes no sense.
        column: &'static str,
        /// What names the row; for a code or a refresh token, the grant that it belongs to.
        row: String,
    },
}

impl From<DbErr> for StoreFailure {
    fn from(error: DbErr) -> Self {
        let text = error.to_string();
        match &error {
            DbErr::ConnectionAcquire(_) => Self::Unavailable(text),
            DbErr::Conn(RuntimeErr::SqlxError(source))
            | DbErr::Exec(RuntimeErr::SqlxError(source))
            | DbErr::Query(RuntimeErr::SqlxError(source)) => Self::from(&**source),
            _ => Self::Database(text),
        }
    }
}

impl From<&SqlxError> for StoreFailure {
    fn from(error: &SqlxError) -> Self {
        // A database's message names tables, columns and constraints; the values stand in its detail, which is left out.
        match error {
            SqlxError::Database(refusal) => match refusal.code().unwrap_or(Cow::Borrowed("")).as_ref() {
                // PostgreSQL: serialization_failure, deadlock_detected.
                "40001" | "40P01" => Self::Contended(refusal.message().to_owned()),
                // SQLite: SQLITE_BUSY and its kin, SQLITE_LOCKED; another process has held the file for longer than we wait.
                "5" | "261" | "517" | "773" | "6" | "262" => Self::Unavailable(refusal.message().to_owned()),
                // PostgreSQL: connection exceptions, wrong password, no such database, out of resources, shutting down.
                code if code.len() == 5 && ["08", "28", "3D", "53", "57"].iter().any(|class| code.starts_with(class)) => {
                    Self::Unavailable(refusal.message().to_owned())
                }
                _ => Self::Database(refusal.message().to_owned()),
            },
            SqlxError::Io(_) | SqlxError::Tls(_) | SqlxError::PoolTimedOut | SqlxError::PoolClosed | SqlxError::WorkerCrashed => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Database(error.to_string()),
        }
    }
}

/// What became of an insertion: it is lost when a row that it names is gone.
pub(super) fn applied(inserted: Result<u64, DbErr>) -> Result<Applied, StoreFailure> {
    match inserted {
        Ok(_) => Ok(Applied::Done),
        Err(error) if names_nothing(&error) => Ok(Applied::Lost),
        Err(error) => Err(error.into()),
    }
}

/// Whether a statement failed because a row that it names is not there.
pub(super) fn names_nothing(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_)))
}

/// Whether a statement failed because a key is taken.
pub(super) fn is_taken(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}
