//! The metadata document and the keys (RFC 8414, OpenID Connect Discovery, RFC 7517): nothing is promised that is not done.

use std::collections::BTreeSet;

use claviger::flow::manage::Reach;
use claviger::flow::manage::api_keys::NewApiKey;
use claviger::protocol::api_key::TOKEN_TYPE;
use claviger::protocol::client::{AuthMethod, Client};
use claviger::protocol::grant::token_exchange::GRANT_TYPE;
use claviger::protocol::redirect_uri::RedirectUri;
use claviger::protocol::registration::{Access, Policy};
use claviger::protocol::subject_type::SubjectType;
use reqwest::Method;
use reqwest::header::IF_NONE_MATCH;
use serde_json::{Value, json};

use crate::actors::{ASSERTION_TYPE, Answer, Browser, Keys, Liar, RelyingParty, TestServer, hybrid_client, provider};

const DOCUMENTS: [&str; 2] = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];

async fn metadata(server: &TestServer) -> Value {
    server.get(DOCUMENTS[0]).await.json()
}

fn words(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

/// Conformance: 1, 2, 4, 6
#[tokio::test]
async fn both_documents_are_the_same_and_say_nothing_empty() {
    let server = TestServer::start().await;
    let answers = [server.get(DOCUMENTS[0]).await, server.get(DOCUMENTS[1]).await];
    assert_eq!(answers[0].body, answers[1].body);
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("application/json")));
        assert!(answer.header("cache-control").unwrap().starts_with("public, max-age="));
        assert_eq!(answer.header("trace-id").map(str::len), Some(32));
    }
    let document = answers[0].json();
    assert_eq!(document["issuer"], server.issuer);
    for (name, value) in document.as_object().unwrap() {
        assert!(!value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()), "{name}: {value}");
        if let Some(list) = value.as_array() {
            assert_eq!(list.iter().map(Value::to_string).collect::<BTreeSet<_>>().len(), list.len(), "{name} repeats itself");
        }
        if name.ends_with("_endpoint") || name == "jwks_uri" || name == "check_session_iframe" {
            assert!(value.as_str().unwrap().starts_with(&server.issuer), "{name}: {value}");
        }
    }
    let absent = ["registration_endpoint", "pushed_authorization_request_endpoint", "device_authorization_endpoint"];
    assert!(absent.iter().all(|name| document.get(name).is_none()), "what is not there is not promised");
    assert_eq!(document["request_uri_parameter_supported"], true);
    assert!(words(&document["scopes_supported"]).contains(&"items:read") && words(&document["scopes_supported"]).contains(&"openid"));
}

#[tokio::test]
async fn there_is_something_at_every_endpoint() {
    let registering = TestServer::start_registering(Policy { access: Access::Open, ..Policy::default() }).await;
    for (server, count) in [(TestServer::start().await, 8), (registering, 9)] {
        let document = metadata(&server).await;
        let is_endpoint = |name: &str| name.ends_with("_endpoint") || ["jwks_uri", "check_session_iframe"].contains(&name);
        let endpoints: Vec<_> = document.as_object().unwrap().iter().filter(|(name, _)| is_endpoint(name)).collect();
        assert_eq!(endpoints.len(), count);
        for (name, url) in endpoints {
            let path = url.as_str().unwrap().strip_prefix(&server.issuer).unwrap();
            let statuses = [server.get(path).await.status, server.post(path, None, &[]).await.status];
            assert!(statuses.iter().all(|status| *status != 404 && !status.is_server_error()), "{name}: {statuses:?}");
        }
    }
}

/// Conformance: 5
#[tokio::test]
async fn every_grant_type_works() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    for grant_type in words(&metadata(&server).await["grant_types_supported"]) {
        let answer = match grant_type {
            "client_credentials" => server.token(Some("demo-m2m:demo-m2m-secret"), &[("grant_type", grant_type)]).await,
            "password" => {
                let person = [("client_id", "demo-password"), ("username", "alice"), ("password", "wonderland")];
                server.token(None, &[&[("grant_type", grant_type)][..], &person].concat()).await
            }
            "authorization_code" => {
                let back = Browser::new(&server).log_in_and_consent(&web.authorization_url("openid", "")).await;
                web.try_redeem(&back.code()).await
            }
            "refresh_token" => {
                let back = Browser::new(&server).log_in_and_consent(&web.authorization_url("openid", "")).await;
                let tokens = web.redeem(&back.code()).await;
                web.try_refresh(tokens.refresh(), &[]).await
            }
            "implicit" => {
                let url = hybrid_client(&server).await.authorization_url_for("id_token token", "openid items:read", "nonce=n");
                let token = Browser::new(&server).log_in_and_consent(&url).await.parameter("access_token").unwrap();
                server.userinfo(&token).await
            }
            GRANT_TYPE => {
                let new = NewApiKey { name: "x".into(), client: Some("demo-m2m".into()), scope: "items:read".into(), ..Default::default() };
                let key = server.server.add_api_key(Reach::Everything, &new).await.unwrap().unwrap();
                let subject = [("subject_token", key.secret.reveal()), ("subject_token_type", TOKEN_TYPE)];
                server.token(None, &[&[("grant_type", grant_type)][..], &subject].concat()).await
            }
            unknown => panic!("{unknown} is promised, and this test knows nothing of it"),
        };
        assert_eq!(answer.status, 200, "{grant_type}: {}", answer.body);
    }
}

/// Conformance: 5
#[tokio::test]
async fn every_response_mode_type_and_prompt_works() {
    let server = TestServer::start().await;
    let document = metadata(&server).await;
    let web = RelyingParty::demo_web(&server);
    assert_eq!(
        words(&document["response_types_supported"]),
        ["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"]
    );
    let hybrid = hybrid_client(&server).await;
    for response_type in words(&document["response_types_supported"]) {
        let url = hybrid.authorization_url_for(response_type, "openid items:read", "nonce=n");
        let page = Browser::new(&server).log_in_and_consent(&url).await;
        for (word, parameter) in [("code", "code"), ("token", "access_token"), ("id_token", "id_token")] {
            let is_asked = response_type.split(' ').any(|asked| asked == word);
            assert_eq!(page.parameter(parameter).is_some(), is_asked, "{response_type}: {}", page.url);
        }
    }
    for mode in words(&document["response_modes_supported"]) {
        let page = Browser::new(&server).log_in_and_consent(&web.authorization_url("openid", &format!("response_mode={mode}"))).await;
        let code = page.parameter("code").or_else(|| page.field("code")).unwrap_or_else(|| panic!("{mode}: {}", page.url));
        web.redeem(&code).await;
    }
    for prompt in words(&document["prompt_values_supported"]) {
        let mut browser = Browser::new(&server);
        browser.log_in_and_consent(&web.authorization_url("openid", "")).await.code();
        let page = browser.open(&web.authorization_url("openid", &format!("prompt={prompt}"))).await;
        let shown = if page.left { "the client" } else { page.url.path() };
        let expected = match prompt {
            "none" => "the client",
            "login" | "select_account" => "/login",
            "consent" => "/consent",
            unknown => panic!("{unknown} is promised, and this test knows nothing of it"),
        };
        assert_eq!(shown, expected, "{prompt}");
    }
}

/// Conformance: 5
#[tokio::test]
async fn every_scope_is_granted_to_who_may_have_it() {
    let server = TestServer::start().await;
    let document = metadata(&server).await;
    let scopes = words(&document["scopes_supported"]);
    server.allow("demo-web", &scopes.join(" ")).await;
    // Alice manages the server, so that she may grant the scopes of its own API, too.
    let (web, mut browser) = (RelyingParty::demo_web(&server), Browser::new(&server));
    for word in scopes {
        let tokens = web.sign_in(&mut browser, &format!("openid {word}")).await;
        let granted: BTreeSet<&str> = tokens.text("scope").split(' ').collect();
        assert_eq!(granted, BTreeSet::from(["openid", word]));
    }
}

/// Conformance: 47
#[tokio::test]
async fn every_authentication_method_works_where_it_is_promised() {
    let server = TestServer::start().await;
    server.register("poster", |client| client.auth_method = AuthMethod::SecretPost).await;
    server.register("hasher", |client| client.auth_method = AuthMethod::SecretJwt).await;
    let keys = Keys::new();
    let by_key = |client: &mut Client| {
        client.auth_method = AuthMethod::PrivateKeyJwt;
        client.keys = Some(keys.registered());
        client.secrets.clear();
    };
    server.register("signer", by_key).await;
    let document = metadata(&server).await;
    for (endpoint, path) in [("token", "/token"), ("revocation", "/revoke"), ("introspection", "/introspect")] {
        let methods = words(&document[format!("{endpoint}_endpoint_auth_methods_supported")]);
        assert!(methods.contains(&"client_secret_basic") && methods.contains(&"client_secret_post"));
        assert_eq!(methods.contains(&"none"), endpoint != "introspection");
        for method in methods {
            let request = [("token", "x"), ("grant_type", "refresh_token"), ("refresh_token", "x")];
            let answer = match method {
                "client_secret_basic" => server.post(path, Some("demo-web:demo-web-secret"), &request).await,
                "client_secret_post" => {
                    let credentials = [("client_id", "poster"), ("client_secret", "poster-secret")];
                    server.post(path, None, &[&request[..], &credentials].concat()).await
                }
                "none" => server.post(path, None, &[&request[..], &[("client_id", "demo-spa")]].concat()).await,
                // Each algorithm is tried below.
                "client_secret_jwt" | "private_key_jwt" => continue,
                unknown => panic!("{unknown} is promised, and this test knows nothing of it"),
            };
            // Authenticated: the endpoint speaks of the token, no longer of the client.
            let expected = if endpoint == "token" { (400, "invalid_grant") } else { (200, "") };
            let error = answer.json()["error"].as_str().unwrap_or_default().to_owned();
            assert_eq!((answer.status.as_u16(), error.as_str()), expected, "{endpoint} {method}");
        }
        for algorithm in words(&document[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")]) {
            let assertion = if algorithm == "HS256" {
                Keys::sign_with_secret(b"hasher-secret", &Keys::claims("hasher", &server.issuer, path))
            } else {
                keys.sign(algorithm, &Keys::claims("signer", &server.issuer, &format!("{algorithm} {path}")))
            };
            let credentials = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
            let request = [("token", "x"), ("grant_type", "refresh_token"), ("refresh_token", "x")];
            let answer = server.post(path, None, &[&request[..], &credentials].concat()).await;
            assert_eq!(answer.status.as_u16(), if endpoint == "token" { 400 } else { 200 }, "{endpoint} {algorithm}: {}", answer.body);
        }
    }
}

/// Of somebody who signed in at another provider.
async fn id_claims_of_who_came_from_elsewhere() -> Value {
    let liar = Liar::start().await;
    liar.says(json!({"sub": "octavia", "acr": "urn:example:silver"}));
    let server = TestServer::start_with_providers(vec![provider("oidc", &liar.issuer, &json!({}))]).await;
    let (web, mut browser) = (RelyingParty::demo_web(&server), Browser::new(&server));
    let away = browser.open(&web.authorization_url("openid", "provider=work")).await;
    let page = browser.open(&Liar::back(&away, &[])).await;
    web.redeem(&browser.submit(&page, &[], "consent-allow").await.code()).await.id_claims()
}

/// Conformance: 5
#[tokio::test]
async fn every_claim_and_challenge_method_that_is_promised_is_there() {
    let server = TestServer::start().await;
    let document = metadata(&server).await;
    assert_eq!(words(&document["code_challenge_methods_supported"]), ["S256"]);
    assert_eq!(words(&document["claim_types_supported"]), ["normal"]);
    let web = RelyingParty::demo_web(&server);
    server.allow("demo-web", "roles groups").await;
    let url = web.authorization_url("openid profile email address phone roles groups", "nonce=n");
    let tokens = web.redeem(&Browser::new(&server).log_in_and_consent(&url).await.code()).await;
    let (id, person) = (tokens.id_claims(), server.userinfo(tokens.access()).await.json());
    let of_another = id_claims_of_who_came_from_elsewhere().await;
    for claim in words(&document["claims_supported"]) {
        let is_there = [&id, &person, &of_another].iter().any(|claims| claims.get(claim).is_some());
        assert!(is_there, "{claim} is promised and nowhere to be found");
    }
}

/// Conformance: 7
#[tokio::test]
async fn the_keys_are_public_and_can_be_kept_for_a_while() {
    let server = TestServer::start().await;
    let answer = server.get("/.well-known/jwks.json").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("application/json")));
    assert!(answer.header("cache-control").unwrap().starts_with("public, max-age="));
    let keys = answer.json()["keys"].as_array().unwrap().clone();
    assert!(!keys.is_empty());
    let mut kids = BTreeSet::new();
    for key in &keys {
        let members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect();
        assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"], "no private member");
        assert_eq!((&key["kty"], &key["use"], &key["alg"]), (&"RSA".into(), &"sig".into(), &"RS256".into()));
        assert!(key["n"].as_str().unwrap().len() >= 342, "2048 bits at least");
        assert!(kids.insert(key["kid"].as_str().unwrap().to_owned()), "a kid is unique");
    }
    for path in DOCUMENTS.iter().chain(&["/.well-known/jwks.json"]) {
        let etag = server.get(path).await.header("etag").unwrap().to_owned();
        for known in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
            let request = server.request(Method::GET, path).header(IF_NONE_MATCH, &known);
            let answer = Answer::of(request.send().await.unwrap()).await;
            assert_eq!((answer.status.as_u16(), answer.body.as_str()), (304, ""), "{known}");
            assert_eq!(answer.header("etag"), Some(etag.as_str()));
        }
        let other = server.request(Method::GET, path).header(IF_NONE_MATCH, "\"other\"").send().await.unwrap();
        assert_eq!(other.status(), 200);
        let head = server.request(Method::HEAD, path).send().await.unwrap();
        assert_eq!((head.status().as_u16(), head.headers()["etag"].to_str().unwrap()), (200, etag.as_str()));
    }
}

/// Conformance: 5, 32
#[tokio::test]
async fn every_algorithm_that_is_promised_for_request_objects_is_taken() {
    let server = TestServer::start().await;
    let keys = Keys::new();
    server.register("signer", |client| client.keys = Some(keys.registered())).await;
    let app = RelyingParty::new(&server, "signer:signer-secret", "http://localhost:3000/callback");
    for algorithm in words(&metadata(&server).await["request_object_signing_alg_values_supported"]) {
        let object = keys.sign(algorithm, &json!({"state": algorithm, "client_id": "signer"}));
        let page = Browser::new(&server).log_in_and_consent(&app.authorization_url("openid", &format!("request={object}"))).await;
        assert_eq!(page.parameter("state").as_deref(), Some(algorithm), "{}", page.url);
    }
}

/// Conformance: 5, 26, 46
#[tokio::test]
async fn every_kind_of_subject_class_and_display_that_is_promised_is_there() {
    let server = TestServer::start().await;
    let document = metadata(&server).await;
    for kind in words(&document["subject_types_supported"]) {
        server
            .register(kind, |client| {
                client.subjects.kind = SubjectType::parse(kind).unwrap();
                client.redirect_uris = vec![RedirectUri::register("https://app.example/callback", client.application_type).unwrap()];
            })
            .await;
    }
    let mut browser = Browser::new(&server);
    let one = RelyingParty::new(&server, "public:public-secret", "https://app.example/callback")
        .sign_in(&mut browser, "openid")
        .await
        .id_claims();
    let other = RelyingParty::new(&server, "pairwise:pairwise-secret", "https://app.example/callback")
        .sign_in(&mut browser, "openid")
        .await
        .id_claims();
    assert_ne!(one["sub"], other["sub"]);
    assert!(words(&document["acr_values_supported"]).contains(&one["acr"].as_str().unwrap()));
    let web = RelyingParty::demo_web(&server);
    for (name, values) in [("display", &document["display_values_supported"]), ("ui_locales", &document["ui_locales_supported"])] {
        for value in words(values) {
            let page = Browser::new(&server).open(&web.authorization_url("openid", &format!("{name}={value}"))).await;
            assert!(page.url.path() == "/login" && page.body.contains("<html lang=\"en\">"), "{name}={value}: {}", page.url);
        }
    }
}
