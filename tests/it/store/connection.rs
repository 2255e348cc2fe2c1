//! Opening a database.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use claviger::protocol::subject::SessionId;
use claviger::store::{Store, StoreFailure};
use tempfile::TempDir;

use crate::actors::port_of_nobody;
use crate::database::{Database, on_both_databases};
use crate::store::{NOW, alice_and_app, hash};

on_both_databases!(it_answers_until_it_is_closed, what_was_written_is_there_when_it_is_opened_again);

async fn it_answers_until_it_is_closed(database: Database) {
    assert_eq!(database.store.ping().await, Ok(()));
    database.store.close().await;
    assert!(matches!(database.store.ping().await, Err(StoreFailure::Unavailable(_))));
    assert!(matches!(database.store.sessions().end(&SessionId::new("x"), NOW).await, Err(StoreFailure::Unavailable(_))));
}

async fn what_was_written_is_there_when_it_is_opened_again(database: Database) {
    let (_, app, sid) = alice_and_app(&database.store).await;
    let other = Store::connect(&database.url, 1).await.unwrap();
    assert_eq!(other.sessions().find_by_token(&hash("cookie")).await, Ok(Some(sid)));
    assert_eq!(other.clients().list().await, Ok(vec![app]));
    other.close().await;
}

/// What the failure to open `url` says.
async fn refusal(url: &str) -> String {
    match Store::connect(url, 1).await {
        Err(StoreFailure::Unavailable(text)) => text,
        other => panic!("{url}: {other:?}"),
    }
}

#[tokio::test]
async fn a_sqlite_file_is_made_for_its_owner_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a b%20c.db");
    let store = Store::connect(&format!("sqlite://{}", path.display()), 1).await.unwrap();
    store.migrate().await.unwrap();
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap()).collect();
    assert!(files.iter().any(|file| file.path() == path));
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
    store.close().await;
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "the write-ahead log is folded into the file");
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_explained() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("missing/claviger.db");
    assert!(refusal(&format!("sqlite://{}", missing.display())).await.contains("folder"));
    assert!(!missing.parent().unwrap().exists());
    assert!(refusal(&format!("sqlite://{}?mode=rwc", folder.path().join("x.db").display())).await.contains("without parameters"));
    assert!(refusal("sqlite::memory:").await.contains("sqlite://"));
    assert!(refusal("mysql://localhost/x").await.contains("postgres://"));
    assert!(refusal("").await.contains("must begin with"));
}

#[tokio::test]
async fn a_refused_connection_is_reported_at_once_and_without_the_password() {
    let (_held, port) = port_of_nobody();
    for url in [format!("postgres://claviger:hunter2@127.0.0.1:{port}/x"), "postgres://claviger:hunter2@127.0.0.1:notaport/x".to_owned()] {
        let text = refusal(&url).await;
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "to do: ".repeat(1000)).unwrap();
    let outcome = Store::connect(&format!("sqlite://{}", path.display()), 1).await;
    assert!(matches!(outcome, Err(StoreFailure::Database(_))), "{outcome:?}");
    assert_eq!(fs::read_to_string(&path).unwrap().len(), 7000);
}
