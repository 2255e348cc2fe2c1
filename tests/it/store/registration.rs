//! Clients that register themselves, and initial access tokens.

use claviger::protocol::client::Client;
use claviger::protocol::registration::{InitialAccessToken, InitialAccessTokenId, RegisteredBy, SelfRegistration};
use claviger::store::{Applied, Registered};

use crate::database::{Database, on_both_databases};
use crate::store::{LIMITS, NOW, after, at_once, client, hash};

on_both_databases!(
    a_use_is_gone_with_the_client_and_not_without,
    of_many_at_once_so_many_are_registered_as_the_token_says,
    a_client_is_read_as_it_was_registered_and_kept_when_it_is_used,
    what_is_over_and_what_is_unused_goes,
);

fn token(id: &str, uses_left: u32) -> InitialAccessToken {
    let (id, name) = (InitialAccessTokenId::new(id), "a name".to_owned());
    InitialAccessToken { id, name, uses_left, created_at: NOW, expires_at: after(60) }
}

fn by_itself(id: &str, unused_until: u64) -> Client {
    let registered_by = RegisteredBy::Itself(SelfRegistration { access_token: hash(id), unused_until: Some(after(unused_until)) });
    Client { registered_by, ..client(id) }
}

async fn a_use_is_gone_with_the_client_and_not_without(database: Database) {
    let (tokens, registrations) = (database.store.initial_access_tokens(), database.store.registrations());
    tokens.insert(&hash("t"), &token("t", 2)).await.unwrap();
    let register = async |id: &str, most: u64, now: u64| {
        let new = by_itself(id, 3600);
        registrations.insert(&new, Some(&hash("t")), most, after(now)).await.unwrap()
    };
    let left = async || tokens.find_by_hash(&hash("t")).await.unwrap().unwrap().uses_left;
    assert_eq!(register("a", 9, 0).await, Registered::Done);
    assert_eq!(register("a", 9, 0).await, Registered::AlreadyThere);
    assert_eq!(register("b", 1, 0).await, Registered::Full);
    assert_eq!(register("b", 9, 60).await, Registered::NotPermitted, "it is over");
    assert_eq!(left().await, 1);
    assert_eq!(register("b", 9, 59).await, Registered::Done);
    assert_eq!(register("c", 9, 0).await, Registered::NotPermitted, "it is used up");
    assert_eq!(tokens.delete(&InitialAccessTokenId::new("t")).await, Ok(Applied::Done));
    assert_eq!(tokens.delete(&InitialAccessTokenId::new("t")).await, Ok(Applied::Lost));
    assert_eq!(register("c", 9, 0).await, Registered::NotPermitted, "it is revoked");
}

async fn of_many_at_once_so_many_are_registered_as_the_token_says(database: Database) {
    database.store.initial_access_tokens().insert(&hash("t"), &token("t", 3)).await.unwrap();
    let outcomes = at_once(8, |number| {
        let store = database.store.clone();
        async move { store.registrations().insert(&by_itself(&format!("c{number}"), 60), Some(&hash("t")), 100, NOW).await.unwrap() }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Registered::Done).count(), 3, "{outcomes:?}");
    assert_eq!(database.rows("client").await, 3);
}

async fn a_client_is_read_as_it_was_registered_and_kept_when_it_is_used(database: Database) {
    let new = by_itself("a", 60);
    assert_eq!(database.store.registrations().insert(&new, None, 1, NOW).await, Ok(Registered::Done));
    assert_eq!(database.store.clients().find(&new.id).await, Ok(Some(new.clone())));
    database.store.registrations().keep(&new.id).await.unwrap();
    let kept = database.store.clients().find(&new.id).await.unwrap().unwrap();
    assert_eq!(kept.registered_by, RegisteredBy::Itself(SelfRegistration { access_token: hash("a"), unused_until: None }));
    assert_eq!(database.store.clients().insert(&client("by-operator")).await, Ok(claviger::store::Insertion::Inserted));
    database.store.sweep(after(100_000), LIMITS, 100).await.unwrap();
    assert_eq!(database.rows("client").await, 2);
}

async fn what_is_over_and_what_is_unused_goes(database: Database) {
    let tokens = database.store.initial_access_tokens();
    tokens.insert(&hash("used up"), &token("1", 0)).await.unwrap();
    tokens.insert(&hash("over"), &token("2", 5)).await.unwrap();
    assert_eq!(database.store.registrations().insert(&by_itself("a", 61), None, 9, NOW).await, Ok(Registered::Done));
    assert_eq!(database.store.sweep(NOW, LIMITS, 100).await, Ok(1));
    assert_eq!(database.store.sweep(after(59), LIMITS, 100).await, Ok(0));
    assert_eq!(database.store.sweep(after(60), LIMITS, 100).await, Ok(1));
    assert_eq!((database.rows("initial_access_token").await, database.rows("client").await), (0, 1));
    assert_eq!(database.store.sweep(after(61), LIMITS, 100).await, Ok(1));
    assert_eq!(database.rows("client").await, 0);
}
