//! Refresh tokens of clients that chose whether theirs rotate. That a used one ends its family is in `attacks::refresh_reuse`.

use std::time::Duration;

use claviger::flow::manage::Expected;
use claviger::protocol::client::{AuthMethod, Client, ClientId, RefreshTokenRotation};
use claviger::protocol::client_metadata::ClientMetadata;
use claviger::protocol::registration::Policy;
use serde_json::json;

use crate::actors::registrant::{Registrant, open, plain_and};
use crate::actors::{Browser, RelyingParty, TestServer};
use crate::database::{Database, on_both_databases};

on_both_databases!(a_client_may_keep_its_refresh_token);

const KEEPING: &str = "keeping:keeping-secret";
const DAY: Duration = Duration::from_hours(24);

async fn keeping(server: &TestServer) -> RelyingParty<'_> {
    server.register("keeping", |client: &mut Client| client.refresh_token_rotation = RefreshTokenRotation::Off).await;
    RelyingParty::new(server, KEEPING, RelyingParty::demo_web(server).redirect_uri)
}

/// Conformance: 42
async fn a_client_may_keep_its_refresh_token(database: Database) {
    let server = TestServer::start_on(database.clone()).await;
    let client = keeping(&server).await;
    let scope = "openid items:read offline_access";
    let first = client.sign_in(&mut Browser::new(&server), scope).await;
    // Each use puts off its end: 14 days without one.
    for _ in 0..6 {
        server.clock.advance(DAY * 13);
        let next = client.refresh(first.refresh()).await;
        assert_eq!(next.refresh(), first.refresh());
        assert!(next.access() != first.access() && server.is_active(next.access()).await);
    }
    assert_eq!(database.rows("refresh_token").await, 1);
    server.clock.advance(DAY * 12);
    client.try_refresh(first.refresh(), &[]).await.assert_error(400, "invalid_grant");

    let unused = client.sign_in(&mut Browser::new(&server), scope).await;
    server.clock.advance(DAY * 14);
    client.try_refresh(unused.refresh(), &[]).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn one_that_was_taken_back_or_is_another_clients_is_of_no_use() {
    let server = TestServer::start().await;
    let client = keeping(&server).await;
    let tokens = client.sign_in(&mut Browser::new(&server), "openid items:read").await;
    for other in [RelyingParty::demo_web(&server), RelyingParty::demo_spa(&server)] {
        other.try_refresh(tokens.refresh(), &[]).await.assert_error(400, "invalid_grant");
    }
    for wrong in [None, Some("keeping"), Some("keeping:wrong")] {
        let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh())];
        server.token(wrong, &form).await.assert_error(401, "invalid_client");
    }
    let again = client.refresh(tokens.refresh()).await;
    assert_eq!(server.post("/revoke", Some(KEEPING), &[("token", tokens.refresh())]).await.status, 200);
    client.try_refresh(tokens.refresh(), &[]).await.assert_error(400, "invalid_grant");
    assert!(!server.is_active(again.access()).await);
}

#[tokio::test]
async fn what_is_chosen_later_counts_at_the_next_use() {
    let server = TestServer::start().await;
    let client = keeping(&server).await;
    let choose = async |rotation| {
        let change = |metadata: ClientMetadata| Ok(ClientMetadata { refresh_token_rotation: rotation, ..metadata });
        server.server.change_client(&ClientId::parse("keeping").unwrap(), &Expected::Anything, change).await.unwrap().unwrap();
    };
    let kept = client.sign_in(&mut Browser::new(&server), "openid").await;
    choose(RefreshTokenRotation::On).await;
    let successor = client.refresh(kept.refresh()).await;
    assert_ne!(successor.refresh(), kept.refresh());
    choose(RefreshTokenRotation::Off).await;
    assert_eq!(client.refresh(successor.refresh()).await.refresh(), successor.refresh());
    // What was used up while they rotated stays used up.
    server.clock.advance(Duration::from_secs(11));
    client.try_refresh(kept.refresh(), &[]).await.assert_error(400, "invalid_grant");
    client.try_refresh(successor.refresh(), &[]).await.assert_error(400, "invalid_grant");
}

/// Conformance: 57
#[tokio::test]
async fn the_policy_says_it_for_clients_that_register_themselves_unless_they_are_public() {
    let server = TestServer::start_registering(Policy { refresh_token_rotation: RefreshTokenRotation::Off, ..open() }).await;
    let refreshing = |method: &str| {
        let mut body = plain_and(json!({"grant_types": ["authorization_code", "refresh_token"], "refresh_token_rotation": "on"}));
        body["token_endpoint_auth_method"] = json!(method);
        body
    };
    for (method, stays) in [(AuthMethod::SecretBasic, true), (AuthMethod::None, false)] {
        let client = Registrant::new(&server, &refreshing(method.as_str())).await;
        assert_eq!(client.information.get("refresh_token_rotation"), None, "it is the operator's to say");
        let tokens = client.relying_party().sign_in(&mut Browser::new(&server), "openid").await;
        let next = client.relying_party().refresh(tokens.refresh()).await;
        assert_eq!(next.refresh() == tokens.refresh(), stays, "{method}");
        // RFC 7592 §2.2: looking after its registration changes nothing about it.
        assert_eq!(client.put(refreshing(method.as_str())).await.status, 200);
        let after = client.relying_party().refresh(next.refresh()).await;
        assert_eq!(after.refresh() == next.refresh(), stays, "{method}");
    }
    let server = TestServer::start_registering(open()).await;
    let mut asking = refreshing("client_secret_basic");
    asking["refresh_token_rotation"] = json!("off");
    let client = Registrant::new(&server, &asking).await;
    let tokens = client.relying_party().sign_in(&mut Browser::new(&server), "openid").await;
    assert_ne!(client.relying_party().refresh(tokens.refresh()).await.refresh(), tokens.refresh());
}
