//! The first message of clients that are older or weaker than ours can be (RFC 5246 §7.4.1.2), and what the server makes of it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::binary::tls::site::Secured;

const TLS_1_0: [u8; 2] = [3, 1];
const TLS_1_1: [u8; 2] = [3, 2];
pub const TLS_1_2: [u8; 2] = [3, 3];

/// `TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256`, which goes with the keys of the tests.
const GOOD: [u8; 2] = [0xc0, 0x2b];

/// What the server's first record is.
#[derive(Debug, PartialEq, Eq)]
enum First {
    /// It goes on with the handshake.
    ServerHello,
    /// It refuses, by this alert (RFC 5246 §7.2).
    Alert(u8),
}

const PROTOCOL_VERSION: First = First::Alert(70);
const HANDSHAKE_FAILURE: First = First::Alert(40);

/// A client's hello with this version and these suites.
pub fn hello(version: [u8; 2], suites: &[[u8; 2]]) -> Vec<u8> {
    let sized = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
    let extension = |kind: u8, bytes: &[u8]| [&[0, kind][..], &sized(bytes)].concat();
    let extensions = [
        // Groups: secp256r1 and x25519.
        extension(10, &sized(&[0, 23, 0, 29])),
        // Points: not compressed.
        extension(11, &[1, 0]),
        // Signatures: ECDSA and RSA with SHA-256, and with SHA-1, as old clients have it.
        extension(13, &sized(&[4, 3, 8, 4, 4, 1, 2, 3, 2, 1])),
        // The extended master secret.
        extension(23, &[]),
    ]
    .concat();
    let body = [&version[..], &[7; 32], &[0], &sized(&suites.concat()), &[1, 0], &sized(&extensions)].concat();
    let message = [&[1, 0][..], &sized(&body)].concat();
    [&[22, 3, 1][..], &sized(&message)].concat()
}

async fn first(port: u16, hello: &[u8]) -> First {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(hello).await.unwrap();
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).await.unwrap();
    match answer {
        [22, _, _, _, _, 2, _] => First::ServerHello,
        [21, _, _, _, _, 2, alert] => First::Alert(alert),
        other => panic!("{other:?}"),
    }
}

/// Conformance: 83
#[tokio::test]
async fn older_versions_and_weak_suites_are_refused() {
    let secured = Secured::new();
    let _running = secured.site.serve().await;
    let port = secured.site.port;
    assert_eq!(first(port, &hello(TLS_1_2, &[GOOD])).await, First::ServerHello);
    // RFC 8996: they MUST NOT be used.
    for old in [TLS_1_0, TLS_1_1] {
        assert_eq!(first(port, &hello(old, &[GOOD])).await, PROTOCOL_VERSION, "{old:?}");
    }
    // RFC 9325 §4.1, §4.2: no RSA key transport, no static or finite-field Diffie-Hellman, no CBC, no RC4, no NULL, no anonymity.
    let weak = [
        ("TLS_RSA_WITH_AES_128_GCM_SHA256", [0x00, 0x9c]),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", [0x00, 0x2f]),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", [0x00, 0x0a]),
        ("TLS_RSA_WITH_RC4_128_SHA", [0x00, 0x05]),
        ("TLS_RSA_WITH_NULL_SHA256", [0x00, 0x3b]),
        ("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", [0x00, 0x9e]),
        ("TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256", [0xc0, 0x2d]),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", [0xc0, 0x23]),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", [0xc0, 0xae]),
        ("TLS_ECDHE_ECDSA_WITH_NULL_SHA", [0xc0, 0x06]),
        ("TLS_ECDH_anon_WITH_AES_128_CBC_SHA", [0xc0, 0x18]),
    ];
    for (name, number) in weak {
        assert_eq!(first(port, &hello(TLS_1_2, &[number])).await, HANDSHAKE_FAILURE, "{name}");
    }
    let all: Vec<[u8; 2]> = weak.iter().map(|(_, number)| *number).collect();
    assert_eq!(first(port, &hello(TLS_1_2, &all)).await, HANDSHAKE_FAILURE);
}

/// Conformance: 83
#[tokio::test]
async fn only_the_suites_of_the_configuration_are_spoken() {
    let secured = Secured::with("", "cipher_suites = [\"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384\"]\n");
    let _running = secured.site.serve().await;
    assert_eq!(first(secured.site.port, &hello(TLS_1_2, &[GOOD, [0xc0, 0x2c]])).await, First::ServerHello);
    assert_eq!(first(secured.site.port, &hello(TLS_1_2, &[GOOD])).await, HANDSHAKE_FAILURE);
}
