//! Against servers of our own, each on a socket of this machine.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const QUICK: Limits =
    Limits { connect: Duration::from_secs(5), total: Duration::from_millis(600), body: 1000, parallel: 4, parallel_to_one: 2 };

fn client(limits: Limits) -> Outbound {
    Outbound::new(None, limits).unwrap()
}

fn private(hosts: &[&str]) -> PrivateHosts {
    hosts.iter().map(|host| (*host).to_owned()).collect()
}

fn get(url: &str) -> Request<Vec<u8>> {
    Request::get(url).body(Vec::new()).unwrap()
}

/// A server that answers every connection with `answer`, and counts them.
async fn serving(answer: Vec<u8>) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).await;
                let _ = stream.write_all(&answer).await;
                // An answer that is not whole keeps whoever waits for the rest of it waiting.
                let _ = stream.read(&mut head).await;
            });
        }
    });
    (port, count)
}

async fn ask(answer: &str, host: &str, named: &[&str]) -> (Result<Response<Vec<u8>>, OutboundFailure>, usize) {
    let (port, count) = serving(answer.as_bytes().to_vec()).await;
    let answered = client(QUICK).send(get(&format!("http://{host}:{port}/a?b=c")), &private(named)).await;
    (answered, count.load(Ordering::SeqCst))
}

const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nset-cookie: a=b\r\n\r\nhi";

#[tokio::test]
async fn a_host_of_this_machine_is_asked_when_it_is_named_and_not_otherwise() {
    let (answered, count) = ask(FINE, "127.0.0.1", &["127.0.0.1"]).await;
    assert_eq!((answered.unwrap().body().as_slice(), count), (b"hi".as_slice(), 1));
    for (host, named) in [("127.0.0.1", &[][..]), ("127.0.0.1", &["localhost"]), ("localhost", &["127.0.0.1"])] {
        let (answered, count) = ask(FINE, host, named).await;
        assert_eq!((answered.unwrap_err(), count), (OutboundFailure::NotHttps { host: host.to_owned() }, 0), "{host} {named:?}");
    }
}

#[tokio::test]
async fn no_packet_goes_where_nobody_named_the_host() {
    let (port, count) = serving(FINE.as_bytes().to_vec()).await;
    let forbidden = private(&["169.254.169.254", "0.0.0.0", "[fe80::1]"]);
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "2130706433", "0x7f.1"] {
        let refused = client(QUICK).send(get(&format!("https://{host}:{port}/")), &forbidden).await.unwrap_err();
        assert!(matches!(refused, OutboundFailure::PrivateAddress { .. }), "{host}: {refused:?}");
    }
    for host in ["169.254.169.254", "0.0.0.0", "[fe80::1]"] {
        let refused = client(QUICK).send(get(&format!("https://{host}:{port}/")), &forbidden).await.unwrap_err();
        assert!(matches!(refused, OutboundFailure::ForbiddenAddress { .. }), "{host}: {refused:?}");
    }
    for url in ["http://example.com/", "ftp://127.0.0.1/", "https://alice:secret@127.0.0.1/", "http://10.0.0.1/"] {
        assert!(client(QUICK).send(get(url), &private(&["127.0.0.1", "10.0.0.1", "example.com"])).await.is_err(), "{url}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_a_server_does_wrong_is_a_failure_that_repeats_nothing_of_it() {
    let named = ["127.0.0.1"];
    let long = format!("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n{}", "secret".repeat(200));
    let endless = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n{}\r\n", "x".repeat(2000));
    for (answer, expected) in [
        ("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/secret\r\ncontent-length: 0\r\n\r\n", "Redirected"),
        (long.as_str(), "TooLong"),
        (endless.as_str(), "TooLong"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nsecret", "TooSlow"),
        ("HTTP/1.1 200 OK\r\n", "TooSlow"),
        ("secret secret secret\r\n\r\n", "Broken"),
    ] {
        let failure = ask(answer, "127.0.0.1", &named).await.0.unwrap_err();
        assert!(format!("{failure:?}").starts_with(expected), "{expected}: {failure:?}");
        assert!(!failure.to_string().contains("secret"), "{failure}");
    }
}

#[tokio::test]
async fn a_form_is_answered_once_its_status_is_there() {
    for body in ["", "x", &"x".repeat(100_000)] {
        let (port, count) = serving(format!("HTTP/1.1 200 OK\r\n\r\n{body}").into_bytes()).await;
        let url = format!("http://127.0.0.1:{port}/told");
        assert_eq!(
            client(QUICK).post_form(&url, &[("a", "b")], &private(&["127.0.0.1"])).await,
            Ok(200),
            "{} bytes and no end",
            body.len()
        );
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_slow_host_keeps_nobody_from_another_one() {
    let (slow, asked) = serving(b"HTTP/1.1 200 OK\r\n".to_vec()).await;
    let (quick, _) = serving(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_vec()).await;
    let client = client(Limits { total: Duration::from_mins(5), parallel: 2, parallel_to_one: 1, ..QUICK });
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let client = client.clone();
        waiting.spawn(async move { client.send(get(&format!("http://127.0.0.1:{slow}/")), &private(&["127.0.0.1"])).await.is_ok() });
    }
    while asked.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let answered = timeout(Duration::from_mins(1), client.send(get(&format!("http://localhost:{quick}/")), &private(&["localhost"]))).await;
    assert!(matches!(answered, Ok(Ok(_))), "{answered:?}");
}

#[tokio::test]
async fn nobody_there_and_no_tls_there_are_failures() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let nobody = client(QUICK).send(get(&format!("http://127.0.0.1:{port}/")), &private(&["127.0.0.1"])).await.unwrap_err();
    assert!(matches!(nobody, OutboundFailure::Unreachable { .. }), "{nobody:?}");
    let (port, _) = serving(FINE.as_bytes().to_vec()).await;
    let plain = client(QUICK).send(get(&format!("https://127.0.0.1:{port}/")), &private(&["127.0.0.1"])).await.unwrap_err();
    assert!(matches!(plain, OutboundFailure::Unreachable { .. }), "{plain:?}");
}

#[test]
fn only_certificates_are_certificates() {
    assert_eq!(Outbound::new(Some(b""), QUICK).err(), Some(BadCertificates::None));
    let nonsense = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(Outbound::new(Some(nonsense), QUICK).err(), Some(BadCertificates::Malformed));
}

/// A server that speaks TLS with this certificate, and answers every request with [`FINE`].
async fn encrypted(certificate: &rcgen::CertifiedKey<rcgen::KeyPair>) -> u16 {
    let key = rustls::pki_types::PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(FINE.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

#[tokio::test]
async fn a_server_has_to_prove_who_it_is_to_an_authority_that_is_believed() {
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let limits = Limits { total: Duration::from_secs(20), ..QUICK };
    let believing = |pem: &str| Outbound::new(Some(pem.as_bytes()), limits).unwrap();
    let port = encrypted(&own).await;
    let ask = async |client: &Outbound, host: &str| {
        client.send(get(&format!("https://{host}:{port}/")), &private(&["localhost", "127.0.0.1"])).await
    };
    assert_eq!(ask(&believing(&own.cert.pem()), "localhost").await.unwrap().body(), b"hi");
    for (client, host) in
        [(client(limits), "localhost"), (believing(&other.cert.pem()), "localhost"), (believing(&own.cert.pem()), "127.0.0.1")]
    {
        let refused = ask(&client, host).await.unwrap_err().to_string();
        assert!(refused.contains("its certificate is not believed"), "{host}: {refused}");
    }
}
