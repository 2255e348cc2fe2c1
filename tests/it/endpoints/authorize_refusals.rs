//! `/authorize`: what is refused, and where the refusal goes (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).

use std::net::TcpListener;

use crate::actors::{Answer, Browser, Page, RelyingParty, TestServer};

/// Asserts that the client is told this error, and nothing but that.
#[track_caller]
fn assert_told(page: &Page, code: &str) {
    assert!(page.left, "{code}: still at {}: {}", page.url, page.body);
    assert!(page.url.as_str().starts_with("http://localhost:3000/callback?"), "{}", page.url);
    let mut names: Vec<_> = page.url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    names.sort_unstable();
    // `session_state` belongs to answers about a person (OpenID Connect Session Management §2).
    names.retain(|name| name != "session_state");
    assert_eq!(names, ["error", "error_description", "iss", "state"]);
    assert_eq!(page.parameter("error").as_deref(), Some(code), "{}", page.url);
    assert_eq!(page.parameter("state").as_deref(), Some("state-1"));
    let plain = |character: char| (' '..='~').contains(&character) && !['"', '\\'].contains(&character);
    assert!(page.parameter("error_description").unwrap().chars().all(plain), "RFC 6749 §4.1.2.1: {}", page.url);
}

/// A request of `demo-web` with one parameter replaced; `None` leaves it out.
fn with(web: &RelyingParty<'_>, name: &str, value: Option<&str>) -> String {
    let url = web.authorization_url("openid", "");
    let (path, query) = url.split_once('?').unwrap();
    let kept = query.split('&').filter(|pair| pair.split('=').next() != Some(name)).map(str::to_owned);
    let query: Vec<_> = kept.chain(value.map(|value| format!("{name}={value}"))).collect();
    format!("{path}?{}", query.join("&"))
}

/// Conformance: 13, 14, 17
#[tokio::test]
async fn only_registered_response_types_are_answered() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    for (response_type, code) in [
        (None, "invalid_request"),
        (Some(""), "invalid_request"),
        (Some("none"), "unsupported_response_type"),
        (Some("code+code"), "unsupported_response_type"),
        (Some("CODE"), "unsupported_response_type"),
        (Some("code%00"), "unsupported_response_type"),
    ] {
        assert_told(&browser.open(&with(&web, "response_type", response_type)).await, code);
    }
    // Where tokens would be, the error is.
    for response_type in ["token", "id_token", "code+id_token", "id_token+token", "token+evil"] {
        let page = browser.open(&with(&web, "response_type", Some(response_type))).await;
        let error = page.url.fragment().is_some().then(|| page.parameter("error")).flatten();
        assert_eq!(error.as_deref(), Some("unsupported_response_type"), "{}", page.url);
    }
}

/// Conformance: 29
#[tokio::test]
async fn a_proof_key_is_s256_and_well_formed() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let long = "A".repeat(44);
    for challenge in
        [None, Some(""), Some(&long[..42]), Some(&long[..]), Some(&format!("{}%3D", &long[..42])), Some(&format!("{}%2B", &long[..42]))]
    {
        assert_told(&browser.open(&with(&web, "code_challenge", challenge)).await, "invalid_request");
    }
    for method in [None, Some(""), Some("plain"), Some("s256"), Some("S512")] {
        assert_told(&browser.open(&with(&web, "code_challenge_method", method)).await, "invalid_request");
    }
}

/// Conformance: 30
#[tokio::test]
async fn what_is_not_believed_is_refused_by_name_and_nothing_is_fetched() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let inside = TcpListener::bind("127.0.0.1:0").unwrap();
    inside.set_nonblocking(true).unwrap();
    let reference = format!("http%3A%2F%2F{}%2Frequest.jwt", inside.local_addr().unwrap());
    let mut browser = Browser::new(&server);
    for (extra, code) in [
        ("request=eyJhbGciOiJub25lIn0.e30.", "invalid_request_object"),
        (&*format!("request_uri={reference}"), "invalid_request_uri"),
        ("request_uri=file%3A%2F%2F%2Fetc%2Fpasswd", "invalid_request_uri"),
        ("request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax", "invalid_request_uri"),
        ("registration=%7B%7D", "registration_not_supported"),
        ("response_mode=evil", "invalid_request"),
        ("response_mode=web_message", "invalid_request"),
        ("response_mode=query.jwt", "invalid_request"),
    ] {
        assert_told(&browser.open(&web.authorization_url("openid", extra)).await, code);
    }
    assert!(inside.accept().is_err(), "nobody called");
}

/// Conformance: 14
#[tokio::test]
async fn prompts_and_ages_that_make_no_sense_are_refused() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    for extra in [
        "prompt=none+login",
        "prompt=consent+none",
        "prompt=none+select_account",
        "prompt=create",
        "prompt=NONE",
        "max_age=-1",
        "max_age=x",
        "max_age=1.5",
        "max_age=99999999999999999999999999",
    ] {
        assert_told(&browser.open(&web.authorization_url("openid", extra)).await, "invalid_request");
    }
}

#[tokio::test]
async fn a_scope_of_which_nothing_is_left_is_refused_and_what_is_left_is_asked_for() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let many = (0..1500).map(|number| number.to_string()).collect::<Vec<_>>().join("+");
    for scope in ["nonsense", "clients:read", "a%00b", "%22", "%C3%A9", "openid%09email", &many, &"x".repeat(101)] {
        assert_told(&browser.open(&with(&web, "scope", Some(scope))).await, "invalid_scope");
    }
    let back = browser.log_in_and_consent(&web.authorization_url("openid nonsense clients:read items:read", "")).await;
    assert_eq!(web.redeem(&back.code()).await.text("scope"), "items:read openid");
    let back = Browser::new(&server).log_in_and_consent(&with(&web, "scope", None)).await;
    assert_eq!(web.redeem(&back.code()).await.text("scope"), "openid profile", "the client's default");
}

/// Conformance: 11
#[tokio::test]
async fn a_repeated_parameter_is_told_to_the_client_unless_it_says_who_or_where() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    for repeated in ["scope=openid", "nonce=a&nonce=a", "prompt=login&prompt=login", "x=1&x=1", "response_type=code"] {
        assert_told(&browser.open(&web.authorization_url("openid", repeated)).await, "invalid_request");
    }
    // Which of two states is the client's own can't be told: neither comes back.
    let page = browser.open(&web.authorization_url("openid", "state=state-2")).await;
    assert_eq!((page.parameter("error").as_deref(), page.parameter("state")), (Some("invalid_request"), None));
    for repeated in ["client_id=demo-web", "redirect_uri=http://localhost:3000/callback"] {
        let url = web.authorization_url("openid", repeated);
        Answer::of(server.http.get(url).send().await.unwrap()).await.assert_error_page("invalid_request");
    }
}

/// Conformance: 12
#[tokio::test]
async fn nobody_is_sent_anywhere_for_a_client_that_is_unknown_or_disabled() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    for id in [
        None,
        Some(""),
        Some("nobody"),
        Some("DEMO-WEB"),
        Some("demo-web%00"),
        Some("demo-web%0d%0aSet-Cookie:x=1"),
        Some(&"x".repeat(10_000)),
    ] {
        let answer = Answer::of(server.http.get(with(&web, "client_id", id)).send().await.unwrap()).await;
        answer.assert_error_page("invalid_request");
        assert_eq!(answer.headers.get("set-cookie"), None);
        assert!(!answer.body.contains("nobody") && !answer.body.contains("xxxx"));
    }
    let id = claviger::protocol::client::ClientId::parse("demo-web").unwrap();
    server.server.enable_client(&id, false).await.unwrap().unwrap();
    Answer::of(server.http.get(web.authorization_url("openid", "")).send().await.unwrap()).await.assert_error_page("invalid_request");
}

/// Conformance: 12
#[tokio::test]
async fn a_redirect_uri_may_be_left_out_only_where_one_is_registered() {
    let server = TestServer::start().await;
    server.register("one", |client| client.redirect_uris.truncate(1)).await;
    let one = RelyingParty::new(&server, "one:one-secret", "http://localhost:3000/callback");
    let back = Browser::new(&server).log_in_and_consent(&with(&one, "redirect_uri", None)).await;
    assert!(back.left && back.url.as_str().starts_with(one.redirect_uri));
    one.try_redeem(&back.code()).await.assert_error(400, "invalid_grant");
    let web = RelyingParty::demo_web(&server);
    Answer::of(server.http.get(with(&web, "redirect_uri", None)).send().await.unwrap()).await.assert_error_page("invalid_request");
}

#[tokio::test]
async fn a_person_may_say_no_and_may_turn_away() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let login = browser.open(&web.authorization_url("openid", "")).await;
    assert_told(&browser.submit(&login, &[], "cancel").await, "access_denied");
    assert_eq!(server.server.password_verifications(), 0);
    let consent = browser.log_in(&web.authorization_url("openid", ""), "alice", "wonderland").await;
    assert_told(&browser.submit(&consent, &[], "consent-deny").await, "access_denied");
    let again = browser.open(&web.authorization_url("openid", "")).await;
    assert_eq!(again.url.path(), "/consent", "a refusal is not remembered as a yes");
}
