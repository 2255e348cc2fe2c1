//! Authorization requests.

use std::time::Duration;

use claviger::protocol::client::{Client, PkceRule};
use claviger::protocol::explanation::Recorded;
use claviger::protocol::trace_id::TraceId;

use crate::actors::{Answer, Browser, RelyingParty, TestServer};
use crate::explained::{assert_fact, facts};

/// Why the page that `query` leads to is an error page; nothing of it stands on the page.
async fn why_not(server: &TestServer, query: &str) -> Recorded {
    let answer = server.get(&format!("/authorize?{query}")).await;
    answer.assert_error_page("invalid_request");
    let why = server.why(answer.trace_id()).await;
    for fact in &why.facts {
        let shown = [fact.what_was_expected(), fact.what_came(), fact.rule()].into_iter().flatten().any(|text| answer.body.contains(text));
        assert!(!shown, "{}", answer.body);
    }
    assert!(!answer.body.contains(&why.reason));
    assert_eq!(
        (why.status, why.code.as_deref(), why.method.as_str(), why.path.as_str()),
        (400, Some("invalid_request"), "GET", "/authorize")
    );
    why
}

#[tokio::test]
async fn a_redirect_uri_differs_to_the_character() {
    let server = TestServer::start().await;
    let why = why_not(&server, "client_id=demo-web&response_type=code&redirect_uri=http://localhost:3000/calback").await;
    assert_eq!(why.client.as_deref(), Some("demo-web"));
    let facts = facts(&why, "redirect_uri");
    let nearest = facts.first().unwrap();
    assert_eq!(nearest.what_was_expected(), Some("http://localhost:3000/callback"));
    assert_eq!(nearest.came_in_parts(), Some(("http://localhost:3000/cal", "b", "ack")));
    assert!(nearest.rule().unwrap().starts_with("character 26: \"l\" was expected, \"b\" came"));
    assert_eq!(facts.len(), 3, "the other registered ones are compared, too");
    assert!(why.advice.is_some());

    let port = why_not(&server, "client_id=demo-web&redirect_uri=http://localhost:3001/callback").await;
    assert_fact(&port, "redirect_uri", ":3000", ":3001", "only 127.0.0.1 and [::1] stand for all their ports");
    let scheme = why_not(&server, "client_id=demo-web&redirect_uri=https://localhost:3000/callback").await;
    assert_fact(&scheme, "redirect_uri", "http://localhost:3000/callback", "https://", "http and https are different");
    let missing = why_not(&server, "client_id=demo-web").await;
    assert_fact(
        &missing,
        "redirect_uri",
        "one of http://localhost:3000/callback, http://localhost:8000/callback, http://localhost:5173/backend-callback",
        "",
        "may be left out only where",
    );
    let twice =
        why_not(&server, "client_id=demo-web&redirect_uri=http://localhost:3000/callback&redirect_uri=http://localhost:3000/callback")
            .await;
    assert_fact(&twice, "parameter", "once", "redirect_uri", "");
}

#[tokio::test]
async fn a_client_is_unknown_or_disabled() {
    let server = TestServer::start().await;
    let unknown = why_not(&server, "client_id=Demo-Web&redirect_uri=http://localhost:3000/callback").await;
    assert_fact(&unknown, "client_id", "", "Demo-Web", "case counts");
    assert_eq!(unknown.client.as_deref(), Some("Demo-Web"));
    server.register("off", |client: &mut Client| client.enabled = false).await;
    let disabled = why_not(&server, "client_id=off&redirect_uri=http://localhost:3000/callback").await;
    assert_fact(&disabled, "client_id", "", "off", "disabled");
    assert_eq!(disabled.advice.as_deref(), Some("If it may be used again: claviger clients enable off"));
    let odd = why_not(&server, "client_id=%1b%5b2J%E2%80%AE").await;
    assert_fact(&odd, "client_id", "", r"\u{1b}[2J\u{202e}", "");
}

#[tokio::test]
async fn an_error_that_the_client_is_told_is_explained_all_the_same() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    for (extra, code, what, expected, came) in [
        ("prompt=maybe", "invalid_request", "prompt", "login", "maybe"),
        ("max_age=soon", "invalid_request", "max_age", "seconds", "soon"),
        ("response_mode=pigeon", "invalid_request", "response_mode", "form_post", "pigeon"),
        ("request=x", "invalid_request_object", "request", "a signed JWT", ""),
        ("request_uri=https://x.example/o", "invalid_request_uri", "request_uri", "", "https://x.example/o"),
        ("nonce=a&nonce=a", "invalid_request", "parameter", "once", "nonce"),
        ("id_token_hint=x", "invalid_request", "id_token_hint", "an ID token of this server", "no JWT"),
        ("resource=https://other.example", "invalid_target", "resource", "one of", "https://other.example"),
        ("resource=relative", "invalid_target", "resource", "absolute URIs", "relative"),
    ] {
        let back = browser.open(&web.authorization_url("openid items:read", extra)).await;
        assert_eq!(back.parameter("error").as_deref(), Some(code), "{extra}");
        assert_eq!(back.parameter("error_uri"), None, "only on a developer's machine");
        let why = server.why(&back.trace_id).await;
        assert_eq!((why.status, why.code.as_deref(), why.client.as_deref()), (303, Some(code), Some("demo-web")), "{extra}");
        assert_fact(&why, what, expected, came, "");
    }
    let long = web.authorization_url("openid", "").replace("state-1", &"x".repeat(1025));
    let why = server.why(&browser.open(&long).await.trace_id).await;
    assert_fact(&why, "state", "1024 bytes at most", "1025 bytes", "");
    let type_of = |kind: &str| web.authorization_url("openid", "").replace("response_type=code", &format!("response_type={kind}"));
    let why = server.why(&browser.open(&type_of("token")).await.trace_id).await;
    assert_fact(&why, "response_type", "code", "token", "what the client registered");
}

#[tokio::test]
async fn a_challenge_is_missing_or_of_another_method() {
    let server = TestServer::start().await;
    let spa = RelyingParty::demo_spa(&server);
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let without = |url: String| url.split("&code_challenge").next().unwrap().to_owned();
    let why = server.why(&browser.open(&without(spa.authorization_url("openid", ""))).await.trace_id).await;
    assert_fact(&why, "code_challenge", "S256", "", "a public client always needs a proof key");
    let why = server.why(&browser.open(&without(web.authorization_url("openid", ""))).await.trace_id).await;
    assert_fact(&why, "code_challenge", "S256", "", "pkce = required");
    let plain = web.authorization_url("openid", "").replace("S256", "plain");
    let why = server.why(&browser.open(&plain).await.trace_id).await;
    assert_fact(&why, "code_challenge_method", "S256", "plain", "");
    server.register("free", |client: &mut Client| client.pkce = PkceRule::Optional).await;
    let short = format!(
        "/authorize?client_id=free&response_type=code&redirect_uri={}&code_challenge=abc&code_challenge_method=S256",
        web.redirect_uri
    );
    let why = server.why(&browser.open(&short).await.trace_id).await;
    assert_fact(&why, "code_challenge", "43 base64url characters", "3 characters", "");
}

#[tokio::test]
async fn prompt_none_is_refused_for_a_reason() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let silently = |scope: &str, extra: &str| web.authorization_url(scope, &format!("prompt=none{extra}"));

    let why = server.why(&browser.open(&silently("openid", "")).await.trace_id).await;
    assert_eq!(why.code.as_deref(), Some("login_required"));
    assert_fact(&why, "session", "somebody who is signed in", "no session", "");

    let tokens = web.sign_in(&mut browser, "openid").await;
    let why = server.why(&browser.open(&silently("openid email", "")).await.trace_id).await;
    assert_eq!(why.code.as_deref(), Some("consent_required"));
    assert_fact(&why, "prompt", "", "not allowed yet: email", "");

    server.clock.advance(Duration::from_secs(75));
    let why = server.why(&browser.open(&silently("openid", "&max_age=60")).await.trace_id).await;
    assert_fact(&why, "max_age", "60 s ago at most", "75 s ago", "too old by 15 s");

    let hint = format!("&id_token_hint={}", tokens.text("id_token"));
    let mut bobs = Browser::new(&server);
    bobs.log_in("/login", "bob", "builder").await;
    let why = server.why(&bobs.open(&silently("openid", &hint)).await.trace_id).await;
    assert_fact(&why, "id_token_hint", &format!("the person {}", tokens.id_claims()["sub"].as_str().unwrap()), "the person", "by sub");
    let spa = RelyingParty::demo_spa(&server);
    let why = server.why(&browser.open(&spa.authorization_url("openid", &hint[1..])).await.trace_id).await;
    assert_fact(&why, "id_token_hint", "for this client", "made for the client demo-web", "");
}

#[tokio::test]
async fn a_person_turned_away() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let login = browser.open(&web.authorization_url("openid", "")).await;
    let why = server.why(&browser.submit(&login, &[], "cancel").await.trace_id).await;
    assert_eq!((why.reason.as_str(), why.client.as_deref()), ("the person refused to sign in", Some("demo-web")));
    let consent = browser.log_in(&web.authorization_url("openid", ""), "alice", "wonderland").await;
    let why = server.why(&browser.submit(&consent, &[], "consent-deny").await.trace_id).await;
    assert_eq!(why.reason, "the person refused what the client asked for");
}

#[tokio::test]
async fn each_word_of_a_scope_that_was_dropped_is_named_with_its_rule_though_the_request_succeeds() {
    let server = TestServer::start().await;
    server.allow("demo-web", "clients:read").await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let url = web.authorization_url("openid items:read clients:read users:read nonsense", "");
    let consent = browser.log_in(&url, "bob", "builder").await;
    let back = browser.submit(&consent, &[], "consent-allow").await;
    assert_eq!(web.redeem(&back.code()).await.text("scope"), "items:read openid");

    let why = server.why(&back.trace_id).await;
    assert_eq!((why.status, why.code.as_deref(), why.description.as_deref()), (303, None, None));
    assert_eq!((why.client.as_deref(), why.reason.as_str()), (Some("demo-web"), "part of the scope was not granted"));
    assert_eq!(facts(&why, "scope").len(), 3, "{why}");
    assert_fact(&why, "scope", "", "clients:read", "needs the role admin");
    assert_fact(&why, "scope", "items:read", "users:read", "the client may not ask for it");
    assert_fact(&why, "scope", "", "nonsense", "no API has a scope of this name");

    let refused = browser.open(&web.authorization_url("nonsense", "")).await;
    let why = server.why(&refused.trace_id).await;
    assert_eq!(why.code.as_deref(), Some("invalid_scope"));
    assert_fact(&why, "scope", "", "nonsense", "no API has a scope of this name");
    let malformed = browser.open(&web.authorization_url("openid", "").replace("scope=openid", "scope=open%22id")).await;
    assert_fact(&server.why(&malformed.trace_id).await, "scope", "printable ASCII", "open", "");
}

#[tokio::test]
async fn a_request_that_gets_all_it_asks_for_is_not_recorded() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let back = browser.log_in_and_consent(&web.authorization_url("openid items:read", "")).await;
    let answer: Answer = web.try_redeem(&back.code()).await;
    for trace_id in [back.trace_id.as_str(), answer.trace_id()] {
        assert_eq!(server.server.refusal(&TraceId::parse(trace_id).unwrap()).await.unwrap(), None);
    }
}
