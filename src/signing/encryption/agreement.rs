//! Agreeing on a key with the holder of a private key, by an ephemeral key of ours (RFC 7518 §4.6).

use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384, PrivateKey, UnparsedPublicKey, X25519};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::protocol::jose::PublicKey;
use crate::random::Random;
use crate::signing::encryption::{EncryptionFailure, bits};

/// How often a number is drawn for the key of a curve: all but one in 2^32 are good.
const DRAWS: u32 = 8;
/// Bytes of one round of the key derivation: SHA-256. No algorithm here needs two.
const MOST_BYTES: usize = 32;

/// What was agreed on.
pub(super) struct Agreed {
    /// The key.
    pub(super) secret: Zeroizing<Vec<u8>>,
    /// What the other side derives it from: the public half of our ephemeral key (RFC 7518 §4.6.1.1).
    pub(super) ephemeral: Value,
}

/// Agrees on a key of `length` bytes for an algorithm.
pub(super) fn agree(public: &PublicKey, algorithm: &str, length: usize, random: &Random) -> Result<Agreed, EncryptionFailure> {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (curve, ephemeral) = match public {
        PublicKey::P256 { .. } => (&ECDH_P256, drawn::<32>(&ECDH_P256, random)?),
        PublicKey::P384 { .. } => (&ECDH_P384, drawn::<48>(&ECDH_P384, random)?),
        PublicKey::X25519(_) => (&X25519, drawn::<32>(&X25519, random)?),
        PublicKey::Rsa { .. } | PublicKey::Ed25519(_) => return Err(EncryptionFailure),
    };
    let ours = ephemeral.compute_public_key().map_err(|_| EncryptionFailure)?;
    // SEC 1 §2.3.3: an uncompressed point begins with a byte that says so.
    let (x, y) = ours.as_ref().get(1..).unwrap_or_default().split_at(ours.as_ref().len() / 2);
    let epk = match public {
        PublicKey::X25519(_) => json!({"kty": "OKP", "crv": "X25519", "x": encode(ours.as_ref())}),
        PublicKey::P384 { .. } => json!({"kty": "EC", "crv": "P-384", "x": encode(x), "y": encode(y)}),
        _ => json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)}),
    };
    let derived = derive(&ephemeral, curve, &theirs(public), &Info { algorithm, ours: b"", theirs: b"" }, length)?;
    Ok(Agreed { secret: derived, ephemeral: epk })
}

/// A key of a curve, of our own randomness.
fn drawn<const BYTES: usize>(curve: &'static agreement::Algorithm, random: &Random) -> Result<PrivateKey, EncryptionFailure> {
    let draw = |_| {
        let mut number = random.bytes::<BYTES>();
        let key = PrivateKey::from_private_key(curve, &number).ok();
        number.zeroize();
        key
    };
    (0..DRAWS).find_map(draw).ok_or(EncryptionFailure)
}

/// The other side's public key as aws-lc takes it.
fn theirs(public: &PublicKey) -> Vec<u8> {
    match public {
        PublicKey::P256 { x, y } => [&[4], x.as_slice(), y].concat(),
        PublicKey::P384 { x, y } => [&[4], x.as_slice(), y].concat(),
        PublicKey::X25519(key) | PublicKey::Ed25519(key) => key.to_vec(),
        PublicKey::Rsa { n, .. } => n.clone(),
    }
}

/// What the key is for (RFC 7518 §4.6.2).
struct Info<'a> {
    /// `AlgorithmID`: the content encryption, or the key management where that wraps the key.
    algorithm: &'a str,
    /// `PartyUInfo`: ours, which is empty because the header has no `apu`.
    ours: &'a [u8],
    /// `PartyVInfo`: theirs, which is empty because the header has no `apv`.
    theirs: &'a [u8],
}

/// The Concat key derivation function (RFC 7518 §4.6.2, NIST SP 800-56A §5.8.1) of the secret that both sides share.
fn derive(
    private: &PrivateKey,
    curve: &'static agreement::Algorithm,
    public: &[u8],
    info: &Info<'_>,
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, EncryptionFailure> {
    if length > MOST_BYTES {
        return Err(EncryptionFailure);
    }
    let length_of = |bytes: &[u8]| u32::try_from(bytes.len()).map(u32::to_be_bytes).map_err(|_| EncryptionFailure);
    agreement::agree(private, UnparsedPublicKey::new(curve, public), EncryptionFailure, |shared| {
        let mut hash = Sha256::new();
        hash.update(1_u32.to_be_bytes());
        hash.update(shared);
        for part in [info.algorithm.as_bytes(), info.ours, info.theirs] {
            hash.update(length_of(part)?);
            hash.update(part);
        }
        hash.update(u32::try_from(bits(length)).map_err(|_| EncryptionFailure)?.to_be_bytes());
        let mut derived = Zeroizing::new(hash.finalize().to_vec());
        derived.truncate(length);
        Ok(derived)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> [u8; 32] {
        URL_SAFE_NO_PAD.decode(text).unwrap().try_into().unwrap()
    }

    #[test]
    fn the_example_of_rfc_7518_holds() {
        // RFC 7518 Appendix C.
        let alice = PrivateKey::from_private_key(&ECDH_P256, &number("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo")).unwrap();
        let bob = PublicKey::P256 {
            x: number("weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ"),
            y: number("e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"),
        };
        let info = Info { algorithm: "A128GCM", ours: b"Alice", theirs: b"Bob" };
        let derived = derive(&alice, &ECDH_P256, &theirs(&bob), &info, 16).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(&*derived), "VqqN6vgjbSBcIijNcacQGg");
    }

    #[test]
    fn a_point_that_is_not_on_its_curve_is_refused() {
        let random = Random::seeded(1);
        for public in [PublicKey::P256 { x: [7; 32], y: [7; 32] }, PublicKey::P384 { x: [7; 48], y: [7; 48] }, PublicKey::X25519([0; 32])] {
            assert!(agree(&public, "A128GCM", 16, &random).is_err(), "{public:?}");
        }
        assert!(agree(&PublicKey::Ed25519([7; 32]), "A128GCM", 16, &random).is_err());
    }
}
