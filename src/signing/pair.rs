//! Parsed key pairs of every kind: what signs and verifies, by aws-lc.

use aws_lc_rs::error::{KeyRejected, Unspecified};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA384_FIXED_SIGNING, ED25519,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair, RsaParameters,
    RsaPublicKeyComponents,
};

use crate::protocol::jose::SigningAlgorithm;
use crate::signing::jwk::PublicNumbers;

/// A private key for one algorithm, and its public half.
pub(super) struct Pair {
    secret: Secret,
    public: ParsedPublicKey,
}

enum Secret {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// What aws-lc takes for an algorithm.
enum Scheme {
    Rsa(&'static dyn RsaEncoding, &'static RsaParameters),
    Ecdsa(&'static EcdsaSigningAlgorithm, &'static str),
    Ed25519,
}

const fn scheme(algorithm: SigningAlgorithm) -> Scheme {
    match algorithm {
        SigningAlgorithm::Rs256 => Scheme::Rsa(&RSA_PKCS1_SHA256, &RSA_PKCS1_2048_8192_SHA256),
        SigningAlgorithm::Rs384 => Scheme::Rsa(&RSA_PKCS1_SHA384, &RSA_PKCS1_2048_8192_SHA384),
        SigningAlgorithm::Rs512 => Scheme::Rsa(&RSA_PKCS1_SHA512, &RSA_PKCS1_2048_8192_SHA512),
        SigningAlgorithm::Ps256 => Scheme::Rsa(&RSA_PSS_SHA256, &RSA_PSS_2048_8192_SHA256),
        SigningAlgorithm::Ps384 => Scheme::Rsa(&RSA_PSS_SHA384, &RSA_PSS_2048_8192_SHA384),
        SigningAlgorithm::Ps512 => Scheme::Rsa(&RSA_PSS_SHA512, &RSA_PSS_2048_8192_SHA512),
        SigningAlgorithm::Es256 => Scheme::Ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256"),
        SigningAlgorithm::Es384 => Scheme::Ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384"),
        SigningAlgorithm::EdDsa => Scheme::Ed25519,
    }
}

impl Pair {
    /// Parses a private key (PKCS#8, DER), which has to be of the algorithm's kind. Its public numbers come with it.
    pub(super) fn from_pkcs8(algorithm: SigningAlgorithm, der: &[u8]) -> Result<(Self, PublicNumbers), KeyRejected> {
        match scheme(algorithm) {
            Scheme::Rsa(encoding, parameters) => {
                let pair = RsaKeyPair::from_pkcs8(der)?;
                let components = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                let public = components.to_parsed_public_key(parameters)?;
                let numbers = PublicNumbers::rsa(&components.n, &components.e);
                Ok((Self { secret: Secret::Rsa(pair, encoding), public }, numbers))
            }
            Scheme::Ecdsa(signing, curve) => {
                let pair = EcdsaKeyPair::from_pkcs8(signing, der)?;
                let verifying = if curve == "P-256" { &ECDSA_P256_SHA256_FIXED } else { &ECDSA_P384_SHA384_FIXED };
                let public = ParsedPublicKey::new(verifying, pair.public_key())?;
                let numbers = PublicNumbers::ec(curve, pair.public_key().as_ref());
                Ok((Self { secret: Secret::Ecdsa(pair), public }, numbers))
            }
            Scheme::Ed25519 => {
                let pair = Ed25519KeyPair::from_pkcs8(der)?;
                let public = ParsedPublicKey::new(&ED25519, pair.public_key())?;
                let numbers = PublicNumbers::ed25519(pair.public_key().as_ref());
                Ok((Self { secret: Secret::Ed25519(pair), public }, numbers))
            }
        }
    }

    /// Signs a message. ECDSA's signatures are the two numbers, one after the other (RFC 7518 §3.4).
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        match &self.secret {
            Secret::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &SystemRandom::new(), message, &mut signature)?;
                Ok(signature)
            }
            Secret::Ecdsa(pair) => Ok(pair.sign(&SystemRandom::new(), message)?.as_ref().to_vec()),
            Secret::Ed25519(pair) => Ok(pair.try_sign(message)?.as_ref().to_vec()),
        }
    }

    /// Whether a signature is its own.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Unspecified> {
        self.public.verify_sig(message, signature)
    }
}
