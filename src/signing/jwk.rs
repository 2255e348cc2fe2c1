//! Public keys as the world sees them: JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037), named by their thumbprints (RFC 7638).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::protocol::jose::SigningAlgorithm;

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

    fn of(public: &PublicNumbers) -> Self {
        // RFC 7638 §3.2, §3.3, RFC 8037 Appendix A.3: the required members only, in the order of their names, without white space.
        let members = match public {
            PublicNumbers::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
            PublicNumbers::Ec { crv, x, y } => format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#),
            PublicNumbers::Okp { crv, x } => format!(r#"{{"crv":"{crv}","kty":"OKP","x":"{x}"}}"#),
        };
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
    /// What it is for (RFC 7517 §4.2): `sig`.
    #[serde(rename = "use")]
    pub public_key_use: &'static str,
    /// The one algorithm that it signs with (RFC 7517 §4.4).
    pub alg: SigningAlgorithm,
    /// The family of the key, and its numbers.
    #[serde(flatten)]
    pub public: PublicNumbers,
}

/// What a signature is verified with, base64url. The tag is the family of the key (RFC 7517 §4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kty")]
pub enum PublicNumbers {
    /// RFC 7518 §6.3.1.
    #[serde(rename = "RSA")]
    Rsa {
        /// The modulus, big-endian.
        n: String,
        /// The exponent, big-endian.
        e: String,
    },
    /// RFC 7518 §6.2.1.
    #[serde(rename = "EC")]
    Ec {
        /// The curve: `P-256` or `P-384`.
        crv: &'static str,
        /// The x coordinate, of its full length.
        x: String,
        /// The y coordinate, of its full length.
        y: String,
    },
    /// RFC 8037 §2.
    #[serde(rename = "OKP")]
    Okp {
        /// The curve: `Ed25519`.
        crv: &'static str,
        /// The public key.
        x: String,
    },
}

impl PublicNumbers {
    /// Those of an RSA key; `modulus` and `exponent` are big-endian without leading zeros.
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        Self::Rsa { n: URL_SAFE_NO_PAD.encode(modulus), e: URL_SAFE_NO_PAD.encode(exponent) }
    }

    /// Those of a point of a curve, uncompressed (SEC 1 §2.3.3): a byte, then both coordinates.
    pub(super) fn ec(crv: &'static str, point: &[u8]) -> Self {
        let coordinates = point.split_first().map(|(_, coordinates)| coordinates).unwrap_or_default();
        let (x, y) = coordinates.split_at(coordinates.len() / 2);
        Self::Ec { crv, x: URL_SAFE_NO_PAD.encode(x), y: URL_SAFE_NO_PAD.encode(y) }
    }

    /// Those of an Ed25519 key.
    pub(super) fn ed25519(public: &[u8]) -> Self {
        Self::Okp { crv: "Ed25519", x: URL_SAFE_NO_PAD.encode(public) }
    }
}

impl Jwk {
    pub(super) fn new(alg: SigningAlgorithm, public: PublicNumbers) -> Self {
        Self { kid: Kid::of(&public), public_key_use: "sig", alg, public }
    }
}

/// A JWK set (RFC 7517 §5): what `jwks_uri` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JwkSet {
    /// The keys, algorithm by algorithm, RS256 first: the active one, then the next, then the retired, newest first.
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
        let public = PublicNumbers::rsa(&URL_SAFE_NO_PAD.decode(n).unwrap(), &URL_SAFE_NO_PAD.decode("AQAB").unwrap());
        let jwk = Jwk::new(SigningAlgorithm::Rs256, public);
        assert_eq!(jwk.kid.as_str(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!(
            serde_json::to_string(&jwk).unwrap(),
            format!(
                r#"{{"kid":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs","use":"sig","alg":"RS256","kty":"RSA","n":"{n}","e":"AQAB"}}"#
            )
        );
    }

    #[test]
    fn the_thumbprint_of_an_ed25519_key_is_that_of_rfc_8037() {
        // RFC 8037 Appendix A.2, A.3.
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let jwk = Jwk::new(SigningAlgorithm::EdDsa, PublicNumbers::ed25519(&URL_SAFE_NO_PAD.decode(x).unwrap()));
        assert_eq!(jwk.kid.as_str(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(
            serde_json::to_string(&jwk).unwrap(),
            format!(r#"{{"kid":"{}","use":"sig","alg":"EdDSA","kty":"OKP","crv":"Ed25519","x":"{x}"}}"#, jwk.kid)
        );
    }

    #[test]
    fn the_key_of_a_curve_is_named_after_its_coordinates() {
        // RFC 7517 Appendix A.1, the EC key; RFC 7638 §3 by hand.
        let (x, y) = ("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM");
        let point = [vec![4], URL_SAFE_NO_PAD.decode(x).unwrap(), URL_SAFE_NO_PAD.decode(y).unwrap()].concat();
        let jwk = Jwk::new(SigningAlgorithm::Es256, PublicNumbers::ec("P-256", &point));
        assert_eq!(jwk.kid.as_str(), "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
        assert_eq!(jwk.public, PublicNumbers::Ec { crv: "P-256", x: x.to_owned(), y: y.to_owned() });
    }

    #[test]
    fn a_key_identifier_cannot_leave_the_key_folder() {
        assert!(Kid::parse("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs").is_ok());
        for bad in ["", ".", "../../../../../../../../../../../../etc/passwd", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9X/"] {
            assert_eq!(Kid::parse(bad), Err(InvalidKid), "{bad}");
        }
    }
}
