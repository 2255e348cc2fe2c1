//! Clients.

use claviger::protocol::client::{Client, MOST_SECRETS, Origin};
use claviger::store::{Applied, Insertion, SecretAdded};

use crate::database::{Database, on_both_databases};
use crate::store::{after, alice_and_app, at_once, client, client_id, code, grant, keep_token, scope, secret};

on_both_databases!(
    a_client_comes_back_as_it_was,
    a_taken_identifier_changes_nothing,
    an_update_leaves_the_secrets_alone,
    a_client_that_is_disabled_keeps_the_rest,
    a_client_has_two_secrets_at_most,
    two_secrets_at_most_also_when_many_ask_at_once,
    an_origin_is_allowed_while_an_enabled_client_has_it,
    with_a_client_goes_what_it_was_granted,
);

async fn a_client_comes_back_as_it_was(database: Database) {
    let clients = database.store.clients();
    let full = client("full");
    let bare = Client { secrets: vec![], cors_origins: vec![], redirect_uris: vec![], enabled: false, ..client("bare") };
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

async fn an_update_leaves_the_secrets_alone(database: Database) {
    let clients = database.store.clients();
    let before = client("app");
    let changed = Client {
        name: "changed".to_owned(),
        secrets: vec![],
        cors_origins: vec![Origin::parse("https://new.example").unwrap()],
        allowed_scope: scope("a b"),
        enabled: false,
        created_at: after(99),
        updated_at: after(99),
        ..before.clone()
    };
    assert_eq!(clients.update(&changed).await, Ok(false));
    assert_eq!(clients.insert(&before).await, Ok(Insertion::Inserted));
    assert_eq!(clients.update(&changed).await, Ok(true));
    let expected = Client { secrets: before.secrets, created_at: before.created_at, ..changed };
    assert_eq!(clients.find(&expected.id).await, Ok(Some(expected)));
}

async fn a_client_that_is_disabled_keeps_the_rest(database: Database) {
    let clients = database.store.clients();
    let app = client("app");
    assert_eq!(clients.set_enabled(&app.id, false, after(5)).await, Ok(false));
    assert_eq!(clients.insert(&app).await, Ok(Insertion::Inserted));
    for enabled in [false, true] {
        assert_eq!(clients.set_enabled(&app.id, enabled, after(5)).await, Ok(true));
        assert_eq!(clients.find(&app.id).await, Ok(Some(Client { enabled, updated_at: after(5), ..app.clone() })));
    }
}

async fn a_client_has_two_secrets_at_most(database: Database) {
    let clients = database.store.clients();
    let app = client("app");
    assert_eq!(clients.add_secret(&app.id, &secret("third", after(9))).await, Ok(SecretAdded::NoSuchClient));
    assert_eq!(clients.insert(&app).await, Ok(Insertion::Inserted));
    assert_eq!(clients.add_secret(&app.id, &secret("third", after(9))).await, Ok(SecretAdded::TooMany));
    assert_eq!(clients.remove_secret(&app.id, "old").await, Ok(true));
    for unknown in ["old", "", "a\0b", "%"] {
        assert_eq!(clients.remove_secret(&app.id, unknown).await, Ok(false), "{unknown:?}");
    }
    assert_eq!(clients.add_secret(&app.id, &secret("third", after(9))).await, Ok(SecretAdded::Done));
    let secrets = clients.find(&app.id).await.unwrap().unwrap().secrets;
    assert_eq!(secrets, [secret("new", after(1)), secret("third", after(9))]);
}

async fn two_secrets_at_most_also_when_many_ask_at_once(database: Database) {
    // Several rounds: in the first, the connections are still being opened one after the other.
    for round in 0..5 {
        let app = Client { secrets: vec![], ..client(&format!("app-{round}")) };
        assert_eq!(database.store.clients().insert(&app).await, Ok(Insertion::Inserted));
        let outcomes = at_once(20, |number| {
            let (store, id) = (database.store.clone(), app.id.clone());
            async move { store.clients().add_secret(&id, &secret(&format!("secret-{number}"), after(1))).await.unwrap() }
        })
        .await;
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == SecretAdded::Done).count(), MOST_SECRETS);
        assert_eq!(database.store.clients().find(&app.id).await.unwrap().unwrap().secrets.len(), MOST_SECRETS);
    }
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
    assert_eq!(clients.update(&Client { enabled: false, ..app.clone() }).await, Ok(true));
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
    assert_eq!(store.clients().delete(&app.id).await, Ok(true));
    assert_eq!(store.clients().delete(&app.id).await, Ok(false));
    for table in ["client_secret", "client_origin", "granted", "code", "refresh_token", "consent"] {
        assert_eq!(database.rows(table).await, 0, "{table}");
    }
    assert_eq!(database.rows("session").await, 1);
    assert_eq!(store.users().find(&alice.subject).await, Ok(Some(alice)));
}
