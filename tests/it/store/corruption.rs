//! Rows that fit nothing that we know are reported loudly, and without a secret.

use claviger::protocol::grant::Effect;
use claviger::store::{Applied, StoreFailure};

use crate::database::{Database, on_both_databases};
use crate::store::{LIMITS, after, alice_and_app, code, grant, grant_id, hash, keep_token, rotate};

on_both_databases!(a_row_that_makes_no_sense_is_named, a_token_whose_life_makes_no_sense_is_named_by_its_grant);

fn corrupt<T>(table: &'static str, column: &'static str, row: &str) -> Result<T, StoreFailure> {
    Err(StoreFailure::Corrupt { table, column, row: row.to_owned() })
}

async fn a_row_that_makes_no_sense_is_named(database: Database) {
    let store = &database.store;
    let (alice, app, sid) = alice_and_app(store).await;
    assert_eq!(store.grants().insert_code(&code("code", grant("g", &app, &alice, Some(&sid))), None).await, Ok(Applied::Done));

    database.execute("UPDATE code SET challenge = 'plain'").await;
    assert_eq!(store.grants().find_code(&hash("code"), after(2), LIMITS).await, corrupt("code", "challenge", "g"));
    database.execute("UPDATE granted SET scope = 'openid'").await;
    assert_eq!(store.grants().find(&grant_id("g"), after(1), LIMITS).await, corrupt("granted", "scope", "g"));
    database.execute("UPDATE session SET interaction = '{}'").await;
    assert_eq!(store.sessions().find(&sid.id).await, corrupt("session", "interaction", "sid"));
    database.execute("UPDATE account SET username = 'Alice'").await;
    assert_eq!(store.users().find(&alice.subject).await, corrupt("account", "username", "subject-of-alice"));
    database.execute("UPDATE client SET pkce = 'plain'").await;
    assert_eq!(store.clients().list().await, corrupt("client", "pkce", "app"));
    database.execute("UPDATE client SET pkce = 'required', access_token_lifetime = -1").await;
    assert_eq!(store.clients().find(&app.id).await, corrupt("client", "access_token_lifetime", "app"));
}

async fn a_token_whose_life_makes_no_sense_is_named_by_its_grant(database: Database) {
    let store = &database.store;
    let (alice, app, _) = alice_and_app(store).await;
    let effects = [Effect::StartGrant(grant("g", &app, &alice, None)), keep_token("first", "g")];
    assert_eq!(store.grants().apply(&effects).await, Ok(Applied::Done));
    assert_eq!(store.grants().apply(&rotate("first", "second", "g", after(1))).await, Ok(Applied::Done));
    for (damage, column) in [("successor = NULL", "successor"), ("spent_at = NULL", "spent_at")] {
        database.execute(&format!("UPDATE refresh_token SET {damage} WHERE spent_at IS NOT NULL")).await;
        let outcome = store.grants().find_refresh_token(&hash("first"), after(2), LIMITS).await;
        assert_eq!(outcome, corrupt("refresh_token", column, "g"));
        let text = format!("{:?} {}", outcome, outcome.clone().unwrap_err());
        assert!(!text.contains(hash("first").as_str()) && !text.contains("sealed"), "{text}");
    }
}
