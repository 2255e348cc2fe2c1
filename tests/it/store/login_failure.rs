//! Failed sign-ins.

use std::time::Duration;

use claviger::identity::throttle::{Failures, ThrottleKey};

use crate::database::{Database, on_both_databases};
use crate::store::{HOSTILE, NOW, after, at_once};

on_both_databases!(failures_are_counted_by_window, none_is_lost_when_many_come_at_once, whatever_was_typed_can_be_counted);

const WINDOW: Duration = Duration::from_mins(15);

fn account(name: &str) -> ThrottleKey {
    ThrottleKey::Account(name.to_owned())
}

async fn failures_are_counted_by_window(database: Database) {
    let failures = database.store.login_failures();
    let network = || "192.0.2.1".to_owned();
    let (alice, others) = (account("192.0.2.1"), [ThrottleKey::Address(network()), ThrottleKey::Departures(network())]);
    assert_eq!(failures.of(&alice).await, Ok(None));
    for (now, expected) in [
        (after(0), Failures { count: 1, since: after(0) }),
        (after(899), Failures { count: 2, since: after(0) }),
        (after(900), Failures { count: 1, since: after(900) }),
        (after(901), Failures { count: 2, since: after(900) }),
    ] {
        assert_eq!(failures.count(&alice, now, WINDOW).await, Ok(expected));
        assert_eq!(failures.of(&alice).await, Ok(Some(expected)));
    }
    for other in &others {
        assert_eq!(failures.of(other).await, Ok(None), "{other:?} is no account");
    }
    let [network, departures] = others;
    let all = [network, alice.clone(), departures];
    assert_eq!(failures.of_all(&all).await, Ok(vec![(&alice, Failures { count: 2, since: after(900) })]));
    assert_eq!(failures.forget(&alice).await, Ok(()));
    assert_eq!(failures.forget(&alice).await, Ok(()));
    assert_eq!(failures.of(&alice).await, Ok(None));
}

async fn none_is_lost_when_many_come_at_once(database: Database) {
    let mut counts: Vec<_> = at_once(50, |_| {
        let store = database.store.clone();
        async move { store.login_failures().count(&account("alice"), NOW, WINDOW).await.unwrap().count }
    })
    .await;
    counts.sort_unstable();
    assert_eq!(counts, (1..=50).collect::<Vec<_>>());
    assert_eq!(database.store.login_failures().of(&account("alice")).await, Ok(Some(Failures { count: 50, since: NOW })));
}

async fn whatever_was_typed_can_be_counted(database: Database) {
    let failures = database.store.login_failures();
    for typed in ["", "\0", HOSTILE, &"x".repeat(100_000)] {
        for count in 1..=2 {
            assert_eq!(failures.count(&account(typed), NOW, WINDOW).await, Ok(Failures { count, since: NOW }));
        }
    }
}
