//! The account page: private, one's profile, one's browsers, one's applications.

use std::time::Duration;

use crate::actors::{Browser, Page, RelyingParty, TestServer};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/604.1";

#[track_caller]
fn assert_shows(page: &Page, words: &[&str]) {
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/account"));
    for word in words {
        assert!(page.body.contains(word), "{word} is not in {}", page.body);
    }
}

#[tokio::test]
async fn it_is_private_and_shows_the_profile() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let login = browser.open("/account").await;
    assert_eq!(login.trail, ["/account", "/login"]);
    let account = browser.submit(&login, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    assert_shows(&account, &["Alice Liddell", "alice@example.com", "+44 20 7946 0000", "Christ Church", "Europe/London", ">admin</span>"]);
    assert_shows(&account, &["Firefox on Linux", "this one", "21 November 2026, 12:00 UTC", "None. An application appears here"]);

    let answer = browser.send(&account.url, None).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(Browser::new(&server).open("/account").await.url.path(), "/login");
}

#[tokio::test]
async fn ending_the_session_of_another_browser_ends_what_hangs_on_it() {
    let server = TestServer::start().await;
    let mut desk = Browser::new(&server).called(FIREFOX);
    let mut telephone = Browser::new(&server).called(IPHONE);
    let web = RelyingParty::demo_web(&server);
    let (at_desk, on_telephone) =
        (web.sign_in(&mut desk, "openid items:read").await, web.sign_in(&mut telephone, "openid items:read").await);
    let account = desk.open("/account").await;
    assert_shows(&account, &["Firefox on Linux", "Safari on iPhone"]);
    assert_eq!(account.body.matches("this one").count(), 1);

    let sid = on_telephone.id_claims()["sid"].as_str().unwrap().to_owned();
    let done = desk.submit(&account, &[], &sid).await;
    assert_eq!(done.trail, ["/account/sessions/revoke", "/account"]);
    assert_shows(&done, &["The session has ended.", "Firefox on Linux"]);
    assert!(!done.body.contains("iPhone"), "{}", done.body);

    assert_eq!(telephone.open("/account").await.url.path(), "/login");
    assert!(!server.is_active(on_telephone.access()).await);
    assert_eq!(server.userinfo(on_telephone.access()).await.status, 401);
    web.try_refresh(on_telephone.refresh(), &[]).await.assert_error(400, "invalid_grant");
    assert!(server.is_active(at_desk.access()).await);
    web.refresh(at_desk.refresh()).await;
}

#[tokio::test]
async fn ending_ones_own_session_signs_out() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let tokens = RelyingParty::demo_web(&server).sign_in(&mut browser, "openid items:read").await;
    let account = browser.open("/account").await;
    let home = browser.submit(&account, &[], tokens.id_claims()["sid"].as_str().unwrap()).await;
    assert_eq!(home.trail, ["/account/sessions/revoke", "/"]);
    assert!(home.body.contains("href=\"/login\"") && !browser.cookies.contains_key("claviger-session"), "{}", home.body);
    assert!(!server.is_active(tokens.access()).await);
}

#[tokio::test]
async fn nobody_ends_the_session_of_somebody_else() {
    let server = TestServer::start().await;
    let (mut alices, mut bobs) = (Browser::new(&server), Browser::new(&server));
    let tokens = RelyingParty::demo_web(&server).sign_in(&mut alices, "openid items:read").await;
    bobs.log_in("/login", "bob", "builder").await;
    let account = bobs.open("/account").await;
    assert!(!account.body.contains("Alice"), "{}", account.body);
    let sid = tokens.id_claims()["sid"].as_str().unwrap().to_owned();
    bobs.submit(&account, &[("session", &sid)], "/account/sessions/revoke").await;
    assert!(server.is_active(tokens.access()).await);
    assert_eq!(alices.open("/account").await.url.path(), "/account");
}

#[tokio::test]
async fn an_application_that_is_removed_loses_everything_and_asks_again() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let (web, spa) = (RelyingParty::demo_web(&server), RelyingParty::demo_spa(&server));
    let removed = web.sign_in(&mut browser, "openid items:read offline_access").await;
    let kept = spa.sign_in(&mut browser, "openid items:read").await;
    let account = browser.open("/account").await;
    assert_shows(&account, &["Demo web application", "Demo browser application", "<code>offline_access</code>"]);

    let done = browser.submit(&account, &[], "demo-web").await;
    assert_eq!(done.trail, ["/account/apps/revoke", "/account"]);
    assert_shows(&done, &["The application has to ask you again.", "Demo browser application"]);
    assert!(!done.body.contains("Demo web application"), "{}", done.body);
    web.try_refresh(removed.refresh(), &[]).await.assert_error(400, "invalid_grant");
    assert!(!server.is_active(removed.access()).await);
    assert!(server.is_active(kept.access()).await);
    spa.refresh(kept.refresh()).await;

    let again = browser.open(&web.authorization_url("openid items:read", "")).await;
    assert_eq!(again.trail, ["/authorize", "/consent"]);
    server.clock.advance(Duration::from_hours(1));
    assert!(!browser.open("/account").await.body.contains("role=\"status\""), "a notice is shown once");
}

#[tokio::test]
async fn our_own_application_is_shown_as_long_as_it_holds_tokens() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let tokens = server.alices_tokens("openid items:read").await;
    browser.log_in("/login", "alice", "wonderland").await;
    let account = browser.open("/account").await;
    assert_shows(&account, &["Demo password client"]);
    let done = browser.submit(&account, &[], "demo-password").await;
    assert!(!done.body.contains("Demo password client"), "{}", done.body);
    assert!(!server.is_active(tokens["access_token"].as_str().unwrap()).await);
}
