//! How jsonwebtoken signs with our keys: its `CryptoProvider`, backed by aws-lc key pairs that are parsed once and kept.
//!
//! jsonwebtoken makes a signer for every token by calling a bare `fn` with the bytes of the key. Parsing a private key there costs
//! more than the signature itself. So the "bytes" of our `EncodingKey` and `DecodingKey` are a key identifier, and the `fn` finds
//! the parsed pair under it in a map of the process. The map does not keep a key alive: it forgets one with its last holder. No
//! private key is ever copied into a jsonwebtoken value.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Once, PoisonError, RwLock, Weak};

use aws_lc_rs::error::KeyRejected;
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};

use crate::protocol::jose::{KeyKind, SigningAlgorithm};
use crate::signing::jwk::{Jwk, Kid};
use crate::signing::pair::Pair;

/// Its name in jsonwebtoken.
pub(super) const fn named(algorithm: SigningAlgorithm) -> Algorithm {
    match algorithm {
        SigningAlgorithm::Rs256 => Algorithm::RS256,
        SigningAlgorithm::Rs384 => Algorithm::RS384,
        SigningAlgorithm::Rs512 => Algorithm::RS512,
        SigningAlgorithm::Ps256 => Algorithm::PS256,
        SigningAlgorithm::Ps384 => Algorithm::PS384,
        SigningAlgorithm::Ps512 => Algorithm::PS512,
        SigningAlgorithm::Es256 => Algorithm::ES256,
        SigningAlgorithm::Es384 => Algorithm::ES384,
        SigningAlgorithm::EdDsa => Algorithm::EdDSA,
    }
}

/// A key pair that is parsed and ready to sign and to verify, with its one algorithm (RFC 8725 §3.1).
pub(super) struct PreparedKey {
    algorithm: SigningAlgorithm,
    jwk: Jwk,
    encoding: EncodingKey,
    decoding: DecodingKey,
    pair: Pair,
}

impl PreparedKey {
    /// Parses a private key (PKCS#8, DER) and makes it known to jsonwebtoken. A key that is held already is shared, not made twice.
    pub(super) fn from_pkcs8(algorithm: SigningAlgorithm, der: &[u8]) -> Result<Arc<Self>, KeyRejected> {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            // Were another provider in place, it would refuse our identifiers as keys, and signing would fail loudly.
            let _ = PROVIDER.install_default();
        });
        let (pair, public) = Pair::from_pkcs8(algorithm, der)?;
        let jwk = Jwk::new(algorithm, public);
        // The same numbers may serve another algorithm in another folder.
        let identifier = format!("{algorithm} {}", jwk.kid);
        let identifier = identifier.as_bytes();
        let (encoding, decoding) = match algorithm.key_kind() {
            KeyKind::Rsa => (EncodingKey::from_rsa_der(identifier), DecodingKey::from_rsa_der(identifier)),
            KeyKind::P256 | KeyKind::P384 => (EncodingKey::from_ec_der(identifier), DecodingKey::from_ec_der(identifier)),
            KeyKind::Ed25519 => (EncodingKey::from_ed_der(identifier), DecodingKey::from_ed_der(identifier)),
        };
        Ok(remember(Self { algorithm, jwk, encoding, decoding, pair }))
    }

    pub(super) const fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    pub(super) const fn kid(&self) -> &Kid {
        &self.jwk.kid
    }

    pub(super) const fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// What `jsonwebtoken::encode` takes.
    pub(super) const fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }

    /// What `jsonwebtoken::decode` takes.
    pub(super) const fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }
}

type KeysByIdentifier = HashMap<Vec<u8>, Weak<PreparedKey>>;

static PREPARED: LazyLock<RwLock<KeysByIdentifier>> = LazyLock::new(RwLock::default);

fn remember(key: PreparedKey) -> Arc<PreparedKey> {
    let identifier = key.encoding.as_bytes().to_vec();
    let mut prepared = PREPARED.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(held) = prepared.get(&identifier).and_then(Weak::upgrade) {
        return held;
    }
    prepared.retain(|_, held| held.strong_count() > 0);
    let key = Arc::new(key);
    prepared.insert(identifier, Arc::downgrade(&key));
    key
}

/// The key under an identifier, which signs with this algorithm and no other.
fn recall(algorithm: Algorithm, identifier: &[u8]) -> Result<Prepared, Error> {
    let prepared = PREPARED.read().unwrap_or_else(PoisonError::into_inner);
    let key = prepared.get(identifier).and_then(Weak::upgrade).ok_or(ErrorKind::InvalidKeyFormat)?;
    if named(key.algorithm) == algorithm { Ok(Prepared(key)) } else { Err(ErrorKind::InvalidAlgorithm.into()) }
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory,
    verifier_factory,
    // For JWKs made by jsonwebtoken, which we do not use.
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: |_| Err(ErrorKind::UnsupportedAlgorithm.into()),
        rsa_pub_components_from_public_key: |_| Err(ErrorKind::UnsupportedAlgorithm.into()),
        ec_pub_components_from_private_key: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
        ed_pub_components_from_private_key: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
        compute_digest: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
    },
};

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is jsonwebtoken's")]
fn signer_factory(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    Ok(Box::new(recall(*algorithm, key.as_bytes())?))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is jsonwebtoken's")]
fn verifier_factory(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    Ok(Box::new(recall(*algorithm, key.try_get_as_bytes()?)?))
}

struct Prepared(Arc<PreparedKey>);

impl Signer<Vec<u8>> for Prepared {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        self.0.pair.sign(message).map_err(signature::Error::from_source)
    }
}

impl JwtSigner for Prepared {
    fn algorithm(&self) -> Algorithm {
        named(self.0.algorithm)
    }
}

impl Verifier<Vec<u8>> for Prepared {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.0.pair.verify(message, signature).map_err(signature::Error::from_source)
    }
}

impl JwtVerifier for Prepared {
    fn algorithm(&self) -> Algorithm {
        named(self.0.algorithm)
    }
}
