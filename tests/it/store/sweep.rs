//! Forgetting.

use std::time::Duration;

use claviger::identity::session::Session;
use claviger::identity::throttle::ThrottleKey;
use claviger::protocol::grant::refresh_token::{RETRY_WINDOW, State};
use claviger::protocol::grant::{Effect, Grant};
use claviger::store::Applied;

use crate::database::{Database, on_both_databases};
use crate::store::{LIMITS, NOW, after, alice_and_app, at_once, code, grant, grant_id, hash, keep_token, rotate, session, spend_code};

on_both_databases!(
    a_spent_code_is_remembered_as_long_as_what_it_gave,
    a_sealed_successor_is_forgotten_after_the_retry_window,
    what_is_over_goes_and_what_is_live_stays,
    it_goes_in_batches_until_nothing_is_left,
    many_may_sweep_at_once,
);

/// Sweeps until there is nothing left to do, and says how many rows that were.
async fn sweep(database: &Database, now: u64) -> u64 {
    let mut all = 0;
    loop {
        match database.store.sweep(after(now), LIMITS, 100).await.unwrap() {
            0 => return all,
            some => all += some,
        }
    }
}

async fn a_spent_code_is_remembered_as_long_as_what_it_gave(database: Database) {
    let store = &database.store;
    let (alice, app, _) = alice_and_app(store).await;
    let short = Grant { expires_at: after(60), ..grant("g", &app, &alice, None) };
    let abandoned = Grant { id: grant_id("abandoned"), ..short.clone() };
    for (text, grant) in [("code", short), ("abandoned", abandoned)] {
        assert_eq!(store.grants().insert_code(&code(text, grant), None).await, Ok(Applied::Done));
    }
    // Redeemed: an access token until 600, a refresh token until 3600.
    let keep = Effect::KeepGrant { grant: grant_id("g"), refresh_until: Some(after(3600)), expires_at: after(3600) };
    assert_eq!(store.grants().apply(&[spend_code("code"), keep, keep_token("token", "g")]).await, Ok(Applied::Done));
    assert_eq!(sweep(&database, 59).await, 0);
    assert_eq!(sweep(&database, 3599).await, 1, "the code that nobody redeemed, with its grant");
    assert_eq!(store.grants().find_code(&hash("abandoned"), after(2), LIMITS).await, Ok(None));
    assert!(store.grants().find_code(&hash("code"), after(2), LIMITS).await.unwrap().unwrap().spent_at.is_some());
    sweep(&database, 3600).await;
    for table in ["granted", "code", "refresh_token"] {
        assert_eq!(database.rows(table).await, 0, "{table}");
    }
}

async fn a_sealed_successor_is_forgotten_after_the_retry_window(database: Database) {
    let store = &database.store;
    let (alice, app, _) = alice_and_app(store).await;
    let effects = [Effect::StartGrant(grant("g", &app, &alice, None)), keep_token("first", "g")];
    assert_eq!(store.grants().apply(&effects).await, Ok(Applied::Done));
    assert_eq!(store.grants().apply(&rotate("first", "second", "g", NOW)).await, Ok(Applied::Done));
    let window = RETRY_WINDOW.as_secs();
    for (now, swept, remembered) in [(window, 0, true), (window + 1, 1, false)] {
        assert_eq!(sweep(&database, now).await, swept);
        match store.grants().find_refresh_token(&hash("first"), after(now), LIMITS).await.unwrap().unwrap().state {
            State::Spent { successor, .. } => assert_eq!(successor.is_some(), remembered),
            State::Live => panic!("a spent token came back to life"),
        }
    }
}

async fn what_is_over_goes_and_what_is_live_stays(database: Database) {
    let store = &database.store;
    let (alice, _, idle) = alice_and_app(store).await;
    let used = Session { last_used_at: NOW + LIMITS.absolute, ..session("used", &alice) };
    assert_eq!(store.sessions().begin(&hash("used"), &used, 0).await, Ok(Applied::Done));
    let (idle_out, too_old) = (LIMITS.idle.as_secs(), LIMITS.absolute.as_secs());
    let (account, window) = (ThrottleKey::Account("alice".to_owned()), Duration::from_mins(15));
    assert!(store.login_failures().count(&account, NOW, window).await.is_ok());
    assert_eq!(store.revoked_tokens().revoke("jti", after(600)).await, Ok(()));

    assert_eq!(sweep(&database, 599).await, 0);
    assert_eq!(sweep(&database, 600).await, 1);
    assert_eq!(store.revoked_tokens().contains("jti").await, Ok(false));
    assert!(store.login_failures().of(&account).await.unwrap().is_some());
    assert_eq!(sweep(&database, 900).await, 1);
    assert_eq!(store.login_failures().of(&account).await, Ok(None));
    assert_eq!(sweep(&database, idle_out - 1).await, 0);
    assert_eq!(sweep(&database, idle_out).await, 1);
    assert_eq!(store.sessions().find(&idle.id).await, Ok(None));
    assert_eq!(sweep(&database, too_old - 1).await, 0);
    assert_eq!(store.sessions().find(&used.id).await, Ok(Some(used)));
    assert_eq!(sweep(&database, too_old).await, 1);
    assert_eq!(database.rows("session").await, 0);
    assert_eq!((database.rows("account").await, database.rows("client").await), (1, 1));
}

/// Twenty grants with five refresh tokens each, all over at 3600.
async fn with_families(database: &Database) {
    let (alice, app, _) = alice_and_app(&database.store).await;
    for family in 0..20 {
        let id = format!("g{family}");
        let mut effects = vec![Effect::StartGrant(Grant { expires_at: after(3600), ..grant(&id, &app, &alice, None) })];
        effects.extend((0..5).map(|token| keep_token(&format!("{family}-{token}"), &id)));
        assert_eq!(database.store.grants().apply(&effects).await, Ok(Applied::Done));
    }
}

async fn it_goes_in_batches_until_nothing_is_left(database: Database) {
    with_families(&database).await;
    let mut left = database.rows("refresh_token").await;
    while left > 0 {
        assert!(database.store.sweep(after(3600), LIMITS, 7).await.unwrap() > 0);
        let now_left = database.rows("refresh_token").await;
        assert!(now_left < left && left - now_left <= 7, "{left} to {now_left}");
        left = now_left;
    }
    sweep(&database, 3600).await;
    assert_eq!(database.rows("granted").await, 0);
}

async fn many_may_sweep_at_once(database: Database) {
    with_families(&database).await;
    at_once(8, |_| {
        let database = database.clone();
        async move { sweep(&database, 3600).await }
    })
    .await;
    assert_eq!((database.rows("refresh_token").await, database.rows("granted").await), (0, 0));
}
