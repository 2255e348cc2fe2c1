//! What a core can do when there is no server around it.

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use claviger::password::Argon2Cost;

use crate::Outcome;
use crate::figures::per_second;

/// RS256 by aws-lc, with a key that was parsed once.
pub(crate) struct SignatureBaseline {
    key: RsaKeyPair,
    /// As long as what is signed for an access token of a machine.
    message: [u8; 512],
}

impl SignatureBaseline {
    pub(crate) fn new() -> Outcome<Self> {
        Ok(Self { key: RsaKeyPair::generate(KeySize::Rsa2048)?, message: [b'e'; 512] })
    }

    /// Signatures a second.
    pub(crate) fn rate(&self, time: Duration) -> Outcome<f64> {
        let (random, mut signature) = (SystemRandom::new(), vec![0; self.key.public_modulus_len()]);
        repeat(time, || Ok(self.key.sign(&RSA_PKCS1_SHA256, &random, black_box(&self.message), &mut signature)?))
    }
}

/// Argon2id at the server's default cost, in memory that is kept.
pub(crate) struct Argon2Baseline {
    argon2: Argon2<'static>,
    memory: Vec<Block>,
}

impl Argon2Baseline {
    pub(crate) fn new() -> Outcome<Self> {
        let cost = Argon2Cost::DEFAULT;
        let params = Params::new(cost.memory_kib(), cost.iterations(), cost.parallelism(), None)?;
        let memory = vec![Block::new(); params.block_count()];
        Ok(Self { argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params), memory })
    }

    /// Computations a second.
    pub(crate) fn rate(&mut self, time: Duration) -> Outcome<f64> {
        let mut hash = [0; 32];
        repeat(time, || {
            let (password, salt) = (black_box(b"correct horse battery staple"), [7; 16]);
            Ok(self.argon2.hash_password_into_with_memory(password, &salt, &mut hash, &mut self.memory)?)
        })
    }
}

/// How often `work` gets done in a second. The first time does not count: it finds the caches cold.
fn repeat(time: Duration, mut work: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    work()?;
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < time {
        work()?;
        count += 1;
    }
    Ok(per_second(count, start.elapsed()))
}

/// RSA-2048 signatures a second as `openssl speed` counts them; a dash where there is no `openssl`.
pub(crate) fn openssl() -> String {
    let output = Command::new("openssl").args(["speed", "-seconds", "1", "rsa2048"]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    // "rsa  2048 bits 0.000376s 0.000011s   2660.0  90909.0": seconds for each kind of work, then works a second, signing first.
    let rate = text.lines().filter_map(|line| line.split_once(" 2048 bits ")).find_map(|(_, times)| {
        let mut columns = times.split_whitespace().skip_while(|column| column.ends_with('s'));
        columns.next().and_then(|column| column.parse::<f64>().ok())
    });
    rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.0}"))
}
