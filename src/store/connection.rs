//! How each database is opened.
//!
//! The pools are made by sqlx itself: SeaORM's own connector writes its options, password included, into trace spans.

use std::io;
use std::path::Path;
use std::time::Duration;

use sea_orm::DatabaseConnection;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sea_orm::sqlx::{ConnectOptions, Connection};
use tokio::fs;

use crate::store::StoreFailure;

/// How long a request waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long SQLite waits for another process, such as `claviger users add`, to finish its write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The most connections that read from SQLite: each is a thread, and reads are short.
const MOST_SQLITE_READERS: u32 = 4;
/// Readers that are idle for longer are closed, but for one: each keeps a quarter of a megabyte, and another is opened within a millisecond.
const READER_IDLE: Duration = Duration::from_secs(5);
/// A connection to PostgreSQL that was idle for longer is tried before it is used: the server may have been restarted.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// Opens a SQLite file: connections that read, and the one that writes.
pub(super) async fn sqlite(path: &str, connections: u32) -> Result<(DatabaseConnection, DatabaseConnection), StoreFailure> {
    if path.is_empty() || path.contains(['?', '\0']) {
        return Err(StoreFailure::Unavailable("a SQLite URL is sqlite:// and a path, without parameters".to_owned()));
    }
    create(Path::new(path)).await?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        // FULL, not NORMAL: what was acknowledged survives a power cut, too.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging();
    // One writer: writes queue here, fairly and without polling, instead of at the file.
    let pool =
        || SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None).test_before_acquire(false).acquire_timeout(ACQUIRE_TIMEOUT);
    let writer = pool().max_connections(1).connect_with(options.clone()).await.map_err(|error| StoreFailure::from(&error))?;
    let readers = pool().max_connections(connections.min(MOST_SQLITE_READERS)).min_connections(1).idle_timeout(READER_IDLE);
    let readers = readers.connect_lazy_with(options.pragma("query_only", "on"));
    Ok((readers.into(), writer.into()))
}

/// Makes the file unless it is there. SQLite gives its journal the same mode.
async fn create(path: &Path) -> Result<(), StoreFailure> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    match options.open(path).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(StoreFailure::Unavailable(format!("the folder of {} does not exist; create it, or choose another file", path.display())))
        }
        Err(error) => Err(StoreFailure::Unavailable(format!("{} can't be created: {error}", path.display()))),
    }
}

/// Opens a PostgreSQL database.
pub(super) async fn postgres(url: &str, connections: u32) -> Result<DatabaseConnection, StoreFailure> {
    let options = url
        .parse::<PgConnectOptions>()
        .map_err(|_| StoreFailure::Unavailable("its URL must read postgres://user:password@host:5432/database".to_owned()))?
        .application_name("claviger")
        .disable_statement_logging();
    // The pool would retry a refused connection until it times out, and then not say why.
    let first = PgConnection::connect_with(&options).await.map_err(|error| StoreFailure::from(&error))?;
    first.close().await.map_err(|error| StoreFailure::from(&error))?;
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, use_so_far| {
            Box::pin(async move {
                if use_so_far.idle_for > TRUSTED_FOR {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options);
    Ok(pool.into())
}
