//! SIGTERM: no new requests, those in flight finish, and the exit status is 0.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::binary::program::{Site, eventually};

#[tokio::test]
async fn a_request_in_flight_is_answered_before_the_server_ends() {
    let site = Site::new();
    let mut running = site.dev_with_keys().await;
    let body = "grant_type=client_credentials&scope=items%3Aread";
    let (half, rest) = body.split_at(20);
    let mut stream = TcpStream::connect(("127.0.0.1", site.port)).await.unwrap();
    let head = format!(
        "POST /token HTTP/1.1\r\nHost: localhost:{}\r\nAuthorization: Basic {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        site.port,
        "ZGVtby1tMm06ZGVtby1tMm0tc2VjcmV0",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // It has begun to read the body.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(half.as_bytes()).await.unwrap();

    running.terminate();
    eventually("the server to accept nobody any more", async || TcpStream::connect(("127.0.0.1", site.port)).await.is_err().then_some(()))
        .await;

    stream.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\"access_token\":\""), "{answer}");
    assert_eq!(running.exit_code().await, Some(0));
    assert!(!site.path("data/claviger.db-wal").exists(), "the database is closed in good order");
}

#[tokio::test]
async fn connections_that_rest_do_not_hold_it_up() {
    let site = Site::new();
    let mut running = site.dev_with_keys().await;
    // One that has never asked, and those that the client keeps open for its next request.
    let mut silent = TcpStream::connect(("127.0.0.1", site.port)).await.unwrap();
    assert_eq!(site.get("/health/live").await.status, 200);
    running.terminate();
    let mut nothing = Vec::new();
    let _ = silent.read_to_end(&mut nothing).await;
    assert!(nothing.is_empty());
    assert_eq!(running.exit_code().await, Some(0));
    let log = site.log(&running);
    assert!(log.contains("stopping") && !log.contains("cut off") && !log.contains("ERROR"), "{log}");
}

#[tokio::test]
async fn an_interrupt_from_the_keyboard_ends_it_as_well() {
    let site = Site::new();
    let mut running = site.dev_with_keys().await;
    running.interrupt();
    assert_eq!(running.exit_code().await, Some(0));
}
