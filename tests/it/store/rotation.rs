//! Refresh tokens: one use, one successor.

use claviger::protocol::grant::refresh_token::{State, Stored};
use claviger::protocol::grant::{Effect, SealedSuccessor};
use claviger::store::Applied;

use crate::database::{Database, on_both_databases};
use crate::store::{LIMITS, NOW, after, alice_and_app, at_once, grant, grant_id, hash, keep_token, rotate};

on_both_databases!(
    a_refresh_token_comes_back_with_its_family,
    a_rotated_token_knows_its_successor,
    a_refresh_token_has_one_successor,
    a_refresh_token_has_one_successor_also_when_many_try_at_once,
    a_token_of_a_revoked_family_is_lost,
    a_token_is_prolonged_until_it_is_used_up,
    a_token_knows_whether_its_session_goes_on,
);

/// A grant called `g` in the session `sid`, with a refresh token called `first`.
async fn with_token(database: &Database) -> Stored {
    let (alice, app, sid) = alice_and_app(&database.store).await;
    let family = grant("g", &app, &alice, Some(&sid));
    let effects = [Effect::StartGrant(family.clone()), keep_token("first", "g")];
    assert_eq!(database.store.grants().apply(&effects).await, Ok(Applied::Done));
    Stored { token: hash("first"), grant: family, session_is_live: true, expires_at: after(3600), state: State::Live }
}

async fn found(database: &Database, token: &str) -> Option<Stored> {
    database.store.grants().find_refresh_token(&hash(token), after(10), LIMITS).await.unwrap()
}

async fn a_refresh_token_comes_back_with_its_family(database: Database) {
    let stored = with_token(&database).await;
    assert_eq!(found(&database, "first").await, Some(stored));
    assert_eq!(found(&database, "First").await, None);
}

async fn a_rotated_token_knows_its_successor(database: Database) {
    let grants = database.store.grants();
    let stored = with_token(&database).await;
    for (old, new, successor_is_spent) in [("first", "second", false), ("second", "third", true)] {
        assert_eq!(grants.apply(&rotate(old, new, "g", after(2))).await, Ok(Applied::Done));
        let state = State::Spent { at: after(2), successor: Some(SealedSuccessor("sealed second".to_owned())), successor_is_spent };
        assert_eq!(found(&database, "first").await, Some(Stored { state, ..stored.clone() }));
    }
    assert_eq!(found(&database, "third").await, Some(Stored { token: hash("third"), ..stored }));
}

async fn a_refresh_token_has_one_successor(database: Database) {
    let grants = database.store.grants();
    with_token(&database).await;
    assert_eq!(grants.apply(&rotate("first", "second", "g", after(2))).await, Ok(Applied::Done));
    assert_eq!(grants.apply(&rotate("first", "other", "g", after(3))).await, Ok(Applied::Lost));
    assert_eq!(grants.apply(&rotate("unknown", "other", "g", after(3))).await, Ok(Applied::Lost));
    assert_eq!(found(&database, "other").await, None);
}

async fn a_refresh_token_has_one_successor_also_when_many_try_at_once(database: Database) {
    with_token(&database).await;
    let outcomes = at_once(50, |number| {
        let store = database.store.clone();
        async move {
            let successor = format!("successor-{number}");
            let outcome = store.grants().apply(&rotate("first", &successor, "g", after(2))).await.unwrap();
            (outcome == Applied::Done).then_some(successor)
        }
    })
    .await;
    let winners: Vec<_> = outcomes.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    assert_eq!(database.rows("refresh_token").await, 2);
    let sealed = SealedSuccessor(format!("sealed {}", winners[0]));
    let state = State::Spent { at: after(2), successor: Some(sealed), successor_is_spent: false };
    assert_eq!(found(&database, "first").await.unwrap().state, state);
    assert_eq!(found(&database, &winners[0]).await.unwrap().state, State::Live);
}

async fn a_token_of_a_revoked_family_is_lost(database: Database) {
    let grants = database.store.grants();
    with_token(&database).await;
    assert_eq!(grants.revoke(&grant_id("g"), after(1)).await, Ok(()));
    assert_eq!(grants.apply(&rotate("first", "second", "g", after(2))).await, Ok(Applied::Lost));
    let stored = found(&database, "first").await.unwrap();
    assert_eq!((stored.state, stored.grant.revoked_at), (State::Live, Some(after(1))));
}

async fn a_token_is_prolonged_until_it_is_used_up(database: Database) {
    let grants = database.store.grants();
    let stored = with_token(&database).await;
    let prolong = |token: &str, expires_at| [Effect::ProlongRefreshToken { token: hash(token), expires_at }];
    assert_eq!(grants.apply(&prolong("first", after(7200))).await, Ok(Applied::Done));
    assert_eq!(found(&database, "first").await, Some(Stored { expires_at: after(7200), ..stored }));
    assert_eq!(grants.apply(&prolong("unknown", after(7200))).await, Ok(Applied::Lost));
    assert_eq!(grants.apply(&rotate("first", "second", "g", after(2))).await, Ok(Applied::Done));
    assert_eq!(grants.apply(&prolong("first", after(9000))).await, Ok(Applied::Lost));
    assert_eq!(grants.revoke(&grant_id("g"), after(3)).await, Ok(()));
    assert_eq!(grants.apply(&prolong("second", after(9000))).await, Ok(Applied::Lost));
    assert_eq!(found(&database, "first").await.unwrap().expires_at, after(7200));
}

async fn a_token_knows_whether_its_session_goes_on(database: Database) {
    let grants = database.store.grants();
    let stored = with_token(&database).await;
    let session = stored.grant.session.clone().unwrap();
    let idle_out = after(0) + LIMITS.idle;
    let over = Stored { session_is_live: false, ..stored.clone() };
    assert_eq!(grants.find_refresh_token(&hash("first"), idle_out, LIMITS).await, Ok(Some(over.clone())));
    assert_eq!(grants.apply(&[Effect::NoteSessionUse { session: session.clone(), at: after(60) }]).await, Ok(Applied::Done));
    assert_eq!(grants.find_refresh_token(&hash("first"), idle_out, LIMITS).await, Ok(Some(stored)));
    assert_eq!(database.store.sessions().end(&session, NOW).await.map(|ended| ended.is_some()), Ok(true));
    assert_eq!(found(&database, "first").await, Some(over));
}
