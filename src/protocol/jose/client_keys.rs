//! The public keys of a client (RFC 7517, RFC 7591 §2 `jwks` and `jwks_uri`): what may be registered, which of them may have signed something,
//! and which one something is encrypted for.

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use url::Url;

use crate::protocol::issuer::is_loopback;
use crate::protocol::jose::algorithm::Algorithm;
use crate::protocol::jose::encryption::KeyManagement;

/// The most keys of one client: whoever names none has them all tried.
const MOST_KEYS: usize = 20;
/// The members that hold a secret (RFC 7518 §6, RFC 9964 §3).
const PRIVATE: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];
/// Bytes of a key's name.
const LONGEST_KID: usize = 512;
/// Bits of an RSA key (RFC 7518 §3.3; more than 8192 only cost time).
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Where a client's keys are: never in two places (RFC 7591 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// Registered here.
    Here(ClientKeys),
    /// Behind a URL.
    There(JwksUri),
}

/// The URL of a client's key set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JwksUri(String);

/// The keys of a client, with the document that they were read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientKeys {
    document: Value,
    keys: Vec<ClientKey>,
    encrypting: Vec<EncryptionKey>,
}

/// A key that signatures can be verified with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientKey {
    kid: Option<String>,
    algorithm: Option<Algorithm>,
    public: PublicKey,
}

/// A key that something can be encrypted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptionKey {
    kid: Option<String>,
    algorithm: Option<KeyManagement>,
    /// Whether it says that it is for this.
    is_meant: bool,
    public: PublicKey,
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

/// Why a key set can't be registered, or what was found behind its URL is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeys {
    /// Not an object with a list of keys.
    #[error("must be a JWK set: an object with a list called keys (RFC 7517 section 5)")]
    NoSet,
    /// None, or too many.
    #[error("must have 1 to {MOST_KEYS} keys")]
    Count,
    /// One of them is not as it has to be.
    #[error("keys[{0}]: {1}")]
    Key(usize, UnusableKey),
    /// Two have one name.
    #[error("keys[{0}]: another key has the same kid")]
    Twice(usize),
    /// The URL is none where a key set could be.
    #[error("must be an https URL without user information and fragment")]
    Uri,
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

impl JwksUri {
    /// Reads the URL. Without https it can only be on this machine, where the operator has to have allowed it.
    pub fn parse(text: &str) -> Result<Self, InvalidKeys> {
        let url = Url::parse(text).map_err(|_| InvalidKeys::Uri)?;
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic())
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
            && url.host_str().is_some();
        let is_private = url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url);
        if is_plain && is_private && text.len() <= 2000 { Ok(Self(text.to_owned())) } else { Err(InvalidKeys::Uri) }
    }

    /// The URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JwksUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl KeySource {
    /// A key set as it is registered, which has to be right in all its parts that are for use here.
    pub fn here(document: &Value) -> Result<Self, InvalidKeys> {
        ClientKeys::registered(document).map(Self::Here)
    }

    /// Where a key set is.
    pub fn there(uri: &str) -> Result<Self, InvalidKeys> {
        JwksUri::parse(uri).map(Self::There)
    }

    /// The key set, if it is registered here.
    #[must_use]
    pub const fn jwks(&self) -> Option<&Value> {
        match self {
            Self::Here(keys) => Some(&keys.document),
            Self::There(_) => None,
        }
    }

    /// Where it is otherwise.
    #[must_use]
    pub fn jwks_uri(&self) -> Option<&str> {
        match self {
            Self::Here(_) => None,
            Self::There(uri) => Some(uri.as_str()),
        }
    }
}

impl ClientKeys {
    /// A key set as it is registered, which has to be right in all its parts that are for use here.
    pub fn registered(document: &Value) -> Result<Self, InvalidKeys> {
        let entries = entries(document)?;
        if !(1..=MOST_KEYS).contains(&entries.len()) {
            return Err(InvalidKeys::Count);
        }
        let (mut keys, mut encrypting, mut kids, mut unknown) = (Vec::new(), Vec::new(), BTreeSet::new(), None);
        for (index, entry) in entries.iter().enumerate() {
            match (ClientKey::read(entry), EncryptionKey::read(entry)) {
                (_, Err(UnusableKey::Private)) => return Err(InvalidKeys::Key(index, UnusableKey::Private)),
                // One that is for something that nobody asks for here may stand there.
                (Err(UnusableKey::Use), for_encryption) => encrypting.extend(for_encryption.ok()),
                // RFC 7517 §5: so may one that nobody understands here.
                (Err(UnusableKey::Unknown), Err(_)) => unknown = unknown.or(Some(index)),
                (Err(unusable), Err(_)) => return Err(InvalidKeys::Key(index, unusable)),
                (for_signatures, for_encryption) => {
                    keys.extend(for_signatures.ok());
                    encrypting.extend(for_encryption.ok());
                }
            }
            // RFC 7517 §4.5: keys of one set have names of their own.
            if entry.get("kid").and_then(Value::as_str).is_some_and(|kid| !kids.insert(kid.to_owned())) {
                return Err(InvalidKeys::Twice(index));
            }
        }
        if let (Some(index), true, true) = (unknown, keys.is_empty(), encrypting.is_empty()) {
            return Err(InvalidKeys::Key(index, UnusableKey::Unknown));
        }
        let plain: Vec<Map<String, Value>> = entries.iter().filter_map(Value::as_object).map(described).collect();
        Ok(Self { document: json!({ "keys": plain }), keys, encrypting })
    }

    /// What was found behind a URL. RFC 7517 §5: keys that can't be used are ignored.
    pub fn found(bytes: &[u8]) -> Result<Self, InvalidKeys> {
        let document: Value = serde_json::from_slice(bytes).map_err(|_| InvalidKeys::NoSet)?;
        let entries = entries(&document)?;
        let keys = entries.iter().filter_map(|entry| ClientKey::read(entry).ok()).take(MOST_KEYS).collect();
        let encrypting = entries.iter().filter_map(|entry| EncryptionKey::read(entry).ok()).take(MOST_KEYS).collect();
        Ok(Self { document: Value::Null, keys, encrypting })
    }

    /// Those that may have signed something that names its key and its algorithm so.
    pub fn candidates(&self, kid: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &PublicKey> {
        let is_named = move |key: &&ClientKey| kid.is_none() || key.kid.is_none() || key.kid.as_deref() == kid;
        // RFC 8725 §3.1: the key says which algorithms are its own, never what is signed.
        let fits =
            move |key: &&ClientKey| key.public.signs_with(algorithm) && key.algorithm.is_none_or(|registered| registered == algorithm);
        self.keys.iter().filter(is_named).filter(fits).map(|key| &key.public)
    }

    /// The key that something is encrypted for by an algorithm: the first that says that it is for encryption, or else the first that may be.
    #[must_use]
    pub fn encryption_key(&self, algorithm: KeyManagement) -> Option<&EncryptionKey> {
        let fits =
            |key: &&EncryptionKey| key.public.encrypts_by(algorithm) && key.algorithm.is_none_or(|registered| registered == algorithm);
        let mut fitting = self.encrypting.iter().filter(fits);
        let first = fitting.clone().next();
        fitting.find(|key| key.is_meant).or(first)
    }

    /// The names of the keys that verify, for whoever wonders which there are.
    #[must_use]
    pub fn kids(&self) -> Vec<&str> {
        self.keys.iter().map(|key| key.kid.as_deref().unwrap_or("a key without kid")).collect()
    }
}

impl ClientKey {
    fn read(entry: &Value) -> Result<Self, UnusableKey> {
        let members = entry.as_object().ok_or(UnusableKey::Malformed)?;
        if PRIVATE.iter().any(|name| members.contains_key(*name)) {
            return Err(UnusableKey::Private);
        }
        // Read as it will be kept: what is registered must be read alike ever after.
        let members = &described(members);
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        if text("kid").is_some_and(|kid| kid.len() > LONGEST_KID) {
            return Err(UnusableKey::Malformed);
        }
        if text("kty") == Some("oct") {
            return Err(UnusableKey::Private);
        }
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
    fn read(entry: &Value) -> Result<Self, UnusableKey> {
        // What RFC 7517 §4.3 has for it; a public key that takes part in an agreement may have no operation at all.
        const OPERATIONS: [&str; 4] = ["encrypt", "wrapKey", "deriveKey", "deriveBits"];
        let members = entry.as_object().ok_or(UnusableKey::Malformed)?;
        if PRIVATE.iter().any(|name| members.contains_key(*name)) || members.get("kty").is_some_and(|kind| kind == "oct") {
            return Err(UnusableKey::Private);
        }
        let members = &described(members);
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        if text("kid").is_some_and(|kid| kid.len() > LONGEST_KID) {
            return Err(UnusableKey::Malformed);
        }
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
}

impl PublicKey {
    /// Whether something can be encrypted for it by an algorithm.
    #[must_use]
    pub const fn encrypts_by(&self, algorithm: KeyManagement) -> bool {
        match algorithm {
            KeyManagement::RsaOaep256 => matches!(self, Self::Rsa { .. }),
            KeyManagement::EcdhEs | KeyManagement::EcdhEsA256Kw => matches!(self, Self::P256 { .. } | Self::P384 { .. } | Self::X25519(_)),
        }
    }
}

fn entries(document: &Value) -> Result<&Vec<Value>, InvalidKeys> {
    document.get("keys").and_then(Value::as_array).ok_or(InvalidKeys::NoSet)
}

/// A key without members of a form that no specification has for one, and that TOML may not know.
fn described(members: &Map<String, Value>) -> Map<String, Value> {
    let is_text = |value: &Value| value.is_string() || value.as_array().is_some_and(|all| all.iter().all(Value::is_string));
    members.iter().filter(|(_, value)| is_text(value)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn without_zeros(mut number: Vec<u8>) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.drain(..zeros);
    number
}

#[cfg(test)]
mod tests;
