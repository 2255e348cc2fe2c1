//! Connections that take too long, and the end of the server.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::binary::program::eventually;
use crate::binary::tls::hello::{TLS_1_2, hello};
use crate::binary::tls::site::{Authority, Secured};

#[tokio::test]
async fn whoever_takes_too_long_to_shake_hands_loses_the_connection() {
    let secured = Secured::with("header_timeout = 1\nmax_connections = 1\n", "");
    let _running = secured.site.serve().await;
    let whole = hello(TLS_1_2, &[[0xc0, 0x2b]]);
    for sent in [&[][..], &whole[..20], &whole] {
        let mut slow = TcpStream::connect(("127.0.0.1", secured.site.port)).await.unwrap();
        slow.write_all(sent).await.unwrap();
        let mut rest = Vec::new();
        let _ = slow.read_to_end(&mut rest).await;
        assert!(!rest.windows(5).any(|part| part == b"HTTP/"), "{rest:?}");
    }
    assert_eq!(secured.site.get("/health/live").await.status, 200, "the only place is free again");
}

#[tokio::test]
async fn whoever_leaves_an_answer_unread_loses_the_connection() {
    let secured = Secured::with("write_timeout = 1\nheader_timeout = 60\nmax_connections = 1\n", "[docs]\nenabled = true\n");
    let _running = secured.site.serve().await;
    let page = secured.site.get("/docs").await.body;
    let large = page.split('"').find(|part| part.ends_with("swagger-ui-bundle.js")).unwrap();
    let mut stream = secured.authority.connect(secured.site.port).await;
    // Far more than what fits into anybody's buffers.
    let requests = format!("GET {large} HTTP/1.1\r\nHost: localhost\r\n\r\n").repeat(40);
    stream.write_all(requests.as_bytes()).await.unwrap();
    let answered = timeout(Duration::from_mins(1), secured.site.get("/health/live")).await;
    assert_eq!(answered.expect("the only place becomes free").status, 200);
    drop(stream);
}

#[tokio::test]
async fn a_request_in_flight_is_answered_before_the_server_ends() {
    let secured = Secured::with("shutdown_timeout = 60\nheader_timeout = 60\n", "");
    let site = &secured.site;
    let mut running = site.serve().await;
    let body = "grant_type=client_credentials";
    let (half, rest) = body.split_at(20);
    let mut stream = secured.authority.connect(site.port).await;
    let head = format!(
        "POST /token HTTP/1.1\r\nHost: localhost:{}\r\nAuthorization: Basic eDp5\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        site.port,
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // It has begun to read the body.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(half.as_bytes()).await.unwrap();
    // One that has not shaken hands yet, and one that has but asks for nothing.
    let mut silent = TcpStream::connect(("127.0.0.1", site.port)).await.unwrap();
    silent.write_all(&hello(TLS_1_2, &[[0xc0, 0x2b]])[..20]).await.unwrap();
    let mut idle = secured.authority.connect(site.port).await;

    running.terminate();
    eventually("the server to accept nobody any more", async || TcpStream::connect(("127.0.0.1", site.port)).await.is_err().then_some(()))
        .await;
    let mut nothing = Vec::new();
    let _ = silent.read_to_end(&mut nothing).await;
    let closed = idle.read_to_end(&mut nothing).await;
    assert!(nothing.is_empty() && closed.is_ok(), "both are closed, the one in good order (RFC 8446 §6.1): {nothing:?} {closed:?}");

    stream.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("invalid_client"), "{answer}");
    assert_eq!(running.exit_code().await, Some(0));
    assert!(!site.log(&running).contains("cut off"), "{}", site.log(&running));
}

#[tokio::test]
async fn the_server_is_found_healthy_by_its_own_certificate() {
    const HEALTH: [&str; 3] = ["health", "--config", "claviger.toml"];
    let secured = Secured::new();
    let site = &secured.site;
    let running = site.serve().await;
    assert_eq!(site.succeed(&HEALTH), "The server is ready.\n", "nobody on this machine knows its authority");
    // Another server with another certificate, even one of the same authority, is not ours.
    let other = secured.authority.issue("localhost", 90);
    std::fs::write(site.path("other.pem"), &other.certificate).unwrap();
    std::fs::write(site.path("other-key.pem"), &other.key).unwrap();
    let names = [("CLAVIGER_TLS_CERTIFICATE_FILE", "other.pem"), ("CLAVIGER_TLS_KEY_FILE", "other-key.pem")];
    let said = site.run_with(&HEALTH, &names, "").failed();
    assert!(said.contains("shows another certificate than that of tls.certificate_file"), "{said}");
    // An old certificate for another name is for clients to refuse.
    let poor = Authority::new().issue("elsewhere.example", -1);
    secured.put(&poor);
    assert_eq!(site.succeed(&HEALTH), "The server is ready.\n", "it waits until the server has looked at the file");
    drop(running);
    let said = site.run(&HEALTH).failed();
    assert!(said.contains("Is the server running?"), "{said}");
}
