//! Who reads why requests were refused learns no password, no code, no token and no secret, wherever in a request they stood, and what a
//! caller wrote can't harm whoever reads it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger::flow::manage::Reach;
use claviger::flow::manage::api_keys::NewApiKey;
use claviger::protocol::api_key::TOKEN_TYPE;
use claviger::protocol::explanation::Fact;
use claviger::protocol::grant::token_exchange::GRANT_TYPE;
use reqwest::Method;
use url::form_urlencoded;

use crate::actors::{Answer, Browser, RelyingParty, TestServer};
use crate::database::Database;

/// Parameters that a request may have, right ones and wrong ones.
const PARAMETERS: [&str; 25] = [
    "client_id",
    "client_secret",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "response_type",
    "response_mode",
    "prompt",
    "max_age",
    "resource",
    "code_challenge",
    "code_challenge_method",
    "id_token_hint",
    "grant_type",
    "code",
    "refresh_token",
    "username",
    "password",
    "token",
    "access_token",
    "api_key",
    "subject_token",
    "subject_token_type",
    "provider",
];

/// Everything that is remembered of refusals.
async fn remembered(server: &TestServer, trace_ids: &[String]) -> String {
    let mut all = Vec::new();
    for trace_id in trace_ids {
        let trace_id = claviger::protocol::trace_id::TraceId::parse(trace_id).unwrap();
        if let Some(why) = server.server.refusal(&trace_id).await.unwrap() {
            all.push(format!("{why:?}\n{why}\n"));
        }
    }
    all.concat()
}

#[track_caller]
fn assert_secret(remembered: &str, secrets: &[(&str, String)]) {
    for (what, secret) in secrets {
        assert!(secret.len() >= 6, "{what} is too short to be looked for");
        let lines: Vec<_> = remembered.lines().filter(|line| line.contains(secret.as_str())).collect();
        assert!(lines.is_empty(), "{what} is remembered: {lines:#?}");
    }
}

/// Asks `/authorize`, `/token`, `/userinfo`, `/introspect`, `/revoke` and the pages with this text in every place that there is.
async fn send_everywhere(server: &TestServer, cookie: &str, text: &str) -> Vec<String> {
    let mut trace_ids = Vec::new();
    let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let good = "client_id=demo-web&response_type=code&redirect_uri=http://localhost:3000/callback&scope=openid";
    for name in PARAMETERS {
        for query in [format!("{name}={encoded}"), format!("{good}&{name}={encoded}"), format!("{good}&{name}={encoded}&{name}={encoded}")]
        {
            for path in ["/authorize", "/logout", "/userinfo", "/login"] {
                trace_ids.push(server.get(&format!("{path}?{query}")).await.trace_id().to_owned());
            }
        }
        for redirect in
            [format!("http://localhost:3000/callback?{name}={text}"), format!("http://{text}@localhost:3000/callback#{name}={text}")]
        {
            let encoded: String = form_urlencoded::byte_serialize(redirect.as_bytes()).collect();
            trace_ids.push(server.get(&format!("/authorize?client_id=demo-web&redirect_uri={encoded}")).await.trace_id().to_owned());
        }
        for grant in ["authorization_code", "refresh_token", "client_credentials", "password", GRANT_TYPE] {
            for path in ["/token", "/introspect", "/revoke"] {
                for client in [Some("demo-web:demo-web-secret"), None] {
                    trace_ids.push(server.post(path, client, &[("grant_type", grant), (name, text)]).await.trace_id().to_owned());
                }
            }
        }
    }
    for path in ["/login", "/consent", "/logout", "/account/password"] {
        for origin in [server.issuer.as_str(), text] {
            let form = [("csrf", text), ("username", text), ("password", text), ("continue", text), ("current_password", text)];
            let request = server.request(Method::POST, path).header("cookie", cookie).header("origin", origin).form(&form);
            trace_ids.push(Answer::of(request.send().await.unwrap()).await.trace_id().to_owned());
        }
    }
    for header in [
        format!("Basic {text}"),
        format!("Bearer {text}"),
        text.to_owned(),
        format!("Basic {}", STANDARD.encode(format!("demo-web:{text}"))),
    ] {
        for (method, path) in [(Method::POST, "/token"), (Method::GET, "/userinfo"), (Method::GET, "/me")] {
            let request = server.request(method, path).header("authorization", &header);
            trace_ids.push(Answer::of(request.send().await.unwrap()).await.trace_id().to_owned());
        }
    }
    // As somebody who may manage, and as somebody who may not; with the text as a name, a field, a query, a version and a token.
    let everything = "clients:read clients:write openid users:read users:write";
    let form = [
        ("grant_type", "password"),
        ("client_id", "claviger-docs"),
        ("username", "alice"),
        ("password", "wonderland"),
        ("scope", everything),
    ];
    let alice = server.token(None, &form).await.json();
    assert_eq!(alice["scope"], everything);
    for bearer in [alice["access_token"].as_str().unwrap(), text] {
        for (method, path) in [
            (Method::GET, format!("/api/v1/clients?cursor={encoded}&limit={encoded}")),
            (Method::GET, format!("/api/v1/clients?api_key={encoded}")),
            (Method::GET, format!("/api/v1/clients/{encoded}")),
            (Method::DELETE, format!("/api/v1/clients/demo-api/secrets/{encoded}")),
            (Method::PATCH, format!("/api/v1/users/{encoded}")),
            (Method::POST, "/api/v1/clients".to_owned()),
            (Method::POST, "/api/v1/users".to_owned()),
        ] {
            let body =
                format!(r#"{{"username": ["{text}"], "password": ["{text}"], "client_id": {{"{text}": 1}}, "redirect_uris": "{text}"}}"#);
            let request =
                server.request(method, &path).bearer_auth(bearer).header("if-match", text).header("content-type", "application/json");
            trace_ids.push(Answer::of(request.body(body).send().await.unwrap()).await.trace_id().to_owned());
        }
    }
    for (name, value) in [("X-API-Key", text), ("X-API-Key", "x"), ("cookie", text)] {
        let request = server.request(Method::GET, &format!("/api/v1/clients?api_key={encoded}")).header(name, value);
        trace_ids.push(Answer::of(request.send().await.unwrap()).await.trace_id().to_owned());
        let request = server.request(Method::GET, "/api/v1/clients").header(name, value);
        trace_ids.push(Answer::of(request.send().await.unwrap()).await.trace_id().to_owned());
    }
    for media_type in ["application/json", "application/x-www-form-urlencoded"] {
        let body = format!(r#"{{"password":"{text}"}}&{{"password":"{text}"}}"#);
        let request = server.request(Method::POST, "/token").header("content-type", media_type).body(body);
        trace_ids.push(Answer::of(request.send().await.unwrap()).await.trace_id().to_owned());
    }
    trace_ids.push(server.get(&format!("/token/{text}")).await.trace_id().to_owned());
    let request = server.request(Method::OPTIONS, "/token").header("origin", text).header("access-control-request-method", "POST");
    trace_ids.push(Answer::of(request.send().await.unwrap()).await.trace_id().to_owned());
    trace_ids
}

#[tokio::test]
async fn what_we_handed_out_is_not_remembered_wherever_it_comes_back() {
    let server = TestServer::start_taking_keys_in_query().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let tokens = web.sign_in(&mut browser, "openid items:read").await;
    let code = browser.pass(&web.authorization_url("openid", "")).await.code();
    let generated = claviger::protocol::client::ClientId::parse("demo-m2m").unwrap();
    let generated = server.server.rotate_client_secret(&generated, None).await.unwrap().unwrap().secret.unwrap().reveal().to_owned();
    let new = NewApiKey { name: "mine".to_owned(), user: Some("bob".to_owned()), scope: "items:read".to_owned(), ..NewApiKey::default() };
    let key = server.server.add_api_key(Reach::Everything, &new).await.unwrap().unwrap().secret.reveal().to_owned();
    let mut secrets = vec![("a code", code), ("a client's secret", generated), ("an API key", key)];
    secrets.push(("a cookie", browser.cookies["claviger-session"].clone()));
    secrets.extend(["access_token", "refresh_token", "id_token"].map(|name| (name, tokens.text(name).to_owned())));
    let mut refused = 0;
    for (_, secret) in &secrets {
        let trace_ids = send_everywhere(&server, &browser.cookie_header(), secret).await;
        let remembered = remembered(&server, &trace_ids).await;
        refused += remembered.matches("trace_id: ").count();
        assert_secret(&remembered, &secrets);
        let jwt_parts: Vec<_> = secrets.iter().flat_map(|(what, secret)| secret.split('.').map(|part| (*what, part.to_owned()))).collect();
        assert_secret(&remembered, &jwt_parts.into_iter().filter(|(_, part)| part.len() > 20).collect::<Vec<_>>());
    }
    assert!(refused > 500, "it was refused: {refused}");
}

#[tokio::test]
async fn what_people_type_is_not_remembered_from_any_place_that_is_made_for_it() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let tokens = web.sign_in(&mut browser, "openid").await;
    let secret = "hunter2-of-the-story";
    let mut trace_ids = Vec::new();
    let basic = format!("demo-web:{secret}");
    let key = format!("clv_key_{secret}");
    let long = format!("{secret}-which-is-long-enough-to-be-a-verifier");
    for client in [Some(basic.as_str()), Some("demo-web:demo-web-secret"), None] {
        for form in [
            vec![("grant_type", "password"), ("client_id", "demo-password"), ("username", secret), ("password", secret)],
            vec![("grant_type", "password"), ("client_id", "demo-password"), ("username", "alice"), ("password", secret)],
            vec![("grant_type", "authorization_code"), ("code", secret), ("code_verifier", secret), ("client_secret", secret)],
            vec![("grant_type", "authorization_code"), ("code", secret), ("code_verifier", &long), ("state", secret), ("nonce", secret)],
            vec![("grant_type", "refresh_token"), ("refresh_token", secret), ("client_assertion", secret)],
            vec![("token", secret), ("client_id", "demo-api"), ("client_secret", secret)],
            vec![("password", secret), ("password", secret)],
            vec![("grant_type", GRANT_TYPE), ("subject_token", secret), ("subject_token_type", TOKEN_TYPE)],
            vec![("grant_type", GRANT_TYPE), ("subject_token", &key), ("subject_token_type", TOKEN_TYPE)],
            vec![("token", &key), ("token_type_hint", "api_key")],
        ] {
            for path in ["/token", "/introspect", "/revoke"] {
                trace_ids.push(server.post(path, client, &form).await.trace_id().to_owned());
            }
        }
    }
    let code = browser.pass(&web.authorization_url("openid", "")).await.code();
    for verifier in [secret, &long] {
        let form =
            [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", web.redirect_uri), ("code_verifier", verifier)];
        trace_ids.push(server.token(Some(web.client), &form).await.trace_id().to_owned());
    }
    for query in [
        format!("state={secret}&nonce={secret}&login_hint={secret}&id_token_hint={secret}"),
        format!("code_challenge={long}&code_challenge_method=plain"),
        format!("redirect_uri=http://user:{secret}@localhost:3000/callback"),
        format!("redirect_uri=http://localhost:3000/callback?code%3D{secret}%26state%3D{secret}"),
        format!("prompt=none&state={}", secret.repeat(100)),
        format!("id_token_hint={}", tokens.text("id_token").replace('.', "")),
    ] {
        let url = format!("{}&{query}", web.authorization_url("openid", "").split("&code_challenge").next().unwrap());
        for url in [url.replace("state=state-1&", ""), format!("/authorize?client_id=demo-web&{query}")] {
            trace_ids.push(browser.open(&url).await.trace_id);
        }
    }
    let mut typing = Browser::new(&server);
    for username in [secret, "alice"] {
        trace_ids.push(typing.log_in("/login", username, secret).await.trace_id);
    }
    for key in [secret, &key] {
        trace_ids.push(server.get(&format!("/api/v1/clients?api_key={key}")).await.trace_id().to_owned());
        let request = server.request(Method::GET, "/api/v1/clients").header("X-API-Key", key);
        trace_ids.push(Answer::of(request.send().await.unwrap()).await.trace_id().to_owned());
    }
    let account = browser.open("/account").await;
    let change = [("current_password", secret), ("new_password", &*long), ("new_password_repeat", &*long)];
    trace_ids.push(browser.submit(&account, &change, "password-submit").await.trace_id);
    let remembered = remembered(&server, &trace_ids).await;
    assert!(remembered.matches("trace_id: ").count() > 60, "{remembered}");
    let secrets =
        [("what was typed", secret.to_owned()), ("a header", STANDARD.encode(&basic)), ("a client's secret", "demo-web-secret".to_owned())];
    assert_secret(&remembered, &secrets);
}

#[tokio::test]
async fn whatever_a_caller_writes_is_short_and_harmless_when_it_is_read() {
    let database = Database::sqlite().await;
    let server = TestServer::start_on(database.clone()).await;
    let hostile = format!("\x1b[2J\x1b]0;owned\x07\r\n\u{202e}\u{0}<script>'; DROP TABLE refusal;--{}", "\u{1F511}x".repeat(3000));
    let encoded: String = form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
    let mut trace_ids = Vec::new();
    for name in ["client_id", "redirect_uri", "scope", "resource", "prompt", "response_mode"] {
        let query = format!("client_id=demo-web&response_type=code&redirect_uri=http://localhost:3000/callback&{name}={encoded}");
        trace_ids.push(server.get(&format!("/authorize?{query}")).await.trace_id().to_owned());
        let form = [("grant_type", "client_credentials"), (name, hostile.as_str())];
        trace_ids.push(server.token(Some("demo-m2m:demo-m2m-secret"), &form).await.trace_id().to_owned());
    }
    let many = (0..100).map(|number| format!("word-{number}-{}", "x".repeat(80))).collect::<Vec<_>>().join(" ");
    let words = [("grant_type", "client_credentials"), ("scope", many.as_str())];
    trace_ids.push(server.token(Some("demo-m2m:demo-m2m-secret"), &words).await.trace_id().to_owned());
    let odd = Method::from_bytes(&[b'X'; 300]).unwrap();
    trace_ids.push(Answer::of(server.request(odd, "/token").send().await.unwrap()).await.trace_id().to_owned());
    let mut seen = 0;
    for trace_id in &trace_ids {
        let trace_id = claviger::protocol::trace_id::TraceId::parse(trace_id).unwrap();
        let Some(why) = server.server.refusal(&trace_id).await.unwrap() else { continue };
        seen += 1;
        let text = why.to_string();
        assert!(text.chars().all(|character| character == '\n' || (' '..='~').contains(&character)), "{text:?}");
        assert!(text.len() < 16_000 && why.facts.len() <= 16, "{} in {text}", text.len());
        assert!(why.facts.iter().filter_map(Fact::what_came).all(|came| came.len() <= 210), "{text}");
        assert!(why.method.len() <= 210 && why.path.len() <= 210 && why.client.as_ref().is_none_or(|client| client.len() <= 210), "{text}");
    }
    assert!(seen >= trace_ids.len() / 2, "{seen} of {}", trace_ids.len());
    assert!(database.rows("refusal").await > 0, "the table is still there");
}
