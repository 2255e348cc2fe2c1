//! A certificate that is replaced while the server runs.

use std::fs;

use crate::binary::program::eventually;
use crate::binary::tls::site::Secured;

#[tokio::test]
async fn a_new_certificate_is_shown_on_the_next_connection_and_a_broken_one_never() {
    let secured = Secured::new();
    let site = &secured.site;
    let running = site.serve().await;
    assert_eq!(secured.shown().await, secured.first.der);
    let mut held = secured.authority.connect(site.port).await;

    let second = secured.authority.issue("localhost", 5);
    secured.put(&second);
    eventually("the second certificate", async || (secured.shown().await == second.der).then_some(())).await;
    assert_eq!(status(&mut held).await, "200", "whoever was connected before stays so");
    eventually("the warning", async || {
        let log = site.log(&running);
        log.lines().any(|line| line.contains("WARN") && line.contains("tls: the certificate ends at")).then_some(())
    })
    .await;

    for (broken, expected) in [
        ("", "cert.pem holds no certificate in PEM form"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cert.pem holds something that is no certificate"),
        (secured.first.certificate.as_str(), "the certificate in cert.pem is not for the key in key.pem"),
    ] {
        fs::write(site.path("cert.pem"), broken).unwrap();
        eventually(expected, async || {
            let log = site.log(&running);
            log.lines().any(|line| line.contains("ERROR") && line.contains(expected)).then_some(())
        })
        .await;
        assert_eq!(secured.shown().await, second.der, "{expected}");
    }
    fs::remove_file(site.path("key.pem")).unwrap();
    eventually("the error", async || site.log(&running).contains("key.pem can't be read").then_some(())).await;
    assert_eq!(secured.shown().await, second.der);
    assert_eq!(site.succeed(&["health", "--config", "claviger.toml"]), "The server is ready.\n", "it serves, whatever the files are");

    let third = secured.authority.issue("localhost", 90);
    secured.put(&third);
    eventually("the third certificate", async || (secured.shown().await == third.der).then_some(())).await;
    assert!(!site.log(&running).contains("PRIVATE KEY"));
}

/// The status of a request on a connection that is there.
async fn status(stream: &mut (impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin)) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    String::from_utf8_lossy(&start[9..]).into_owned()
}
