//! Real sockets: what an unfriendly or an unlucky client notices. Waits are for events; the limits only have to be shorter than them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use poem::http::StatusCode;
use poem::{Request, Response, Route, get, handler, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Barrier, Notify, oneshot};
use tokio::task::JoinHandle;

use super::*;
use crate::web::body;

/// No limit is reached by accident.
const PATIENT: Duration = Duration::from_mins(1);
/// A limit that a test wants to reach.
const SHORT: Duration = Duration::from_millis(50);

/// A test that waits for longer has failed.
const HOPELESS: Duration = Duration::from_secs(20);

const LIMITS: Limits = Limits { max_connections: 16, header_timeout: PATIENT, write_timeout: PATIENT, shutdown_timeout: PATIENT };

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    stopped: JoinHandle<()>,
}

async fn start<E: Endpoint + 'static>(endpoint: E, limits: Limits) -> Running {
    let listeners = Listeners::bind(&["127.0.0.1:0".parse().unwrap()]).await.unwrap();
    let address = *listeners.local_addresses().first().unwrap();
    let (stop, stopping) = oneshot::channel();
    let stopped = tokio::spawn(serve(listeners, None, endpoint, limits, async {
        let _ = stopping.await;
    }));
    Running { address, stop, stopped }
}

#[handler]
fn hello() -> &'static str {
    "hello"
}

/// Answers with the length of the body, read within `timeout`.
fn counting(timeout: Duration) -> impl Endpoint {
    post(poem::endpoint::make(move |mut request: Request| async move {
        match body::read(request.take_body(), body::LIMIT, timeout).await {
            Ok(read) => Response::from(read.len().to_string()),
            Err(problem) => problem.refused().json(),
        }
    }))
}

/// Sends `request` and reads until the server closes the connection.
async fn ask(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    rest(&mut stream).await
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    timeout(HOPELESS, stream.read_to_end(&mut answer)).await.expect("the server closes the connection").unwrap();
    String::from_utf8(answer).unwrap()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

#[tokio::test]
async fn a_request_is_answered_and_the_connection_kept() {
    let server = start(Route::new().at("/", get(hello)), LIMITS).await;
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let answers = ask(server.address, request).await;
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 2, "{answers}");
}

#[tokio::test]
async fn a_half_sent_head_is_closed_by_the_header_timeout() {
    let server = start(Route::new().at("/", get(hello)), Limits { header_timeout: 10 * SHORT, ..LIMITS }).await;
    assert!(!ask(server.address, b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ").await.contains(" 200 "));
    assert_eq!(ask(server.address, b"").await, "", "a connection on which nothing comes is closed too");
    let kept = ask(server.address, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(status(&kept), "200", "and so is one on which nothing comes any more: {kept}");
}

#[tokio::test]
async fn a_slow_body_is_answered_408_and_closed() {
    let server = start(counting(SHORT), LIMITS).await;
    for head in ["Content-Length: 10\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"] {
        let answer = ask(server.address, format!("POST / HTTP/1.1\r\nHost: a\r\n{head}").as_bytes()).await;
        assert_eq!(status(&answer), "408", "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_answered_413_with_and_without_content_length() {
    let server = start(counting(PATIENT), LIMITS).await;
    for (kibibytes, expected) in [(64, "200"), (65, "413")] {
        let piece = "a".repeat(1024);
        let whole = piece.repeat(kibibytes);
        let sized = format!("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{whole}", whole.len());
        let chunks = format!("400\r\n{piece}\r\n").repeat(kibibytes);
        let chunked = format!("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");
        for request in [sized, chunked] {
            let answer = ask(server.address, request.as_bytes()).await;
            assert_eq!(status(&answer), expected, "{answer}");
        }
    }
}

#[tokio::test]
async fn a_length_far_over_the_limit_is_answered_without_reading() {
    let server = start(counting(PATIENT), LIMITS).await;
    let answer = ask(server.address, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n").await;
    assert_eq!(status(&answer), "413", "{answer}");
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_harms_nobody_else() {
    let server = start(Route::new().at("/", get(hello)), LIMITS).await;
    let headers = "X: a\r\n".repeat(65);
    let long = "a".repeat(MAX_HEAD);
    for (request, expected) in [
        ("\0\x01\x02\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n folded\r\n\r\n".to_owned(), "400"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".to_owned(), "400"),
        (format!("GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n"), "431"),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n"), "431"),
        (format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), "431"),
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        // The server may close before all of it is written.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = vec![0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(status(&String::from_utf8(answer).unwrap()), expected, "{}", request.chars().take(20).collect::<String>());
    }
    assert_eq!(status(&ask(server.address, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await), "200");
}

#[tokio::test]
async fn connections_over_the_cap_wait_for_their_turn() {
    let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let pairs = Arc::new(Barrier::new(2));
    let (counted, seen) = (Arc::clone(&inside), Arc::clone(&most));
    let handler = poem::endpoint::make(move |_| {
        let (inside, most, pairs) = (Arc::clone(&counted), Arc::clone(&seen), Arc::clone(&pairs));
        async move {
            most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            pairs.wait().await;
            // Whoever else may come in has the time to.
            tokio::time::sleep(SHORT).await;
            inside.fetch_sub(1, Ordering::SeqCst);
        }
    });
    let server = start(handler, Limits { max_connections: 2, ..LIMITS }).await;
    let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let answers = futures_util::future::join_all((0..6).map(|_| ask(server.address, request))).await;
    assert!(answers.iter().all(|answer| status(answer) == "200"), "{answers:?}");
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_handler_that_panics_takes_only_its_own_connection_along() {
    let panics = poem::endpoint::make_sync(|_| -> Response { panic!("on purpose") });
    let server = start(Route::new().at("/", get(hello)).at("/panics", panics), Limits { max_connections: 1, ..LIMITS }).await;
    assert_eq!(ask(server.address, b"GET /panics HTTP/1.1\r\nHost: a\r\n\r\n").await, "");
    assert_eq!(status(&ask(server.address, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await), "200");
}

/// A handler that tells when it has begun and waits until it may end.
fn held(begun: &Arc<Notify>, may_end: &Arc<Notify>) -> impl Endpoint + use<> {
    let (begun, may_end) = (Arc::clone(begun), Arc::clone(may_end));
    poem::endpoint::make(move |_| {
        let (begun, may_end) = (Arc::clone(&begun), Arc::clone(&may_end));
        async move {
            begun.notify_one();
            may_end.notified().await;
            "finished"
        }
    })
}

#[tokio::test]
async fn a_request_in_flight_finishes_during_shutdown_while_new_connections_are_refused() {
    let (begun, may_end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let server = start(held(&begun, &may_end), LIMITS).await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    begun.notified().await;

    server.stop.send(()).unwrap();
    assert_eq!(rest(&mut idle).await, "", "a connection without a request is closed at once");
    assert!(TcpStream::connect(server.address).await.is_err());
    assert!(!server.stopped.is_finished());

    may_end.notify_one();
    let answer = rest(&mut stream).await;
    assert!(status(&answer) == "200" && answer.ends_with("finished"), "{answer}");
    server.stopped.await.unwrap();
}

#[tokio::test]
async fn a_request_that_does_not_finish_in_time_is_cut_off() {
    let (begun, may_end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let server = start(held(&begun, &may_end), Limits { shutdown_timeout: SHORT, ..LIMITS }).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    begun.notified().await;
    server.stop.send(()).unwrap();
    server.stopped.await.unwrap();
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_given_up() {
    let large = poem::endpoint::make_sync(|_| Response::builder().status(StatusCode::OK).body(vec![b'a'; 64 * 1024 * 1024]));
    let limits = Limits { max_connections: 1, write_timeout: SHORT, ..LIMITS };
    let server = start(Route::new().at("/", get(hello)).at("/large", large), limits).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    // The only slot is free again although that connection is still open on the client's side.
    assert_eq!(status(&ask(server.address, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await), "200");
    drop(stream);
}
