//! API keys.

use claviger::protocol::api_key::{ApiKey, Owner};
use claviger::protocol::subject::{ApiKeyId, Subject};
use claviger::store::{ApiKeyFilter, Applied};

use crate::database::{Database, on_both_databases};
use crate::store::{HOSTILE, NOW, after, alice_and_app, client_id, hash, scope};

on_both_databases!(a_key_comes_back_as_it_was, with_its_owner_goes_a_key);

fn key(id: &str, owner: Owner) -> ApiKey {
    ApiKey {
        id: ApiKeyId::new(id),
        name: HOSTILE.to_owned(),
        owner,
        scope: scope("items:read items:write"),
        created_at: NOW,
        expires_at: Some(after(60)),
        last_used_at: None,
        last_used_from: None,
    }
}

async fn a_key_comes_back_as_it_was(database: Database) {
    let (alice, app, _) = alice_and_app(&database.store).await;
    let keys = database.store.api_keys();
    let hers = key("k-1", Owner::Person(alice.subject.clone()));
    let its = ApiKey { expires_at: None, ..key("k-2", Owner::Client(app.id.clone())) };
    assert_eq!(keys.insert(&hash("one"), &hers).await, Ok(Applied::Done));
    assert_eq!(keys.insert(&hash("two"), &its).await, Ok(Applied::Done));
    assert_eq!(keys.find_by_hash(&hash("one")).await, Ok(Some(hers.clone())));
    assert_eq!(keys.find_by_hash(&hash("three")).await, Ok(None));
    assert_eq!(keys.of(&its.owner).await, Ok(vec![its.clone()]));
    assert_eq!(keys.page(&ApiKeyFilter::default(), None, 1).await, Ok(vec![hers.clone()]));
    assert_eq!(keys.page(&ApiKeyFilter::default(), Some("k-1"), 9).await, Ok(vec![its.clone()]));
    let only = ApiKeyFilter { owner: Some(hers.owner.clone()), text: Some("nothing like it".to_owned()) };
    assert_eq!(keys.page(&only, None, 9).await, Ok(vec![]));
    assert_eq!(keys.note_use(&hers.id, after(5), "2001:db8::1", NOW).await, Ok(()));
    assert_eq!(keys.note_use(&hers.id, after(6), "192.0.2.1", after(4)).await, Ok(()), "a later one is noted already");
    let used = ApiKey { last_used_at: Some(after(5)), last_used_from: Some("2001:db8::1".to_owned()), ..hers };
    assert_eq!(keys.find(&used.id).await, Ok(Some(used.clone())));
    assert_eq!(keys.delete(&used.id).await, Ok(Applied::Done));
    assert_eq!(keys.delete(&used.id).await, Ok(Applied::Lost));
    assert_eq!(keys.find(&ApiKeyId::new("\0")).await, Ok(None));
}

async fn with_its_owner_goes_a_key(database: Database) {
    let (alice, app, _) = alice_and_app(&database.store).await;
    let keys = database.store.api_keys();
    assert_eq!(keys.insert(&hash("one"), &key("k-1", Owner::Person(alice.subject.clone()))).await, Ok(Applied::Done));
    assert_eq!(keys.insert(&hash("two"), &key("k-2", Owner::Client(app.id.clone()))).await, Ok(Applied::Done));
    assert_eq!(database.store.users().delete(&alice, after(9)).await, Ok(Applied::Done));
    assert_eq!(database.store.clients().delete(&app).await, Ok(Applied::Done));
    assert_eq!(database.rows("api_key").await, 0);
    for nobody in [Owner::Person(Subject::new("nobody")), Owner::Client(client_id("nobody"))] {
        assert_eq!(keys.insert(&hash("three"), &key("k-3", nobody)).await, Ok(Applied::Lost));
    }
}
