//! Databases of their own for tests: SQLite in a temporary folder, PostgreSQL in the server that `CLAVIGER_TEST_POSTGRES` names.

use std::env;
use std::panic::resume_unwind;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use claviger::store::Store;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use tempfile::TempDir;

/// Makes each named suite function, an `async fn(Database)`, a test on SQLite and a test on PostgreSQL.
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                $crate::database::Database::sqlite().await.lend(super::$name).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                $crate::database::Database::postgres().await.lend(super::$name).await;
            }
        }
    )+};
}

pub(crate) use on_both_databases;

/// A migrated database that nobody else uses. Its clones are the same one.
#[derive(Clone)]
pub(crate) struct Database {
    /// It, opened.
    pub(crate) store: Store,
    /// Where it is.
    pub(crate) url: String,
    home: Arc<Home>,
}

enum Home {
    Folder(#[expect(dead_code, reason = "the folder is removed when this is dropped")] TempDir),
    Server { url: String, name: String },
}

/// Connections of each test to its database.
const CONNECTIONS: u32 = 8;

impl Database {
    /// A SQLite file.
    pub(crate) async fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}", folder.path().join("claviger.db").display());
        Self::open(url, Home::Folder(folder)).await
    }

    /// A database in the PostgreSQL server of `scripts/test`.
    pub(crate) async fn postgres() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = env::var("CLAVIGER_TEST_POSTGRES") else {
            panic!("CLAVIGER_TEST_POSTGRES names no PostgreSQL server: run scripts/test, which starts one and runs every test");
        };
        let name = format!("claviger_test_{}_{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let (address, _) = server.rsplit_once('/').expect("CLAVIGER_TEST_POSTGRES ends in the name of a database");
        let url = format!("{address}/{name}");
        let admin = connect(&server).await;
        admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.unwrap();
        // Not template1, which can't be copied by two at a time.
        admin.execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.unwrap();
        admin.close().await.unwrap();
        Self::open(url, Home::Server { url: server, name }).await
    }

    async fn open(url: String, home: Home) -> Self {
        let store = Store::connect(&url, CONNECTIONS).await.unwrap();
        store.migrate().await.unwrap();
        Self { store, url, home: Arc::new(home) }
    }

    /// Runs `test` and removes the database, whatever comes of it.
    pub(crate) async fn lend<F>(self, test: impl FnOnce(Self) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let outcome = tokio::spawn(test(self.clone())).await;
        self.remove().await;
        if let Err(failure) = outcome {
            resume_unwind(failure.into_panic());
        }
    }

    /// Removes the database. A SQLite file goes with its last clone anyway.
    pub(crate) async fn remove(&self) {
        self.store.close().await;
        if let Home::Server { url, name } = &*self.home {
            let admin = connect(url).await;
            admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.unwrap();
            admin.close().await.unwrap();
        }
    }

    /// A connection past the store, to plant what the store would never write.
    pub(crate) async fn connect(&self) -> DatabaseConnection {
        connect(&self.url).await
    }

    /// Runs one SQL statement.
    pub(crate) async fn execute(&self, sql: &str) {
        let connection = self.connect().await;
        connection.execute_unprepared(sql).await.unwrap();
        connection.close().await.unwrap();
    }

    /// The number of rows of `table`.
    pub(crate) async fn rows(&self, table: &str) -> i64 {
        let connection = self.connect().await;
        let count = Statement::from_string(connection.get_database_backend(), format!("SELECT count(*) AS n FROM {table}"));
        let row = connection.query_one_raw(count).await.unwrap().unwrap();
        connection.close().await.unwrap();
        row.try_get("", "n").unwrap()
    }
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(2).sqlx_logging(false);
    sea_orm::Database::connect(options).await.unwrap()
}
