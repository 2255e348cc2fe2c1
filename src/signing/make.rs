//! Making and importing keys. The `rsa` crate is used for this alone: it never signs or decrypts for anybody (RUSTSEC-2023-0071). Keys of
//! curves are made by aws-lc, of our own randomness.

use std::sync::Arc;

use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384};
use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
};
use rsa::RsaPrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding, SecretDocument};
use rsa::rand_core::{self, CryptoRng, RngCore};
use rsa::traits::PublicKeyParts;
use zeroize::{Zeroize, Zeroizing};

use crate::protocol::jose::{KeyKind, SigningAlgorithm};
use crate::random::Random;
use crate::signing::provider::PreparedKey;

/// How often a number is drawn for the key of a curve: all but one in 2^32 are good.
const DRAWS: u32 = 8;

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
    #[error("is not a private key for {0}: {kind}", kind = kind(*.0))]
    NotFor(SigningAlgorithm),
    /// The same, where any algorithm would have done.
    #[error("is not a private key that signs here: RSA, P-256, P-384 or Ed25519 (PKCS#8, PKCS#1 or SEC 1)")]
    NotAny,
    /// Fewer bits than RFC 7518 §3.3 allows.
    #[error("has {0} bits, and 2048 is the least for an RSA key")]
    TooSmall(usize),
    /// Its numbers don't belong together, or it is of a kind that aws-lc does not take.
    #[error("is not a valid key: {0}")]
    Invalid(&'static str),
}

/// A private key that we can use, with its text on disk: PKCS#8, PEM.
pub(super) struct PrivateKey {
    pem: Zeroizing<String>,
    prepared: Arc<PreparedKey>,
}

impl PrivateKey {
    /// Makes a new key, an RSA key of this size. That takes a noticeable part of a second: primes are found by trying.
    pub(super) fn make(algorithm: SigningAlgorithm, size: KeySize, random: &Random) -> Result<Self, UnusableKey> {
        match algorithm.key_kind() {
            KeyKind::Rsa => {
                let bits = usize::try_from(size.bits()).map_err(|_| UnusableKey::Invalid("too large"))?;
                let key = RsaPrivateKey::new(&mut Generator(random), bits).map_err(|_| UnusableKey::Invalid("no primes were found"))?;
                Self::of_rsa(algorithm, &key)
            }
            KeyKind::P256 => {
                Self::of_curve(algorithm, &ECDH_P256, &ECDSA_P256_SHA256_FIXED_SIGNING, || Zeroizing::new(random.bytes::<32>()))
            }
            KeyKind::P384 => {
                Self::of_curve(algorithm, &ECDH_P384, &ECDSA_P384_SHA384_FIXED_SIGNING, || Zeroizing::new(random.bytes::<48>()))
            }
            KeyKind::Ed25519 => {
                let seed = Zeroizing::new(random.bytes::<32>());
                let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice())
                    .map_err(|rejected| UnusableKey::Invalid(rejected.description_()))?;
                Self::of_der(algorithm, pair.to_pkcs8v1().map_err(|_| UNWRITABLE)?.as_ref())
            }
        }
    }

    /// Reads a key that was made elsewhere: PKCS#8, PKCS#1 or SEC 1. Where no algorithm is given, it is the first one of the key's kind.
    pub(super) fn import(pem: &str, algorithm: Option<SigningAlgorithm>) -> Result<Self, UnusableKey> {
        if pem.contains("BEGIN ENCRYPTED PRIVATE KEY") || pem.contains("Proc-Type: 4,ENCRYPTED") {
            return Err(UnusableKey::Encrypted);
        }
        let (label, document) = SecretDocument::from_pem(pem).map_err(|_| UnusableKey::NotPem)?;
        let Some(algorithm) = algorithm else {
            let first_of_each_kind = [SigningAlgorithm::Rs256, SigningAlgorithm::Es256, SigningAlgorithm::Es384, SigningAlgorithm::EdDsa];
            let mut read = first_of_each_kind.into_iter().map(|algorithm| Self::imported(label, document.as_bytes(), algorithm));
            return read.find(|read| !matches!(read, Err(UnusableKey::NotFor(_)))).unwrap_or(Err(UnusableKey::NotAny));
        };
        Self::imported(label, document.as_bytes(), algorithm)
    }

    fn imported(label: &str, der: &[u8], algorithm: SigningAlgorithm) -> Result<Self, UnusableKey> {
        let other = |_| UnusableKey::NotFor(algorithm);
        match (algorithm.key_kind(), label) {
            (KeyKind::Rsa, "RSA PRIVATE KEY" | "PRIVATE KEY") => {
                let key = if label == "PRIVATE KEY" {
                    RsaPrivateKey::from_pkcs8_der(der).map_err(|_| UnusableKey::NotFor(algorithm))?
                } else {
                    RsaPrivateKey::from_pkcs1_der(der).map_err(|_| UnusableKey::NotFor(algorithm))?
                };
                key.validate().map_err(|_| UnusableKey::Invalid("its numbers do not belong together"))?;
                Self::of_rsa(algorithm, &key)
            }
            (KeyKind::P256 | KeyKind::P384, "EC PRIVATE KEY" | "PRIVATE KEY") => {
                let signing =
                    if algorithm.key_kind() == KeyKind::P256 { &ECDSA_P256_SHA256_FIXED_SIGNING } else { &ECDSA_P384_SHA384_FIXED_SIGNING };
                let pair = EcdsaKeyPair::from_private_key_der(signing, der).map_err(other)?;
                Self::of_der(algorithm, pair.to_pkcs8v1().map_err(|_| UNWRITABLE)?.as_ref())
            }
            (KeyKind::Ed25519, "PRIVATE KEY") => {
                let pair = Ed25519KeyPair::from_pkcs8(der).map_err(other)?;
                Self::of_der(algorithm, pair.to_pkcs8v1().map_err(|_| UNWRITABLE)?.as_ref())
            }
            _ => Err(UnusableKey::NotFor(algorithm)),
        }
    }

    /// Reads a key as we write it.
    pub(super) fn read(algorithm: SigningAlgorithm, pem: Zeroizing<String>) -> Result<Self, UnusableKey> {
        let (label, document) = SecretDocument::from_pem(&pem).map_err(|_| UnusableKey::NotPem)?;
        if label != "PRIVATE KEY" {
            return Err(UnusableKey::NotFor(algorithm));
        }
        let der = document.as_bytes();
        let prepared = PreparedKey::from_pkcs8(algorithm, der).map_err(|rejected| why_rejected(algorithm, rejected, der))?;
        Ok(Self { pem, prepared })
    }

    fn of_rsa(algorithm: SigningAlgorithm, key: &RsaPrivateKey) -> Result<Self, UnusableKey> {
        Self::read(algorithm, key.to_pkcs8_pem(LineEnding::LF).map_err(|_| UNWRITABLE)?)
    }

    /// The key of a curve: a random number below the curve's order (FIPS 186-5 §A.2.2), by trying.
    fn of_curve<Bytes: AsRef<[u8]> + Zeroize>(
        algorithm: SigningAlgorithm,
        curve: &'static agreement::Algorithm,
        signing: &'static EcdsaSigningAlgorithm,
        draw: impl Fn() -> Zeroizing<Bytes>,
    ) -> Result<Self, UnusableKey> {
        let drawn = |_| {
            let number = draw();
            let number = (*number).as_ref();
            let public = agreement::PrivateKey::from_private_key(curve, number).ok()?.compute_public_key().ok()?;
            EcdsaKeyPair::from_private_key_and_public_key(signing, number, public.as_ref()).ok()
        };
        let pair = (0..DRAWS).find_map(drawn).ok_or(UnusableKey::Invalid("no number was found"))?;
        Self::of_der(algorithm, pair.to_pkcs8v1().map_err(|_| UNWRITABLE)?.as_ref())
    }

    fn of_der(algorithm: SigningAlgorithm, der: &[u8]) -> Result<Self, UnusableKey> {
        let document = SecretDocument::try_from(der).map_err(|_| UNWRITABLE)?;
        Self::read(algorithm, document.to_pem("PRIVATE KEY", LineEnding::LF).map_err(|_| UNWRITABLE)?)
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

const UNWRITABLE: UnusableKey = UnusableKey::Invalid("it cannot be written as PKCS#8");

fn why_rejected(algorithm: SigningAlgorithm, rejected: KeyRejected, pkcs8: &[u8]) -> UnusableKey {
    match RsaPrivateKey::from_pkcs8_der(pkcs8) {
        // RFC 7518 §3.3: a key of size 2048 bits or larger MUST be used.
        Ok(key) if algorithm.key_kind() == KeyKind::Rsa && key.n().bits() < 2048 => UnusableKey::TooSmall(key.n().bits()),
        Ok(_) if algorithm.key_kind() == KeyKind::Rsa => UnusableKey::Invalid(rejected.description_()),
        _ => UnusableKey::NotFor(algorithm),
    }
}

const fn kind(algorithm: SigningAlgorithm) -> &'static str {
    match algorithm.key_kind() {
        KeyKind::Rsa => "it takes an RSA key (PKCS#8 or PKCS#1)",
        KeyKind::P256 => "it takes a key of the curve P-256 (PKCS#8 or SEC 1)",
        KeyKind::P384 => "it takes a key of the curve P-384 (PKCS#8 or SEC 1)",
        KeyKind::Ed25519 => "it takes an Ed25519 key (PKCS#8)",
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
        let made = PrivateKey::make(SigningAlgorithm::Rs256, KeySize::default(), &Random::seeded(1)).unwrap();
        assert!(made.pem().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let key = RsaPrivateKey::from_pkcs8_pem(made.pem()).unwrap();
        assert_eq!(key.n().bits(), 2048);
        for imported in [PrivateKey::import(&pkcs1(&key), None).unwrap(), PrivateKey::import(made.pem(), None).unwrap()] {
            assert_eq!(imported.pem(), made.pem());
            assert_eq!(imported.prepared().kid(), made.prepared().kid());
        }
        let other = PrivateKey::import(made.pem(), Some(SigningAlgorithm::Ps512)).unwrap();
        assert_eq!((other.prepared().algorithm(), other.prepared().kid()), (SigningAlgorithm::Ps512, made.prepared().kid()));
    }

    #[test]
    fn keys_of_curves_are_made_of_our_randomness_and_read_as_written() {
        for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::Es384, SigningAlgorithm::EdDsa] {
            let make = |seed| PrivateKey::make(algorithm, KeySize::default(), &Random::seeded(seed)).unwrap();
            let made = make(1);
            assert_eq!(make(1).pem(), made.pem());
            assert_ne!(make(2).pem(), made.pem());
            let read = PrivateKey::read(algorithm, Zeroizing::new(made.pem().to_owned())).unwrap();
            assert_eq!(read.prepared().jwk(), made.prepared().jwk());
            for imported in [PrivateKey::import(made.pem(), None).unwrap(), PrivateKey::import(made.pem(), Some(algorithm)).unwrap()] {
                assert_eq!((imported.pem(), imported.prepared().algorithm()), (made.pem(), algorithm));
            }
            for other in SigningAlgorithm::ALL.iter().filter(|other| other.key_kind() != algorithm.key_kind()) {
                assert_eq!(PrivateKey::import(made.pem(), Some(*other)).err(), Some(UnusableKey::NotFor(*other)));
                assert_eq!(PrivateKey::read(*other, Zeroizing::new(made.pem().to_owned())).err(), Some(UnusableKey::NotFor(*other)));
            }
        }
    }

    #[test]
    fn keys_that_openssl_wrote_are_imported() {
        // openssl ecparam -name prime256v1 -genkey -noout: SEC 1.
        let sec1 = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIPnBzAatcb1198DIMDaAfoD60dtopsDRbl0diNhwqodSoAoGCCqGSM49\n\
                    AwEHoUQDQgAE+Vi9C3XXoK0mS25w70V7mQ4GC+fPvB+EQJpxrOfCjTSvrbCmYW6h\nHSlgi01ypTDmsl/kgSsZWcFwlb2jb8dHTg==\n\
                    -----END EC PRIVATE KEY-----\n";
        // RFC 8410 §10.3.
        let ed25519 =
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        for (pem, algorithm) in [(sec1, SigningAlgorithm::Es256), (ed25519, SigningAlgorithm::EdDsa)] {
            let imported = PrivateKey::import(pem, None).unwrap();
            assert_eq!(imported.prepared().algorithm(), algorithm);
            assert!(imported.pem().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        }
    }

    #[test]
    fn what_is_no_strong_private_key_is_refused_in_words() {
        let weak = RsaPrivateKey::new(&mut Generator(&Random::seeded(2)), 1024).unwrap();
        let refused = |pem: &str| PrivateKey::import(pem, None).err();
        assert_eq!(refused(&pkcs1(&weak)), Some(UnusableKey::TooSmall(1024)));
        let written = weak.to_pkcs8_pem(LineEnding::LF).unwrap();
        assert_eq!(PrivateKey::read(SigningAlgorithm::Rs256, written).err(), Some(UnusableKey::TooSmall(1024)));
        assert_eq!(refused(&weak.to_public_key().to_public_key_pem(LineEnding::LF).unwrap()), Some(UnusableKey::NotAny));
        assert_eq!(refused("hello"), Some(UnusableKey::NotPem));
        let encrypted = pkcs1(&weak).replace("PRIVATE KEY-----\r\nM", "PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\n\r\nM");
        assert_eq!(refused(&encrypted), Some(UnusableKey::Encrypted));
    }
}
