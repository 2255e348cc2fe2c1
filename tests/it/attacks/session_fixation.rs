//! Sessions that somebody else prepared, kept or guessed (RFC 6265 §8, RFC 9700 §4.7.1).

use reqwest::Method;
use reqwest::header::{COOKIE, SET_COOKIE};

use crate::actors::{Answer, Browser, RelyingParty, TestServer};

const SESSION: &str = "claviger-session";
const STATE: &str = "claviger-state";
const BROWSER: &str = "claviger-browser";

/// Whether these cookies open somebody's account.
async fn opens_an_account(server: &TestServer, cookies: &str) -> bool {
    let answer = Answer::of(server.request(Method::GET, "/account").header(COOKIE, cookies).send().await.unwrap()).await;
    assert!(answer.status == 200 || answer.header("location") == Some(&server.url("/login")), "{} {}", answer.status, answer.body);
    answer.status == 200
}

#[tokio::test]
async fn what_a_browser_had_before_sign_in_is_worth_nothing_after_it() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let login = browser.open("/login").await;
    let before = browser.cookies.clone();
    assert_eq!(before.keys().collect::<Vec<_>>(), [BROWSER], "no session before anybody has signed in");
    browser.submit(&login, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), [SESSION, STATE]);
    let after = browser.cookies[SESSION].clone();
    assert_ne!(after, before[BROWSER]);
    assert!(opens_an_account(&server, &format!("{SESSION}={after}")).await);
    for planted in [before[BROWSER].clone(), before[BROWSER].replacen("clv_web_", "clv_ses_", 1), "1".to_owned(), String::new()] {
        assert!(!opens_an_account(&server, &format!("{SESSION}={planted}")).await, "{planted}");
    }
    let account = browser.open("/account").await;
    assert_ne!(account.field("csrf"), login.field("csrf"), "the forms' token is new, too");
}

#[tokio::test]
async fn a_planted_session_does_not_become_the_victims() {
    let server = TestServer::start().await;
    let mut attacker = Browser::new(&server);
    attacker.log_in("/login", "bob", "builder").await;
    let planted = attacker.cookies[SESSION].clone();
    let mut victim = Browser::new(&server);
    victim.cookies.insert(SESSION.to_owned(), planted.clone());
    let page = victim.log_in("/login", "alice", "wonderland").await;
    assert!(page.body.contains("Alice Liddell"), "{}", page.body);
    assert_ne!(victim.cookies[SESSION], planted);
    assert!(!opens_an_account(&server, &format!("{SESSION}={planted}")).await, "bob's session in this browser has ended");
    // One that was made up is not taken over either.
    let mut victim = Browser::new(&server);
    victim.cookies.insert(SESSION.to_owned(), "clv_ses_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned());
    victim.log_in("/login", "alice", "wonderland").await;
    assert!(victim.cookies[SESSION].starts_with("clv_ses_") && !victim.cookies[SESSION].contains("AAAAAAAA"));
}

#[tokio::test]
async fn a_new_sign_in_and_a_sign_out_leave_the_old_cookie_dead() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    browser.log_in("/login", "alice", "wonderland").await;
    let first = browser.cookie_header();
    browser.log_in("/login", "alice", "wonderland").await;
    let second = browser.cookie_header();
    assert_ne!(first, second);
    assert!(!opens_an_account(&server, &first).await);
    assert!(opens_an_account(&server, &second).await);
    let confirm = browser.open("/logout").await;
    browser.submit(&confirm, &[], "logout-yes").await;
    assert!(!browser.cookies.contains_key(SESSION));
    assert!(!opens_an_account(&server, &second).await, "the server forgot it, not only the browser");
    let web = RelyingParty::demo_web(&server);
    let url = web.authorization_url("openid", "prompt=none");
    let answer = Answer::of(server.http.get(url).header(COOKIE, second).send().await.unwrap()).await;
    assert!(answer.header("location").unwrap().contains("error=login_required"));
}

#[tokio::test]
async fn cookies_stay_with_the_browser_and_with_us() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let url = server.url("/login").parse().unwrap();
    let shown = browser.send(&url, None).await;
    let csrf = browser.open("/login").await.field("csrf").unwrap();
    let form = [("csrf", &*csrf), ("username", "alice"), ("password", "wonderland")];
    let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let signed_in = browser.send(&url, Some(&form)).await;
    let mut seen = 0;
    let mut read_by_scripts = 0;
    for cookie in shown.headers.get_all(SET_COOKIE).iter().chain(signed_in.headers.get_all(SET_COOKIE)) {
        let attributes: Vec<_> = cookie.to_str().unwrap().split("; ").skip(1).collect();
        let kept: Vec<_> = attributes.iter().filter(|attribute| **attribute != "Max-Age=0").collect();
        if cookie.to_str().unwrap().starts_with(STATE) {
            // It is there for a script of ours, and opens nothing.
            assert_eq!(kept, [&"Path=/", &"SameSite=Lax"]);
            read_by_scripts += 1;
            continue;
        }
        assert_eq!(kept, [&"Path=/", &"HttpOnly", &"SameSite=Lax"], "no Domain, no life beyond the browser's");
        seen += 1;
    }
    assert_eq!(read_by_scripts, 1);
    assert_eq!(seen, 3, "the browser's is set, then the session's is set and the browser's forgotten");
}

#[tokio::test]
async fn names_of_sessions_open_nothing_and_two_cookies_are_none() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let tokens = web.sign_in(&mut browser, "openid").await;
    let sid = tokens.access_claims()["sid"].as_str().unwrap().to_owned();
    for value in [sid.as_str(), tokens.access(), tokens.refresh(), tokens.text("id_token")] {
        assert!(!opens_an_account(&server, &format!("{SESSION}={value}")).await);
    }
    let mine = browser.cookie_header();
    let mut attacker = Browser::new(&server);
    attacker.log_in("/login", "bob", "builder").await;
    let planted = attacker.cookie_header();
    assert!(!opens_an_account(&server, &format!("{planted}; {mine}")).await, "nothing tells which of them the person's is");
    assert!(!opens_an_account(&server, &format!("{mine}; {planted}")).await);
    assert!(opens_an_account(&server, &mine).await);
}

#[tokio::test]
async fn nobody_ends_or_reads_the_session_of_somebody_else() {
    let server = TestServer::start().await;
    let mut victim = Browser::new(&server);
    let sid = RelyingParty::demo_web(&server).sign_in(&mut victim, "openid").await.access_claims()["sid"].as_str().unwrap().to_owned();
    let mut attacker = Browser::new(&server);
    attacker.log_in("/login", "bob", "builder").await;
    let account = attacker.open("/account").await;
    assert!(!account.body.contains(&sid) && !account.body.contains("alice"));
    attacker.submit(&account, &[("session", &sid)], "/account/sessions/revoke").await;
    assert!(opens_an_account(&server, &victim.cookie_header()).await);
    let account = attacker.open("/account").await;
    attacker.submit(&account, &[("session", ""), ("client_id", "demo-web")], "/account/sessions/revoke").await;
    assert!(opens_an_account(&server, &attacker.cookie_header()).await);
}
