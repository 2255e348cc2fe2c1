//! A client that nobody knows registers itself, and a person is warned of it.

use std::time::Duration;

use serde_json::json;

use crate::actors::registrant::{Registrant, open, plain, plain_and};
use crate::actors::{Browser, RelyingParty, TestServer};
use crate::database::{Database, on_both_databases};
use crate::store::LIMITS;

on_both_databases!(who_is_used_stays_and_who_is_not_is_forgotten);

/// Conformance: 62
#[tokio::test]
async fn a_person_is_told_that_nobody_has_looked_at_it_and_asked_whatever_they_allowed_others() {
    let server = TestServer::start_registering(open()).await;
    let client = Registrant::new(&server, &plain_and(json!({"client_name": "Looking Glass"}))).await;
    let mut browser = Browser::new(&server);
    let page = browser.log_in(&client.relying_party().authorization_url("openid", ""), "alice", "wonderland").await;
    assert_eq!(page.url.path(), "/consent");
    for part in ["Looking Glass", "registered itself", "stranger.example"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let back = browser.submit(&page, &[], "consent-allow").await;
    let tokens = client.relying_party().redeem(&back.code()).await;
    assert_eq!(tokens.id_claims()["aud"], client.id);

    let ours = RelyingParty::demo_web(&server);
    let page = browser.open(&ours.authorization_url("openid items:read", "prompt=consent")).await;
    assert!(page.url.path() == "/consent" && !page.body.contains("registered itself"), "{}", page.body);
}

async fn who_is_used_stays_and_who_is_not_is_forgotten(database: Database) {
    let store = database.store.clone();
    let server = TestServer::start_registering_on(database, open()).await;
    let (used, unused) = (Registrant::new(&server, &plain()).await, Registrant::new(&server, &plain()).await);
    used.relying_party().sign_in(&mut Browser::new(&server), "openid").await;
    let (limits, day) = (LIMITS, Duration::from_hours(24));
    server.clock.advance(Duration::from_secs(24 * 3600 - 1));
    store.sweep(server.clock.now(), limits, 100).await.unwrap();
    assert_eq!(unused.get().await.status, 200);
    server.clock.advance(Duration::from_secs(1));
    store.sweep(server.clock.now(), limits, 100).await.unwrap();
    unused.get().await.assert_error(401, "invalid_token");
    assert_eq!(used.get().await.status, 200);
    // As late as nothing of what it once got is alive any more.
    server.clock.advance(day * 400);
    while store.sweep(server.clock.now(), limits, 100).await.unwrap() > 0 {}
    assert_eq!(used.get().await.status, 200);
}
