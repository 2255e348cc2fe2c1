//! The set of a client's public keys (RFC 7517 §5, RFC 7591 §2 `jwks` and `jwks_uri`): what may be registered, which of them may have signed something,
//! and which one something is encrypted for.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value, json};
use url::Url;

use crate::protocol::issuer::is_loopback;
use crate::protocol::jose::algorithm::Algorithm;
use crate::protocol::jose::client_key::{ClientKey, EncryptionKey, PublicKey, UnusableKey, described};
use crate::protocol::jose::encryption::KeyManagement;

/// The most keys of one client: whoever names none has them all tried.
const MOST_KEYS: usize = 20;
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

fn entries(document: &Value) -> Result<&Vec<Value>, InvalidKeys> {
    document.get("keys").and_then(Value::as_array).ok_or(InvalidKeys::NoSet)
}

#[cfg(test)]
mod tests;
