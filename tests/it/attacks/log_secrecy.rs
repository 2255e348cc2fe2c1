//! Who reads the log learns no password, no code, no token and no secret, however much of it is written (RFC 9700 §4.2, §4.3.2).

use std::io;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger::protocol::client::ClientId;
use claviger::protocol::token::TokenHash;
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Level};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::actors::{Browser, RelyingParty, TestServer};

/// What was logged.
#[derive(Clone, Default)]
pub(super) struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Written {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Written {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Everything that is logged on this thread, on which a test's server runs as well, from here on and as long as the rest is kept.
pub(super) fn listen() -> (Written, (Dispatch, DefaultGuard)) {
    let written = Written::default();
    let log = || tracing_subscriber::fmt().with_max_level(Level::TRACE).with_span_events(FmtSpan::FULL).with_ansi(false);
    // While there is but one subscriber, a place in the code that another thread comes to first is silenced for good, as nobody listens there.
    let second = Dispatch::new(log().with_writer(io::sink).finish());
    let guard = tracing::subscriber::set_default(log().with_writer(written.clone()).finish());
    (written, (second, guard))
}

/// Asserts that none of the secrets stands in the log, neither as it is nor as the store knows it.
#[track_caller]
pub(super) fn assert_secret(log: &str, secrets: &[(&str, String)]) {
    for (what, secret) in secrets {
        assert!(secret.len() >= 6, "{what} is too short to be looked for");
        for form in [secret.clone(), TokenHash::of(secret).as_str().to_owned()] {
            let lines: Vec<_> = log.lines().filter(|line| line.contains(&form)).collect();
            assert!(lines.is_empty(), "{what} stands in the log: {lines:#?}");
        }
    }
}

#[tokio::test]
async fn a_whole_story_leaves_no_secret_in_the_log() {
    let (written, _guard) = listen();
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut secrets = vec![
        ("a password", "wonderland".to_owned()),
        ("a client's secret", "demo-web-secret".to_owned()),
        ("a verifier", web.verifier.clone()),
    ];
    let mut browser = Browser::new(&server);

    let url = web.authorization_url("openid email items:read offline_access", "nonce=nonce-of-the-story&login_hint=hint-of-the-story");
    let url = url.replace("state-1", "state-of-the-story");
    let login = browser.open(&url).await;
    secrets
        .extend([("the browser's cookie", browser.cookies["claviger-browser"].clone()), ("a form's token", login.field("csrf").unwrap())]);
    let wrong = browser.submit(&login, &[("username", "alice"), ("password", "wrong-password-of-the-story")], "login-submit").await;
    browser.submit(&wrong, &[("username", "password-in-the-wrong-field"), ("password", "x")], "login-submit").await;
    let consent = browser.submit(&wrong, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    secrets.extend([
        ("the session's cookie", browser.cookies["claviger-session"].clone()),
        ("a form's token", consent.field("csrf").unwrap()),
    ]);
    let code = browser.submit(&consent, &[], "consent-allow").await.code();
    secrets.push(("a code", code.clone()));
    for text in
        ["nonce-of-the-story", "hint-of-the-story", "state-of-the-story", "wrong-password-of-the-story", "password-in-the-wrong-field"]
    {
        secrets.push(("what was typed or sent along", text.to_owned()));
    }

    let by_form = web.authorization_url("openid email items:read offline_access", "response_mode=form_post");
    secrets.push(("a code in a form", browser.open(&by_form).await.field("code").unwrap()));
    secrets.push(("a client's header", STANDARD.encode(web.client)));

    let tokens = web.redeem(&code).await;
    let next = web.refresh(tokens.refresh()).await;
    web.refresh(tokens.refresh()).await;
    for tokens in [&tokens, &next] {
        secrets.extend(["access_token", "refresh_token", "id_token"].map(|name| (name, tokens.text(name).to_owned())));
    }
    server.userinfo(tokens.access()).await;
    server.post("/userinfo", None, &[("access_token", tokens.access())]).await;
    server.get(&format!("/userinfo?access_token={}", tokens.access())).await;
    server.userinfo(tokens.text("id_token")).await;
    for path in [format!("/token/{}", tokens.refresh()), format!("/api/v1/clients/x/secrets/{}", tokens.access())] {
        server.get(&path).await;
    }
    assert!(server.is_active(next.access()).await);
    server.introspect(next.refresh()).await;
    browser.open(&web.authorization_url("openid", &format!("id_token_hint={}", tokens.text("id_token")))).await;

    let account = browser.open("/account").await;
    let change = [
        ("current_password", "wonderland"),
        ("new_password", "new-password-of-the-story"),
        ("new_password_repeat", "new-password-of-the-story"),
    ];
    browser.submit(&account, &change, "password-submit").await;
    secrets.push(("the new password", "new-password-of-the-story".to_owned()));
    let generated = server
        .server
        .rotate_client_secret(&ClientId::parse("demo-m2m").unwrap(), None)
        .await
        .unwrap()
        .unwrap()
        .secret
        .unwrap()
        .reveal()
        .to_owned();
    server.token(Some(&format!("demo-m2m:{generated}")), &[("grant_type", "client_credentials")]).await;
    secrets.push(("a generated secret", generated));
    browser.open(&format!("/logout?id_token_hint={}", tokens.text("id_token"))).await;

    let log = written.text();
    assert!(
        log.contains("/token") && log.contains("a password was changed") && log.contains("a sign-in failed"),
        "it was listened to: {log}"
    );
    assert_secret(&log, &secrets);
}

#[tokio::test]
async fn refusals_leave_no_secret_in_the_log_either() {
    let (written, _guard) = listen();
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let tokens = web.sign_in(&mut browser, "openid items:read").await;
    let code = browser.pass(&web.authorization_url("openid", "")).await.code();
    let secret = ("client_secret", "client-secret-of-the-story");
    let redemption =
        [("grant_type", "authorization_code"), ("code", &*code), ("code_verifier", "verifier-of-the-story-which-is-long-enough-to-be-one")];
    server.token(None, &[&redemption[..], &[("client_id", "demo-web"), secret]].concat()).await;
    server.token(Some("demo-web:basic-secret-of-the-story"), &redemption).await;
    server.token(Some("demo-m2m:demo-m2m-secret"), &redemption).await;
    server.token(Some(web.client), &[&redemption[..], &[("redirect_uri", web.redirect_uri)]].concat()).await;
    server.token(Some(web.client), &[&redemption[..], &[("code", &code)]].concat()).await;
    server.token(Some(web.client), &[("grant_type", "refresh_token"), ("refresh_token", &code)]).await;
    server.token(Some(web.client), &[("grant_type", "refresh_token"), ("refresh_token", tokens.refresh()), ("scope", "users:write")]).await;
    web.refresh(tokens.refresh()).await;
    server.clock.advance(std::time::Duration::from_secs(11));
    web.try_refresh(tokens.refresh(), &[]).await.assert_error(400, "invalid_grant");
    web.try_redeem(&code).await;
    web.try_redeem(&code).await.assert_error(400, "invalid_grant");
    let json = format!(r#"{{"grant_type":"password","password":"json-password-of-the-story","code":"{code}"}}"#);
    let request = server.request(reqwest::Method::POST, "/token").header("content-type", "application/json").body(json);
    request.send().await.unwrap();
    for _ in 0..11 {
        let form = [
            ("grant_type", "password"),
            ("client_id", "demo-password"),
            ("username", "name-that-is-a-password"),
            ("password", "guessed-password"),
        ];
        server.token(None, &form).await;
    }
    server.post("/revoke", Some(web.client), &[("token", tokens.refresh())]).await;
    server.post("/introspect", Some("demo-api:introspection-secret"), &[("token", tokens.access())]).await;
    server.get(&format!("/authorize?client_id=demo-web&state=state-of-the-story&id_token_hint={}", tokens.text("id_token"))).await;
    server.get(&format!("/nowhere?code={code}")).await;
    server.store.close().await;
    assert_eq!(server.token(Some(web.client), &redemption).await.status, 503);

    let headers =
        ["demo-web:demo-web-secret", "demo-web:basic-secret-of-the-story"].map(|client| ("a client's header", STANDARD.encode(client)));
    let mut secrets = vec![("the code", code), ("the cookie", browser.cookies["claviger-session"].clone())];
    secrets.extend(["access_token", "refresh_token", "id_token"].map(|name| (name, tokens.text(name).to_owned())));
    secrets.extend(headers);
    for text in [
        "client-secret-of-the-story",
        "basic-secret-of-the-story",
        "verifier-of-the-story-which-is-long-enough-to-be-one",
        "json-password-of-the-story",
        "name-that-is-a-password",
        "guessed-password",
        "introspection-secret",
        "state-of-the-story",
        "demo-web-secret",
    ] {
        secrets.push(("what was sent", text.to_owned()));
    }
    let log = written.text();
    assert!(log.contains("a request failed") && log.contains("used up was presented again"), "it was listened to: {log}");
    assert_secret(&log, &secrets);
}
