//! What clients get over TLS.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Version;
use reqwest::tls::Version as Tls;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::actors::{Answer, Browser, claims};
use crate::binary::tls::site::{Authority, Secured};

const PEOPLE_AND_CLIENTS: &str = "[[client]]\nclient_id = \"shop\"\nclient_name = \"Shop\"\ntoken_endpoint_auth_method = \"none\"\n\
    redirect_uris = [\"http://localhost:3000/callback\"]\nscope = \"openid\"\n\
    [[user]]\nusername = \"alice\"\npassword = \"wonderland\"\n";

const DISCOVERY: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn discovery_is_there_by_tls_1_2_and_by_1_3() {
    let secured = Secured::new();
    let _running = secured.site.serve().await;
    for version in [Tls::TLS_1_2, Tls::TLS_1_3] {
        let client = secured.authority.client(|client| client.tls_version_min(version).tls_version_max(version));
        let response = client.get(secured.site.url(DISCOVERY)).send().await.unwrap();
        assert_eq!(response.version(), Version::HTTP_11);
        let answer = Answer::of(response).await;
        assert_eq!((answer.status.as_u16(), answer.json()["issuer"].as_str()), (200, Some(secured.site.issuer.as_str())), "{version:?}");
        assert!(answer.header("strict-transport-security").is_some_and(|value| value.contains("max-age=")), "{:?}", answer.headers);
    }
    let stranger = Authority::new().client(|client| client);
    assert!(stranger.get(secured.site.url(DISCOVERY)).send().await.is_err(), "it shows the certificate that it was given");
}

/// Conformance: 83
#[tokio::test]
async fn a_server_of_tls_1_3_alone_refuses_1_2() {
    let secured = Secured::with("", "minimum_version = \"1.3\"\n");
    let _running = secured.site.serve().await;
    let client = |version| secured.authority.client(|client| client.tls_version_min(version).tls_version_max(version));
    assert!(client(Tls::TLS_1_2).get(secured.site.url(DISCOVERY)).send().await.is_err());
    assert_eq!(client(Tls::TLS_1_3).get(secured.site.url(DISCOVERY)).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn plain_http_gets_no_answer_and_harms_nobody() {
    let secured = Secured::new();
    let running = secured.site.serve().await;
    let mut stream = TcpStream::connect(("127.0.0.1", secured.site.port)).await.unwrap();
    stream.write_all(format!("GET {DISCOVERY} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", secured.site.port).as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // The connection may be reset, too.
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP/"), "{answer:?}");
    assert_eq!(secured.site.get(DISCOVERY).await.status, 200);
    let log = secured.site.log(&running);
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("no TLS connection came about")).collect();
    assert!(!lines.is_empty() && lines.iter().all(|line| line.contains("DEBUG")), "{log}");
}

#[tokio::test]
async fn a_person_signs_in_with_cookies_for_this_host_by_tls_alone() {
    let secured = Secured::new();
    let site = &secured.site;
    site.succeed(&["migrate", "--config", "claviger.toml"]);
    site.apply(PEOPLE_AND_CLIENTS, &[]).succeeded();
    let _running = site.serve().await;

    let verifier = "a-verifier-that-is-long-enough-for-the-specification";
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let callback = "http://localhost:3000/callback";
    let url = site.url(&format!(
        "/authorize?response_type=code&client_id=shop&redirect_uri={callback}&scope=openid&state=s&nonce=n\
         &code_challenge={challenge}&code_challenge_method=S256"
    ));
    let mut browser = Browser::at(&site.issuer, &site.http);
    let page = browser.log_in_and_consent(&url).await;
    let mut names = browser.cookies.keys();
    assert!(names.len() > 0 && names.all(|name| name.starts_with("__Host-claviger-")), "{:?}", browser.cookies);
    assert_eq!(page.parameter("iss").as_deref(), Some(site.issuer.as_str()));

    let code = page.code();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "shop"),
        ("code", code.as_str()),
        ("redirect_uri", callback),
        ("code_verifier", verifier),
    ];
    let answer = site.post("/token", None, &form).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let claims = claims(answer.json()["id_token"].as_str().unwrap());
    assert_eq!((claims["iss"].as_str(), claims["nonce"].as_str()), (Some(site.issuer.as_str()), Some("n")));
}
