//! The signing key changes while the server runs.

use std::sync::Mutex;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use claviger::protocol::jose::SigningAlgorithm;
use claviger::signing::Kid;

use crate::actors::{Browser, RelyingParty, TestServer};

async fn published(server: &TestServer) -> Vec<String> {
    let keys = server.get("/.well-known/jwks.json").await.json();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid(jwt: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(jwt.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<serde_json::Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

/// Conformance: 8, 9
#[tokio::test]
async fn a_rotation_moves_every_key_on_and_old_tokens_stay_good() {
    let server = TestServer::start().await;
    let before = published(&server).await;
    assert_eq!(before.len(), 2, "active and next");
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    let old = web.sign_in(&mut browser, "openid items:read").await;
    assert_eq!(kid(old.access()), before[0]);
    assert_eq!(kid(old.text("id_token")), before[0]);
    let etag = server.get("/.well-known/jwks.json").await.header("etag").unwrap().to_owned();

    let rotation = server.rotate_keys();
    let after = published(&server).await;
    let expected = [&rotation.active, &rotation.next, &rotation.retired].map(|kid| kid.as_str().to_owned());
    assert_eq!(after, expected);
    assert_eq!(after[0], before[1], "the one that everybody knew already signs now");
    assert_eq!(after[2], before[0]);
    assert_ne!(server.get("/.well-known/jwks.json").await.header("etag"), Some(etag.as_str()));

    assert!(server.is_active(old.access()).await);
    assert_eq!(server.userinfo(old.access()).await.status, 200);
    let new = web.refresh(old.refresh()).await;
    assert_eq!((kid(new.access()), kid(new.text("id_token"))), (after[0].clone(), after[0].clone()));
    assert!(server.is_active(new.access()).await);
}

#[tokio::test]
async fn a_rotation_is_known_although_the_next_one_fails() {
    let server = TestServer::start_offering(&[SigningAlgorithm::Rs256, SigningAlgorithm::Es256]).await;
    server.register("es", |client| client.responses.id_token_signed = SigningAlgorithm::Es256).await;
    let known = Mutex::new(Vec::new());
    let failure = server.server.rotate_keys(None, true, |rotated| {
        known.lock().unwrap().push(rotated.alg);
        std::fs::remove_dir_all(&server.keys).unwrap();
    });
    assert!(failure.await.is_err(), "there is no place for keys any more");
    assert_eq!(known.into_inner().unwrap(), [SigningAlgorithm::Rs256]);
}

#[tokio::test]
async fn a_retired_key_disappears_when_the_last_token_signed_by_it_has_ended() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    let old = web.sign_in(&mut browser, "openid offline_access").await;
    let rotation = server.rotate_keys();
    let retired = rotation.retired.as_str().to_owned();
    let hint = format!("prompt=none&id_token_hint={}", old.text("id_token"));

    // Tokens live for 24 hours at most; then ten minutes for other people's clocks.
    server.clock.advance(Duration::from_secs((24 * 60 + 10) * 60 - 1));
    assert!(published(&server).await.contains(&retired));
    server.clock.advance(Duration::from_secs(1));
    assert!(!published(&server).await.contains(&retired));
    assert_eq!(published(&server).await.len(), 2);

    browser.log_in("/login", "alice", "wonderland").await;
    let back = browser.open(&web.authorization_url("openid", &hint)).await;
    assert_eq!(back.parameter("error").as_deref(), Some("invalid_request"), "a hint signed by it is no hint: {}", back.url);
    assert_eq!(kid(web.refresh(old.refresh()).await.access()), rotation.active.as_str(), "refresh tokens don't hang on keys");

    let next = server.rotate_keys();
    assert_eq!(next.removed.iter().map(Kid::as_str).collect::<Vec<_>>(), [retired.as_str()]);
    assert!(!server.keys.join(format!("{retired}.pem")).exists());
}
