//! `/register/:id` (RFC 7592): a client looks after its registration.

use claviger::protocol::client::ClientId;
use reqwest::Method;
use serde_json::{Value, json};

use crate::actors::registrant::{CALLBACK, Registrant, open, plain, plain_and, send};
use crate::actors::{Browser, TestServer};
use crate::database::{Database, on_both_databases};

on_both_databases!(a_registration_is_seen_replaced_and_ended);

/// What is registered, without what is shown once.
fn lasting(information: &Value) -> Value {
    let mut lasting = information.clone();
    lasting.as_object_mut().unwrap().remove("client_secret");
    lasting
}

/// Conformance: 61
#[tokio::test]
async fn what_stays_out_of_an_update_has_its_default_again() {
    let server = TestServer::start_registering(open()).await;
    let client = Registrant::new(&server, &plain_and(json!({"client_name": "Stranger", "scope": "openid"}))).await;
    let replaced = client.put(plain_and(json!({"post_logout_redirect_uris": ["https://stranger.example/bye"]}))).await;
    assert_eq!((replaced.status.as_u16(), replaced.header("cache-control")), (200, Some("no-store")), "{}", replaced.body);
    let now = replaced.json();
    assert_eq!(
        (&now["client_name"], &now["scope"]),
        (&json!("stranger.example"), &json!("email items:read offline_access openid profile"))
    );
    assert_eq!(now["post_logout_redirect_uris"], json!(["https://stranger.example/bye"]));
    assert_eq!((&now["registration_access_token"], now.get("client_secret")), (&json!(client.token), None));
    assert_eq!(client.get().await.json(), now);
}

/// Conformance: 61
async fn a_registration_is_seen_replaced_and_ended(database: Database) {
    let server = TestServer::start_registering_on(database, open()).await;
    let client = Registrant::new(&server, &plain_and(json!({"grant_types": ["authorization_code", "refresh_token"]}))).await;
    let seen = client.get().await;
    assert_eq!((seen.status.as_u16(), seen.header("cache-control")), (200, Some("no-store")), "{}", seen.body);
    assert_eq!(seen.json(), lasting(&client.information));

    let party = client.relying_party();
    let tokens = party.sign_in(&mut Browser::new(&server), "openid items:read").await;
    assert!(server.is_active(tokens.access()).await);
    let renamed = client.put(plain_and(json!({"client_name": "Renamed", "grant_types": ["authorization_code", "refresh_token"]}))).await;
    assert_eq!((renamed.status.as_u16(), &renamed.json()["client_name"]), (200, &json!("Renamed")));
    let tokens = party.refresh(tokens.refresh()).await;

    let gone = client.delete().await;
    assert_eq!((gone.status.as_u16(), gone.body.as_str(), gone.header("cache-control")), (204, "", Some("no-store")));
    assert!(!server.is_active(tokens.access()).await);
    party.try_refresh(tokens.refresh(), &[]).await.assert_error(401, "invalid_client");
    for answer in [client.get().await, client.put(plain()).await, client.delete().await] {
        answer.assert_error(401, "invalid_token");
    }
}

#[tokio::test]
async fn a_secret_lives_as_long_as_the_client_needs_one() {
    let server = TestServer::start_registering(open()).await;
    let client = Registrant::new(&server, &plain()).await;
    let secret = client.information["client_secret"].clone();
    let kept = client.put(plain_and(json!({"token_endpoint_auth_method": "client_secret_post", "client_secret": secret}))).await;
    assert_eq!((kept.status.as_u16(), kept.json().get("client_secret")), (200, None), "{}", kept.body);
    let public = client.put(plain_and(json!({"token_endpoint_auth_method": "none"}))).await.json();
    assert_eq!((public.get("client_secret"), public.get("client_secret_expires_at")), (None, None));
    let again = client.put(plain()).await.json();
    assert!(again["client_secret"].as_str().is_some_and(|made| made != secret), "{again}");
    let sealed = client.put(plain_and(json!({"token_endpoint_auth_method": "client_secret_jwt"}))).await.json();
    assert!(sealed["client_secret"].as_str().is_some_and(|made| made != again["client_secret"]), "{sealed}");
}

#[tokio::test]
async fn an_update_means_this_client_and_says_nothing_that_is_the_servers() {
    let server = TestServer::start_registering(open()).await;
    let client = Registrant::new(&server, &plain()).await;
    let put = async |body: Value| client.ask(Method::PUT, Some(&body)).await;
    put(plain()).await.assert_error(400, "invalid_client_metadata");
    put(plain_and(json!({"client_id": "demo-web"}))).await.assert_error(400, "invalid_client_metadata");
    for (name, value) in [
        ("client_secret", json!("guess")),
        ("registration_access_token", json!(client.token)),
        ("registration_client_uri", json!("https://stranger.example")),
        ("client_id_issued_at", json!(0)),
        ("client_secret_expires_at", json!(0)),
    ] {
        client.put(plain_and(json!({ name: value }))).await.assert_error(400, "invalid_client_metadata");
    }
    client.put(json!({"redirect_uris": ["http://stranger.example"]})).await.assert_error(400, "invalid_redirect_uri");
    assert_eq!(client.get().await.json(), lasting(&client.information));
}

#[tokio::test]
async fn what_the_operator_chose_survives_an_update() {
    let server = TestServer::start_registering(open()).await;
    let client = Registrant::new(&server, &plain()).await;
    server.allow(&client.id, "items:write").await;
    let kept = client.put(plain_and(json!({"scope": "openid items:write clients:write", "first_party": true, "pkce": "optional"}))).await;
    assert_eq!(kept.json()["scope"], "items:write openid");
    let stored = server.server.client(&ClientId::parse(&client.id).unwrap()).await.unwrap().unwrap();
    assert!(!stored.first_party && stored.pkce.as_str() == "required");
    server.server.enable_client(&stored.id, false).await.unwrap().unwrap();
    for answer in [client.get().await, client.put(plain()).await, client.delete().await] {
        answer.assert_error(401, "invalid_token");
    }
}

#[tokio::test]
async fn a_head_is_like_a_get_and_other_methods_are_told_so() {
    let server = TestServer::start_registering(open()).await;
    let client = Registrant::new(&server, &plain()).await;
    assert_eq!(client.ask(Method::HEAD, None).await.status, 200);
    let answer = send(&server, Method::PATCH, &format!("/register/{}", client.id), Some(&client.token), Some(&json!({}))).await;
    answer.assert_error(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), Some("GET, HEAD, PUT, DELETE"));
    assert_eq!(client.get().await.json()["redirect_uris"], json!([CALLBACK]));
}
