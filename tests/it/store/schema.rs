//! Migrations.

use claviger::store::{Store, StoreFailure};
use claviger_migrations::{Migrator, MigratorTrait};

use crate::database::{Database, on_both_databases};
use crate::store::{alice_and_app, at_once};

on_both_databases!(
    the_schema_goes_up_down_and_up_again,
    pending_migrations_are_named_without_a_change,
    instances_that_start_together_migrate_once,
    a_database_of_a_newer_version_is_left_alone,
);

async fn the_schema_goes_up_down_and_up_again(database: Database) {
    alice_and_app(&database.store).await;
    let connection = database.connect().await;
    Migrator::down(&connection, None).await.unwrap();
    assert_eq!(database.store.pending_migrations().await.unwrap().len(), Migrator::migrations().len());
    assert!(database.store.clients().list().await.is_err(), "the tables are gone");
    Migrator::up(&connection, None).await.unwrap();
    assert_eq!(database.store.pending_migrations().await, Ok(vec![]));
    alice_and_app(&database.store).await;
    connection.close().await.unwrap();
}

async fn pending_migrations_are_named_without_a_change(database: Database) {
    let connection = database.connect().await;
    Migrator::reset(&connection).await.unwrap();
    for _ in 0..2 {
        let pending = database.store.pending_migrations().await.unwrap();
        assert_eq!(pending.first().map(String::as_str), Some("m0001_client"));
        assert_eq!(pending.len(), Migrator::migrations().len());
    }
    assert!(Migrator::get_applied_migrations_read_only(&connection).await.unwrap().is_empty());
    connection.close().await.unwrap();
}

async fn instances_that_start_together_migrate_once(database: Database) {
    let connection = database.connect().await;
    Migrator::reset(&connection).await.unwrap();
    connection.close().await.unwrap();
    let took = at_once(4, |_| {
        let url = database.url.clone();
        async move {
            let store = Store::connect(&url, 2).await.unwrap();
            let took = store.migrate().await.unwrap().len();
            store.close().await;
            took
        }
    })
    .await;
    assert_eq!(took.iter().filter(|took| **took > 0).count(), 1, "{took:?}");
    alice_and_app(&database.store).await;
}

async fn a_database_of_a_newer_version_is_left_alone(database: Database) {
    database.execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_tomorrow', 0)").await;
    for outcome in [database.store.pending_migrations().await, database.store.migrate().await] {
        assert!(matches!(&outcome, Err(StoreFailure::Database(text)) if text.contains("newer version")), "{outcome:?}");
    }
}
