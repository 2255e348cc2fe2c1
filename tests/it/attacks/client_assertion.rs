//! Somebody else in the name of a client that signs who it is (RFC 7523 §3, RFC 10070, RFC 8725).

use std::time::Duration;

use claviger::protocol::client::{AuthMethod, Client, ClientId, GrantType};
use claviger::protocol::client_assertion::{AssertionAudience, AssertionRules};
use claviger::protocol::jose::{Algorithm, KeySource};
use claviger::protocol::scope::Scope;
use reqwest::Method;
use serde_json::{Value, json};

use crate::actors::{ASSERTION_TYPE, Answer, KeyHost, Keys, Publishes, START, TestServer};
use crate::attacks::{assert_refused, looks};
use crate::database::{Database, on_both_databases};

on_both_databases!(of_fifty_requests_with_one_assertion_one_passes);

const CLIENT_CREDENTIALS: (&str, &str) = ("grant_type", "client_credentials");

fn machine(client: &mut Client, method: AuthMethod) {
    client.auth_method = method;
    client.grant_types = [GrantType::ClientCredentials].into();
    client.response_types.clear();
    client.default_scope = Scope::parse("items:read").unwrap();
    client.redirect_uris.clear();
    if !client.has_secret() {
        client.secrets.clear();
    }
}

/// Registers a client that signs with a private key.
async fn register(server: &TestServer, id: &str, keys: KeySource, rules: AssertionRules) {
    server
        .register(id, |client| {
            machine(client, AuthMethod::PrivateKeyJwt);
            client.keys = Some(keys);
            client.assertions = rules;
        })
        .await;
}

async fn ask(server: &TestServer, path: &str, assertion: &str, more: &[(&str, &str)]) -> Answer {
    let form = [CLIENT_CREDENTIALS, ("token", "x"), ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)];
    server.post(path, None, &[&form[..], more].concat()).await
}

async fn token(server: &TestServer, assertion: &str) -> Answer {
    ask(server, "/token", assertion, &[]).await
}

/// Conformance: 47, 49
#[tokio::test]
async fn every_algorithm_authenticates_at_every_endpoint_and_an_assertion_once() {
    let server = TestServer::start().await;
    let keys = Keys::new();
    register(&server, "signer", keys.registered(), AssertionRules::default()).await;
    for algorithm in Algorithm::ALL.iter().filter(|algorithm| !algorithm.is_symmetric()).map(|algorithm| algorithm.as_str()) {
        for path in ["/token", "/introspect", "/revoke"] {
            let assertion = keys.sign(algorithm, &Keys::claims("signer", &server.issuer, &format!("{algorithm} {path}")));
            let answer = ask(&server, path, &assertion, &[("client_id", "signer")]).await;
            assert_eq!(answer.status, 200, "{algorithm} {path}: {}", answer.body);
            // What was used at one endpoint is used at every other.
            for again in ["/token", "/introspect", "/revoke"] {
                assert_refused(&ask(&server, again, &assertion, &[]).await, 401, "invalid_client");
            }
        }
    }
    let claims = Keys::claims("signer", &server.issuer, "typed");
    let typed = keys.sign_with_header(&json!({"alg": "Ed25519", "typ": "client-authentication+jwt"}), &claims);
    assert_eq!(token(&server, &typed).await.status, 200, "the other name of EdDSA, and no kid");
}

async fn of_fifty_requests_with_one_assertion_one_passes(database: Database) {
    let server = TestServer::start_on(database).await;
    let keys = Keys::new();
    register(&server, "signer", keys.registered(), AssertionRules::default()).await;
    let assertion = keys.sign("ES256", &Keys::claims("signer", &server.issuer, "once"));
    let answers = futures_util::future::join_all((0..50).map(|_| token(&server, &assertion))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 401).count(), 49);
}

/// Conformance: 49, 50, 52
#[tokio::test]
async fn an_assertion_that_is_not_as_it_has_to_be_proves_nothing() {
    let server = TestServer::start().await;
    let (keys, trap) = (Keys::new(), KeyHost::start(Publishes::Keys(json!({"keys": []}))).await);
    let rules = AssertionRules { algorithm: Some(Algorithm::Es256), ..AssertionRules::default() };
    register(&server, "signer", keys.registered(), rules).await;
    let now = START.seconds();
    let with = |name: &str, value: Value| {
        let mut claims = Keys::claims("signer", &server.issuer, name);
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = Keys::claims("signer", &server.issuer, "x");
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    let issuer = server.issuer.clone();
    let mut attacks: Vec<(&str, String)> = [
        ("aud token endpoint", with("aud", json!(format!("{issuer}/token")))),
        ("aud array of one", with("aud", json!([issuer]))),
        ("aud array of two", with("aud", json!([issuer, "https://other.example"]))),
        ("aud another server", with("aud", json!("https://other.example"))),
        ("aud with a slash", with("aud", json!(format!("{issuer}/")))),
        ("aud missing", without("aud")),
        ("exp past", with("exp", json!(now - 1))),
        ("exp now", with("exp", json!(now))),
        ("exp far ahead", with("exp", json!(now + 3600))),
        ("exp missing", without("exp")),
        ("exp text", with("exp", json!("9999999999"))),
        ("iat 61 s ahead", with("iat", json!(now + 61))),
        ("nbf 61 s ahead", with("nbf", json!(now + 61))),
        ("jti missing", without("jti")),
        ("sub another client", with("sub", json!("demo-m2m"))),
        ("iss another client", with("iss", json!("demo-m2m"))),
        ("sub missing", without("sub")),
        ("a stranger", json!({"iss": "nobody", "sub": "nobody", "aud": issuer, "exp": now + 60, "jti": "1"})),
        ("a client with another method", Keys::claims("demo-m2m", &issuer, "1")),
    ]
    .map(|(what, claims)| (what, keys.sign("ES256", &claims)))
    .into();
    let good = || Keys::claims("signer", &issuer, "good");
    let public = keys.public();
    let url = trap.url.as_str();
    attacks.extend([
        ("alg none", keys.sign("none", &good())),
        ("alg RS256 where ES256 is registered", keys.sign("RS256", &good())),
        ("HS256 with the public key", Keys::sign_with_secret(public["keys"][1]["n"].as_str().unwrap().as_bytes(), &good())),
        ("HS256 with the public keys", Keys::sign_with_secret(public.to_string().as_bytes(), &good())),
        ("other keys", Keys::new().sign("ES256", &good())),
        ("kid is a path", keys.sign_with_header(&json!({"alg": "ES256", "kid": "../../etc/passwd"}), &good())),
        ("kid is SQL", keys.sign_with_header(&json!({"alg": "ES256", "kid": "' OR 1=1 --"}), &good())),
        ("crit", keys.sign_with_header(&json!({"alg": "ES256", "kid": "ES256", "crit": ["exp"]}), &good())),
        ("an access token", keys.sign_with_header(&json!({"alg": "ES256", "kid": "ES256", "typ": "at+jwt"}), &good())),
        ("nothing", String::new()),
        ("no JWT", "x".to_owned()),
        ("a long one", "x".repeat(17 * 1024)),
    ]);
    let stranger = Keys::new();
    let of_stranger = stranger.public()["keys"][0].clone();
    for header in [
        json!({"alg": "ES256", "kid": "new", "jku": url}),
        json!({"alg": "ES256", "kid": "ES256", "x5u": url}),
        json!({"alg": "ES256", "kid": "ES256", "jwk": of_stranger}),
    ] {
        attacks.push(("keys in the header", stranger.sign_with_header(&header, &good())));
    }
    let wrong = server.post("/token", None, &[CLIENT_CREDENTIALS, ("client_id", "nobody"), ("client_secret", "x")]).await;
    for (what, assertion) in &attacks {
        let answer = token(&server, assertion).await;
        assert_eq!(looks(&answer), looks(&wrong), "{what}");
        assert_refused(&answer, 401, "invalid_client");
        let why = server.why(answer.trace_id()).await;
        assert!(!why.facts.is_empty(), "{what}");
    }
    assert_eq!(trap.asked(), 0, "what a header says about keys is never looked at");
    let untyped = [CLIENT_CREDENTIALS, ("client_assertion", &keys.sign("ES256", &good()))];
    assert_refused(&server.post("/token", None, &untyped).await, 401, "invalid_client");
    assert_refused(&ask(&server, "/token", &keys.sign("ES256", &good()), &[("client_id", "demo-m2m")]).await, 401, "invalid_client");
    // None of them has used up what the client itself then presents, with a clock that is a little ahead.
    let mut ahead = good();
    ahead["iat"] = json!(now + 5);
    assert_eq!(token(&server, &keys.sign("ES256", &ahead)).await.status, 200);
}

/// Conformance: 52
#[tokio::test]
async fn two_methods_in_one_request_are_refused_and_so_is_another_one() {
    let server = TestServer::start().await;
    let keys = Keys::new();
    register(&server, "signer", keys.registered(), AssertionRules::default()).await;
    let assertion = |jti: &str| keys.sign("ES256", &Keys::claims("signer", &server.issuer, jti));
    assert_refused(&ask(&server, "/token", &assertion("1"), &[("client_secret", "x")]).await, 400, "invalid_request");
    let form = [CLIENT_CREDENTIALS, ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &assertion("2"))];
    assert_refused(&server.post("/token", Some("signer:x"), &form).await, 400, "invalid_request");
    let by_secret = [CLIENT_CREDENTIALS, ("client_id", "signer"), ("client_secret", "signer-secret")];
    assert_refused(&server.post("/token", None, &by_secret).await, 401, "invalid_client");
    assert_refused(&server.post("/token", Some("signer:signer-secret"), &[CLIENT_CREDENTIALS]).await, 401, "invalid_client");
    assert_refused(&server.post("/token", None, &[CLIENT_CREDENTIALS, ("client_id", "signer")]).await, 401, "invalid_client");
    server.server.enable_client(&ClientId::parse("signer").unwrap(), false).await.unwrap().unwrap();
    assert_refused(&token(&server, &assertion("3")).await, 401, "invalid_client");
}

/// Conformance: 50
#[tokio::test]
async fn an_older_client_may_address_the_token_endpoint_when_its_registration_says_so() {
    let server = TestServer::start().await;
    let keys = Keys::new();
    let rules = AssertionRules { audience: AssertionAudience::IssuerOrTokenEndpoint, ..AssertionRules::default() };
    register(&server, "older", keys.registered(), rules).await;
    let endpoint = server.url("/token");
    for (jti, audience, status) in [
        ("1", json!(server.issuer), 200),
        ("2", json!(endpoint), 200),
        ("3", json!([endpoint, "https://other.example"]), 200),
        ("4", json!("https://other.example"), 401),
        ("5", json!([]), 401),
    ] {
        let mut claims = Keys::claims("older", "", jti);
        claims["aud"] = audience;
        assert_eq!(token(&server, &keys.sign("ES256", &claims)).await.status, status, "{claims}");
    }
}

#[tokio::test]
async fn a_secret_signs_for_its_client_alone_and_is_kept_sealed() {
    let server = TestServer::start().await;
    for id in ["hasher", "other"] {
        server.register(id, |client| machine(client, AuthMethod::SecretJwt)).await;
    }
    let claims = |jti: &str| Keys::claims("hasher", &server.issuer, jti);
    assert_eq!(token(&server, &Keys::sign_with_secret(b"hasher-secret", &claims("1"))).await.status, 200);
    assert_refused(&token(&server, &Keys::sign_with_secret(b"hasher-secret", &claims("1"))).await, 401, "invalid_client");
    for secret in ["other-secret", "", "hasher"] {
        assert_refused(&token(&server, &Keys::sign_with_secret(secret.as_bytes(), &claims("2"))).await, 401, "invalid_client");
    }
    let id = ClientId::parse("hasher").unwrap();
    let stored = server.store.clients().find(&id).await.unwrap().unwrap();
    assert_refused(
        &token(&server, &Keys::sign_with_secret(stored.secrets[0].hash.as_str().as_bytes(), &claims("3"))).await,
        401,
        "invalid_client",
    );
    let by_secret = [CLIENT_CREDENTIALS, ("client_id", "hasher"), ("client_secret", "hasher-secret")];
    assert_refused(&server.post("/token", None, &by_secret).await, 401, "invalid_client");
    let sealed = stored.secrets[0].sealed.clone().unwrap();
    assert!(!sealed.contains("hasher-secret"));
    // Whoever can write to the database gains nothing by putting one client's secret in another one's place.
    let other = server.store.clients().find(&ClientId::parse("other").unwrap()).await.unwrap().unwrap();
    let mut moved = other.clone();
    moved.secrets[0].sealed = Some(sealed);
    let _ = server.store.clients().replace(&other, &moved).await.unwrap();
    let as_other = Keys::sign_with_secret(b"hasher-secret", &Keys::claims("other", &server.issuer, "1"));
    assert_refused(&token(&server, &as_other).await, 401, "invalid_client");
    // The next one works beside the first, and neither is kept when the method needs none of them back.
    let next = server.server.rotate_client_secret(&id, None).await.unwrap().unwrap().secret.unwrap().reveal().to_owned();
    for (jti, secret) in [("4", "hasher-secret"), ("5", next.as_str())] {
        assert_eq!(token(&server, &Keys::sign_with_secret(secret.as_bytes(), &claims(jti))).await.status, 200);
    }
    let basic = |metadata| {
        Ok(claviger::protocol::client_metadata::ClientMetadata { token_endpoint_auth_method: AuthMethod::SecretBasic, ..metadata })
    };
    let changed = server.server.change_client(&id, &claviger::flow::manage::Expected::Anything, basic).await.unwrap().unwrap();
    assert!(changed.secrets.iter().all(|secret| secret.sealed.is_none()));
    assert_eq!(server.token(Some(&format!("hasher:{next}")), &[CLIENT_CREDENTIALS]).await.status, 200);
}

/// Conformance: 51
#[tokio::test]
async fn keys_behind_a_url_are_fetched_once_and_again_when_they_change() {
    let server = TestServer::start().await;
    let (first, second) = (Keys::new(), Keys::new());
    let host = KeyHost::start(Publishes::Keys(first.public())).await;
    register(&server, "signer", host.source(), AssertionRules::default()).await;
    let claims = |jti: &str| {
        let mut claims = Keys::claims("signer", &server.issuer, jti);
        claims["exp"] = json!(server.clock.now().seconds() + 60);
        claims
    };
    let status = async |assertion: String| token(&server, &assertion).await.status.as_u16();
    let together: Vec<String> = (0..10).map(|number| first.sign("ES256", &claims(&format!("together {number}")))).collect();
    let answers = futures_util::future::join_all(together.iter().map(|assertion| token(&server, assertion))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(host.asked(), 1, "those who come together share what one of them fetches");

    // Rotated: other keys by other names.
    let renamed = |keys: &Keys| {
        let mut public = keys.public();
        for key in public["keys"].as_array_mut().unwrap() {
            key["kid"] = json!(format!("new {}", key["kid"].as_str().unwrap()));
        }
        public
    };
    host.publishes(Publishes::Keys(renamed(&second)));
    let by_new = |jti: &str| second.sign_with_header(&json!({"alg": "ES256", "kid": "new ES256"}), &claims(jti));
    assert_eq!(status(by_new("1")).await, 401, "it was asked a moment ago");
    server.clock.advance(Duration::from_secs(11));
    assert_eq!(status(by_new("2")).await, 200);
    assert_eq!(host.asked(), 2);
    assert_eq!(status(first.sign("ES256", &claims("3"))).await, 401, "a key that is gone signs for nobody");
    for number in 0..20 {
        let unknown = second.sign_with_header(&json!({"alg": "ES256", "kid": format!("{number}")}), &claims(&format!("unknown {number}")));
        assert_eq!(status(unknown).await, 401);
    }
    assert_eq!(host.asked(), 2, "unknown names make nobody ask more often than every ten seconds");
    // Away for a moment: what was found is still good; and after a while it is not.
    host.publishes(Publishes::Nothing);
    server.clock.advance(Duration::from_mins(1));
    assert_eq!(status(by_new("4")).await, 200);
    server.clock.advance(Duration::from_mins(10));
    assert_eq!(status(by_new("5")).await, 401);
}

#[tokio::test]
async fn a_url_that_is_no_key_set_is_the_clients_fault_and_never_ours() {
    let server = TestServer::start().await;
    let keys = Keys::new();
    for (id, publishes) in [
        ("redirect", Publishes::Redirect),
        ("megabytes", Publishes::Megabytes),
        ("nothing", Publishes::Nothing),
        ("no-json", Publishes::NoJson),
        ("private", Publishes::Keys(json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}))),
    ] {
        let host = KeyHost::start(publishes).await;
        register(&server, id, host.source(), AssertionRules::default()).await;
        let answer = token(&server, &keys.sign("ES256", &Keys::claims(id, &server.issuer, "1"))).await;
        assert_refused(&answer, 401, "invalid_client");
        assert_eq!(host.asked(), 1, "{id}: no redirection is followed");
        let why = format!("{:?}", server.why(answer.trace_id()).await);
        assert!(!why.contains("secret words"), "{why}");
    }
    // Addresses of somebody's own network that no operator has named.
    for (id, url) in
        [("localhost", "http://localhost:9/jwks"), ("metadata", "https://169.254.169.254/jwks"), ("lan", "https://10.0.0.1/jwks")]
    {
        register(&server, id, KeySource::there(url).unwrap(), AssertionRules::default()).await;
        let answer = token(&server, &keys.sign("ES256", &Keys::claims(id, &server.issuer, "1"))).await;
        assert_refused(&answer, 401, "invalid_client");
    }
    assert_eq!(server.request(Method::GET, "/health/ready").send().await.unwrap().status(), 200);
}
