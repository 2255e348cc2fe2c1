//! `POST /token`: what is refused before any grant looks at it (RFC 6749 §3.2, §5.2).

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;

use crate::actors::{Answer, TestServer};

const MACHINE: Option<&str> = Some("demo-m2m:demo-m2m-secret");
const FORM: &str = "application/x-www-form-urlencoded";
const CLIENT_CREDENTIALS: (&str, &str) = ("grant_type", "client_credentials");

/// Posts bytes with a media type, authenticated as `demo-m2m`.
async fn post_raw(server: &TestServer, media_type: Option<&str>, body: impl Into<Vec<u8>>) -> Answer {
    let request = server.request(Method::POST, "/token").basic_auth("demo-m2m", Some("demo-m2m-secret")).body(body.into());
    let request = match media_type {
        Some(media_type) => request.header(CONTENT_TYPE, media_type),
        None => request,
    };
    Answer::of(request.send().await.unwrap()).await
}

/// Conformance: 39
#[tokio::test]
async fn the_grant_type_is_there_known_and_registered() {
    let server = TestServer::start().await;
    server.token(MACHINE, &[]).await.assert_error(400, "invalid_request");
    server.token(MACHINE, &[("grant_type", "")]).await.assert_error(400, "invalid_request");
    let urns = ["urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange "];
    for unknown in ["implicit", "Client_Credentials", "client_credentials ", "nonsense"].iter().chain(&urns) {
        server.token(MACHINE, &[("grant_type", unknown)]).await.assert_error(400, "unsupported_grant_type");
    }
    for (client, unregistered) in [
        (MACHINE, "password"),
        (MACHINE, "authorization_code"),
        (MACHINE, "refresh_token"),
        (Some("demo-web:demo-web-secret"), "client_credentials"),
        (Some("demo-web:demo-web-secret"), "password"),
        (Some("demo-spa"), "client_credentials"),
        (Some("demo-api:demo-api-secret"), "client_credentials"),
    ] {
        let form = [("grant_type", unregistered), ("username", "alice"), ("password", "wonderland"), ("scope", "openid")];
        server.token(client, &form).await.assert_error(400, "unauthorized_client");
    }
    assert_eq!(server.server.password_verifications(), 0, "no password is checked for a client that may not ask");
}

#[tokio::test]
async fn what_a_grant_needs_is_asked_for() {
    let server = TestServer::start().await;
    let web = Some("demo-web:demo-web-secret");
    server.token(web, &[("grant_type", "authorization_code")]).await.assert_error(400, "invalid_request");
    server.token(web, &[("grant_type", "authorization_code"), ("code", "")]).await.assert_error(400, "invalid_request");
    server.token(web, &[("grant_type", "refresh_token")]).await.assert_error(400, "invalid_request");
    let password = [("grant_type", "password"), ("client_id", "demo-password")];
    for partial in [&[][..], &[("username", "alice")], &[("password", "x")], &[("username", ""), ("password", "x")]] {
        server.token(None, &[&password[..], partial].concat()).await.assert_error(400, "invalid_request");
    }
}

#[tokio::test]
async fn only_a_form_is_read() {
    let server = TestServer::start().await;
    let form = "grant_type=client_credentials";
    let json = r#"{"grant_type":"client_credentials"}"#;
    for media_type in ["application/json", "text/plain", "multipart/form-data; boundary=x", "x", "application/x-www-form-urlencodedx"] {
        post_raw(&server, Some(media_type), json).await.assert_error(400, "invalid_request");
        post_raw(&server, Some(media_type), form).await.assert_error(400, "invalid_request");
    }
    post_raw(&server, None, form).await.assert_error(400, "invalid_request");
    for media_type in [FORM, "application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-Urlencoded"] {
        assert_eq!(post_raw(&server, Some(media_type), form).await.status, 200, "{media_type}");
    }
}

#[tokio::test]
async fn nothing_is_read_from_the_query() {
    let server = TestServer::start().await;
    let answer = server.post("/token?grant_type=client_credentials&scope=items:write", MACHINE, &[]).await;
    answer.assert_error(400, "invalid_request");
    let credentials = "/token?client_id=demo-m2m&client_secret=demo-m2m-secret";
    server.post(credentials, None, &[CLIENT_CREDENTIALS]).await.assert_error(401, "invalid_client");
    let beside = server.post("/token?scope=items:write&grant_type=password", MACHINE, &[CLIENT_CREDENTIALS]).await;
    assert_eq!(beside.json()["scope"], "items:read");
}

#[tokio::test]
async fn a_repeated_parameter_is_refused_also_when_it_says_the_same_twice() {
    let server = TestServer::start().await;
    for repeated in [
        "grant_type=client_credentials&grant_type=client_credentials",
        "grant_type=client_credentials&grant_type=password",
        "grant_type=client_credentials&scope=items:read&scope=items:write",
        "grant_type=client_credentials&client_id=demo-m2m&client_id=demo-web",
        "grant_type=client_credentials&scope=&scope=items:read",
        "grant_type=client_credentials&unknown=1&unknown=1",
        "grant_type=client_credentials&scope=items:read&sc%6fpe=items:write",
    ] {
        post_raw(&server, Some(FORM), repeated).await.assert_error(400, "invalid_request");
    }
    assert_eq!(post_raw(&server, Some(FORM), "grant_type=client_credentials&unknown=1&other=1").await.status, 200);
}

#[tokio::test]
async fn more_parameters_than_anybody_needs_are_refused() {
    let server = TestServer::start().await;
    let with = |count: usize| (0..count).fold("grant_type=client_credentials".to_owned(), |form, number| format!("{form}&p{number}=1"));
    assert_eq!(post_raw(&server, Some(FORM), with(199)).await.status, 200);
    post_raw(&server, Some(FORM), with(200)).await.assert_error(400, "invalid_request");
    let resources = "grant_type=client_credentials".to_owned() + &"&resource=http://localhost:8000".repeat(21);
    post_raw(&server, Some(FORM), resources).await.assert_error(400, "invalid_target");
}

#[tokio::test]
async fn what_is_no_utf8_is_refused() {
    let server = TestServer::start().await;
    let raw: [&[u8]; 5] = [
        b"grant_type=client_credentials&scope=%ff",
        b"grant_type=client_credentials&scope=\xff",
        b"grant_type=client_credentials&\xc3\x28=1",
        b"grant_type=client_credentials&scope=%c0%af",
        b"grant_type=client_credentials&scope=%ed%a0%80",
    ];
    for bytes in raw {
        post_raw(&server, Some(FORM), bytes).await.assert_error(400, "invalid_request");
    }
}

#[tokio::test]
async fn a_body_is_64_kib_at_most() {
    let server = TestServer::start().await;
    let of_length = |length: usize| {
        let begin = "grant_type=client_credentials&x=";
        format!("{begin}{}", "a".repeat(length - begin.len()))
    };
    assert_eq!(post_raw(&server, Some(FORM), of_length(64 * 1024)).await.status, 200);
    for too_long in [64 * 1024 + 1, 1024 * 1024] {
        post_raw(&server, Some(FORM), of_length(too_long)).await.assert_error(413, "invalid_request");
    }
}

#[tokio::test]
async fn every_other_method_is_told_post() {
    let server = TestServer::start().await;
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let request =
            server.request(method.clone(), "/token?grant_type=client_credentials").basic_auth("demo-m2m", Some("demo-m2m-secret"));
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("POST")), "{method}");
        if method != Method::HEAD {
            answer.assert_error(405, "method_not_allowed");
        }
    }
}

#[tokio::test]
async fn each_answer_has_a_trace_id_of_its_own() {
    let server = TestServer::start().await;
    let mut ids = std::collections::BTreeSet::new();
    for client in [MACHINE, Some("demo-m2m:wrong"), None] {
        let answer = server.token(client, &[CLIENT_CREDENTIALS]).await;
        ids.insert(answer.header("trace-id").unwrap().to_owned());
    }
    assert_eq!(ids.len(), 3);
}
