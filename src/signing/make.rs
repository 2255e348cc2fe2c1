//! Making and importing keys. The `rsa` crate is used for this alone: it never signs or decrypts for anybody (RUSTSEC-2023-0071).

use std::sync::Arc;

use aws_lc_rs::error::KeyRejected;
use rsa::RsaPrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding, SecretDocument};
use rsa::rand_core::{self, CryptoRng, RngCore};
use rsa::traits::PublicKeyParts;
use zeroize::Zeroizing;

use crate::random::Random;
use crate::signing::provider::PreparedKey;

/// The size of an RSA key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeySize {
    /// 2048 bits, the least that RFC 7518 §3.3 allows and the fastest.
    #[default]
    Rsa2048,
    /// 3072 bits.
    Rsa3072,
    /// 4096 bits.
    Rsa4096,
}

impl KeySize {
    /// The size with this many bits, if we make keys of it: 2048, 3072 or 4096.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Option<Self> {
        match bits {
            2048 => Some(Self::Rsa2048),
            3072 => Some(Self::Rsa3072),
            4096 => Some(Self::Rsa4096),
            _ => None,
        }
    }

    /// Bits of the modulus.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::Rsa2048 => 2048,
            Self::Rsa3072 => 3072,
            Self::Rsa4096 => 4096,
        }
    }
}

/// Why a text is no private key for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableKey {
    /// Not PEM.
    #[error("is not in PEM format (-----BEGIN PRIVATE KEY-----)")]
    NotPem,
    /// A password protects it.
    #[error("is protected by a password; remove it with: openssl pkey -in KEY.pem -out PLAIN.pem")]
    Encrypted,
    /// A public key, a certificate, a key of another family …
    #[error("is not an RSA private key (PKCS#8 or PKCS#1)")]
    NotRsa,
    /// Fewer bits than RFC 7518 §3.3 allows.
    #[error("has {0} bits, and 2048 is the least for RS256")]
    TooSmall(usize),
    /// Its numbers don't belong together, or it is of a kind that aws-lc does not take.
    #[error("is not a valid RSA key: {0}")]
    Invalid(&'static str),
}

/// A private key that we can use, with its text on disk: PKCS#8, PEM.
pub(super) struct PrivateKey {
    pem: Zeroizing<String>,
    prepared: Arc<PreparedKey>,
}

impl PrivateKey {
    /// Makes a new key. Takes a noticeable part of a second: primes are found by trying.
    pub(super) fn make(size: KeySize, random: &Random) -> Result<Self, UnusableKey> {
        let bits = usize::try_from(size.bits()).map_err(|_| UnusableKey::Invalid("too large"))?;
        let key = RsaPrivateKey::new(&mut Generator(random), bits).map_err(|_| UnusableKey::Invalid("no primes were found"))?;
        Self::of(&key)
    }

    /// Reads a key that was made elsewhere, PKCS#8 or PKCS#1.
    pub(super) fn import(pem: &str) -> Result<Self, UnusableKey> {
        if pem.contains("BEGIN ENCRYPTED PRIVATE KEY") || pem.contains("Proc-Type: 4,ENCRYPTED") {
            return Err(UnusableKey::Encrypted);
        }
        let (label, document) = SecretDocument::from_pem(pem).map_err(|_| UnusableKey::NotPem)?;
        let key = match label {
            "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_der(document.as_bytes()).map_err(|_| UnusableKey::NotRsa)?,
            "PRIVATE KEY" => RsaPrivateKey::from_pkcs8_der(document.as_bytes()).map_err(|_| UnusableKey::NotRsa)?,
            _ => return Err(UnusableKey::NotRsa),
        };
        key.validate().map_err(|_| UnusableKey::Invalid("its numbers do not belong together"))?;
        Self::of(&key)
    }

    /// Reads a key as we write it.
    pub(super) fn read(pem: Zeroizing<String>) -> Result<Self, UnusableKey> {
        let (label, document) = SecretDocument::from_pem(&pem).map_err(|_| UnusableKey::NotPem)?;
        if label != "PRIVATE KEY" {
            return Err(UnusableKey::NotRsa);
        }
        let prepared = PreparedKey::from_pkcs8(document.as_bytes()).map_err(|rejected| why_rejected(rejected, document.as_bytes()))?;
        Ok(Self { pem, prepared })
    }

    fn of(key: &RsaPrivateKey) -> Result<Self, UnusableKey> {
        Self::read(key.to_pkcs8_pem(LineEnding::LF).map_err(|_| UnusableKey::Invalid("it cannot be written as PKCS#8"))?)
    }

    /// The text for the file.
    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    /// The key, ready to sign and to verify.
    pub(super) const fn prepared(&self) -> &Arc<PreparedKey> {
        &self.prepared
    }
}

fn why_rejected(rejected: KeyRejected, pkcs8: &[u8]) -> UnusableKey {
    match RsaPrivateKey::from_pkcs8_der(pkcs8) {
        // RFC 7518 §3.3: a key of size 2048 bits or larger MUST be used.
        Ok(key) if key.n().bits() < 2048 => UnusableKey::TooSmall(key.n().bits()),
        Ok(_) => UnusableKey::Invalid(rejected.description_()),
        Err(_) => UnusableKey::NotRsa,
    }
}

/// Our randomness in the form that `rsa` asks for.
struct Generator<'random>(&'random Random);

impl RngCore for Generator<'_> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(self.0.bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.0.bytes())
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl CryptoRng for Generator<'_> {}

#[cfg(test)]
mod tests {
    use rsa::pkcs1::EncodeRsaPrivateKey;
    use rsa::pkcs8::EncodePublicKey;

    use super::*;

    fn pkcs1(key: &RsaPrivateKey) -> String {
        key.to_pkcs1_pem(LineEnding::CRLF).unwrap().to_string()
    }

    #[test]
    fn both_forms_of_a_key_are_the_same_key() {
        let made = PrivateKey::make(KeySize::default(), &Random::seeded(1)).unwrap();
        assert!(made.pem().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let key = RsaPrivateKey::from_pkcs8_pem(made.pem()).unwrap();
        assert_eq!(key.n().bits(), 2048);
        for imported in [PrivateKey::import(&pkcs1(&key)).unwrap(), PrivateKey::import(made.pem()).unwrap()] {
            assert_eq!(imported.pem(), made.pem());
            assert_eq!(imported.prepared().kid(), made.prepared().kid());
        }
    }

    #[test]
    fn what_is_no_strong_rsa_private_key_is_refused_in_words() {
        let weak = RsaPrivateKey::new(&mut Generator(&Random::seeded(2)), 1024).unwrap();
        let refused = |pem: &str| PrivateKey::import(pem).err();
        assert_eq!(refused(&pkcs1(&weak)), Some(UnusableKey::TooSmall(1024)));
        assert_eq!(PrivateKey::read(weak.to_pkcs8_pem(LineEnding::LF).unwrap()).err(), Some(UnusableKey::TooSmall(1024)));
        assert_eq!(refused(&weak.to_public_key().to_public_key_pem(LineEnding::LF).unwrap()), Some(UnusableKey::NotRsa));
        assert_eq!(refused("hello"), Some(UnusableKey::NotPem));
        let encrypted = pkcs1(&weak).replace("PRIVATE KEY-----\r\nM", "PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\n\r\nM");
        assert_eq!(refused(&encrypted), Some(UnusableKey::Encrypted));
        // An Ed25519 key (RFC 8410 §10.3).
        let other =
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        assert_eq!(refused(other), Some(UnusableKey::NotRsa));
    }
}
