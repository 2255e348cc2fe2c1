//! Grants, and changes that are made together.

use std::time::Duration;

use claviger::protocol::grant::{Effect, Grant};
use claviger::protocol::subject::SessionId;
use claviger::store::{Applied, Insertion};
use sea_orm::{ConnectionTrait, Statement, TransactionTrait};
use tokio::time::{sleep, timeout};

use crate::database::{Database, on_both_databases};
use crate::store::{
    LIMITS, after, alice_and_app, client, code, grant, grant_id, hash, keep_token, scope, session, spend_code, user, with_code,
};

on_both_databases!(
    what_rests_on_something_gone_is_lost,
    a_later_effect_that_is_lost_undoes_the_earlier_ones,
    a_later_effect_that_fails_undoes_the_earlier_ones,
    the_first_revocation_counts,
    a_grant_is_kept_longer_and_never_shorter,
    a_grant_knows_whether_its_session_goes_on,
    a_person_sees_what_is_still_good_for_something,
    an_abandoned_request_leaves_all_or_nothing,
);

async fn what_rests_on_something_gone_is_lost(database: Database) {
    let store = &database.store;
    let (alice, app, _) = alice_and_app(store).await;
    let (nobody, none) = (user("nobody"), client("none"));
    for ungrounded in [grant("g", &app, &nobody, None), grant("g", &none, &alice, None)] {
        assert_eq!(store.grants().apply(&[Effect::StartGrant(ungrounded.clone())]).await, Ok(Applied::Lost));
        assert_eq!(store.grants().insert_code(&code("code", ungrounded), None).await, Ok(Applied::Lost));
    }
    let keep = Effect::KeepGrant { grant: grant_id("g"), refresh_until: None, expires_at: after(9) };
    for effect in [keep_token("token", "g"), keep] {
        assert_eq!(store.grants().apply(&[effect]).await, Ok(Applied::Lost));
    }
    // These two ask for a state of affairs that is reached already.
    let revoke = Effect::RevokeGrant { grant: grant_id("g"), at: after(9) };
    let note = Effect::NoteSessionUse { session: SessionId::new("over"), at: after(9) };
    assert_eq!(store.grants().apply(&[revoke, note]).await, Ok(Applied::Done));
    assert_eq!(database.rows("granted").await, 0);
    assert_eq!(
        store.grants().apply(&[Effect::StartGrant(grant("g", &app, &alice, None)), keep_token("token", "g")]).await,
        Ok(Applied::Done)
    );
}

async fn a_later_effect_that_is_lost_undoes_the_earlier_ones(database: Database) {
    let store = &database.store;
    let stored = with_code(&database).await;
    let effects = [
        Effect::NoteSessionUse { session: SessionId::new("sid"), at: after(99) },
        spend_code("code"),
        keep_token("token", "g"),
        spend_code("unknown"),
    ];
    assert_eq!(store.grants().apply(&effects).await, Ok(Applied::Lost));
    assert_eq!(store.grants().find_code(&hash("code"), after(2), LIMITS).await, Ok(Some(stored)));
    assert_eq!(database.rows("refresh_token").await, 0);
    assert_ne!(store.sessions().find(&SessionId::new("sid")).await.unwrap().unwrap().last_used_at, after(99));
}

async fn a_later_effect_that_fails_undoes_the_earlier_ones(database: Database) {
    let store = &database.store;
    let stored = with_code(&database).await;
    let twice = [spend_code("code"), keep_token("token", "g"), keep_token("token", "g")];
    let failure = store.grants().apply(&twice).await.unwrap_err();
    assert!(!failure.to_string().contains(hash("token").as_str()), "{failure}");
    assert_eq!(store.grants().find_code(&hash("code"), after(2), LIMITS).await, Ok(Some(stored)));
    assert_eq!(database.rows("refresh_token").await, 0);
    assert_eq!(store.grants().apply(&twice[..2]).await, Ok(Applied::Done), "the connection is in order");
}

async fn the_first_revocation_counts(database: Database) {
    let grants = database.store.grants();
    with_code(&database).await;
    assert_eq!(grants.apply(&[Effect::RevokeGrant { grant: grant_id("g"), at: after(5) }]).await, Ok(Applied::Done));
    assert_eq!(grants.apply(&[Effect::RevokeGrant { grant: grant_id("g"), at: after(6) }]).await, Ok(Applied::Done));
    assert_eq!(grants.revoke(&grant_id("g"), after(7)).await, Ok(()));
    assert_eq!(grants.revoke_all_of(&user("alice").subject, after(8)).await, Ok(()));
    assert_eq!(grants.find_code(&hash("code"), after(2), LIMITS).await.unwrap().unwrap().grant.revoked_at, Some(after(5)));
}

async fn a_grant_is_kept_longer_and_never_shorter(database: Database) {
    let grants = database.store.grants();
    let before = with_code(&database).await.grant;
    let keep = |refresh_until, expires_at| [Effect::KeepGrant { grant: grant_id("g"), refresh_until, expires_at }];
    assert_eq!(grants.apply(&keep(Some(after(7)), after(90_000))).await, Ok(Applied::Done));
    assert_eq!(grants.apply(&keep(None, after(10))).await, Ok(Applied::Done));
    let kept = Grant { refresh_until: Some(after(7)), expires_at: after(90_000), ..before };
    assert_eq!(grants.find(&grant_id("g"), after(1), LIMITS).await, Ok(Some((kept, true))));
}

async fn a_grant_knows_whether_its_session_goes_on(database: Database) {
    let store = &database.store;
    let (alice, app, sid) = alice_and_app(store).await;
    let (within, without) = (grant("within", &app, &alice, Some(&sid)), grant("without", &app, &alice, None));
    for new in [&within, &without] {
        assert_eq!(store.grants().apply(&[Effect::StartGrant(new.clone())]).await, Ok(Applied::Done));
    }
    let idle_out = sid.last_used_at + LIMITS.idle;
    for (now, goes_on) in [(after(1), true), (idle_out, false)] {
        assert_eq!(store.grants().find(&within.id, now, LIMITS).await, Ok(Some((within.clone(), goes_on))));
        assert_eq!(store.grants().find(&without.id, now, LIMITS).await, Ok(Some((without.clone(), true))));
    }
    assert_eq!(store.sessions().end(&sid.id, after(5)).await.map(|ended| ended.is_some()), Ok(true));
    assert_eq!(store.grants().find(&within.id, after(1), LIMITS).await, Ok(Some((within, false))));
    assert_eq!(store.grants().find(&grant_id("a\0"), after(1), LIMITS).await, Ok(None));
}

async fn a_person_sees_what_is_still_good_for_something(database: Database) {
    let store = &database.store;
    let (alice, app, sid) = alice_and_app(store).await;
    let bob = user("bob");
    assert_eq!(store.users().insert(&bob).await, Ok(Insertion::Inserted));
    let over = session("over", &alice);
    let live = grant("live", &app, &alice, Some(&sid));
    let offline = Grant { scope: scope("openid offline_access"), created_at: after(9), ..grant("offline", &app, &alice, Some(&over)) };
    for new in [
        live.clone(),
        offline.clone(),
        grant("session-over", &app, &alice, Some(&over)),
        Grant { revoked_at: Some(after(1)), ..grant("revoked", &app, &alice, None) },
        Grant { expires_at: after(10), ..grant("expired", &app, &alice, None) },
        grant("bobs", &app, &bob, None),
    ] {
        assert_eq!(store.grants().apply(&[Effect::StartGrant(new)]).await, Ok(Applied::Done));
    }
    assert_eq!(store.grants().of_user(&alice.subject, after(10), LIMITS).await, Ok(vec![offline, live]));
    assert_eq!(store.grants().revoke_all_of(&alice.subject, after(10)).await, Ok(()));
    assert_eq!(store.grants().of_user(&alice.subject, after(10), LIMITS).await, Ok(vec![]));
    assert_eq!(store.grants().of_user(&bob.subject, after(10), LIMITS).await.unwrap().len(), 1);
}

/// A client that hangs up drops the future of its request wherever it stands.
async fn an_abandoned_request_leaves_all_or_nothing(database: Database) {
    let store = &database.store;
    let (alice, app, _) = alice_and_app(store).await;
    for step in 0..40_u64 {
        let name = format!("attempt-{step}");
        assert_eq!(store.grants().insert_code(&code(&name, grant(&name, &app, &alice, None)), None).await, Ok(Applied::Done));
        let effects = [spend_code(&name), keep_token(&name, &name)];
        // How far it gets does not matter: what is asserted holds in every case.
        drop(timeout(Duration::from_micros(step * 50), store.grants().apply(&effects)).await);
        // Its last statement may still be under way; whoever tries again waits for it, wins or loses, and finds all of it.
        let again = store.grants().apply(&effects).await;
        assert!(again == Ok(Applied::Done) || again == Ok(Applied::Lost), "step {step}: {again:?}");
        assert!(store.grants().find_code(&hash(&name), after(2), LIMITS).await.unwrap().unwrap().spent_at.is_some(), "step {step}");
        assert!(store.grants().find_refresh_token(&hash(&name), after(3), LIMITS).await.unwrap().is_some(), "step {step}");
    }
}

/// PostgreSQL ends one of two transactions that wait for each other. That must not become the answer to a request.
#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_tried_again() {
    Database::postgres().await.lend(deadlock).await;
}

async fn deadlock(database: Database) {
    let store = database.store.clone();
    let (alice, app, _) = alice_and_app(&store).await;
    for id in ["one", "two"] {
        assert_eq!(store.grants().apply(&[Effect::StartGrant(grant(id, &app, &alice, None))]).await, Ok(Applied::Done));
    }
    let connection = database.connect().await;
    let other = connection.begin().await.unwrap();
    // So that the deadlock is found by the other side, the store's, which is then the one that is ended.
    other.execute_unprepared("SET LOCAL deadlock_timeout = '60s'").await.unwrap();
    other.execute_unprepared("UPDATE granted SET nonce = NULL WHERE id = 'two'").await.unwrap();
    let revoke = |id| Effect::RevokeGrant { grant: grant_id(id), at: after(5) };
    let ours = tokio::spawn(async move { store.grants().apply(&[revoke("one"), revoke("two")]).await });
    let waiting = Statement::from_string(
        connection.get_database_backend(),
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    while connection.query_one_raw(waiting.clone()).await.unwrap().is_none() {
        sleep(Duration::from_millis(10)).await;
    }
    other.execute_unprepared("UPDATE granted SET nonce = NULL WHERE id = 'one'").await.unwrap();
    other.commit().await.unwrap();
    assert_eq!(ours.await.unwrap(), Ok(Applied::Done));
    assert_eq!(database.store.grants().of_user(&alice.subject, after(6), LIMITS).await, Ok(vec![]));
    connection.close().await.unwrap();
}
