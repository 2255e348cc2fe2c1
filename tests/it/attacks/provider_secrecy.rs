//! Who reads the log, or why requests were refused, learns nothing of a sign-in at another provider that would let somebody finish it, or
//! act as this server or as the person there (RFC 9700 §4.2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger::protocol::trace_id::TraceId;
use serde_json::json;

use super::log_secrecy::{assert_secret, listen};
use crate::actors::{Broker, Browser, Liar, Lie, Octo, Page, RelyingParty, TestServer, provider};

/// What must stay secret of every story, and why requests in it were refused.
struct Story {
    secrets: Vec<(&'static str, String)>,
    refusals: Vec<String>,
}

impl Story {
    fn new() -> Self {
        let header = STANDARD.encode("broker:broker-secret");
        let secrets = vec![("the secret that we have there", "broker-secret".to_owned()), ("the header with it", header)];
        Self { secrets, refusals: Vec::new() }
    }

    /// Somebody is sent to the provider with this.
    fn away(&mut self, away: &Page) {
        assert!(away.left, "still at {}: {}", away.url, away.body);
        for (what, name) in [("a state", "state"), ("a nonce", "nonce")] {
            self.secrets.extend(away.parameter(name).map(|value| (what, value)));
        }
    }

    /// They were turned away.
    async fn turned(&mut self, server: &TestServer, page: &Page) {
        assert_eq!((page.left, page.status.as_u16()), (false, 400), "{}: {}", page.url, page.body);
        let why = server.server.refusal(&TraceId::parse(&page.trace_id).unwrap()).await.unwrap();
        let why = why.unwrap_or_else(|| panic!("nothing is known about {}", page.trace_id));
        self.refusals.push(format!("{why:?}\n{why}\n"));
    }

    /// Cookies that the story ends with.
    fn cookies(&mut self, browser: &Browser<'_>) {
        self.secrets.extend(browser.cookies.values().map(|cookie| ("a cookie", cookie.clone())));
    }

    #[track_caller]
    fn assert_secret(&self, log: &str, refused: usize) {
        assert_eq!(self.refusals.len(), refused, "{:#?}", self.refusals);
        assert_secret(log, &self.secrets);
        assert_secret(&self.refusals.concat(), &self.secrets);
    }
}

#[tokio::test]
async fn signing_in_at_github_leaves_no_secret() {
    let (written, _guard) = listen();
    let octo = Octo::start().await;
    let server = TestServer::start_with_providers(vec![provider("github", &octo.url, &json!({}))]).await;
    let app = RelyingParty::demo_web(&server);
    let url =
        app.authorization_url("openid profile", "provider=work&login_hint=hint-of-the-story").replace("state-1", "state-of-the-story");
    let mut story = Story::new();
    story.secrets.extend(["hint-of-the-story", "state-of-the-story"].map(|text| ("what the client sent along", text.to_owned())));
    story.secrets.push(("the token that we get there", "gho_16C7e42F292c6912E7710c838347Ae178B4a".to_owned()));

    let mut browser = Browser::new(&server);
    let away = browser.open(&url).await;
    story.away(&away);
    story.cookies(&browser);
    let back = |away: &Page, code: &str| {
        let mut back = away.url.join(&away.parameter("redirect_uri").unwrap()).unwrap();
        back.query_pairs_mut().append_pair("code", code).append_pair("state", &away.parameter("state").unwrap());
        back.to_string()
    };
    let decided = server.http.get(format!("{}&authorize=1", away.url.as_str().replace("/authorize?", "/decide?"))).send().await.unwrap();
    let good = decided.headers()["location"].to_str().unwrap().to_owned();
    let code = reqwest::Url::parse(&good).unwrap().query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    story.secrets.push(("a code", code));
    // Another browser brings it first, then the right one, then the right one once more.
    story.turned(&server, &Browser::new(&server).open(&good).await).await;
    let consent = browser.open(&good).await;
    assert_eq!(consent.url.path(), "/consent", "{}", consent.body);
    let tokens = app.redeem(&browser.submit(&consent, &[], "consent-allow").await.code()).await;
    story.secrets.extend(["access_token", "refresh_token", "id_token"].map(|name| (name, tokens.text(name).to_owned())));
    story.cookies(&browser);
    story.turned(&server, &Browser::new(&server).open(&good).await).await;

    // A code that GitHub does not know; an answer that repeats what it was asked with; errors in the place of a code.
    story.secrets.push(("a wrong code", "wrong-code-of-the-story".to_owned()));
    for answer in [
        None,
        Some(json!({"error": "wrong-code-of-the-story", "error_description": "wrong-code-of-the-story for broker-secret"})),
        Some(json!({"message": "wrong-code-of-the-story"})),
        Some(json!({"access_token": "gho_wrong-token-of-the-story", "token_type": "bearer", "scope": ""})),
    ] {
        octo.change(|state| state.token_answer = answer);
        let mut browser = Browser::new(&server);
        let away = browser.open(&url).await;
        story.away(&away);
        story.turned(&server, &browser.open(&back(&away, "wrong-code-of-the-story")).await).await;
    }
    story.secrets.push(("the token of a lie", "gho_wrong-token-of-the-story".to_owned()));
    let mut other = Browser::new(&server);
    let away = other.open(&url).await;
    story.away(&away);
    let state = away.parameter("state").unwrap();
    story.secrets.push(("what an error says", "words-of-the-story".to_owned()));
    let error = format!("/login/callback/work?error=access_denied&error_description=words-of-the-story&state={state}");
    story.turned(&server, &other.open(&error).await).await;
    let unknown = format!("/login/callback/work?code=wrong-code-of-the-story&state={}", state.to_uppercase());
    story.turned(&server, &other.open(&unknown).await).await;
    story.secrets.push(("a state of nobody's", state.to_uppercase()));

    let log = written.text();
    assert!(log.contains("an account was opened for somebody") && log.contains("nobody was let in"), "it was listened to: {log}");
    story.assert_secret(&log, 8);
}

#[tokio::test]
async fn signing_in_at_an_openid_provider_leaves_no_secret_on_either_side() {
    let (written, _guard) = listen();
    let broker = Broker::start(&json!({})).await;
    let app = RelyingParty::demo_web(&broker.server);
    let mut story = Story::new();
    story.secrets.push(("a password", "wonderland".to_owned()));
    let mut browser = Browser::new(&broker.server);
    let away = browser.open(&app.authorization_url("openid", "provider=work&max_age=60")).await;
    story.away(&away);
    story.cookies(&browser);
    let back = broker.pass_there(&away, "alice", "wonderland").await;
    let code = reqwest::Url::parse(&back).unwrap().query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    assert!(code.starts_with("clv_code_"), "{code}");
    story.secrets.push(("a code", code));
    let consent = browser.open(&back).await;
    assert_eq!(consent.url.path(), "/consent", "{}", consent.body);
    story.cookies(&browser);
    // It leads nowhere a second time.
    story.turned(&broker.server, &browser.open(&back).await).await;
    let log = written.text();
    assert!(log.contains("an account was opened for somebody"), "it was listened to: {log}");
    story.assert_secret(&log, 1);
}

#[tokio::test]
async fn what_a_provider_says_when_it_lies_is_repeated_nowhere() {
    let (written, _guard) = listen();
    let liar = Liar::start().await;
    let server = TestServer::start_with_providers(vec![provider("oidc", &liar.issuer, &json!({}))]).await;
    let url = RelyingParty::demo_web(&server).authorization_url("openid", "provider=work&max_age=60");
    let mut story = Story::new();
    story.secrets.push(("what it says", "secret words".to_owned()));
    let lies: Vec<Lie> = Lie::ALL.into_iter().filter(|lie| !lie.is_in_metadata() && *lie != Lie::SlowToken).collect();
    for lie in &lies {
        liar.lies(Lie::Nothing);
        let mut browser = Browser::new(&server);
        let away = browser.open(&url).await;
        story.away(&away);
        story.cookies(&browser);
        liar.lies(*lie);
        story.turned(&server, &browser.open(&Liar::back(&away, &[])).await).await;
    }
    story.assert_secret(&written.text(), lies.len());
}

#[tokio::test]
async fn a_secret_in_the_place_of_a_providers_name_is_not_repeated() {
    let (written, _guard) = listen();
    let broker = Broker::start(&json!({})).await;
    let app = RelyingParty::demo_web(&broker.server);
    let mut browser = Browser::new(&broker.server);
    let tokens = app.sign_in(&mut browser, "openid").await;
    let code = browser.pass(&app.authorization_url("openid", "")).await.code();
    let mut story = Story::new();
    let secrets = [("a code", code), ("a refresh token", tokens.refresh().to_owned())];
    for (_, secret) in &secrets {
        for path in [app.authorization_url("openid", &format!("provider={secret}")), format!("/login/callback/{secret}?code=x&state=y")] {
            story.turned(&broker.server, &Browser::new(&broker.server).open(&path).await).await;
        }
    }
    story.secrets.extend(secrets);
    story.assert_secret(&written.text(), 4);
}
