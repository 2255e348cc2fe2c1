//! `/authorize`: when a person is asked and when not (OpenID Connect Core §3.1.2.1, §3.1.2.3).

use std::time::Duration;

use url::form_urlencoded;

use crate::actors::{Browser, RelyingParty, START, TestServer, Tokens};

/// A browser in which alice is signed in and has allowed `demo-web` what `openid` covers, and the tokens of that.
async fn alice_at<'a>(server: &'a TestServer, web: &RelyingParty<'_>) -> (Browser<'a>, Tokens) {
    let mut browser = Browser::new(server);
    let back = browser.log_in_and_consent(&web.authorization_url("openid", "")).await;
    (browser, web.redeem(&back.code()).await)
}

/// Conformance: 21
#[tokio::test]
async fn none_never_shows_a_page() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let silent = web.authorization_url("openid", "prompt=none");
    let mut browser = Browser::new(&server);
    assert_eq!(browser.open(&silent).await.parameter("error").as_deref(), Some("login_required"));
    let consent = browser.log_in(&web.authorization_url("openid", ""), "alice", "wonderland").await;
    assert_eq!(browser.open(&silent).await.parameter("error").as_deref(), Some("consent_required"));
    browser.submit(&consent, &[], "consent-allow").await.code();
    let back = browser.open(&silent).await;
    assert_eq!(back.trail, ["/authorize"]);
    web.redeem(&back.code()).await;
    let wider = browser.open(&web.authorization_url("openid email", "prompt=none")).await;
    assert_eq!(wider.parameter("error").as_deref(), Some("consent_required"), "more than what was allowed");
    server.clock.advance(Duration::from_hours(8));
    assert_eq!(browser.open(&silent).await.parameter("error").as_deref(), Some("login_required"), "the session is over");
}

/// Conformance: 22
#[tokio::test]
async fn login_asks_for_the_password_once_more_and_makes_auth_time_new() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let (mut browser, before) = alice_at(&server, &web).await;
    server.clock.advance(Duration::from_secs(50));
    let again = browser.open(&web.authorization_url("openid", "prompt=login")).await;
    assert_eq!(again.url.path(), "/login");
    let back = browser.submit(&again, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    let after = web.redeem(&back.code()).await.id_claims();
    assert_eq!(after["auth_time"], START.seconds() + 50);
    assert_eq!((&after["sub"], &after["sid"]), (&before.id_claims()["sub"], &before.id_claims()["sid"]));
}

#[tokio::test]
async fn a_sign_in_for_one_request_does_not_count_for_another() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let (mut browser, _) = alice_at(&server, &web).await;
    let (one, other) = (web.authorization_url("openid", "prompt=login&nonce=1"), web.authorization_url("openid", "prompt=login&nonce=2"));
    let login = browser.open(&one).await;
    let (_, mut form) = login.form("login-submit");
    form.retain(|(name, _)| name != "username" && name != "password");
    form.extend([("username".to_owned(), "alice".to_owned()), ("password".to_owned(), "wonderland".to_owned())]);
    assert_eq!(browser.send(&login.url.join("/login").unwrap(), Some(&form)).await.status, 303);
    assert_eq!(browser.open(&other).await.url.path(), "/login");
    browser.open(&one).await.code();
    assert_eq!(browser.open(&one).await.url.path(), "/login", "and it counts once");
}

/// Conformance: 22
#[tokio::test]
async fn consent_asks_again_for_what_was_allowed_before() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let (mut browser, _) = alice_at(&server, &web).await;
    let url = web.authorization_url("openid", "prompt=consent");
    for _ in 0..2 {
        let consent = browser.open(&url).await;
        assert_eq!(consent.url.path(), "/consent");
        web.redeem(&browser.submit(&consent, &[], "consent-allow").await.code()).await;
    }
    let login = browser.open(&web.authorization_url("openid", "prompt=login+consent")).await;
    let consent = browser.submit(&login, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    assert_eq!(consent.url.path(), "/consent");
}

/// Conformance: 22
#[tokio::test]
async fn select_account_lets_somebody_else_sign_in_and_ends_the_session_before() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let (mut browser, alices) = alice_at(&server, &web).await;
    let login = browser.open(&web.authorization_url("openid", "prompt=select_account")).await;
    assert_eq!(login.url.path(), "/login");
    let consent = browser.submit(&login, &[("username", "bob"), ("password", "builder")], "login-submit").await;
    let bobs = web.redeem(&browser.submit(&consent, &[], "consent-allow").await.code()).await;
    assert_ne!(bobs.id_claims()["sub"], alices.id_claims()["sub"]);
    assert_ne!(bobs.id_claims()["sid"], alices.id_claims()["sid"]);
    assert_eq!(server.userinfo(alices.access()).await.status, 401, "her session in this browser is over");
    web.try_refresh(alices.refresh(), &[]).await.assert_error(400, "invalid_grant");
}

/// Conformance: 23
#[tokio::test]
async fn max_age_asks_whoever_signed_in_longer_ago() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let (mut browser, _) = alice_at(&server, &web).await;
    server.clock.advance(Duration::from_secs(100));
    let back = browser.open(&web.authorization_url("openid", "max_age=100")).await;
    assert_eq!(web.redeem(&back.code()).await.id_claims()["auth_time"], START.seconds(), "a silent renewal leaves it as it was");
    assert_eq!(browser.open(&web.authorization_url("openid", "max_age=99")).await.url.path(), "/login");
    let silent = browser.open(&web.authorization_url("openid", "max_age=99&prompt=none")).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("login_required"));
    let at_once = browser.open(&web.authorization_url("openid", "max_age=0")).await;
    assert_eq!(at_once.url.path(), "/login");
    let back = browser.submit(&at_once, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    assert_eq!(web.redeem(&back.code()).await.id_claims()["auth_time"], START.seconds() + 100);
}

#[tokio::test]
async fn a_login_hint_fills_in_the_name_whatever_is_in_it() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    for hint in ["alice", "alice@example.com", r#""><script>alert(1)</script>"#, "{{7*7}}"] {
        let encoded: String = form_urlencoded::byte_serialize(hint.as_bytes()).collect();
        let login = Browser::new(&server).open(&web.authorization_url("openid", &format!("login_hint={encoded}"))).await;
        assert_eq!(login.field("username").as_deref(), Some(hint));
        assert!(!login.body.contains("<script"), "{}", login.body);
    }
    let long = Browser::new(&server).open(&web.authorization_url("openid", &format!("login_hint={}", "x".repeat(5000)))).await;
    assert_eq!(long.status, 200);
    let plain = Browser::new(&server).open(&web.authorization_url("openid", "")).await;
    assert_eq!(plain.field("username").as_deref(), Some(""));
}

/// Conformance: 25
#[tokio::test]
async fn an_id_token_hint_names_the_only_person_who_will_do() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut bobs_browser = Browser::new(&server);
    let consent = bobs_browser.log_in(&web.authorization_url("openid", ""), "bob", "builder").await;
    let bobs = web.redeem(&bobs_browser.submit(&consent, &[], "consent-allow").await.code()).await;
    let (mut browser, alices) = alice_at(&server, &web).await;
    let url = |token: &str, extra: &str| web.authorization_url("openid", &format!("id_token_hint={token}{extra}"));
    server.clock.advance(Duration::from_hours(1));
    browser.open(&url(alices.text("id_token"), "&prompt=none")).await.code();

    let silent = browser.open(&url(bobs.text("id_token"), "&prompt=none")).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("login_required"));
    let login = browser.open(&url(bobs.text("id_token"), "")).await;
    assert_eq!(login.url.path(), "/login");
    let still_alice = browser.submit(&login, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    assert_eq!(still_alice.parameter("error").as_deref(), Some("login_required"));
    assert_eq!(still_alice.parameter("code"), None);

    let login = browser.open(&url(bobs.text("id_token"), "")).await;
    let back = browser.submit(&login, &[("username", "bob"), ("password", "builder")], "login-submit").await;
    assert_eq!(web.redeem(&back.code()).await.id_claims()["sub"], bobs.id_claims()["sub"]);
}
