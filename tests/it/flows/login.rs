//! The login page: wrong and right passwords, turning away, and what is kept of an old hash.

use std::num::NonZeroUsize;

use claviger::identity::user::{PasswordHash, Username};
use claviger::password::{Argon2Cost, Passwords};
use claviger::random::Random;
use secrecy::SecretString;

use crate::actors::{Browser, RelyingParty, TestServer};

const NOT_RIGHT: &str = "The username or password is not right.";

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_words_and_the_right_one_still_works() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    let login = browser.open(&web.authorization_url("openid", "")).await;

    let wrong = browser.submit(&login, &[("username", "alice"), ("password", "looking-glass")], "login-submit").await;
    let unknown = browser.submit(&login, &[("username", "mabel"), ("password", "looking-glass")], "login-submit").await;
    assert_eq!((wrong.status.as_u16(), unknown.status.as_u16()), (400, 400));
    assert!(wrong.body.contains(NOT_RIGHT), "{}", wrong.body);
    assert!(!wrong.body.contains("looking-glass"), "what was typed as a password is not repeated");
    assert_eq!(wrong.field("username").as_deref(), Some("alice"));
    assert_eq!(wrong.body.replace("alice", "mabel"), unknown.body);
    assert_eq!(wrong.field("continue"), login.field("continue"));

    let right = browser.submit(&wrong, &[("password", "wonderland")], "login-submit").await;
    assert_eq!(right.trail, ["/login", "/authorize", "/consent"]);
    assert_eq!(web.redeem(&browser.submit(&right, &[], "consent-allow").await.code()).await.text("scope"), "openid");
}

/// Conformance: 34
#[tokio::test]
async fn who_turns_away_goes_back_with_access_denied_and_is_not_signed_in() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    let login = browser.open(&web.authorization_url("openid", "")).await;
    let back = browser.submit(&login, &[], "cancel").await;
    assert!(back.left, "{}", back.body);
    assert_eq!(back.parameter("error").as_deref(), Some("access_denied"));
    assert_eq!(back.parameter("state").as_deref(), Some("state-1"));
    assert_eq!(back.parameter("iss").as_ref(), Some(&server.issuer));
    assert_eq!(browser.open("/account").await.url.path(), "/login");
}

#[tokio::test]
async fn who_comes_on_their_own_account_goes_to_the_account() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let login = browser.open("/login").await;
    assert!(!login.body.contains("name=\"cancel\""), "nobody waits for an answer: {}", login.body);
    let account = browser.submit(&login, &[("username", "Alice"), ("password", "wonderland")], "login-submit").await;
    assert_eq!(account.trail, ["/login", "/account"], "a name is the same in upper case");
}

#[tokio::test]
async fn the_cookie_is_another_one_after_every_sign_in() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let mut seen = Vec::new();
    for _ in 0..3 {
        let login = browser.open("/login").await;
        seen.push(browser.cookies.clone());
        browser.submit(&login, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    }
    seen.push(browser.cookies.clone());
    for (index, cookies) in seen.iter().enumerate() {
        assert!(!seen[..index].contains(cookies), "{seen:?}");
        let is_secret = |name: &&String| name.as_str() != "claviger-state";
        assert_eq!(cookies.keys().filter(is_secret).count(), 1, "one cookie at a time: {cookies:?}");
    }
    // What was replaced opens nothing.
    let mut old = Browser::new(&server);
    old.cookies.clone_from(&seen[1]);
    assert_eq!(old.open("/account").await.url.path(), "/login");
}

#[tokio::test]
async fn an_old_hash_is_upgraded_at_login_and_not_before() {
    let server = TestServer::start().await;
    let users = server.store.users();
    let alice = users.find_by_username(&Username::parse("alice").unwrap()).await.unwrap().unwrap();
    let old_cost = Argon2Cost::new(32, 2, 1).unwrap();
    let elsewhere = Passwords::new(old_cost, NonZeroUsize::MIN, 8, Random::seeded(3)).unwrap();
    let old = PasswordHash::from_phc(elsewhere.hash(&SecretString::from("wonderland")).await.unwrap());
    users.set_password(&alice.subject, &old, None, server.clock.now(), None).await.unwrap();
    let stored = || async { users.find(&alice.subject).await.unwrap().unwrap().password.unwrap() };

    let mut browser = Browser::new(&server);
    let login = browser.open("/login").await;
    let refused = browser.submit(&login, &[("username", "alice"), ("password", "wrong")], "login-submit").await;
    assert_eq!(refused.status.as_u16(), 400);
    assert_eq!(stored().await, old);

    let account = browser.submit(&refused, &[("password", "wonderland")], "login-submit").await;
    assert_eq!(account.url.path(), "/account");
    let new = stored().await;
    assert!(old.as_phc().starts_with("$argon2id$v=19$m=32,t=2,p=1$"), "{}", old.as_phc());
    assert!(new.as_phc().starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", new.as_phc());

    server.alices_tokens("openid").await;
    assert_eq!(stored().await, new, "a hash of today's cost stays");
    assert_eq!(browser.open("/account").await.url.path(), "/account", "an upgrade ends no session");
}
