//! What an application can ask to be asked: nothing, the password, consent, a fresh sign-in, a certain person (OpenID Connect Core §3.1.2.1).

use std::time::Duration;

use crate::actors::{Browser, Page, RelyingParty, TestServer};

#[track_caller]
fn assert_refused(back: &Page, code: &str) {
    assert!(back.left, "still at {}: {}", back.url, back.body);
    assert_eq!(back.parameter("error").as_deref(), Some(code), "{}", back.url);
    assert_eq!(back.parameter("state").as_deref(), Some("state-1"));
    assert!(back.parameter("iss").is_some() && back.parameter("code").is_none(), "{}", back.url);
    assert_eq!(back.trail, ["/authorize"], "nobody was asked anything");
}

#[tokio::test]
async fn prompt_none_asks_nobody() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    let silently = web.authorization_url("openid email", "prompt=none");
    assert_refused(&browser.open(&silently).await, "login_required");

    browser.log_in("/login", "alice", "wonderland").await;
    assert_refused(&browser.open(&silently).await, "consent_required");

    let first = web.sign_in(&mut browser, "openid email").await;
    server.clock.advance(Duration::from_mins(30));
    let back = browser.open(&silently).await;
    assert_eq!(back.trail, ["/authorize"]);
    let second = web.redeem(&back.code()).await;
    assert_eq!([&second.id_claims()["sub"], &second.id_claims()["sid"]], [&first.id_claims()["sub"], &first.id_claims()["sid"]]);
    assert_refused(&browser.open(&web.authorization_url("openid items:write", "prompt=none")).await, "consent_required");

    server.clock.advance(Duration::from_hours(8));
    assert_refused(&browser.open(&silently).await, "login_required");
}

#[tokio::test]
async fn prompt_login_asks_for_the_password_and_goes_on_with_the_same_session() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    let first = web.sign_in(&mut browser, "openid").await;
    let cookies = browser.cookies.clone();
    server.clock.advance(Duration::from_hours(1));

    let url = web.authorization_url("openid", "prompt=login");
    let back = browser.log_in(&url, "alice", "wonderland").await;
    assert_eq!(back.trail, ["/login", "/authorize"], "once, and no consent again");
    let second = web.redeem(&back.code()).await;
    let (old, new) = (first.id_claims(), second.id_claims());
    assert_eq!(new["sid"], old["sid"]);
    assert_eq!(new["auth_time"].as_i64().unwrap(), old["auth_time"].as_i64().unwrap() + 3600);
    assert_eq!(second.access_claims()["auth_time"], new["auth_time"]);
    assert_ne!(browser.cookies, cookies, "the cookie is new");
    assert!(server.userinfo(first.access()).await.status == 401, "its ten minutes are over");
    assert_eq!(web.try_refresh(first.refresh(), &[]).await.status, 200, "the session goes on");

    assert_eq!(browser.open(&url).await.url.path(), "/login", "what was done counted for one answer");
}

#[tokio::test]
async fn a_sign_in_that_is_too_old_is_asked_for_again() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    web.sign_in(&mut browser, "openid").await;
    server.clock.advance(Duration::from_mins(5));
    let within = browser.open(&web.authorization_url("openid", "max_age=300")).await;
    assert_eq!(within.trail, ["/authorize"]);
    let id = web.redeem(&within.code()).await.id_claims();
    assert_eq!(id["iat"].as_i64().unwrap() - id["auth_time"].as_i64().unwrap(), 300);

    server.clock.advance(Duration::from_secs(1));
    assert_refused(&browser.open(&web.authorization_url("openid", "max_age=300&prompt=none")).await, "login_required");
    for extra in ["max_age=300", "max_age=0"] {
        let back = browser.log_in(&web.authorization_url("openid", extra), "alice", "wonderland").await;
        let id = web.redeem(&back.code()).await.id_claims();
        assert_eq!(id["auth_time"], id["iat"], "{extra}");
    }
}

/// Conformance: 23
#[tokio::test]
async fn a_client_can_register_how_old_a_sign_in_may_be() {
    let server = TestServer::start().await;
    server.register("careful", |client| client.login.max_age = Some(300)).await;
    let careful = RelyingParty::new(&server, "careful:careful-secret", "http://localhost:3000/callback");
    let mut browser = Browser::new(&server);
    careful.sign_in(&mut browser, "openid").await;
    server.clock.advance(Duration::from_mins(5));
    assert!(browser.open(&careful.authorization_url("openid", "prompt=none")).await.parameter("code").is_some());
    server.clock.advance(Duration::from_secs(1));
    assert_refused(&browser.open(&careful.authorization_url("openid", "prompt=none")).await, "login_required");
    let asked = browser.open(&careful.authorization_url("openid", "max_age=301&prompt=none")).await;
    assert!(asked.parameter("code").is_some(), "what the request says goes before: {}", asked.url);
    let back = browser.log_in(&careful.authorization_url("openid", ""), "alice", "wonderland").await;
    let id = careful.redeem(&back.code()).await.id_claims();
    assert_eq!(id["auth_time"], id["iat"]);
}

#[tokio::test]
async fn prompt_consent_asks_again_what_was_allowed() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    web.sign_in(&mut browser, "openid").await;
    let url = web.authorization_url("openid", "prompt=consent");
    for _ in 0..2 {
        let consent = browser.open(&url).await;
        assert_eq!(consent.trail, ["/authorize", "/consent"]);
        assert!(browser.submit(&consent, &[], "consent-allow").await.parameter("code").is_some());
    }
    let denied = browser.open(&url).await;
    let back = browser.submit(&denied, &[], "consent-deny").await;
    assert_eq!(back.parameter("error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn an_account_can_be_chosen_again_and_a_hint_fills_in_the_name() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    let first = web.sign_in(&mut browser, "openid").await;
    let login = browser.open(&web.authorization_url("openid", "prompt=select_account&login_hint=bob")).await;
    assert_eq!((login.url.path(), login.field("username").as_deref()), ("/login", Some("bob")));
    let consent = browser.submit(&login, &[("password", "builder")], "login-submit").await;
    let bobs = web.redeem(&browser.submit(&consent, &[], "consent-allow").await.code()).await;
    assert_ne!(bobs.id_claims()["sub"], first.id_claims()["sub"]);
}

#[tokio::test]
async fn the_person_of_the_hint_answers_or_nobody() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    let alices = web.sign_in(&mut browser, "openid").await;
    let hint = format!("id_token_hint={}", alices.text("id_token"));
    server.clock.advance(Duration::from_hours(1));
    let same = browser.open(&web.authorization_url("openid", &format!("{hint}&prompt=none"))).await;
    assert!(same.parameter("code").is_some(), "an expired hint still says who is meant: {}", same.url);

    let mut bobs = Browser::new(&server);
    bobs.log_in("/login", "bob", "builder").await;
    assert_refused(&bobs.open(&web.authorization_url("openid", &format!("{hint}&prompt=none"))).await, "login_required");
    let url = web.authorization_url("openid", &hint);
    let back = bobs.log_in(&url, "bob", "builder").await;
    assert_eq!(back.parameter("error").as_deref(), Some("login_required"), "bob is not alice: {}", back.url);
    let back = bobs.log_in(&url, "alice", "wonderland").await;
    assert_eq!(web.redeem(&back.code()).await.id_claims()["sub"], alices.id_claims()["sub"]);
}
