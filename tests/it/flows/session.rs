//! How long people stay signed in: eight hours without use, seven days at most.

use std::time::Duration;

use crate::actors::{Browser, RelyingParty, TestServer};

#[tokio::test]
async fn a_session_without_use_ends_after_eight_hours_with_what_hangs_on_it() {
    let server = TestServer::start().await;
    let (mut browser, mut used) = (Browser::new(&server), Browser::new(&server));
    let (web, spa) = (RelyingParty::demo_web(&server), RelyingParty::demo_spa(&server));
    used.log_in("/login", "alice", "wonderland").await;
    let tokens = web.sign_in(&mut browser, "openid items:read").await;
    let offline = spa.sign_in(&mut browser, "openid offline_access").await;
    server.clock.advance(Duration::from_secs(8 * 3600 - 1));
    assert_eq!(used.open("/account").await.url.path(), "/account");
    server.clock.advance(Duration::from_secs(1));

    assert_eq!(browser.open("/account").await.url.path(), "/login");
    assert!(!browser.open("/").await.body.contains("Alice"));
    assert_eq!(browser.open(&web.authorization_url("openid", "")).await.url.path(), "/login");
    web.try_refresh(tokens.refresh(), &[]).await.assert_error(400, "invalid_grant");
    let refreshed = spa.refresh(offline.refresh()).await;
    assert_eq!(server.userinfo(refreshed.access()).await.status, 200, "offline_access goes on");

    let account = used.open("/account").await;
    assert_eq!(account.body.matches("/account/sessions/revoke").count(), 1, "what is over is not shown: {}", account.body);
}

#[tokio::test]
async fn use_keeps_a_session_alive_for_seven_days_and_no_longer() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    let mut refresh_token = web.sign_in(&mut browser, "openid").await.refresh().to_owned();
    // 7 days are 24 times 7 hours.
    for turn in 1..24 {
        server.clock.advance(Duration::from_hours(7));
        // Pages and refreshed tokens are use alike.
        if turn % 2 == 0 {
            assert_eq!(browser.open("/account").await.url.path(), "/account", "after {turn} steps");
        } else {
            refresh_token = web.refresh(&refresh_token).await.refresh().to_owned();
        }
    }
    server.clock.advance(Duration::from_secs(7 * 3600 - 1));
    assert_eq!(browser.open("/account").await.url.path(), "/account");
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(browser.open("/account").await.url.path(), "/login", "seven days are over");
    web.try_refresh(&refresh_token, &[]).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn access_tokens_of_an_ended_session_are_inactive_before_they_expire() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    let first = web.sign_in(&mut browser, "openid items:read").await;
    // Kept in use until five minutes before the end of its seven days.
    let mut refresh_token = first.refresh().to_owned();
    for _ in 0..23 {
        server.clock.advance(Duration::from_hours(7));
        refresh_token = web.refresh(&refresh_token).await.refresh().to_owned();
    }
    server.clock.advance(Duration::from_mins(7 * 60 - 5));
    let last = web.refresh(&refresh_token).await;
    assert!(server.is_active(last.access()).await);
    server.clock.advance(Duration::from_mins(5));
    assert!(!server.is_active(last.access()).await);
    let answer = server.userinfo(last.access()).await;
    assert_eq!(answer.status, 401);
    assert!(answer.header("www-authenticate").unwrap().contains("error=\"invalid_token\""), "{answer:?}");
}

#[tokio::test]
async fn a_disabled_person_is_signed_out_at_once() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let tokens = RelyingParty::demo_spa(&server).sign_in(&mut browser, "openid items:read offline_access").await;
    let alice = claviger::identity::user::Username::parse("alice").unwrap();
    server.server.enable_user(&alice, false).await.unwrap().unwrap();

    let login = browser.open("/account").await;
    assert_eq!(login.url.path(), "/login");
    let refused = browser.submit(&login, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    assert!(refused.body.contains("The username or password is not right."), "{}", refused.body);
    assert!(!server.is_active(tokens.access()).await);
    RelyingParty::demo_spa(&server).try_refresh(tokens.refresh(), &[]).await.assert_error(400, "invalid_grant");

    server.server.enable_user(&alice, true).await.unwrap().unwrap();
    assert!(!server.is_active(tokens.access()).await, "what ended stays over");
    assert_eq!(browser.log_in("/login", "alice", "wonderland").await.url.path(), "/account");
}
