//! A JSON Web Token in compact form (RFC 7515 §3.1, RFC 7519 §7.2), taken apart and not believed yet.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::protocol::jose::algorithm::Algorithm;
use crate::protocol::time::Timestamp;

/// The longest one that is read at all, in bytes.
const LONGEST: usize = 16 * 1024;

/// What is signed, by whom it says to be signed, and the signature.
pub struct Jws {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signing_input: String,
    signature: Vec<u8>,
}

/// A claim is no point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoTime;

/// Why a text is not looked at any further.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// Longer than is read.
    #[error("it is longer than {LONGEST} bytes")]
    TooLong,
    /// Not three parts of base64url, of which two are JSON objects.
    #[error("it is no JWT in compact form")]
    Malformed,
    /// The header asks for an extension (RFC 7515 §4.1.11, RFC 7797 §3). We know none.
    #[error("its header asks for an extension")]
    Extension,
    /// The algorithm is `none`, or one that is not believed.
    #[error("its algorithm is none that is believed")]
    Algorithm(Option<String>),
}

impl Jws {
    /// Takes a text apart.
    pub fn parse(text: &str) -> Result<(Self, Algorithm), NotSigned> {
        if text.len() > LONGEST {
            return Err(NotSigned::TooLong);
        }
        let (signing_input, signature) = text.rsplit_once('.').ok_or(NotSigned::Malformed)?;
        let (header, claims) = signing_input.split_once('.').ok_or(NotSigned::Malformed)?;
        let (header, claims) = (object(header)?, object(claims)?);
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| NotSigned::Malformed)?;
        // RFC 7515 §4.1.11: an extension that is not understood makes the JWS invalid.
        if header.contains_key("crit") || header.contains_key("b64") {
            return Err(NotSigned::Extension);
        }
        let name = header.get("alg").and_then(Value::as_str);
        let algorithm = name.and_then(Algorithm::named).ok_or_else(|| NotSigned::Algorithm(name.map(str::to_owned)))?;
        Ok((Self { header, claims, signing_input: signing_input.to_owned(), signature }, algorithm))
    }

    /// The key that it names (RFC 7515 §4.1.4), to be compared and for nothing else.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    /// Its type (RFC 7515 §4.1.9), without the `application/` that may stand before it, in small letters.
    #[must_use]
    pub fn typ(&self) -> Option<String> {
        let typ = self.header.get("typ").and_then(Value::as_str)?.to_ascii_lowercase();
        Some(typ.strip_prefix("application/").map_or_else(|| typ.clone(), str::to_owned))
    }

    /// What it claims.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    /// A claim that is text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claim(name).and_then(Value::as_str)
    }

    /// All that it claims.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// A claim that is a `NumericDate` (RFC 7519 §2), which may have a fraction.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, NoTime> {
        let Some(value) = self.claim(name) else { return Ok(None) };
        let whole = value.as_i64().or_else(|| value.to_string().split_once('.').and_then(|(whole, _)| whole.parse().ok()));
        whole.map(|seconds| Some(Timestamp::from_seconds(seconds))).ok_or(NoTime)
    }

    /// What is signed (RFC 7515 §2, JWS Signing Input).
    #[must_use]
    pub const fn signing_input(&self) -> &[u8] {
        self.signing_input.as_bytes()
    }

    /// The signature.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
}

fn object(part: &str) -> Result<Map<String, Value>, NotSigned> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| NotSigned::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| NotSigned::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn jws(header: &str, claims: &str) -> Result<Algorithm, NotSigned> {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        Jws::parse(&format!("{}.{}.{}", encode(header), encode(claims), encode("x"))).map(|(_, algorithm)| algorithm)
    }

    #[test]
    fn what_is_no_signed_object_is_not_looked_at() {
        assert_eq!(jws(r#"{"alg":"ES256"}"#, "{}"), Ok(Algorithm::Es256));
        assert_eq!(jws("[]", "{}"), Err(NotSigned::Malformed));
        assert_eq!(jws(r#"{"alg":"ES256"}"#, "1"), Err(NotSigned::Malformed));
        assert_eq!(jws(r#"{"alg":"ES256","crit":["b64"],"b64":false}"#, "{}"), Err(NotSigned::Extension));
        for (header, name) in [(r#"{"alg":"none"}"#, Some("none")), (r#"{"alg":"nOnE"}"#, Some("nOnE")), ("{}", None)] {
            assert_eq!(jws(header, "{}"), Err(NotSigned::Algorithm(name.map(str::to_owned))));
        }
        for text in ["", ".", "..", "a.b.c", "e30.e30", "e30.e30.", "e30.e30.e30.e30", "e30=.e30.e30"] {
            assert!(Jws::parse(text).is_err(), "{text}");
        }
        assert_eq!(Jws::parse(&"a".repeat(LONGEST + 1)).err(), Some(NotSigned::TooLong));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[A-Za-z0-9._{}\":-]{0,128}") {
            let _ = Jws::parse(&text);
        }

        #[test]
        fn what_was_put_together_comes_apart(kid in ".{0,16}", subject in ".{0,16}", signature in proptest::collection::vec(any::<u8>(), 0..64)) {
            let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
            let header = serde_json::json!({ "alg": "ES256", "kid": kid }).to_string();
            let claims = serde_json::json!({ "sub": subject }).to_string();
            let signing_input = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
            let (jws, algorithm) = Jws::parse(&format!("{signing_input}.{}", encode(&signature))).unwrap();
            prop_assert_eq!((algorithm, jws.kid(), jws.text("sub")), (Algorithm::Es256, Some(&*kid), Some(&*subject)));
            prop_assert_eq!((jws.signing_input(), jws.signature()), (signing_input.as_bytes(), &*signature));
        }
    }
}
