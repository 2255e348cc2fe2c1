//! Signing in with a code: the stranger, the returning person, the second application.

use std::time::Duration;

use crate::actors::{Browser, RelyingParty, TestServer};

/// Conformance: 35
#[tokio::test]
async fn alice_signs_in_consents_and_the_application_gets_her_tokens() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let login = browser.open(&web.authorization_url("openid email items:read", "nonce=n-1")).await;
    assert_eq!(login.trail, ["/authorize", "/login"]);
    let consent = browser.submit(&login, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    assert_eq!(consent.trail, ["/login", "/authorize", "/consent"]);
    let back = browser.submit(&consent, &[], "consent-allow").await;
    assert_eq!(back.parameter("state").as_deref(), Some("state-1"));
    assert_eq!(back.parameter("iss").as_ref(), Some(&server.issuer));

    let tokens = web.redeem(&back.code()).await;
    assert_eq!(tokens.text("scope"), "email items:read openid");
    let (access, id) = (tokens.access_claims(), tokens.id_claims());
    assert_eq!(id["aud"], "demo-web");
    assert_eq!(id["nonce"], "n-1");
    assert_eq!(id["sub"], access["sub"]);
    assert_eq!(access["aud"], serde_json::json!(["http://localhost:8000", server.issuer]));
    assert_eq!(server.userinfo(tokens.access()).await.json()["email"], "alice@example.com");
}

#[tokio::test]
async fn the_second_application_asks_for_consent_and_not_for_the_password() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let first = RelyingParty::demo_web(&server).sign_in(&mut browser, "openid email").await;
    server.clock.advance(Duration::from_hours(1));

    let spa = RelyingParty::demo_spa(&server);
    let consent = browser.open(&spa.authorization_url("openid email", "")).await;
    assert_eq!(consent.trail, ["/authorize", "/consent"]);
    for words in ["Allow <bdi>Demo browser application</bdi>?", "Alice Liddell", "localhost:5173", "<code>email</code>"] {
        assert!(consent.body.contains(words), "{words}: {}", consent.body);
    }
    let second = spa.redeem(&browser.submit(&consent, &[], "consent-allow").await.code()).await;

    let (first, second) = (first.id_claims(), second.id_claims());
    assert_eq!([&second["sub"], &second["sid"], &second["auth_time"]], [&first["sub"], &first["sid"], &first["auth_time"]]);
    assert_eq!(second["iat"].as_i64().unwrap() - second["auth_time"].as_i64().unwrap(), 3600);
    assert_eq!((&first["aud"], &second["aud"]), (&"demo-web".into(), &"demo-spa".into()));
}

/// Conformance: 24
#[tokio::test]
async fn whoever_returns_to_an_application_is_asked_nothing() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    let first = web.sign_in(&mut browser, "openid items:read").await;
    let back = browser.open(&web.authorization_url("openid items:read", "")).await;
    assert_eq!(back.trail, ["/authorize"]);
    let second = web.redeem(&back.code()).await;
    assert_ne!(second.refresh(), first.refresh());

    // From another browser they sign in, and what they allowed is remembered.
    let mut other = Browser::new(&server);
    let back = other.log_in(&web.authorization_url("openid items:read", ""), "alice", "wonderland").await;
    assert_eq!(back.trail, ["/login", "/authorize"]);
    assert_ne!(web.redeem(&back.code()).await.id_claims()["sid"], first.id_claims()["sid"]);
}

#[tokio::test]
async fn the_answer_comes_the_way_that_the_application_chose() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    web.sign_in(&mut browser, "openid").await;

    let fragment = browser.open(&web.authorization_url("openid", "response_mode=fragment")).await;
    assert_eq!(fragment.url.query(), None);
    assert!(fragment.url.fragment().unwrap().contains("code="), "{}", fragment.url);
    assert_eq!(web.redeem(&fragment.code()).await.text("scope"), "openid");

    let posted = browser.open(&web.authorization_url("openid", "response_mode=form_post")).await;
    assert!(!posted.left && posted.body.contains("action=\"http://localhost:3000/callback\""), "{}", posted.body);
    assert_eq!((posted.field("state").as_deref(), posted.field("iss").as_ref()), (Some("state-1"), Some(&server.issuer)));
    assert_eq!(web.redeem(&posted.field("code").unwrap()).await.text("scope"), "openid");
}
