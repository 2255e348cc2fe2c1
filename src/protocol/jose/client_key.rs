//! A public key of a client (RFC 7517): whether it can be used here, and what for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::protocol::jose::algorithm::Algorithm;
use crate::protocol::jose::encryption::KeyManagement;

/// The members that hold a secret (RFC 7518 §6, RFC 9964 §3).
pub(super) const PRIVATE: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];
/// Bytes of a key's name.
const LONGEST_KID: usize = 512;
/// Bits of an RSA key (RFC 7518 §3.3; more than 8192 only cost time).
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// A key that signatures can be verified with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientKey {
    pub(super) kid: Option<String>,
    pub(super) algorithm: Option<Algorithm>,
    pub(super) public: PublicKey,
}

/// A key that something can be encrypted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptionKey {
    pub(super) kid: Option<String>,
    pub(super) algorithm: Option<KeyManagement>,
    /// Whether it says that it is for this.
    pub(super) is_meant: bool,
    pub(super) public: PublicKey,
}

/// What a signature is verified with, or something is encrypted for: big-endian numbers without leading zeros, or coordinates of their full length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// RFC 7518 §6.3.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
    /// RFC 7518 §6.2, the curve P-256.
    P256 {
        /// The x coordinate.
        x: [u8; 32],
        /// The y coordinate.
        y: [u8; 32],
    },
    /// RFC 7518 §6.2, the curve P-384, for encryption alone.
    P384 {
        /// The x coordinate.
        x: [u8; 48],
        /// The y coordinate.
        y: [u8; 48],
    },
    /// RFC 8037 §2, for signatures.
    Ed25519([u8; 32]),
    /// RFC 8037 §2, for encryption.
    X25519([u8; 32]),
}

/// Why a key is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableKey {
    /// It has a member that is nobody's business.
    #[error("has a private member or is symmetric; register public keys alone, and consider this one lost")]
    Private,
    /// It is too weak, or so long that verifying takes too much time.
    #[error("an RSA key must have 2048 to 8192 bits")]
    RsaSize,
    /// It is no key, or not whole.
    #[error("is not a whole key with its members in base64url (RFC 7518 section 6)")]
    Malformed,
    /// It is of a kind, or for an algorithm, that nobody uses here.
    #[error(
        "is unknown here, and there is no other one: register an RSA key, an EC key of the curve P-256, or an OKP key of the curve Ed25519 (for \
         encryption also P-384 and X25519)"
    )]
    Unknown,
    /// It names an algorithm that it can't be used with.
    #[error("has an alg that does not fit the key")]
    Algorithm,
    /// It is for something else.
    #[error("is for something else")]
    Use,
}

impl ClientKey {
    pub(super) fn read(entry: &Value) -> Result<Self, UnusableKey> {
        let members = &kept(entry)?;
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let verifies = |operation: &Value| operation == "verify";
        let operations = members.get("key_ops").and_then(Value::as_array);
        if text("use").is_some_and(|purpose| purpose != "sig") || operations.is_some_and(|all| !all.iter().any(verifies)) {
            return Err(UnusableKey::Use);
        }
        let public = PublicKey::read(members)?;
        if !Algorithm::ALL.iter().any(|algorithm| public.signs_with(*algorithm)) {
            return Err(UnusableKey::Unknown);
        }
        let algorithm = match members.get("alg") {
            None => None,
            Some(name) => {
                let known = name.as_str().and_then(Algorithm::named).ok_or(UnusableKey::Unknown)?;
                Some(if public.signs_with(known) { known } else { return Err(UnusableKey::Algorithm) })
            }
        };
        Ok(Self { kid: text("kid").map(str::to_owned), algorithm, public })
    }
}

impl EncryptionKey {
    pub(super) fn read(entry: &Value) -> Result<Self, UnusableKey> {
        // What RFC 7517 §4.3 has for it; a public key that takes part in an agreement may have no operation at all.
        const OPERATIONS: [&str; 4] = ["encrypt", "wrapKey", "deriveKey", "deriveBits"];
        let members = &kept(entry)?;
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let encrypts = |operation: &Value| operation.as_str().is_some_and(|operation| OPERATIONS.contains(&operation));
        let operations = members.get("key_ops").and_then(Value::as_array);
        let is_other = members.get("use").is_some_and(|purpose| purpose != "enc");
        if is_other || operations.is_some_and(|all| !all.is_empty() && !all.iter().any(encrypts)) {
            return Err(UnusableKey::Use);
        }
        let public = PublicKey::read(members)?;
        let fits = |known: &KeyManagement| public.encrypts_by(*known);
        if !KeyManagement::ALL.iter().any(fits) {
            return Err(UnusableKey::Unknown);
        }
        let algorithm = match members.get("alg") {
            None => None,
            Some(name) => Some(name.as_str().and_then(KeyManagement::parse).filter(fits).ok_or(UnusableKey::Algorithm)?),
        };
        Ok(Self { kid: text("kid").map(str::to_owned), algorithm, is_meant: text("use").is_some(), public })
    }

    /// Its name, if it has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// What it is.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }
}

impl PublicKey {
    fn read(members: &Map<String, Value>) -> Result<Self, UnusableKey> {
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let bytes = |name: &str| text(name).and_then(|encoded| URL_SAFE_NO_PAD.decode(encoded).ok()).ok_or(UnusableKey::Malformed);
        let coordinate = |name: &str| <[u8; 32]>::try_from(bytes(name)?).map_err(|_| UnusableKey::Malformed);
        let long = |name: &str| <[u8; 48]>::try_from(bytes(name)?).map_err(|_| UnusableKey::Malformed);
        match (text("kty"), text("crv")) {
            (Some("RSA"), _) => {
                let (n, e) = (without_zeros(bytes("n")?), without_zeros(bytes("e")?));
                let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
                if !RSA_BITS.contains(&bits) {
                    return Err(UnusableKey::RsaSize);
                }
                if e.is_empty() || e.len() > 8 { Err(UnusableKey::Malformed) } else { Ok(Self::Rsa { n, e }) }
            }
            (Some("EC"), Some("P-256")) => Ok(Self::P256 { x: coordinate("x")?, y: coordinate("y")? }),
            (Some("EC"), Some("P-384")) => Ok(Self::P384 { x: long("x")?, y: long("y")? }),
            (Some("OKP"), Some("Ed25519")) => Ok(Self::Ed25519(coordinate("x")?)),
            (Some("OKP"), Some("X25519")) => Ok(Self::X25519(coordinate("x")?)),
            _ => Err(UnusableKey::Unknown),
        }
    }

    /// Whether an algorithm is one of its kind.
    #[must_use]
    pub const fn signs_with(&self, algorithm: Algorithm) -> bool {
        matches!(
            (self, algorithm),
            (Self::Rsa { .. }, Algorithm::Rs256 | Algorithm::Ps256)
                | (Self::P256 { .. }, Algorithm::Es256)
                | (Self::Ed25519(_), Algorithm::EdDsa)
        )
    }

    /// Whether something can be encrypted for it by an algorithm.
    #[must_use]
    pub const fn encrypts_by(&self, algorithm: KeyManagement) -> bool {
        match algorithm {
            KeyManagement::RsaOaep256 => matches!(self, Self::Rsa { .. }),
            KeyManagement::EcdhEs | KeyManagement::EcdhEsA256Kw => matches!(self, Self::P256 { .. } | Self::P384 { .. } | Self::X25519(_)),
        }
    }
}

/// The members of a public key, as they will be kept: what is registered must be read alike ever after.
fn kept(entry: &Value) -> Result<Map<String, Value>, UnusableKey> {
    let members = entry.as_object().ok_or(UnusableKey::Malformed)?;
    if PRIVATE.iter().any(|name| members.contains_key(*name)) || members.get("kty").is_some_and(|kind| kind == "oct") {
        return Err(UnusableKey::Private);
    }
    let members = described(members);
    let is_long = members.get("kid").and_then(Value::as_str).is_some_and(|kid| kid.len() > LONGEST_KID);
    if is_long { Err(UnusableKey::Malformed) } else { Ok(members) }
}

/// A key without members of a form that no specification has for one, and that TOML may not know.
pub(super) fn described(members: &Map<String, Value>) -> Map<String, Value> {
    let is_text = |value: &Value| value.is_string() || value.as_array().is_some_and(|all| all.iter().all(Value::is_string));
    members.iter().filter(|(_, value)| is_text(value)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn without_zeros(mut number: Vec<u8>) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.drain(..zeros);
    number
}
