//! Token requests.

use std::time::Duration;

use claviger::protocol::client::{AuthMethod, Client, PkceRule};
use claviger::protocol::explanation::Recorded;
use claviger::protocol::token::TokenHash;
use reqwest::Method;

use crate::actors::{Answer, Browser, RelyingParty, TestServer};
use crate::explained::{assert_fact, facts};

/// Why a token request is refused; the answer has its code and a sentence and nothing else.
async fn why(server: &TestServer, answer: &Answer, status: u16, code: &str) -> Recorded {
    answer.assert_error(status, code);
    let why = server.why(answer.trace_id()).await;
    assert_eq!((why.status, why.code.as_deref(), why.path.as_str()), (status, Some(code), "/token"));
    assert_eq!(why.description.as_deref(), answer.json()["error_description"].as_str());
    why
}

#[tokio::test]
async fn how_a_client_is_registered_to_authenticate_and_how_it_did() {
    let server = TestServer::start().await;
    let grant = ("grant_type", "client_credentials");
    let answer = server.token(None, &[grant, ("client_id", "demo-m2m"), ("client_secret", "demo-m2m-secret")]).await;
    let other_method = why(&server, &answer, 401, "invalid_client").await;
    assert_fact(
        &other_method,
        "client authentication",
        "client_secret_basic: the secret in the Authorization header",
        "client_secret_post",
        "",
    );
    assert_eq!(other_method.client.as_deref(), Some("demo-m2m"));

    let wrong = why(&server, &server.token(Some("demo-m2m:nonsense-of-a-secret"), &[grant]).await, 401, "invalid_client").await;
    assert_fact(&wrong, "client secret", "the one that is alive, made 2026-11-21T12:00:00Z", "another one", "form-urlencoded");
    let padded = why(&server, &server.token(Some("demo-m2m:demo-m2m-secret\n"), &[grant]).await, 401, "invalid_client").await;
    assert_fact(&padded, "client secret", "", "", "without the white space around it, it would be right");

    let public = server.token(Some("demo-spa:something"), &[("grant_type", "authorization_code")]).await;
    assert_fact(
        &why(&server, &public, 401, "invalid_client").await,
        "client authentication",
        "none",
        "basic",
        "a public client has no secret",
    );
    let unknown = why(&server, &server.token(Some("demo-m2n:demo-m2m-secret"), &[grant]).await, 401, "invalid_client").await;
    assert_fact(&unknown, "client_id", "", "demo-m2n", "case counts");
    let nobody = why(&server, &server.token(None, &[grant]).await, 401, "invalid_client").await;
    assert_fact(&nobody, "client_id", "Authorization header", "", "");
    let both = server.token(Some("demo-m2m:demo-m2m-secret"), &[grant, ("client_secret", "demo-m2m-secret")]).await;
    let both = why(&server, &both, 400, "invalid_request").await;
    assert_fact(&both, "client authentication", "one way", "the Authorization header, client_secret in the body", "");
    let bearer = server.request(Method::POST, "/token").bearer_auth("something").form(&[grant]).send().await.unwrap();
    let bearer = why(&server, &Answer::of(bearer).await, 401, "invalid_client").await;
    assert_fact(&bearer, "Authorization", "Basic", "something else", "");

    server.register("off", |client: &mut Client| client.enabled = false).await;
    let disabled = why(&server, &server.token(Some("off:off-secret"), &[grant]).await, 401, "invalid_client").await;
    assert_fact(&disabled, "client", "", "", "disabled");
}

#[tokio::test]
async fn a_grant_type_is_not_registered_and_which_ones_are() {
    let server = TestServer::start().await;
    let answer = server.token(Some("demo-web:demo-web-secret"), &[("grant_type", "client_credentials")]).await;
    let unauthorized = why(&server, &answer, 400, "unauthorized_client").await;
    assert_fact(&unauthorized, "grant_type", "authorization_code, refresh_token", "client_credentials", "");
    assert_eq!(unauthorized.client.as_deref(), Some("demo-web"));
    let answer = server.token(Some("demo-web:demo-web-secret"), &[("grant_type", "magic")]).await;
    assert_fact(&why(&server, &answer, 400, "unsupported_grant_type").await, "grant_type", "authorization_code", "magic", "");
    let answer = server.token(Some("demo-web:demo-web-secret"), &[]).await;
    assert_fact(&why(&server, &answer, 400, "invalid_request").await, "grant_type", "a value", "", "");
}

#[tokio::test]
async fn a_code_is_refused_for_a_reason() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let mut code = async || browser.pass(&web.authorization_url("openid", "")).await.code();
    let redeem = async |code: &str, extra: &[(&str, &str)]| {
        web.token(&[&[("grant_type", "authorization_code"), ("code", code)], extra].concat()).await
    };
    let redirect = ("redirect_uri", web.redirect_uri);

    let old = code().await;
    server.clock.advance(Duration::from_secs(65));
    let late = why(&server, &web.try_redeem(&old).await, 400, "invalid_grant").await;
    assert_fact(&late, "time", "2026-11-21T12:01:00Z", "5 s too late", "");
    assert!(late.advice.as_ref().is_some_and(|advice| advice.contains("clocks")), "{late}");

    let used = code().await;
    web.redeem(&used).await;
    server.clock.advance(Duration::from_secs(3));
    let replayed = why(&server, &web.try_redeem(&used).await, 400, "invalid_grant").await;
    assert_fact(&replayed, "code", "never used", "used at 2026-11-21T12:01:05Z, 3 s ago", "what it gave is revoked");

    let fresh = code().await;
    let verifier = "another-verifier-that-is-long-enough-for-the-rules";
    let other_verifier = redeem(&fresh, &[redirect, ("code_verifier", verifier)]).await;
    let other_verifier = why(&server, &other_verifier, 400, "invalid_grant").await;
    let (sent, computed) = (TokenHash::of(&web.verifier), TokenHash::of(verifier));
    assert_fact(&other_verifier, "code_challenge", sent.as_str(), computed.as_str(), "");
    let short = why(&server, &redeem(&fresh, &[redirect, ("code_verifier", "short")]).await, 400, "invalid_grant").await;
    assert_fact(&short, "code_verifier", "43 to 128", "5 characters", "");
    let none = why(&server, &redeem(&fresh, &[redirect]).await, 400, "invalid_grant").await;
    assert_fact(&none, "code_verifier", "the one that the code_challenge was made of", "", "");

    let elsewhere = redeem(&fresh, &[("redirect_uri", "http://localhost:3000/Callback"), ("code_verifier", &web.verifier)]).await;
    let elsewhere = why(&server, &elsewhere, 400, "invalid_grant").await;
    let compared = facts(&elsewhere, "redirect_uri");
    assert_eq!(compared.first().and_then(|fact| fact.came_in_parts()), Some(("http://localhost:3000/", "C", "allback")));

    server.register("other", |_| {}).await;
    let other = RelyingParty::new(&server, "other:other-secret", web.redirect_uri);
    let foreign = why(&server, &other.try_redeem(&fresh).await, 400, "invalid_grant").await;
    assert_fact(&foreign, "client", "demo-web", "", "");
    assert_eq!(foreign.client.as_deref(), Some("other"));

    for (wrong, note) in [
        (fresh.replace("clv_code_", "clv_rt_"), "the form of another kind: refresh token"),
        (fresh[..fresh.len() - 1].to_owned(), "mistyped or cut off"),
        ("nonsense".to_owned(), "not the form of a token of this server"),
        ("eyJhbGciOiJub25lIn0.e30.".to_owned(), "JSON Web Token"),
    ] {
        assert_fact(&why(&server, &web.try_redeem(&wrong).await, 400, "invalid_grant").await, "code", "", "", note);
    }
    browser.cookies.clear();
    web.redeem(&fresh).await;
}

#[tokio::test]
async fn a_verifier_without_a_challenge_and_a_session_that_is_over() {
    let server = TestServer::start().await;
    server.register("free", |client: &mut Client| client.pkce = PkceRule::Optional).await;
    let free = RelyingParty::new(&server, "free:free-secret", "http://localhost:3000/callback");
    let mut browser = Browser::new(&server);
    let unproven = free.authorization_url("openid", "").split("&code_challenge").next().unwrap().to_owned();
    let code = browser.pass(&unproven).await.code();
    let answer = why(&server, &free.try_redeem(&code).await, 400, "invalid_grant").await;
    assert_fact(&answer, "code_verifier", "no code_verifier", "one", "had no code_challenge");

    let code = browser.pass(&free.authorization_url("openid", "")).await.code();
    let question = browser.open("/logout").await;
    browser.submit(&question, &[], "logout-yes").await;
    assert_fact(&why(&server, &free.try_redeem(&code).await, 400, "invalid_grant").await, "session", "alive", "over", "offline_access");
}

#[tokio::test]
async fn a_refresh_token_is_refused_for_a_reason() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let first = web.sign_in(&mut browser, "openid items:read offline_access").await;
    let wider = web.try_refresh(first.refresh(), &[("scope", "items:read items:write")]).await;
    let wider = why(&server, &wider, 400, "invalid_scope").await;
    assert_fact(&wider, "scope", "items:read", "items:read items:write", "not granted: items:write");
    server.register("other", |_| {}).await;
    let other = RelyingParty::new(&server, "other:other-secret", web.redirect_uri);
    assert_fact(&why(&server, &other.try_refresh(first.refresh(), &[]).await, 400, "invalid_grant").await, "client", "demo-web", "", "");

    let second = web.refresh(first.refresh()).await;
    server.clock.advance(Duration::from_secs(11));
    let reused = why(&server, &web.try_refresh(first.refresh(), &[]).await, 400, "invalid_grant").await;
    assert_fact(&reused, "refresh_token", "never used", "used at 2026-11-21T12:00:00Z, 11 s ago", "10 s");
    let revoked = why(&server, &web.try_refresh(second.refresh(), &[]).await, 400, "invalid_grant").await;
    assert_fact(&revoked, "grant", "", "", "taken back at 2026-11-21T12:00:11Z");

    let unused = web.sign_in(&mut browser, "openid offline_access").await;
    server.clock.advance(Duration::from_hours(14 * 24) + Duration::from_secs(7));
    let idle = why(&server, &web.try_refresh(unused.refresh(), &[]).await, 400, "invalid_grant").await;
    assert_fact(&idle, "time", "idle for too long", "7 s too late", "refresh_token_idle");
    let malformed = why(&server, &web.try_refresh("nonsense", &[]).await, 400, "invalid_grant").await;
    assert_fact(&malformed, "refresh_token", "", "", "not the form of a token");
}

#[tokio::test]
async fn a_family_of_refresh_tokens_ends() {
    let server = TestServer::start().await;
    server.register("short", |client: &mut Client| client.lifetimes.refresh_token_absolute = client.lifetimes.refresh_token_idle).await;
    let short = RelyingParty::new(&server, "short:short-secret", "http://localhost:3000/callback");
    let tokens = short.sign_in(&mut Browser::new(&server), "openid offline_access").await;
    server.clock.advance(Duration::from_hours(13 * 24));
    let next = short.refresh(tokens.refresh()).await;
    server.clock.advance(Duration::from_hours(24) + Duration::from_secs(2));
    let ended = why(&server, &short.try_refresh(next.refresh(), &[]).await, 400, "invalid_grant").await;
    assert_fact(&ended, "time", "the end of its family", "2 s too late", "refresh_token_absolute");
}

#[tokio::test]
async fn what_of_a_scope_is_dropped_at_the_token_endpoint() {
    let server = TestServer::start().await;
    let ask = async |form: &[(&str, &str)]| {
        let answer = server.token(Some("demo-m2m:demo-m2m-secret"), &[&[("grant_type", "client_credentials")], form].concat()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        server.why(answer.trace_id()).await
    };
    let why = ask(&[("scope", "items:read users:write nonsense")]).await;
    assert_eq!((why.code.as_deref(), why.client.as_deref(), facts(&why, "scope").len()), (None, Some("demo-m2m"), 2));
    assert_fact(&why, "scope", "clients:read, items:read, items:write", "users:write", "the client may not ask for it");
    assert_fact(&why, "scope", "", "nonsense", "no API has a scope");
    let why = ask(&[("scope", "items:read clients:read"), ("resource", "http://localhost:8000")]).await;
    assert_fact(&why, "scope", "", "clients:read", "none of the resource asked for, http://localhost:8000");

    let password = [("grant_type", "password"), ("client_id", "demo-password"), ("username", "bob"), ("password", "builder")];
    let answer = server.token(None, &[&password[..], &[("scope", "openid offline_access")]].concat()).await;
    assert_eq!(answer.json()["scope"], "openid");
    assert_fact(&server.why(answer.trace_id()).await, "scope", "", "offline_access", "it needs consent");

    server
        .register("no-refresh", |client: &mut Client| {
            client.auth_method = AuthMethod::SecretPost;
            client.grant_types.remove(&claviger::protocol::client::GrantType::RefreshToken);
        })
        .await;
    let plain = RelyingParty::new(&server, "no-refresh", "http://localhost:3000/callback");
    let back = Browser::new(&server).log_in_and_consent(&plain.authorization_url("openid offline_access", "")).await;
    assert!(!back.code().is_empty());
    assert_fact(&server.why(&back.trace_id).await, "scope", "", "offline_access", "not registered for the grant type refresh_token");
}

#[tokio::test]
async fn which_password_was_wrong_and_which_counter_makes_wait() {
    let server = TestServer::start().await;
    let guess = async |username: &str| {
        let form = [("grant_type", "password"), ("client_id", "demo-password"), ("username", username), ("password", "a-wrong-guess")];
        server.token(None, &form).await
    };
    let nobody = why(&server, &guess("nobody-of-this-name").await, 400, "invalid_grant").await;
    assert_fact(&nobody, "account", "one that exists", "a name that nobody has", "");
    assert!(!nobody.to_string().contains("nobody-of-this-name"), "it may have been a password: {nobody}");
    let wrong = why(&server, &guess("alice").await, 400, "invalid_grant").await;
    assert_fact(&wrong, "password", "", "", "another one");
    for _ in 0..8 {
        guess("alice").await;
    }
    let throttled = why(&server, &guess("alice").await, 429, "temporarily_unavailable").await;
    assert_fact(
        &throttled,
        "failed sign-ins of the account",
        "fewer than 10 within 15 min",
        "10 since 2026-11-21T12:00:00Z",
        "until 2026-11-21T12:15:00Z",
    );
    assert!(!throttled.to_string().contains("a-wrong-guess"), "{throttled}");
}

#[tokio::test]
async fn a_request_is_no_form_or_too_long_or_by_another_method() {
    let server = TestServer::start().await;
    let post = async |media_type: &str, body: String| {
        let request = server.request(Method::POST, "/token").header("content-type", media_type).body(body);
        Answer::of(request.send().await.unwrap()).await
    };
    let json = why(&server, &post("application/json", r#"{"grant_type":"password"}"#.to_owned()).await, 400, "invalid_request").await;
    assert_fact(&json, "Content-Type", "application/x-www-form-urlencoded", "application/json", "");
    let long = why(&server, &post("application/x-www-form-urlencoded", "x".repeat(65 * 1024)).await, 413, "invalid_request").await;
    assert_fact(&long, "body", "65536 bytes at most", "more", "");
    let repeated = post("application/x-www-form-urlencoded", "grant_type=password&grant_type=password".to_owned()).await;
    assert_fact(&why(&server, &repeated, 400, "invalid_request").await, "parameter", "once", "grant_type", "");
    let get = why(&server, &server.get("/token").await, 405, "method_not_allowed").await;
    assert_fact(&get, "method", "POST", "GET", "");
}
