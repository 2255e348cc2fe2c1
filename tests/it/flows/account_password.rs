//! Changing one's password on the account page.

use std::time::Duration;

use crate::actors::{Browser, Page, RelyingParty, TestServer};

const NEW: &str = "through-the-looking-glass";

async fn change(browser: &mut Browser<'_>, current: &str, new: &str, repeat: &str) -> Page {
    let account = browser.open("/account").await;
    let form = [("current_password", current), ("new_password", new), ("new_password_repeat", repeat)];
    browser.submit(&account, &form, "password-submit").await
}

#[tokio::test]
async fn a_new_password_ends_other_sessions_and_every_application() {
    let server = TestServer::start().await;
    let (mut desk, mut telephone) = (Browser::new(&server), Browser::new(&server));
    let (web, spa) = (RelyingParty::demo_web(&server), RelyingParty::demo_spa(&server));
    let mine = web.sign_in(&mut desk, "openid items:read").await;
    let theirs = web.sign_in(&mut telephone, "openid items:read").await;
    let offline = spa.sign_in(&mut desk, "openid items:read offline_access").await;
    let direct = server.alices_tokens("openid items:read").await;

    let done = change(&mut desk, "wonderland", NEW, NEW).await;
    assert_eq!(done.trail, ["/account/password", "/account"]);
    assert!(done.body.contains("Your password is changed."), "{}", done.body);

    assert_eq!(desk.open("/account").await.url.path(), "/account", "this session goes on");
    assert_eq!(telephone.open("/account").await.url.path(), "/login");
    for (client, tokens) in [(&web, &mine), (&web, &theirs), (&spa, &offline)] {
        client.try_refresh(tokens.refresh(), &[]).await.assert_error(400, "invalid_grant");
        assert!(!server.is_active(tokens.access()).await);
    }
    let refresh = [("grant_type", "refresh_token"), ("client_id", "demo-password")];
    let refresh = [&refresh[..], &[("refresh_token", direct["refresh_token"].as_str().unwrap())]].concat();
    server.token(None, &refresh).await.assert_error(400, "invalid_grant");

    let again = desk.open(&web.authorization_url("openid items:read", "")).await;
    assert_eq!(again.trail, ["/authorize"], "what was allowed stays allowed");
    web.redeem(&again.code()).await;
}

#[tokio::test]
async fn the_old_password_is_dead_and_the_new_one_works_everywhere() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    browser.log_in("/login", "alice", "wonderland").await;
    change(&mut browser, "wonderland", NEW, NEW).await;

    let mut fresh = Browser::new(&server);
    let refused = fresh.log_in("/login", "alice", "wonderland").await;
    assert_eq!(refused.status.as_u16(), 400);
    assert_eq!(fresh.submit(&refused, &[("password", NEW)], "login-submit").await.url.path(), "/account");
    let grant = |password| {
        let form = [("grant_type", "password"), ("client_id", "demo-password"), ("username", "alice"), ("password", password)];
        let server = &server;
        async move { server.token(None, &form).await }
    };
    grant("wonderland").await.assert_error(400, "invalid_grant");
    assert_eq!(grant(NEW).await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_changes_nothing() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let tokens = RelyingParty::demo_web(&server).sign_in(&mut browser, "openid items:read").await;
    let too_long = "x".repeat(257);
    for (current, new, repeat, said) in [
        ("wrong", NEW, NEW, "The current password is not right."),
        ("", NEW, NEW, "The current password is not right."),
        ("wonderland", NEW, "through-the-glass", "The two new passwords are not the same."),
        ("wonderland", "short", "short", "The new password must have at least 8 characters."),
        ("wonderland", "", "", "The new password must have at least 8 characters."),
        ("wonderland", too_long.as_str(), too_long.as_str(), "The new password must have at most 256 characters."),
    ] {
        let page = change(&mut browser, current, new, repeat).await;
        assert_eq!((page.status.as_u16(), page.url.path()), (400, "/account/password"), "{said}");
        assert!(page.body.contains(said), "{said} is not in {}", page.body);
        assert!(page.body.contains("id=\"password-problem\" role=\"alert\""), "{}", page.body);
        assert!(new.is_empty() || !page.body.contains(new), "what was typed is not repeated");
    }
    assert!(server.is_active(tokens.access()).await);
    Browser::new(&server).log_in("/login", "alice", "wonderland").await;
    server.alices_tokens("openid").await;
}

#[tokio::test]
async fn whoever_found_the_browser_open_cannot_guess_the_password_for_long() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    browser.log_in("/login", "alice", "wonderland").await;
    for _ in 0..9 {
        assert_eq!(change(&mut browser, "guess", NEW, NEW).await.status.as_u16(), 400);
    }
    let tenth = change(&mut browser, "guess", NEW, NEW).await;
    assert_eq!(tenth.status.as_u16(), 429);
    assert!(tenth.body.contains("Too many attempts. Please try again in 15 minutes."), "{}", tenth.body);
    assert_eq!(change(&mut browser, "wonderland", NEW, NEW).await.status.as_u16(), 429);

    server.clock.advance(Duration::from_mins(15));
    assert_eq!(change(&mut browser, "wonderland", NEW, NEW).await.url.path(), "/account");
}
