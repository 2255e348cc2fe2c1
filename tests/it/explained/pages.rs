//! What browsers send: forms, preflights, hosts, sign-outs.

use claviger::cli::app::{Surroundings, endpoint};
use poem::http::{Method as PoemMethod, Uri};
use poem::{Endpoint, Request};
use reqwest::Method;

use crate::actors::{Answer, Browser, RelyingParty, TestServer};
use crate::explained::assert_fact;

#[tokio::test]
async fn a_form_comes_from_elsewhere() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let login = browser.open("/login").await;
    let csrf = login.field("csrf").unwrap();
    let send = async |headers: &[(&str, &str)], csrf: &str| {
        let mut request = server.request(Method::POST, "/login").form(&[("csrf", csrf), ("username", "alice"), ("password", "x")]);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(answer.status, 403, "{}", answer.body);
        server.why(answer.trace_id()).await
    };
    let cookie = browser.cookie_header();
    let foreign = send(&[("origin", "https://evil.example"), ("cookie", &cookie)], &csrf).await;
    assert_fact(&foreign, "Origin", &server.issuer, "https://evil.example", "");
    let sandboxed = send(&[("origin", "null"), ("sec-fetch-site", "cross-site"), ("cookie", &cookie)], &csrf).await;
    assert_fact(&sandboxed, "Sec-Fetch-Site", "same-origin", "cross-site", "");
    let cookieless = send(&[("origin", &server.issuer)], &csrf).await;
    assert_fact(&cookieless, "cookie", "a cookie of ours", "none", "");
    let other_token = send(&[("origin", &server.issuer), ("cookie", &cookie)], "another").await;
    assert_fact(&other_token, "csrf", "the token of the form", "another one", "");
    for why in [foreign, sandboxed, cookieless, other_token] {
        let told = why.to_string();
        assert!(!told.contains(&csrf) && !told.contains(cookie.split('=').nth(1).unwrap()), "{told}");
    }
}

#[tokio::test]
async fn a_preflight_comes_from_an_origin_that_nobody_registered() {
    let server = TestServer::start().await;
    let request = server.request(Method::OPTIONS, "/token").header("origin", "http://localhost:5174");
    let answer = Answer::of(request.header("access-control-request-method", "POST").send().await.unwrap()).await;
    answer.assert_error(403, "invalid_request");
    let why = server.why(answer.trace_id()).await;
    assert_eq!((why.method.as_str(), why.path.as_str()), ("OPTIONS", "/token"));
    assert_fact(&why, "Origin", "cors_origins of an enabled client", "http://localhost:5174", "");
}

#[tokio::test]
async fn a_request_is_for_another_host() {
    let server = TestServer::start().await;
    let app = endpoint(&server.server, &Surroundings { own_host_only: true, ..Surroundings::default() });
    let request = Request::builder().method(PoemMethod::GET).uri(Uri::from_static("/")).header("host", "evil.example").finish();
    let answer = app.get_response(request).await;
    assert_eq!(answer.status().as_u16(), 421);
    let why = server.why(answer.header("trace-id").unwrap()).await;
    assert_fact(&why, "Host", server.issuer.strip_prefix("http://").unwrap(), "evil.example", "DNS rebinding");
}

#[tokio::test]
async fn a_sign_in_fails_on_the_page() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let wrong = browser.log_in("/login", "alice", "not-her-password").await;
    assert_eq!(wrong.status, 400);
    let why = server.why(&wrong.trace_id).await;
    assert_fact(&why, "password", "", "", "another one");
    let nobody = browser.log_in("/login", "password-in-the-wrong-field", "x").await;
    let why = server.why(&nobody.trace_id).await;
    assert_fact(&why, "account", "one that exists", "nobody has", "");
    assert!(!why.to_string().contains("wrong-field"), "{why}");
}

#[tokio::test]
async fn a_person_who_signed_out_does_not_return() {
    let server = TestServer::start().await;
    let spa = RelyingParty::demo_spa(&server);
    let mut browser = Browser::new(&server);
    let tokens = spa.sign_in(&mut browser, "openid").await;
    let hint = tokens.text("id_token");
    let stays = browser.open(&format!("/logout?id_token_hint={hint}&post_logout_redirect_uri=http://localhost:5173/bye")).await;
    assert_eq!((stays.left, stays.status.as_u16()), (false, 200));
    let why = server.why(&stays.trace_id).await;
    assert_eq!((why.code.as_deref(), why.client.as_deref()), (None, Some("demo-spa")));
    assert_fact(&why, "post_logout_redirect_uri", "http://localhost:5173/", "http://localhost:5173/bye", "character 23");
    assert!(!why.to_string().contains(hint), "{why}");
    let unproven = browser.open("/logout?client_id=demo-spa&post_logout_redirect_uri=http://localhost:5173/").await;
    assert_fact(&server.why(&unproven.trace_id).await, "id_token_hint", "an ID token of this server", "", "proves nothing");
    let nobody = browser.open("/logout?post_logout_redirect_uri=http://localhost:5173/").await;
    assert_fact(&server.why(&nobody.trace_id).await, "post_logout_redirect_uri", "", "http://localhost:5173/", "no client is known");
    let twice = browser.open("/logout?state=a&state=b").await;
    assert_fact(&server.why(&twice.trace_id).await, "parameter", "once", "state", "");
}
