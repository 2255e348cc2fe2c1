//! APIs.

use std::collections::BTreeSet;

use claviger::protocol::api::{Api, ApiScope};
use claviger::protocol::resource::Resource;
use claviger::protocol::scope::ScopeToken;
use claviger::store::{ApiWritten, Applied, Insertion};

use crate::database::{Database, on_both_databases};
use crate::store::{HOSTILE, at_once, client, client_id, rule};

on_both_databases!(
    an_api_comes_back_as_it_was,
    no_two_apis_have_one_identifier,
    no_two_apis_share_a_scope,
    no_two_apis_share_a_scope_also_when_many_come_at_once,
    an_update_replaces_scopes_and_introspectors,
    only_clients_introspect,
);

fn word(text: &str) -> ScopeToken {
    ScopeToken::parse(text).unwrap()
}

fn resource(text: &str) -> Resource {
    Resource::parse(text).unwrap()
}

fn api(identifier: &str, scopes: &[&str], introspectors: &[&str]) -> Api {
    let scope = |name: &&str| ApiScope {
        name: word(name),
        description: HOSTILE.to_owned(),
        role: Some("admin".to_owned()).filter(|_| name.len() > 1),
    };
    Api {
        identifier: resource(identifier),
        name: HOSTILE.to_owned(),
        scopes: scopes.iter().map(scope).collect(),
        introspectors: introspectors.iter().map(|id| client_id(id)).collect(),
        claims: vec![rule("tenant")],
    }
}

async fn with_clients(database: &Database) {
    for id in ["one", "two"] {
        assert_eq!(database.store.clients().insert(&client(id)).await, Ok(Insertion::Inserted));
    }
}

async fn an_api_comes_back_as_it_was(database: Database) {
    with_clients(&database).await;
    let apis = database.store.apis();
    let full = api("https://b.example/api", &["z:write", "a:read", "m"], &["two", "one"]);
    let bare = api("https://a.example", &[], &[]);
    for new in [&full, &bare] {
        assert_eq!(apis.insert(new).await, Ok(ApiWritten::Written));
    }
    assert_eq!(apis.list().await, Ok(vec![bare.clone(), full.clone()]));
    assert_eq!(apis.find(&resource("HTTPS://B.example/api/")).await, Ok(Some(full.clone())));
    assert_eq!(apis.find(&resource("https://b.example/api2")).await, Ok(None));
    assert_eq!(apis.delete(&full).await, Ok(Applied::Done));
    assert_eq!(apis.delete(&full).await, Ok(Applied::Lost));
    assert_eq!(apis.list().await, Ok(vec![bare]));
    assert_eq!((database.rows("api_scope").await, database.rows("api_introspector").await), (0, 0));
}

async fn no_two_apis_have_one_identifier(database: Database) {
    let apis = database.store.apis();
    assert_eq!(apis.insert(&api("https://a.example", &["a"], &[])).await, Ok(ApiWritten::Written));
    for same in ["https://a.example", "https://a.example/", "HTTPS://A.example"] {
        assert_eq!(apis.insert(&api(same, &["b"], &[])).await, Ok(ApiWritten::AlreadyThere), "{same}");
    }
    assert_eq!(apis.list().await, Ok(vec![api("https://a.example", &["a"], &[])]));
}

async fn no_two_apis_share_a_scope(database: Database) {
    let apis = database.store.apis();
    let (first, second) = (api("https://a.example", &["a", "b"], &[]), api("https://b.example", &["c"], &[]));
    for new in [&first, &second] {
        assert_eq!(apis.insert(new).await, Ok(ApiWritten::Written));
    }
    assert_eq!(apis.insert(&api("https://c.example", &["d", "b"], &[])).await, Ok(ApiWritten::ScopeTaken(word("b"))));
    assert_eq!(apis.replace(&second, &api("https://b.example", &["c", "a"], &[])).await, Ok(ApiWritten::ScopeTaken(word("a"))));
    assert_eq!(apis.list().await, Ok(vec![first, second]));
}

async fn no_two_apis_share_a_scope_also_when_many_come_at_once(database: Database) {
    let outcomes = at_once(10, |number| {
        let store = database.store.clone();
        async move { store.apis().insert(&api(&format!("https://{number}.example"), &["shared"], &[])).await.unwrap() }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == ApiWritten::Written).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == ApiWritten::ScopeTaken(word("shared"))).count(), 9, "{outcomes:?}");
    assert_eq!(database.rows("api").await, 1);
}

async fn an_update_replaces_scopes_and_introspectors(database: Database) {
    with_clients(&database).await;
    let apis = database.store.apis();
    let changed = api("https://a.example", &["b", "c"], &["two"]);
    let before = api("https://a.example", &["a", "b"], &["one"]);
    assert_eq!(apis.replace(&before, &changed).await, Ok(ApiWritten::Lost));
    assert_eq!(apis.insert(&before).await, Ok(ApiWritten::Written));
    assert_eq!(apis.replace(&before, &changed).await, Ok(ApiWritten::Written));
    assert_eq!(apis.replace(&before, &changed).await, Ok(ApiWritten::Lost), "it is not as it was");
    assert_eq!(apis.delete(&before).await, Ok(Applied::Lost), "it is not as it was");
    assert_eq!(apis.list().await, Ok(vec![changed]));
}

async fn only_clients_introspect(database: Database) {
    with_clients(&database).await;
    let apis = database.store.apis();
    assert_eq!(apis.insert(&api("https://a.example", &["a"], &["one", "none"])).await, Ok(ApiWritten::NoSuchClient(client_id("none"))));
    assert_eq!(apis.list().await, Ok(vec![]));
    assert_eq!(apis.insert(&api("https://a.example", &["a"], &["one", "two"])).await, Ok(ApiWritten::Written));
    assert_eq!(database.store.clients().delete(&client("one")).await, Ok(Applied::Done));
    // Whoever registers the identifier next does not inherit the right.
    assert_eq!(database.store.clients().insert(&client("one")).await, Ok(Insertion::Inserted));
    assert_eq!(apis.list().await.unwrap()[0].introspectors, BTreeSet::from([client_id("two")]));
}
