//! What no HTTP client would send: spoken to the socket directly (RFC 9112 §6, §11).

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::actors::TestServer;

/// Says `bytes` on a connection of its own and listens until the server closes it, which it has to.
async fn say(server: &TestServer, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.issuer.strip_prefix("http://").unwrap()).await.unwrap();
    // The server may have said enough before all is said.
    let _ = stream.write_all(bytes).await;
    let mut heard = Vec::new();
    let listen = async {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut piece).await {
            heard.extend_from_slice(&piece[..length]);
        }
    };
    let closed = tokio::time::timeout(Duration::from_secs(9), listen).await;
    assert!(closed.is_ok(), "still open after {}", bytes[..bytes.len().min(200)].escape_ascii());
    String::from_utf8_lossy(&heard).into_owned()
}

fn statuses(heard: &str) -> Vec<&str> {
    heard.split("HTTP/1.").skip(1).filter_map(|answer| answer.split(' ').nth(1)).collect()
}

fn post(headers: &str, body: &str) -> Vec<u8> {
    format!(
        "POST /token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}

#[tokio::test]
async fn garbage_is_refused_and_the_next_one_is_served() {
    let server = TestServer::start().await;
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "a: b\r\n".repeat(500));
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nx: {}\r\n\r\n", "a".repeat(200_000));
    let long_target = format!("GET /authorize?{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(200_000));
    let garbage: [&[u8]; 16] = [
        b"\r\n\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\0: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nx: a\0b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nx : y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nx: y\r\n folded: z\r\n\r\n",
        b"GET /\x00\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[:::: HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\xff\xfe\xfd / HTTP/1.1\r\n\r\n",
        many.as_bytes(),
        long.as_bytes(),
        long_target.as_bytes(),
    ];
    for bytes in garbage {
        let heard = say(&server, bytes).await;
        let refused = statuses(&heard).iter().all(|status| status.starts_with('4'));
        assert!(refused, "{}: {heard}", bytes[..bytes.len().min(60)].escape_ascii());
        assert_eq!(server.get("/health/live").await.status, 200);
    }
    assert_eq!(statuses(&say(&server, many.as_bytes()).await), ["431"]);
    assert_eq!(statuses(&say(&server, long.as_bytes()).await), ["431"]);
}

#[tokio::test]
async fn a_body_without_a_length_is_measured_all_the_same() {
    let server = TestServer::start().await;
    let chunk = format!("1000\r\n{}\r\n", "a".repeat(4096));
    let heard = say(&server, &post("Transfer-Encoding: chunked\r\n", &format!("{}0\r\n\r\n", chunk.repeat(17)))).await;
    assert_eq!(statuses(&heard), ["413"], "{heard}");
    let heard = say(&server, &post("Transfer-Encoding: chunked\r\n", "5\r\nx=1&y\r\n0\r\n\r\n")).await;
    assert_eq!(statuses(&heard), ["401"], "{heard}");
    for broken in ["zz\r\n", "-1\r\nx\r\n", "ffffffffffffffffff\r\nx\r\n", "5;\0\r\nxxxxx\r\n0\r\n\r\n"] {
        let heard = say(&server, &post("Transfer-Encoding: chunked\r\n", broken)).await;
        assert!(statuses(&heard).iter().all(|status| status.starts_with('4')), "{broken:?}: {heard}");
    }
}

#[tokio::test]
async fn where_one_request_ends_can_not_be_argued_about() {
    let server = TestServer::start().await;
    let smuggled = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    for headers in [
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: 4, 4\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 4 4\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
    ] {
        let heard = say(&server, &post(headers, &format!("0\r\n\r\n{smuggled}"))).await;
        assert!(statuses(&heard).len() == 1 && statuses(&heard)[0].starts_with('4'), "{headers}: {heard}");
        assert!(!heard.contains("\"ok\""), "{headers}: the second request was answered");
    }
}

#[tokio::test]
async fn methods_that_would_reflect_or_tunnel_are_refused() {
    let server = TestServer::start().await;
    let long = format!("{} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "X".repeat(10_000));
    for request in [
        "TRACE /token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Secret: hunter2\r\n\r\n",
        "TRACK / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Secret: hunter2\r\n\r\n",
        "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "get / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        &long,
    ] {
        let heard = say(&server, request.as_bytes()).await;
        assert!(statuses(&heard).iter().all(|status| status.starts_with('4')), "{request:.60}: {heard}");
        assert!(!heard.contains("hunter2"), "{heard}");
    }
    let absolute = "GET http://evil.example/login?continue=x HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert!(!say(&server, absolute.as_bytes()).await.contains("evil"));
}
