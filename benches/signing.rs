//! How much of a core's signatures becomes tokens: `Signer::sign` beside the bare aws-lc signature of the same bytes by the same kept key.

use std::error::Error;
use std::hint::black_box;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use claviger::clock::Clock;
use claviger::random::Random;
use claviger::signing::{KeyFolder, KeySize, SharedKeyring, Signer};
use criterion::{Criterion, Throughput};
use rsa::pkcs8::SecretDocument;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let home = tempfile::tempdir()?;
    let now = Clock::system().now();
    let folder = KeyFolder::open_or_create(home.path(), KeySize::Rsa2048, &Random::system(), now)?;
    let keyring = SharedKeyring::open(folder)?;
    let active = keyring.current().active().kid().clone();
    let signer = Signer::new(keyring);

    let (_, document) = SecretDocument::read_pem_file(home.path().join(format!("{active}.pem"))).map_err(|error| error.to_string())?;
    let pair = RsaKeyPair::from_pkcs8(document.as_bytes())?;
    let mut signature = vec![0; pair.public_modulus_len()];

    // An access token of a machine (RFC 9068 §2.2).
    let claims = json!({
        "iss": "https://login.example.com",
        "sub": "client:demo-m2m",
        "aud": ["https://api.example.com"],
        "exp": now.seconds() + 600,
        "iat": now.seconds(),
        "jti": "4c0a9ac2-8f5c-4a7e-9d57-8a3a4f6f3f0e",
        "client_id": "demo-m2m",
        "scope": "items:read items:write",
    });
    let jwt = signer.sign("at+jwt", &claims)?;
    let (message, _) = jwt.rsplit_once('.').ok_or("no signature")?;

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("RS256, 2048 bits");
    group.throughput(Throughput::Elements(1));
    group.bench_function("bare aws-lc signature", |bencher| {
        bencher.iter(|| pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), black_box(message.as_bytes()), &mut signature));
    });
    group.bench_function("Signer::sign", |bencher| bencher.iter(|| signer.sign("at+jwt", black_box(&claims))));
    group.bench_function("Signer::verify", |bencher| bencher.iter(|| signer.verify::<Value>("at+jwt", black_box(&jwt), now)));
    group.finish();
    criterion.final_summary();
    Ok(())
}
