//! Assertions that clients have used.

use claviger::protocol::client_assertion::SingleUse;
use claviger::store::Applied;

use crate::database::{Database, on_both_databases};
use crate::store::{HOSTILE, LIMITS, after, at_once, client_id};

on_both_databases!(of_many_who_use_an_assertion_one_succeeds, an_assertion_is_forgotten_when_it_is_over);

fn single_use(jti: &str, seconds: u64) -> SingleUse {
    SingleUse { jti: jti.to_owned(), until: after(seconds) }
}

async fn of_many_who_use_an_assertion_one_succeeds(database: Database) {
    for jti in ["jti", HOSTILE, "jti\0"] {
        let outcomes = at_once(50, |_| {
            let store = database.store.clone();
            let single_use = single_use(jti, 60);
            async move { store.used_assertions().consume(&client_id("app"), &single_use).await.unwrap() }
        })
        .await;
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Applied::Done).count(), 1, "{jti:?}");
    }
    let other = database.store.used_assertions().consume(&client_id("other"), &single_use("jti", 60)).await;
    assert_eq!(other, Ok(Applied::Done), "another client may use the same name");
}

async fn an_assertion_is_forgotten_when_it_is_over(database: Database) {
    let used = database.store.used_assertions();
    for (jti, until) in [("short", 60), ("long", 120)] {
        assert_eq!(used.consume(&client_id("app"), &single_use(jti, until)).await, Ok(Applied::Done));
    }
    assert_eq!(database.store.sweep(after(59), LIMITS, 100).await, Ok(0));
    assert_eq!(database.store.sweep(after(60), LIMITS, 100).await, Ok(1));
    assert_eq!(used.consume(&client_id("app"), &single_use("long", 120)).await, Ok(Applied::Lost));
}
