//! Somebody else in a client's name (RFC 6749 §2.3, RFC 9700 §2.5).

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use claviger::protocol::client::{AuthMethod, ClientId};
use reqwest::Method;
use reqwest::header::AUTHORIZATION;

use crate::actors::{Answer, TestServer};
use crate::attacks::{assert_refused, looks};

const CLIENT_CREDENTIALS: (&str, &str) = ("grant_type", "client_credentials");

async fn with_header(server: &TestServer, path: &str, authorization: &str, form: &[(&str, &str)]) -> Answer {
    let request = server.request(Method::POST, path).header(AUTHORIZATION, authorization).form(form);
    Answer::of(request.send().await.unwrap()).await
}

fn basic(credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}

/// Conformance: 39
#[tokio::test]
async fn a_wrong_secret_an_unknown_and_a_disabled_client_look_the_same_everywhere() {
    let server = TestServer::start().await;
    server.register("asleep", |client| client.enabled = false).await;
    let names =
        ["demo-m2m:wrong", "nobody:wrong", "asleep:asleep-secret", "asleep:wrong", "demo-spa:wrong", "no body:x", "demo-m2m:", ":", "ä:x"];
    for path in ["/token", "/revoke", "/introspect"] {
        let mut seen = Vec::new();
        for credentials in names {
            let answer = with_header(&server, path, &basic(credentials), &[CLIENT_CREDENTIALS, ("token", "x")]).await;
            assert_refused(&answer, 401, "invalid_client");
            assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"claviger\", charset=\"UTF-8\""));
            seen.push(looks(&answer));
        }
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{path}: {seen:?}");

        let mut seen = Vec::new();
        for (id, secret) in
            [("demo-m2m", "x"), ("nobody", "x"), ("asleep", "asleep-secret"), ("demo-spa", "x"), ("demo-web", ""), ("a\0b", "x")]
        {
            let form = [CLIENT_CREDENTIALS, ("token", "x"), ("client_id", id), ("client_secret", secret)];
            let answer = server.post(path, None, &form).await;
            assert_refused(&answer, 401, "invalid_client");
            assert_eq!(answer.header("www-authenticate"), None, "RFC 6749 §5.2: only where the header was tried");
            seen.push(looks(&answer));
        }
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{path}: {seen:?}");
    }
}

/// Conformance: 48
#[tokio::test]
async fn a_client_uses_the_method_that_it_registered_and_no_other() {
    let server = TestServer::start().await;
    server.register("poster", |client| client.auth_method = AuthMethod::SecretPost).await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let post = |id: &'static str, secret: &'static str| [&refresh[..], &[("client_id", id), ("client_secret", secret)]].concat();
    assert_refused(&server.token(None, &post("demo-web", "demo-web-secret")).await, 401, "invalid_client");
    assert_refused(&server.token(Some("poster:poster-secret"), &refresh).await, 401, "invalid_client");
    // Authenticated: only the refresh token is refused.
    assert_refused(&server.token(None, &post("poster", "poster-secret")).await, 400, "invalid_grant");
    assert_refused(&server.token(Some("demo-web:demo-web-secret"), &refresh).await, 400, "invalid_grant");
    // A public client has nothing to prove, and whoever tries is not it.
    for secret in ["x", "demo-spa", " "] {
        assert_refused(&server.token(None, &post("demo-spa", secret.to_owned().leak())).await, 401, "invalid_client");
        assert_refused(&server.token(Some(&format!("demo-spa:{secret}")), &refresh).await, 401, "invalid_client");
    }
    // A confidential one that proves nothing is not it either.
    assert_refused(&server.token(None, &[&refresh[..], &[("client_id", "demo-web")]].concat()).await, 401, "invalid_client");
    assert_refused(&server.token(Some("demo-web"), &refresh).await, 401, "invalid_client");
    assert_refused(&server.token(None, &refresh).await, 401, "invalid_client");
}

/// Conformance: 48
#[tokio::test]
async fn two_methods_at_once_are_refused() {
    let server = TestServer::start().await;
    server.register("poster", |client| client.auth_method = AuthMethod::SecretPost).await;
    let client = Some("demo-m2m:demo-m2m-secret");
    let assertion_type = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    for extra in [
        vec![("client_secret", "demo-m2m-secret")],
        vec![("client_id", "demo-m2m"), ("client_secret", "demo-m2m-secret")],
        vec![("client_id", "demo-web")],
        vec![("client_id", "poster"), ("client_secret", "poster-secret")],
        vec![("client_assertion", "x")],
        vec![assertion_type, ("client_assertion", "eyJhbGciOiJub25lIn0.e30.")],
    ] {
        let answer = server.token(client, &[&[CLIENT_CREDENTIALS][..], &extra].concat()).await;
        assert_refused(&answer, 400, "invalid_request");
    }
    let both = [CLIENT_CREDENTIALS, ("client_id", "poster"), ("client_secret", "poster-secret"), ("client_assertion", "x")];
    assert_refused(&server.token(None, &both).await, 400, "invalid_request");
    let headers = server.request(Method::POST, "/token").form(&[CLIENT_CREDENTIALS]);
    let headers = headers.header(AUTHORIZATION, basic("demo-m2m:demo-m2m-secret")).header(AUTHORIZATION, basic("demo-web:demo-web-secret"));
    assert_refused(&Answer::of(headers.send().await.unwrap()).await, 401, "invalid_client");
    let alone = [CLIENT_CREDENTIALS, ("client_id", "demo-m2m"), assertion_type, ("client_assertion", "eyJhbGciOiJub25lIn0.e30.")];
    assert_refused(&server.token(None, &alone).await, 401, "invalid_client");
    assert_eq!(
        server.token(client, &[CLIENT_CREDENTIALS, ("client_id", "demo-m2m")]).await.status,
        200,
        "to name itself twice is harmless"
    );
}

#[tokio::test]
async fn a_header_that_is_no_basic_header_is_nobodys() {
    let server = TestServer::start().await;
    let good = STANDARD.encode("demo-m2m:demo-m2m-secret");
    let machine = server.machine_token("items:read").await;
    for malformed in [
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic !!!".to_owned(),
        format!("Basic{good}"),
        format!("Basic {good} x"),
        format!("Basic {good}, Basic {good}"),
        format!("Basic {}", &good[..good.len() - 1]),
        format!("Basic {}", STANDARD.encode("demo-m2m")),
        format!("Basic {}", STANDARD.encode([0xff, 0xfe, b':', 0xff])),
        format!("Basic {}", URL_SAFE.encode("demo-m2m:???>>>")),
        format!("Basic {}", STANDARD.encode("a".repeat(40_000))),
        format!("Basic {}", STANDARD.encode("demo-m2m%00:demo-m2m-secret")),
        format!("Basic {}", STANDARD.encode("demo-m2m:demo-m2m-secret\n")),
        format!("Basic {}", STANDARD.encode("demo-m2m:demo-m2m-secret%0a")),
        format!("Bearer {machine}"),
        "Digest username=\"demo-m2m\"".to_owned(),
        String::new(),
    ] {
        let answer = with_header(&server, "/token", &malformed, &[CLIENT_CREDENTIALS]).await;
        assert_refused(&answer, 401, "invalid_client");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Basic"));
    }
    let bytes = server.request(Method::POST, "/token").form(&[CLIENT_CREDENTIALS, ("client_id", "demo-spa")]);
    let bytes = bytes.header(AUTHORIZATION, reqwest::header::HeaderValue::from_bytes(b"Basic \xff").unwrap());
    assert_refused(&Answer::of(bytes.send().await.unwrap()).await, 401, "invalid_client");
    for fine in [format!("bAsIc {good}"), format!("Basic  {good} "), basic("demo%2Dm2m:demo-m2m%2dsecret")] {
        assert_eq!(with_header(&server, "/token", &fine, &[CLIENT_CREDENTIALS]).await.status, 200, "{fine}");
    }
}

#[tokio::test]
async fn a_secret_that_was_replaced_dies_with_the_next_replacement() {
    let server = TestServer::start().await;
    let id = ClientId::parse("demo-m2m").unwrap();
    let works = |secret: String| {
        let server = &server;
        async move { server.token(Some(&format!("demo-m2m:{secret}")), &[CLIENT_CREDENTIALS]).await.status == 200 }
    };
    let old = "demo-m2m-secret".to_owned();
    server.clock.advance(std::time::Duration::from_secs(1));
    let second = server.server.rotate_client_secret(&id, None).await.unwrap().unwrap().secret.unwrap().reveal().to_owned();
    assert!(works(old.clone()).await && works(second.clone()).await, "time to change over");
    server.clock.advance(std::time::Duration::from_secs(1));
    let third = server.server.rotate_client_secret(&id, None).await.unwrap().unwrap().secret.unwrap().reveal().to_owned();
    assert!(!works(old).await && works(second).await && works(third).await);
}
