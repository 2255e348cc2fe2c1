//! How jsonwebtoken signs with our keys: its `CryptoProvider`, backed by aws-lc key pairs that are parsed once and kept.
//!
//! jsonwebtoken makes a signer for every token by calling a bare `fn` with the bytes of the key. Parsing a private key there costs
//! more than the signature itself. So the "bytes" of our `EncodingKey` and `DecodingKey` are a key identifier, and the `fn` finds
//! the parsed pair under it in a map of the process. The map does not keep a key alive: it forgets one with its last holder. No
//! private key is ever copied into a jsonwebtoken value.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Once, PoisonError, RwLock, Weak};

use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};

use crate::signing::jwk::{Jwk, Kid};

/// An algorithm that our keys sign with. Each key has exactly one (RFC 8725 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3).
    Rs256,
}

impl SigningAlgorithm {
    /// Its name in a header (RFC 7518 §3.1).
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
        }
    }

    /// Its name in jsonwebtoken.
    pub(super) const fn jsonwebtoken(self) -> Algorithm {
        match self {
            Self::Rs256 => Algorithm::RS256,
        }
    }
}

/// A key pair that is parsed and ready to sign and to verify.
pub(super) struct PreparedKey {
    algorithm: SigningAlgorithm,
    jwk: Jwk,
    encoding: EncodingKey,
    decoding: DecodingKey,
    pair: RsaKeyPair,
    public: ParsedPublicKey,
}

impl PreparedKey {
    /// Parses an RSA private key (PKCS#8, DER) and makes it known to jsonwebtoken. A key that is held already is shared, not made twice.
    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Arc<Self>, KeyRejected> {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            // Were another provider in place, it would refuse our identifiers as keys, and signing would fail loudly.
            let _ = PROVIDER.install_default();
        });
        let algorithm = SigningAlgorithm::Rs256;
        let pair = RsaKeyPair::from_pkcs8(der)?;
        let components = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let public = components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)?;
        let jwk = Jwk::rsa(algorithm.name(), &components.n, &components.e);
        let identifier = jwk.kid.as_str().as_bytes();
        let (encoding, decoding) = (EncodingKey::from_rsa_der(identifier), DecodingKey::from_rsa_der(identifier));
        Ok(remember(Self { algorithm, jwk, encoding, decoding, pair, public }))
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

fn recall(identifier: &[u8]) -> Result<Arc<PreparedKey>, Error> {
    let prepared = PREPARED.read().unwrap_or_else(PoisonError::into_inner);
    prepared.get(identifier).and_then(Weak::upgrade).ok_or_else(|| ErrorKind::InvalidKeyFormat.into())
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
    match algorithm {
        Algorithm::RS256 => Ok(Box::new(Rs256(recall(key.as_bytes())?))),
        _ => Err(ErrorKind::UnsupportedAlgorithm.into()),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is jsonwebtoken's")]
fn verifier_factory(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    match algorithm {
        Algorithm::RS256 => Ok(Box::new(Rs256(recall(key.try_get_as_bytes()?)?))),
        _ => Err(ErrorKind::UnsupportedAlgorithm.into()),
    }
}

struct Rs256(Arc<PreparedKey>);

impl Signer<Vec<u8>> for Rs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let mut signature = vec![0; self.0.pair.public_modulus_len()];
        self.0.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(signature::Error::from_source)?;
        Ok(signature)
    }
}

impl JwtSigner for Rs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

impl Verifier<Vec<u8>> for Rs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.0.public.verify_sig(message, signature).map_err(signature::Error::from_source)
    }
}

impl JwtVerifier for Rs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}
