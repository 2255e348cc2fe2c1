//! Pages in somebody else's frame, cache, history or hands (RFC 9700 §4.16, RFC 6749 §10.13): what every page of ours says about itself.

use reqwest::Method;
use reqwest::header::{ACCEPT, COOKIE};

use crate::actors::{Answer, Browser, RelyingParty, TestServer};

/// What every page has in common; `runs` is whether it may run its one script.
#[track_caller]
fn assert_protected(what: &str, answer: &Answer, runs: bool) {
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{what}");
    assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{what}");
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{what}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{what}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
    assert_eq!(answer.header("trace-id").map(str::len), Some(32), "{what}");
    let policy = answer.header("content-security-policy").unwrap();
    for directive in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "style-src 'self'"] {
        assert!(policy.split("; ").any(|found| found == directive), "{what}: {policy}");
    }
    for loose in ["unsafe", "*", "http:", "https:", "form-action"] {
        assert!(!policy.contains(loose), "{what}: {policy}");
    }
    assert_eq!(policy.contains("script-src 'sha256-"), runs, "{what}: {policy}");
    assert_eq!(answer.body.matches("<script").count(), usize::from(runs), "{what}");
    for inline in ["<style", " style=", " onclick=", " onload=", " onerror=", " onsubmit=", "javascript:", "<iframe", "<base", "http-equiv"]
    {
        assert!(!answer.body.contains(inline), "{what} has {inline}");
    }
    for attribute in [" src=\"", " href=\""] {
        for address in answer.body.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let ours = address.starts_with('/') && !address.starts_with("//") || address.starts_with('#');
            assert!(ours, "{what} loads or leads to {address}");
        }
    }
}

#[tokio::test]
async fn every_page_protects_itself() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let own = |path: &str| server.url(path).parse().unwrap();
    let mut pages = vec![("home for strangers", browser.send(&own("/"), None).await)];
    pages.push(("sign-in", browser.send(&own("/login"), None).await));
    let login = browser.open(&web.authorization_url("openid", "")).await;
    pages.push(("sign-in for an application", browser.send(&login.url, None).await));
    let form = |csrf: String, username: &str, password: &str| {
        [("csrf", &*csrf), ("username", username), ("password", password)].map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let csrf = login.field("csrf").unwrap();
    pages.push(("a wrong password", browser.send(&own("/login"), Some(&form(csrf.clone(), "alice", "x"))).await));
    for _ in 0..9 {
        browser.send(&own("/login"), Some(&form(csrf.clone(), "bob", "x"))).await;
    }
    pages.push(("too many", browser.send(&own("/login"), Some(&form(csrf.clone(), "bob", "x"))).await));
    pages.push(("a forged form", browser.send(&own("/login"), Some(&form("x".to_owned(), "alice", "x"))).await));
    let consent = browser.submit(&login, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    assert_eq!(consent.url.path(), "/consent");
    pages.push(("consent", browser.send(&consent.url, None).await));
    pages.push(("home", browser.send(&own("/"), None).await));
    pages.push(("account", browser.send(&own("/account"), None).await));
    let wrong = form(browser.open("/account").await.field("csrf").unwrap(), "alice", "x");
    pages.push(("account with a problem", browser.send(&own("/account/password"), Some(&wrong)).await));
    pages.push(("sign-out", browser.send(&own("/logout"), None).await));
    pages.push(("an unknown client", browser.send(&own("/authorize?client_id=x"), None).await));
    pages.push(("a malformed sign-out", browser.send(&own("/logout?state=a&state=b"), None).await));
    for (what, path) in [("nothing here", "/nowhere"), ("another method", "/token")] {
        let request = server.request(Method::GET, path).header(ACCEPT, "text/html").header(COOKIE, browser.cookie_header());
        pages.push((what, Answer::of(request.send().await.unwrap()).await));
    }
    for (what, answer) in &pages {
        assert_protected(what, answer, false);
        let alone = answer.header("cross-origin-opener-policy") == Some("same-origin");
        assert_eq!(alone, what.starts_with("account"), "{what}: a pop-up sign-in needs its opener");
    }
    let url = web.authorization_url("openid", "response_mode=form_post&prompt=none").parse().unwrap();
    let form_post = browser.send(&url, None).await;
    assert_protected("an error by form_post", &form_post, true);
    browser.submit(&consent, &[], "consent-allow").await.code();
    assert_protected("a code by form_post", &browser.send(&url, None).await, true);
    let sign_out = browser.open("/logout").await;
    browser.submit(&sign_out, &[], "logout-yes").await;
    assert_protected("signed out", &browser.send(&own("/logout/done"), None).await, false);
}

#[tokio::test]
async fn no_redirection_keeps_what_it_carries() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let url = web.authorization_url("openid", "").parse().unwrap();
    let to_login = browser.send(&url, None).await;
    browser.pass(url.as_str()).await.code();
    let with_code = browser.send(&url, None).await;
    assert!(with_code.header("location").unwrap().contains("code="));
    for answer in [to_login, with_code] {
        assert_eq!(answer.status, 303, "a GET follows, whatever came before (RFC 9700 §4.12)");
        assert_eq!((answer.header("cache-control"), answer.header("referrer-policy")), (Some("no-store"), Some("no-referrer")));
        assert_eq!(answer.body, "");
    }
}

#[tokio::test]
async fn what_a_person_or_an_application_wrote_is_never_markup() {
    let server = TestServer::start().await;
    let hostile = r#"</title><img src=x onerror=alert(1)>"'{{7*7}}"#;
    server.register("hostile", |client| client.name = hostile.to_owned()).await;
    let app = RelyingParty::new(&server, "hostile:hostile-secret", "http://localhost:3000/callback");
    let mut browser = Browser::new(&server);
    let login = browser.open(&app.authorization_url("openid", "")).await;
    let wrong = browser.submit(&login, &[("username", hostile), ("password", "x")], "login-submit").await;
    assert_eq!(wrong.field("username").as_deref(), Some(hostile));
    let consent = browser.submit(&wrong, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    assert_eq!(consent.url.path(), "/consent");
    browser.submit(&consent, &[], "consent-allow").await.code();
    let mut named = Browser::new(&server).called(hostile);
    named.log_in("/login", "alice", "wonderland").await;
    let sign_out = browser.open("/logout?client_id=hostile&state=%22%3E%3Cimg+src=x+onerror=alert(1)%3E").await;
    for page in [&login, &wrong, &consent, &browser.open("/account").await, &sign_out] {
        assert!(!page.body.contains("<img src=x") && !page.body.contains("\"'{{7"), "{}", page.body);
    }
}
