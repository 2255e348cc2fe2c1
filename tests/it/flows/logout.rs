//! Signing out, on one's own and at an application's wish (OpenID Connect RP-Initiated Logout).

use std::time::Duration;

use reqwest::header::LOCATION;
use url::form_urlencoded;

use crate::actors::{Answer, Browser, RelyingParty, TestServer};

const RETURN: &str = "http://localhost:5173/";

fn query(pairs: &[(&str, &str)]) -> String {
    format!("/logout?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

async fn is_signed_in(browser: &mut Browser<'_>) -> bool {
    browser.open("/account").await.url.path() == "/account"
}

/// Conformance: 65
#[tokio::test]
async fn who_signs_out_is_asked_and_may_stay() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    browser.log_in("/login", "alice", "wonderland").await;
    let question = browser.open("/logout").await;
    assert_eq!(question.trail, ["/logout"]);
    assert!(question.body.contains("Alice Liddell"), "{}", question.body);
    assert!(is_signed_in(&mut browser).await, "a link alone signs nobody out");

    let stay = browser.submit(&question, &[], "logout-no").await;
    assert_eq!(stay.trail, ["/logout", "/"]);
    assert!(is_signed_in(&mut browser).await);

    let question = browser.open("/logout").await;
    let gone = browser.submit(&question, &[], "logout-yes").await;
    assert_eq!(gone.trail, ["/logout", "/logout/done"]);
    assert!(gone.body.contains("You are signed out."), "{}", gone.body);
    assert!(!is_signed_in(&mut browser).await);
}

/// Conformance: 65, 66
#[tokio::test]
async fn an_application_that_proves_whom_it_means_signs_them_out_and_gets_them_back() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let spa = RelyingParty::demo_spa(&server);
    let tokens = spa.sign_in(&mut browser, "openid").await;
    let cookies = browser.cookies.clone();
    server.clock.advance(Duration::from_hours(1));
    let hint = tokens.text("id_token");
    let back = browser.open(&query(&[("id_token_hint", hint), ("post_logout_redirect_uri", RETURN), ("state", "a b&c")])).await;
    assert_eq!((back.trail.len(), back.url.as_str()), (1, "http://localhost:5173/?state=a+b%26c"));
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["claviger-state"]);
    assert!(!is_signed_in(&mut browser).await);

    let mut thief = Browser::new(&server);
    thief.cookies = cookies;
    assert!(!is_signed_in(&mut thief).await, "the session is over, not only forgotten by the browser");
}

/// Conformance: 66
#[tokio::test]
async fn an_address_that_is_not_registered_is_not_gone_to() {
    let server = TestServer::start().await;
    for uri in
        ["https://evil.example/", "http://localhost:5173", "http://localhost:5173/?x=1", "http://localhost:5174/", "javascript:alert(1)"]
    {
        let mut browser = Browser::new(&server);
        let tokens = RelyingParty::demo_spa(&server).sign_in(&mut browser, "openid").await;
        let page = browser.open(&query(&[("id_token_hint", tokens.text("id_token")), ("post_logout_redirect_uri", uri)])).await;
        assert!(!page.left && page.body.contains("You are signed out."), "{uri}: {}", page.url);
        assert!(!page.body.contains(uri.trim_end_matches('/')), "{uri}");
        assert!(page.body.contains("id=\"logout-not-returned\""), "they are told why they stay: {}", page.body);
        assert!(!is_signed_in(&mut browser).await, "{uri}");
    }
}

/// Conformance: 66
#[tokio::test]
async fn who_said_yes_is_told_that_the_address_is_not_registered() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    browser.log_in("/login", "alice", "wonderland").await;
    let question = browser.open(&query(&[("client_id", "demo-spa"), ("post_logout_redirect_uri", "https://evil.example/?<img>")])).await;
    let page = browser.submit(&question, &[], "logout-yes").await;
    assert!(!page.left && page.body.contains("id=\"logout-not-returned\""), "{}: {}", page.url, page.body);
    assert!(!page.body.contains("evil.example") && !page.body.contains("<img>"), "{}", page.body);
    assert!(!is_signed_in(&mut browser).await);
}

/// Conformance: 35
#[tokio::test]
async fn each_page_has_a_path_and_a_name_of_its_own_and_needs_no_script() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let login = browser.open(&web.authorization_url("openid profile", "")).await;
    let consent = browser.submit(&login, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    let error = browser.open("/authorize?client_id=nobody").await;
    let question = browser.open("/logout").await;
    let gone = browser.submit(&question, &[], "logout-yes").await;
    let pages =
        [(login, "login-submit"), (consent, "consent-allow"), (error, "error-code"), (question, "logout-yes"), (gone, "signed-out")];
    let mut paths = std::collections::BTreeSet::new();
    for (page, name) in &pages {
        assert!(page.body.contains(&format!("id=\"{name}\"")) && !page.body.contains("<script"), "{name}: {}", page.body);
        assert!(paths.insert(page.url.path().to_owned()), "{name}: {}", page.url);
    }
}

#[tokio::test]
async fn who_has_signed_in_again_is_not_told_that_they_are_signed_out() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    browser.log_in("/login", "alice", "wonderland").await;
    let home = browser.open("/logout/done").await;
    assert!(home.url.path() == "/" && home.body.contains("Alice Liddell"), "{}: {}", home.url, home.body);
}

/// Conformance: 65
#[tokio::test]
async fn a_hint_about_another_session_signs_nobody_out_without_asking() {
    let server = TestServer::start().await;
    let (mut other, mut browser) = (Browser::new(&server), Browser::new(&server));
    let spa = RelyingParty::demo_spa(&server);
    let elsewhere = spa.sign_in(&mut other, "openid").await;
    spa.sign_in(&mut browser, "openid").await;
    let url = query(&[("id_token_hint", elsewhere.text("id_token")), ("post_logout_redirect_uri", RETURN)]);
    let question = browser.open(&url).await;
    assert!(!question.left && question.body.contains("Demo browser application"), "{}", question.body);
    assert!(is_signed_in(&mut browser).await);
    let back = browser.submit(&question, &[], "logout-yes").await;
    assert_eq!((back.left, back.url.as_str()), (true, RETURN));
    assert!(!is_signed_in(&mut browser).await);
    assert!(is_signed_in(&mut other).await, "the other browser is left alone");
}

/// Conformance: 65
#[tokio::test]
async fn an_applications_own_form_works_although_it_comes_without_cookies() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let tokens = RelyingParty::demo_spa(&server).sign_in(&mut browser, "openid").await;
    let form = [("id_token_hint", tokens.text("id_token")), ("post_logout_redirect_uri", RETURN), ("state", "s")];
    // SameSite=Lax: the browser keeps its cookie to itself when another site posts, and sends it with the navigation that follows.
    let posted = server.http.post(server.url("/logout")).header("origin", "http://localhost:5173").header("sec-fetch-site", "cross-site");
    let answer = Answer::of(posted.form(&form).send().await.unwrap()).await;
    assert_eq!(answer.status, 303);
    assert!(is_signed_in(&mut browser).await);
    let back = browser.open(answer.headers[LOCATION].to_str().unwrap()).await;
    assert_eq!(back.url.as_str(), "http://localhost:5173/?state=s");
    assert!(!is_signed_in(&mut browser).await);
}

/// Conformance: 68
#[tokio::test]
async fn what_hangs_on_the_session_is_inactive_at_once_and_offline_access_goes_on() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let (web, spa) = (RelyingParty::demo_web(&server), RelyingParty::demo_spa(&server));
    let bound = web.sign_in(&mut browser, "openid items:read").await;
    let offline = spa.sign_in(&mut browser, "openid items:read offline_access").await;
    let unspent = browser.open(&web.authorization_url("openid", "")).await.code();
    for tokens in [&bound, &offline] {
        assert!(server.is_active(tokens.access()).await);
        assert_eq!(server.userinfo(tokens.access()).await.status, 200);
    }
    browser.open(&query(&[("id_token_hint", offline.text("id_token"))])).await;

    let silent = browser.open(&web.authorization_url("openid", "prompt=none")).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("login_required"), "{}", silent.url);
    assert_eq!(server.introspect(bound.access()).await, serde_json::json!({"active": false}));
    let refused = server.userinfo(bound.access()).await;
    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").unwrap().contains("error=\"invalid_token\""));
    web.try_refresh(bound.refresh(), &[]).await.assert_error(400, "invalid_grant");
    web.try_redeem(&unspent).await.assert_error(400, "invalid_grant");

    assert!(server.is_active(offline.access()).await);
    let refreshed = spa.refresh(offline.refresh()).await;
    assert_eq!(server.userinfo(refreshed.access()).await.json()["sub"], offline.id_claims()["sub"]);
    server.clock.advance(Duration::from_hours(13 * 24));
    spa.refresh(refreshed.refresh()).await;
}

/// Conformance: 67
#[tokio::test]
async fn who_is_not_signed_in_is_told_that_they_are_signed_out() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let page = browser.open("/logout").await;
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/logout/done"));
    assert!(page.body.contains("You are signed out."), "{}", page.body);
    let page = browser.open(&query(&[("post_logout_redirect_uri", RETURN), ("client_id", "demo-spa")])).await;
    assert!(!page.left, "nobody vouches for the application: {}", page.url);
}
