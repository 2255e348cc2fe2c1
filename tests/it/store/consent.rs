//! Consents.

use claviger::protocol::subject::Subject;
use claviger::store::{Applied, Consent, Insertion};

use crate::database::{Database, on_both_databases};
use crate::store::{LIMITS, after, alice_and_app, at_once, client, client_id, code, grant, scope};

on_both_databases!(
    what_is_allowed_adds_up,
    what_is_allowed_adds_up_also_when_it_comes_at_once,
    nobody_allows_nothing,
    what_is_withdrawn_is_revoked_for_that_client_only,
);

async fn what_is_allowed_adds_up(database: Database) {
    let (alice, app, _) = alice_and_app(&database.store).await;
    let consents = database.store.consents();
    assert_eq!(consents.find(&alice.subject, &app.id).await, Ok(None));
    for (words, at) in [("openid b", after(1)), ("a b", after(9))] {
        assert_eq!(consents.allow(&alice.subject, &app.id, &scope(words), at).await, Ok(Applied::Done));
    }
    let expected = Consent { client: app.id.clone(), scope: scope("a b openid"), since: after(1), updated_at: after(9) };
    assert_eq!(consents.find(&alice.subject, &app.id).await, Ok(Some(expected.clone())));
    assert_eq!(consents.of_user(&alice.subject).await, Ok(vec![expected]));
    assert_eq!(consents.find(&alice.subject, &client_id("other")).await, Ok(None));
}

async fn what_is_allowed_adds_up_also_when_it_comes_at_once(database: Database) {
    let (alice, app, _) = alice_and_app(&database.store).await;
    let outcomes = at_once(20, |number| {
        let (store, user, client) = (database.store.clone(), alice.subject.clone(), app.id.clone());
        async move { store.consents().allow(&user, &client, &scope(&format!("scope-{number}")), after(1)).await }
    })
    .await;
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(Applied::Done)), "{outcomes:?}");
    let allowed = database.store.consents().find(&alice.subject, &app.id).await.unwrap().unwrap().scope;
    assert_eq!(allowed.iter().count(), 20);
}

async fn nobody_allows_nothing(database: Database) {
    let (alice, app, _) = alice_and_app(&database.store).await;
    let consents = database.store.consents();
    assert_eq!(consents.allow(&Subject::new("nobody"), &app.id, &scope("a"), after(1)).await, Ok(Applied::Lost));
    assert_eq!(consents.allow(&alice.subject, &client_id("none"), &scope("a"), after(1)).await, Ok(Applied::Lost));
    assert_eq!(database.rows("consent").await, 0);
}

async fn what_is_withdrawn_is_revoked_for_that_client_only(database: Database) {
    let store = &database.store;
    let (alice, app, sid) = alice_and_app(store).await;
    let other = client("other");
    assert_eq!(store.clients().insert(&other).await, Ok(Insertion::Inserted));
    for (id, client) in [("g1", &app), ("g2", &app), ("g3", &other)] {
        assert_eq!(store.consents().allow(&alice.subject, &client.id, &scope("openid"), after(1)).await, Ok(Applied::Done));
        assert_eq!(store.grants().insert_code(&code(id, grant(id, client, &alice, Some(&sid))), None).await, Ok(Applied::Done));
    }
    assert_eq!(store.consents().withdraw(&alice.subject, &app.id, after(5)).await, Ok(()));
    assert_eq!(store.consents().find(&alice.subject, &app.id).await, Ok(None));
    let live = store.grants().of_user(&alice.subject, after(5), LIMITS).await.unwrap();
    assert_eq!(live, [grant("g3", &other, &alice, Some(&sid))]);
    assert_eq!(store.consents().of_user(&alice.subject).await.unwrap().len(), 1);
    assert_eq!(store.consents().withdraw(&alice.subject, &app.id, after(6)).await, Ok(()));
}
