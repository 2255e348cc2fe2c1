//! Public keys as the world sees them: JSON Web Keys (RFC 7517, RFC 7518 §6.3), named by their thumbprints (RFC 7638).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Bytes in a SHA-256 thumbprint.
const THUMBPRINT_BYTES: usize = 32;

/// The name of a key: its RFC 7638 thumbprint by SHA-256, base64url without padding. The same key has the same name everywhere,
/// and the name is safe as the name of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Kid(String);

/// A text that is no key identifier of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key identifier of ours has 43 characters of base64url")]
pub struct InvalidKid;

impl Kid {
    /// Reads a key identifier.
    pub fn parse(text: &str) -> Result<Self, InvalidKid> {
        match URL_SAFE_NO_PAD.decode(text) {
            Ok(thumbprint) if thumbprint.len() == THUMBPRINT_BYTES => Ok(Self(text.to_owned())),
            _ => Err(InvalidKid),
        }
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of_rsa(n: &str, e: &str) -> Self {
        // RFC 7638 §3.2, §3.3: the required members only, in the order of their names, without white space.
        let members = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
        Self(URL_SAFE_NO_PAD.encode(Sha256::digest(members)))
    }
}

impl TryFrom<String> for Kid {
    type Error = InvalidKid;

    fn try_from(text: String) -> Result<Self, InvalidKid> {
        Self::parse(&text)
    }
}

impl From<Kid> for String {
    fn from(kid: Kid) -> Self {
        kid.0
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The public half of a signing key. It has no member that could hold a private part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Jwk {
    /// The key's identifier (RFC 7517 §4.5).
    pub kid: Kid,
    /// The family of the key (RFC 7517 §4.1): `RSA`.
    pub kty: &'static str,
    /// What it is for (RFC 7517 §4.2): `sig`.
    #[serde(rename = "use")]
    pub public_key_use: &'static str,
    /// The one algorithm it signs with (RFC 7517 §4.4): `RS256`.
    pub alg: &'static str,
    /// The modulus, big-endian, base64url (RFC 7518 §6.3.1.1).
    pub n: String,
    /// The exponent, big-endian, base64url (RFC 7518 §6.3.1.2).
    pub e: String,
}

impl Jwk {
    /// The JWK of an RSA key; `modulus` and `exponent` are big-endian without leading zeros.
    pub(super) fn rsa(alg: &'static str, modulus: &[u8], exponent: &[u8]) -> Self {
        let (n, e) = (URL_SAFE_NO_PAD.encode(modulus), URL_SAFE_NO_PAD.encode(exponent));
        Self { kid: Kid::of_rsa(&n, &e), kty: "RSA", public_key_use: "sig", alg, n, e }
    }
}

/// A JWK set (RFC 7517 §5): what `jwks_uri` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JwkSet {
    /// The keys: the active one first, then the next, then the retired, newest first.
    pub keys: Vec<Jwk>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638() {
        // RFC 7638 §3.1.
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn\
                 jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qM\
                 QvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJz\
                 KnqDKgw";
        let jwk = Jwk::rsa("RS256", &URL_SAFE_NO_PAD.decode(n).unwrap(), &URL_SAFE_NO_PAD.decode("AQAB").unwrap());
        assert_eq!(jwk.kid.as_str(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!(
            serde_json::to_string(&jwk).unwrap(),
            format!(
                r#"{{"kid":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs","kty":"RSA","use":"sig","alg":"RS256","n":"{n}","e":"AQAB"}}"#
            )
        );
    }

    #[test]
    fn a_key_identifier_cannot_leave_the_key_folder() {
        assert!(Kid::parse("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs").is_ok());
        for bad in ["", ".", "../../../../../../../../../../../../etc/passwd", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9X/"] {
            assert_eq!(Kid::parse(bad), Err(InvalidKid), "{bad}");
        }
    }
}
