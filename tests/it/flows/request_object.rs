//! Authorization requests as signed objects, by value and by reference (OpenID Connect Core §6, RFC 9101).

use std::time::Duration;

use claviger::protocol::jose::Algorithm;
use claviger::protocol::redirect_uri::RedirectUri;
use claviger::protocol::request_object::{RequestObjectRules, RequestUri};
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use crate::actors::{Browser, KeyHost, Keys, Page, Publishes, RelyingParty, START, TestServer, claims};

const REDIRECT_URI: &str = "http://localhost:3000/callback";

/// A client that signs its requests with one of these keys.
async fn signer<'a>(server: &'a TestServer, keys: &Keys, rules: RequestObjectRules) -> RelyingParty<'a> {
    server
        .register("signer", |client| {
            client.keys = Some(keys.registered());
            client.request_objects = rules;
            client.redirect_uris.push(RedirectUri::register("http://localhost:3000/other", client.application_type).unwrap());
        })
        .await;
    RelyingParty::new(server, "signer:signer-secret", REDIRECT_URI)
}

fn at(uri: &str) -> RequestObjectRules {
    RequestObjectRules { uris: vec![RequestUri::parse(uri).unwrap()], ..RequestObjectRules::default() }
}

fn by_value(object: &str) -> String {
    format!("request={object}")
}

fn by_reference(uri: &str) -> String {
    format!("request_uri={}", byte_serialize(uri.as_bytes()).collect::<String>())
}

fn object(server: &TestServer, more: &Value) -> Value {
    let mut claims = json!({"iss": "signer", "aud": server.issuer, "client_id": "signer"});
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

#[track_caller]
fn assert_error(back: &Page, code: &str) {
    assert!(back.left, "still at {}: {}", back.url, back.body);
    assert_eq!((back.parameter("error").as_deref(), back.parameter("code")), (Some(code), None), "{}", back.url);
}

/// Conformance: 30, 31, 32
#[tokio::test]
async fn what_is_signed_goes_before_what_stands_beside_it() {
    let server = TestServer::start().await;
    let keys = Keys::new();
    let app = signer(&server, &keys, RequestObjectRules::default()).await;
    for algorithm in Algorithm::ALL.iter().filter(|algorithm| !algorithm.is_symmetric()).map(|algorithm| algorithm.as_str()) {
        let inside = object(
            &server,
            &json!({"scope": "openid email", "state": "inside", "nonce": "n-1", "redirect_uri": REDIRECT_URI, "claims": {"id_token": {"name": null}}}),
        );
        let outside = by_value(&keys.sign(algorithm, &inside));
        let url = app.authorization_url("openid", &outside).replace("%2Fcallback", "%2Fother");
        let back = Browser::new(&server).log_in_and_consent(&url).await;
        assert!(back.url.as_str().starts_with(REDIRECT_URI), "{algorithm}: {}", back.url);
        assert_eq!(back.parameter("state").as_deref(), Some("inside"));
        let tokens = app.redeem(&back.code()).await;
        assert_eq!(
            (tokens.text("scope"), &tokens.id_claims()["nonce"], &tokens.id_claims()["name"]),
            ("email openid", &json!("n-1"), &json!("Alice Liddell"))
        );
    }
}

/// Conformance: 31
#[tokio::test]
async fn with_the_type_of_rfc_9101_nothing_beside_it_counts() {
    let server = TestServer::start().await;
    let keys = Keys::new();
    let app = signer(&server, &keys, RequestObjectRules { required: true, ..RequestObjectRules::default() }).await;
    let plain = app.authorization_url("openid email", "nonce=n");
    let page = Browser::new(&server).open(&plain).await;
    assert_error(&page, "invalid_request");
    let inside: serde_json::Map<String, Value> = url::Url::parse(&app.authorization_url("openid", ""))
        .unwrap()
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into()))
        .collect();
    let signed = keys.sign_with_header(&json!({"alg": "ES256", "typ": "oauth-authz-req+jwt"}), &object(&server, &Value::Object(inside)));
    let back = Browser::new(&server).log_in_and_consent(&format!("{plain}&{}", by_value(&signed))).await;
    let tokens = app.redeem(&back.code()).await;
    assert_eq!((tokens.text("scope"), tokens.id_claims().get("nonce")), ("openid", None));
}

/// Conformance: 32
#[tokio::test]
async fn an_object_that_nobody_can_trust_gives_nothing() {
    let server = TestServer::start().await;
    let (keys, others) = (Keys::new(), Keys::new());
    let app = signer(&server, &keys, RequestObjectRules { algorithm: Some(Algorithm::Es256), ..RequestObjectRules::default() }).await;
    let good = object(&server, &json!({"scope": "openid"}));
    let with = |name: &str, value: Value| object(&server, &json!({name: value}));
    let unsigned = keys.sign_with_header(&json!({"alg": "none"}), &good);
    let secret = Keys::sign_with_secret(b"signer-secret", &good);
    let with_our_key = {
        let jwks = server.get("/.well-known/jwks.json").await.body;
        Keys::sign_with_secret(jwks.as_bytes(), &good)
    };
    let mut changed = keys.sign("ES256", &good);
    let middle = changed.find('.').unwrap() + 5;
    changed.replace_range(middle..=middle, if &changed[middle..=middle] == "A" { "B" } else { "A" });
    let attacks = [
        ("unsigned", unsigned.clone()),
        ("unsigned, without its last dot", unsigned.trim_end_matches('.').to_owned()),
        ("by the secret", secret),
        ("by our public key as a secret", with_our_key),
        ("by another algorithm than the registered one", keys.sign("RS256", &good)),
        ("by somebody else", others.sign("ES256", &good)),
        ("changed", changed),
        ("for another server", keys.sign("ES256", &with("aud", json!("https://other.example")))),
        ("of another client", keys.sign("ES256", &with("client_id", json!("demo-web")))),
        ("by another client", keys.sign("ES256", &with("iss", json!("demo-web")))),
        ("over", keys.sign("ES256", &with("exp", json!(START.seconds())))),
        ("of tomorrow", keys.sign("ES256", &with("nbf", json!(START.seconds() + 86_400)))),
        ("nested", keys.sign("ES256", &with("request", json!(unsigned)))),
        ("for another response type", keys.sign("ES256", &with("response_type", json!("id_token")))),
        ("an assertion", keys.sign("ES256", &Keys::claims("signer", &server.issuer, "1"))),
        ("not there", "x".to_owned()),
    ];
    for (what, attack) in attacks {
        let back = Browser::new(&server).open(&app.authorization_url("openid", &by_value(&attack))).await;
        assert_eq!(back.parameter("error").as_deref(), Some("invalid_request_object"), "{what}: {} {}", back.url, back.body);
        assert_eq!(back.parameter("state").as_deref(), Some("state-1"), "{what}");
        // With its address only inside, there is nowhere to go.
        let inside = app.authorization_url("openid", &by_value(&attack)).replace("redirect_uri=", "x=");
        let answer = server.get(inside.strip_prefix(&server.issuer).unwrap()).await;
        answer.assert_error_page("invalid_request_object");
    }
    let demo = RelyingParty::demo_web(&server);
    let back = Browser::new(&server).open(&demo.authorization_url("openid", &by_value(&keys.sign("ES256", &good)))).await;
    assert_error(&back, "invalid_request_object");
}

#[tokio::test]
async fn an_address_inside_counts_and_one_that_nobody_registered_does_not() {
    let server = TestServer::start().await;
    let keys = Keys::new();
    let app = signer(&server, &keys, RequestObjectRules::default()).await;
    let elsewhere = keys.sign("ES256", &object(&server, &json!({"redirect_uri": "https://evil.example/callback"})));
    let answer = server.get(app.authorization_url("openid", &by_value(&elsewhere)).strip_prefix(&server.issuer).unwrap()).await;
    answer.assert_error_page("invalid_request");
    assert!(!answer.body.contains("evil.example"));
    let inside = keys.sign("ES256", &object(&server, &json!({"redirect_uri": REDIRECT_URI})));
    let url = app.authorization_url("openid", &by_value(&inside)).replace("redirect_uri=", "x=");
    let back = Browser::new(&server).log_in_and_consent(&url).await;
    assert!(back.left && back.parameter("code").is_some(), "{}", back.url);
}

#[tokio::test]
async fn an_object_may_end_while_the_person_signs_in() {
    let server = TestServer::start().await;
    let keys = Keys::new();
    let app = signer(&server, &keys, RequestObjectRules::default()).await;
    let soon = keys.sign("EdDSA", &object(&server, &json!({"scope": "openid", "exp": START.seconds() + 30})));
    let url = app.authorization_url("openid", &by_value(&soon));
    let mut browser = Browser::new(&server);
    let page = browser.open(&url).await;
    server.clock.advance(Duration::from_mins(2));
    let consent = browser.submit(&page, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    browser.submit(&consent, &[], "consent-allow").await.code();
    let late = keys.sign("EdDSA", &object(&server, &json!({"scope": "openid", "exp": START.seconds() + 31})));
    assert_error(&browser.open(&app.authorization_url("openid", &by_value(&late))).await, "invalid_request_object");
}

/// Conformance: 33
#[tokio::test]
async fn a_reference_is_fetched_once_for_each_request() {
    let server = TestServer::start().await;
    let keys = Keys::new();
    let host = KeyHost::start(Publishes::Nothing).await;
    let app = signer(&server, &keys, at(&host.url)).await;
    let mut browser = Browser::new(&server);
    for (round, state) in ["first", "second"].into_iter().enumerate() {
        // The client changes what stands there for each request.
        host.publishes(Publishes::Object(keys.sign("ES256", &object(&server, &json!({"state": state, "nonce": state})))));
        let url = app.authorization_url("openid", &by_reference(&format!("{}#{round}", host.url)));
        let back = if round == 0 { browser.log_in_and_consent(&url).await } else { browser.open(&url).await };
        assert_eq!(back.parameter("state").as_deref(), Some(state), "{}", back.url);
        assert_eq!(app.redeem(&back.code()).await.id_claims()["nonce"], state);
        assert_eq!(host.asked(), round + 1, "asked once, however many pages there were");
    }
}

/// Conformance: 33
#[tokio::test]
async fn a_reference_that_gives_nothing_is_an_error_and_only_registered_ones_are_asked() {
    let server = TestServer::start().await;
    let keys = Keys::new();
    let host = KeyHost::start(Publishes::Nothing).await;
    let app = signer(&server, &keys, at(&host.url)).await;
    for (published, code) in [
        (Publishes::Object(format!("{}.", keys.sign("ES256", &json!({})).rsplit_once('.').unwrap().0)), "invalid_request_object"),
        (Publishes::Nothing, "invalid_request_uri"),
        (Publishes::Redirect, "invalid_request_uri"),
        (Publishes::Megabytes, "invalid_request_uri"),
        (Publishes::Object("\u{0}".repeat(100)), "invalid_request_object"),
        (Publishes::NoJson, "invalid_request_object"),
    ] {
        host.publishes(published.clone());
        let url = app.authorization_url("openid", &by_reference(&host.url));
        let back = Browser::new(&server).open(&url).await;
        assert_eq!(back.parameter("error").as_deref(), Some(code), "{published:?}: {} {}", back.url, back.body);
        if matches!(&published, Publishes::Object(object) if object.contains('.')) {
            continue;
        }
        // Where there was no object, whoever comes again at once makes nobody ask again, whatever stands behind the hash.
        let asked = host.asked();
        let again = app.authorization_url("openid", &by_reference(&format!("{}#again", host.url)));
        assert_error(&Browser::new(&server).open(&again).await, "invalid_request_uri");
        assert_eq!(host.asked(), asked);
        server.clock.advance(Duration::from_secs(10));
    }
    let asked = host.asked();
    for other in [host.url.replace("/jwks", "/else"), host.url.replace("127.0.0.1", "localhost"), format!("{}?x", host.url)] {
        assert_error(&Browser::new(&server).open(&app.authorization_url("openid", &by_reference(&other))).await, "invalid_request_uri");
    }
    let both = format!("{}&{}", by_reference(&host.url), by_value("a.b.c"));
    assert_error(&Browser::new(&server).open(&app.authorization_url("openid", &both)).await, "invalid_request");
    assert_eq!(host.asked(), asked, "nobody else was asked");
}

#[tokio::test]
async fn a_request_by_post_may_be_an_object_and_a_token_from_here_is_none() {
    let server = TestServer::start().await;
    let keys = Keys::new();
    let app = signer(&server, &keys, RequestObjectRules::default()).await;
    let back = Browser::new(&server)
        .log_in_and_consent(&app.authorization_url("openid", &by_value(&keys.sign("PS256", &object(&server, &json!({"state": "s"}))))))
        .await;
    let id_token = app.redeem(&back.code()).await.text("id_token").to_owned();
    assert_eq!(claims(&id_token)["aud"], "signer");
    assert_error(&Browser::new(&server).open(&app.authorization_url("openid", &by_value(&id_token))).await, "invalid_request_object");
    let object = keys.sign("PS256", &object(&server, &json!({"prompt": "none", "state": "posted"})));
    let form =
        [("client_id", "signer"), ("response_type", "code"), ("scope", "openid"), ("redirect_uri", REDIRECT_URI), ("request", &object)];
    let answer = server.post("/authorize", None, &form).await;
    assert_eq!(answer.status, 303);
    let answer = server.get(answer.header("location").unwrap().strip_prefix(&server.issuer).unwrap()).await;
    let location = answer.header("location").unwrap();
    assert!(location.contains("state=posted"), "{location}");
}
