//! Authorization codes.

use claviger::identity::session::{Interaction, Session};
use claviger::protocol::grant::{Grant, authorization_code};
use claviger::protocol::subject::SessionId;
use claviger::store::Applied;

use crate::database::{Database, on_both_databases};
use crate::store::{
    LIMITS, after, alice_and_app, at_once, client, code, grant, grant_id, hash, keep_token, session, spend_code, user, with_code,
};

on_both_databases!(
    a_code_comes_back_with_its_grant,
    a_new_code_uses_up_the_interaction,
    a_code_needs_its_session_and_what_was_done_there,
    what_was_done_once_gives_one_code_also_when_many_ask_at_once,
    a_code_is_spent_once,
    a_code_is_spent_once_also_when_many_try_at_once,
    a_code_of_a_revoked_grant_is_lost,
);

async fn a_code_comes_back_with_its_grant(database: Database) {
    let grants = database.store.grants();
    let full = with_code(&database).await;
    let (alice, app) = (user("alice"), client("app"));
    let offline = Grant { session: None, nonce: None, resources: vec![], refresh_until: Some(after(9)), ..grant("h", &app, &alice, None) };
    let bare = authorization_code::Stored { redirect_uri: None, challenge: None, ..code("bare", offline) };
    assert_eq!(grants.insert_code(&bare, None).await, Ok(Applied::Done));
    assert_eq!(grants.find_code(&hash("code"), after(2), LIMITS).await, Ok(Some(full)));
    assert_eq!(grants.find_code(&hash("bare"), after(2), LIMITS).await, Ok(Some(bare)));
    assert_eq!(grants.find_code(&hash("Code"), after(2), LIMITS).await, Ok(None));
}

async fn a_new_code_uses_up_the_interaction(database: Database) {
    let store = &database.store;
    let (alice, app, sid) = alice_and_app(store).await;
    let other = session("other", &alice);
    assert_eq!(store.sessions().begin(&hash("other"), &other, 0).await, Ok(Applied::Done));
    assert_eq!(
        store.grants().insert_code(&code("code", grant("g", &app, &alice, Some(&sid))), Some((&sid.id, sid.interaction.as_ref()))).await,
        Ok(Applied::Done)
    );
    assert_eq!(store.sessions().find(&sid.id).await, Ok(Some(Session { interaction: None, ..sid })));
    assert_eq!(store.sessions().find(&other.id).await, Ok(Some(other)));
}

async fn a_code_needs_its_session_and_what_was_done_there(database: Database) {
    let store = &database.store;
    let (alice, app, sid) = alice_and_app(store).await;
    let stored = code("code", grant("g", &app, &alice, Some(&sid)));
    let over = SessionId::new("over");
    let other = Interaction { request: "another".to_owned(), ..sid.interaction.clone().unwrap() };
    for given_in in [(&over, None), (&over, sid.interaction.as_ref()), (&sid.id, Some(&other))] {
        assert_eq!(store.grants().insert_code(&stored, Some(given_in)).await, Ok(Applied::Lost), "{given_in:?}");
    }
    assert_eq!(database.rows("granted").await, 0);
    assert_eq!(store.sessions().find(&sid.id).await, Ok(Some(sid.clone())));
    assert_eq!(store.grants().insert_code(&stored, Some((&sid.id, None))).await, Ok(Applied::Done));
    assert_eq!(store.sessions().find(&sid.id).await, Ok(Some(sid)));
}

async fn what_was_done_once_gives_one_code_also_when_many_ask_at_once(database: Database) {
    let (alice, app, sid) = alice_and_app(&database.store).await;
    let outcomes = at_once(20, |number| {
        let (store, sid) = (database.store.clone(), sid.clone());
        let name = format!("code-{number}");
        let stored = code(&name, grant(&name, &app, &alice, Some(&sid)));
        async move { store.grants().insert_code(&stored, Some((&sid.id, sid.interaction.as_ref()))).await.unwrap() }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Applied::Done).count(), 1);
    assert_eq!((database.rows("code").await, database.rows("granted").await), (1, 1));
}

async fn a_code_is_spent_once(database: Database) {
    let grants = database.store.grants();
    let stored = with_code(&database).await;
    assert_eq!(grants.apply(&[]).await, Ok(Applied::Done));
    assert_eq!(grants.apply(&[spend_code("code")]).await, Ok(Applied::Done));
    assert_eq!(grants.apply(&[spend_code("code")]).await, Ok(Applied::Lost));
    assert_eq!(grants.apply(&[spend_code("unknown")]).await, Ok(Applied::Lost));
    let spent = authorization_code::Stored { spent_at: Some(after(2)), ..stored };
    assert_eq!(grants.find_code(&hash("code"), after(2), LIMITS).await, Ok(Some(spent)));
}

async fn a_code_is_spent_once_also_when_many_try_at_once(database: Database) {
    with_code(&database).await;
    let outcomes = at_once(50, |number| {
        let store = database.store.clone();
        async move { store.grants().apply(&[spend_code("code"), keep_token(&format!("token-{number}"), "g")]).await.unwrap() }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Applied::Done).count(), 1);
    assert_eq!(database.rows("refresh_token").await, 1);
}

async fn a_code_of_a_revoked_grant_is_lost(database: Database) {
    let store = &database.store;
    with_code(&database).await;
    assert_eq!(store.grants().revoke(&grant_id("g"), after(1)).await, Ok(()));
    assert_eq!(store.grants().apply(&[spend_code("code")]).await, Ok(Applied::Lost));
    assert_eq!(store.grants().find_code(&hash("code"), after(2), LIMITS).await.unwrap().unwrap().spent_at, None);
}
