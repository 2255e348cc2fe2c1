//! Clients.

use claviger::protocol::client::{Client, Origin};
use claviger::protocol::client_logout::{ClientLogout, LogoutRevokes};
use claviger::store::{Applied, ClientFilter, Insertion};

use crate::database::{Database, on_both_databases};
use crate::store::{after, alice_and_app, at_once, client, client_id, code, grant, keep_token, scope, secret};

on_both_databases!(
    a_client_comes_back_as_it_was,
    a_taken_identifier_changes_nothing,
    an_update_writes_all_but_when_it_was_made,
    an_update_with_secrets_adds_and_withdraws_them,
    of_two_changes_of_the_same_client_one_is_lost,
    clients_are_listed_in_pages,
    an_origin_is_allowed_while_an_enabled_client_has_it,
    with_a_client_goes_what_it_was_granted,
);

async fn a_client_comes_back_as_it_was(database: Database) {
    let clients = database.store.clients();
    let full = client("full");
    let bare = Client {
        logout: ClientLogout::default(),
        secrets: vec![],
        cors_origins: vec![],
        redirect_uris: vec![],
        enabled: false,
        ..client("bare")
    };
    for new in [&full, &bare] {
        assert_eq!(clients.insert(new).await, Ok(Insertion::Inserted));
    }
    assert_eq!(clients.find(&full.id).await, Ok(Some(full.clone())));
    assert_eq!(clients.find(&bare.id).await, Ok(Some(bare.clone())));
    assert_eq!(clients.find(&client_id("FULL")).await, Ok(None));
    assert_eq!(clients.list().await, Ok(vec![bare, full]));
}

async fn a_taken_identifier_changes_nothing(database: Database) {
    let clients = database.store.clients();
    let first = client("app");
    assert_eq!(clients.insert(&first).await, Ok(Insertion::Inserted));
    let second = Client { name: "another".to_owned(), secrets: vec![secret("third", after(9))], ..client("app") };
    assert_eq!(clients.insert(&second).await, Ok(Insertion::AlreadyThere));
    assert_eq!(clients.find(&first.id).await, Ok(Some(first)));
}

async fn an_update_writes_all_but_when_it_was_made(database: Database) {
    let clients = database.store.clients();
    let before = client("app");
    let changed = Client {
        name: "changed".to_owned(),
        logout: ClientLogout { revokes: LogoutRevokes::Nothing, ..ClientLogout::default() },
        cors_origins: vec![Origin::parse("https://new.example").unwrap()],
        allowed_scope: scope("a b"),
        enabled: false,
        created_at: after(99),
        updated_at: after(99),
        ..before.clone()
    };
    assert_eq!(clients.replace(&before, &changed).await, Ok(Applied::Lost));
    assert_eq!(clients.insert(&before).await, Ok(Insertion::Inserted));
    assert_eq!(clients.replace(&before, &changed).await, Ok(Applied::Done));
    assert_eq!(clients.delete(&before).await, Ok(Applied::Lost), "it is not as it was");
    let expected = Client { created_at: before.created_at, ..changed };
    assert_eq!(clients.find(&expected.id).await, Ok(Some(expected)));
}

async fn an_update_with_secrets_adds_and_withdraws_them(database: Database) {
    let clients = database.store.clients();
    let before = Client { secrets: vec![secret("old", after(1)), secret("new", after(2))], ..client("app") };
    let rotated =
        Client { secrets: vec![secret("new", after(2)), secret("newest", after(3))], name: "changed".to_owned(), ..before.clone() };
    assert_eq!(clients.insert(&before).await, Ok(Insertion::Inserted));
    assert_eq!(clients.replace(&before, &rotated).await, Ok(Applied::Done));
    assert_eq!(clients.replace(&before, &before).await, Ok(Applied::Lost), "its secrets are others by now");
    assert_eq!(clients.find(&before.id).await, Ok(Some(rotated.clone())));
    let public = Client { secrets: vec![], ..rotated.clone() };
    assert_eq!(clients.replace(&rotated, &public).await, Ok(Applied::Done));
    assert_eq!(clients.find(&before.id).await, Ok(Some(public)));
}

/// Everybody has seen the same client, and wants to change something else about it.
async fn of_two_changes_of_the_same_client_one_is_lost(database: Database) {
    let app = client("app");
    assert_eq!(database.store.clients().insert(&app).await, Ok(Insertion::Inserted));
    let outcomes = at_once(10, |number| {
        let (store, before) = (database.store.clone(), app.clone());
        let changed = Client { name: format!("change {number}"), ..app.clone() };
        async move { (store.clients().replace(&before, &changed).await.unwrap() == Applied::Done).then_some(changed.name) }
    })
    .await;
    let winners: Vec<String> = outcomes.into_iter().flatten().collect();
    assert_eq!(winners, [database.store.clients().find(&app.id).await.unwrap().unwrap().name]);
}

async fn clients_are_listed_in_pages(database: Database) {
    let clients = database.store.clients();
    for id in ["d", "a", "c_", "B"] {
        let new = Client { name: format!("Name-{id}%"), enabled: id != "a", ..client(id) };
        assert_eq!(clients.insert(&new).await, Ok(Insertion::Inserted));
    }
    let ids = async |filter: ClientFilter, after: Option<&str>, limit| {
        let found = clients.page(&filter, after, limit).await.unwrap();
        found.into_iter().map(|client| client.id.to_string()).collect::<Vec<_>>()
    };
    let all = ids(ClientFilter::default(), None, 10).await;
    assert_eq!(all.len(), 4);
    assert_eq!(ids(ClientFilter::default(), None, 2).await, all[..2]);
    assert_eq!(ids(ClientFilter::default(), Some(&all[1]), 10).await, all[2..]);
    let named = |text: &str| ClientFilter { text: Some(text.to_owned()), ..ClientFilter::default() };
    assert_eq!(ids(named("name-b"), None, 10).await, ["B"]);
    assert_eq!(ids(named("_"), None, 10).await, ["c_"]);
    assert_eq!(ids(named("%"), None, 10).await.len(), 4);
    assert!(ids(named("\\"), None, 10).await.is_empty() && ids(named("' OR 1=1 --"), None, 10).await.is_empty());
    assert_eq!(ids(ClientFilter { enabled: Some(false), ..ClientFilter::default() }, None, 10).await, ["a"]);
}

async fn an_origin_is_allowed_while_an_enabled_client_has_it(database: Database) {
    let clients = database.store.clients();
    let app = client("app");
    assert_eq!(clients.allows_origin("https://a.example").await, Ok(false));
    assert_eq!(clients.insert(&app).await, Ok(Insertion::Inserted));
    for allowed in ["https://a.example", "https://z.example", "http://localhost:3000"] {
        assert_eq!(clients.allows_origin(allowed).await, Ok(true), "{allowed}");
    }
    for other in [
        "https://a.example/",
        "https://A.example",
        "https://%.example",
        "https://_.example",
        "null",
        "",
        "*",
        "a\0",
        "' OR '1'='1",
        "https://a.exampl",
    ] {
        assert_eq!(clients.allows_origin(other).await, Ok(false), "{other:?}");
    }
    assert_eq!(clients.replace(&app, &Client { enabled: false, ..app.clone() }).await, Ok(Applied::Done));
    assert_eq!(clients.allows_origin("https://a.example").await, Ok(false));
    let other = Client { cors_origins: vec![Origin::parse("https://a.example").unwrap()], ..client("other") };
    assert_eq!(clients.insert(&other).await, Ok(Insertion::Inserted));
    assert_eq!(clients.allows_origin("https://a.example").await, Ok(true));
    assert_eq!(clients.allows_origin("https://z.example").await, Ok(false));
}

async fn with_a_client_goes_what_it_was_granted(database: Database) {
    let store = &database.store;
    let (alice, app, sid) = alice_and_app(store).await;
    assert_eq!(store.grants().insert_code(&code("code", grant("g", &app, &alice, Some(&sid))), None).await, Ok(Applied::Done));
    assert_eq!(store.grants().apply(&[keep_token("token", "g")]).await, Ok(Applied::Done));
    assert_eq!(store.consents().allow(&alice.subject, &app.id, &scope("openid"), after(1)).await, Ok(Applied::Done));
    assert_eq!(store.clients().delete(&app).await, Ok(Applied::Done));
    assert_eq!(store.clients().delete(&app).await, Ok(Applied::Lost));
    for table in ["client_secret", "client_origin", "granted", "code", "refresh_token", "consent"] {
        assert_eq!(database.rows(table).await, 0, "{table}");
    }
    assert_eq!(database.rows("session").await, 1);
    assert_eq!(store.users().find(&alice.subject).await, Ok(Some(alice)));
}
