//! The salt of pairwise subjects.

use futures_util::future::join_all;
use secrecy::{ExposeSecret, SecretString};

use crate::database::{Database, on_both_databases};

on_both_databases!(whoever_comes_first_brings_the_salt_of_all);

async fn whoever_comes_first_brings_the_salt_of_all(database: Database) {
    let salts = database.store.pairwise_salts();
    let brought: Vec<SecretString> = (0..20).map(|number| format!("salt {number}").into()).collect();
    let found = join_all(brought.iter().map(|made| salts.find_or_insert(made))).await;
    let all: Vec<String> = found.into_iter().map(|salt| salt.unwrap().expose_secret().to_owned()).collect();
    assert!(all.iter().all(|salt| *salt == all[0]), "{all:?}");
    assert_eq!(salts.find_or_insert(&"later".into()).await.unwrap().expose_secret(), all[0]);
    assert_eq!(database.rows("pairwise_salt").await, 1);
}
