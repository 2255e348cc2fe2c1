//! Signing JSON Web Tokens (RFC 7519) and reading back our own, by RFC 8725's rules: one algorithm for each key, an explicit type,
//! nothing in the header that we do not understand.
//!
//! Only the signature and the header are judged here. What the claims say (issuer, audience, times) is judged by `protocol`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Header, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::protocol::explanation::Fact;
use crate::protocol::jose::SigningAlgorithm;
use crate::protocol::time::Timestamp;
use crate::signing::keyring::Key;
use crate::signing::provider::named;
use crate::signing::shared::SharedKeyring;

/// The longest token that is read at all, in bytes.
pub const MAX_JWT_BYTES: usize = 16 * 1024;

/// Signs tokens by the active keys, and verifies tokens of ours.
#[derive(Clone)]
pub struct Signer(SharedKeyring);

/// No token could be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningFailure {
    /// The key or the claims are at fault.
    #[error("cannot sign a token: {0}")]
    Failed(#[from] jsonwebtoken::errors::Error),
    /// There is no key for this algorithm yet.
    #[error("there is no key for {0}")]
    NoKey(SigningAlgorithm),
}

/// Why a token is not believed to be ours. For the log; a caller is told no more than that it is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// Longer than [`MAX_JWT_BYTES`].
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of base64url, or the first is no JSON object.
    #[error("the token is no JWT in compact form")]
    Malformed,
    /// The header asks for an extension (RFC 7515 §4.1.11, RFC 7797 §3). We know none.
    #[error("the token's header asks for an extension")]
    Extension,
    /// No `kid`, or none of a key that is published now.
    #[error("the token's key is unknown or has ended")]
    UnknownKey,
    /// Not the one algorithm of the key that it names.
    #[error("the token's algorithm is not that of its key")]
    WrongAlgorithm,
    /// A token of another type, such as an ID token where an access token is due.
    #[error("the token is of another type")]
    WrongType,
    /// The signature is not ours, or the token was changed after it was signed.
    #[error("the token's signature is wrong")]
    WrongSignature,
    /// Our signature stands under claims that are not of the form asked for.
    #[error("the token's claims are of another form")]
    WrongClaims,
}

impl Signer {
    /// A signer that uses the ring's active keys, whichever they are at the time.
    #[must_use]
    pub const fn new(keyring: SharedKeyring) -> Self {
        Self(keyring)
    }

    /// Signs `claims` with RS256. The header carries `typ`, `alg` and `kid`.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, SigningFailure> {
        sign_by(self.0.current().active(), Some(typ), claims)
    }

    /// Signs `claims` with an algorithm. The header carries `alg`, `kid`, and `typ` if there is one.
    pub fn sign_with(&self, algorithm: SigningAlgorithm, typ: Option<&str>, claims: &impl Serialize) -> Result<String, SigningFailure> {
        let keyring = self.0.current();
        sign_by(keyring.active_for(algorithm).ok_or(SigningFailure::NoKey(algorithm))?, typ, claims)
    }

    /// The claims of a token that we have signed as a `typ`, by a key that is published at `now`. They may be out of date: no claim is judged.
    pub fn verify<Claims: DeserializeOwned>(&self, typ: &str, jwt: &str, now: Timestamp) -> Result<Claims, Untrusted> {
        let header = read_header(jwt)?;
        // RFC 7515 §4.1.11: an extension that is not understood makes the JWS invalid. RFC 7797 §3: `b64` is one.
        if header.contains_key("crit") || header.contains_key("b64") {
            return Err(Untrusted::Extension);
        }
        let text = |name: &str| header.get(name).and_then(Value::as_str);
        let keyring = self.0.current();
        let key = text("kid").and_then(|kid| keyring.find(kid, now)).ok_or(Untrusted::UnknownKey)?;
        // RFC 8725 §3.1: the key says the algorithm, never the token.
        if text("alg") != Some(key.algorithm().as_str()) {
            return Err(Untrusted::WrongAlgorithm);
        }
        if !text("typ").is_some_and(|found| is_type(found, typ)) {
            return Err(Untrusted::WrongType);
        }
        verify_signature(jwt, key)
    }

    /// What was expected of a token that was not believed to be a `typ` of ours, and what came: its header, and the keys that are published.
    #[must_use]
    pub fn explain(&self, typ: &str, jwt: &str, now: Timestamp) -> Vec<Fact> {
        let Ok(header) = read_header(jwt) else {
            return vec![
                Fact::of("token").expected("a JSON Web Token of this server").came(format!("{} bytes of something else", jwt.len())),
            ];
        };
        let text = |name: &str| header.get(name).and_then(Value::as_str);
        let keyring = self.0.current();
        let published: Vec<String> = keyring.published(now).keys.iter().map(|key| key.kid.to_string()).collect();
        let kid = Fact::of("kid").expected(published.join(", ")).came_if_any(text("kid"));
        let is_known = text("kid").is_some_and(|kid| published.iter().any(|known| known == kid));
        let kid = if is_known { kid } else { kid.note("the key is none of this server, was disabled, or is retired for too long") };
        let key = text("kid").and_then(|kid| keyring.find(kid, now)).unwrap_or_else(|| keyring.active());
        let alg = Fact::of("alg").expected(key.algorithm().as_str()).came_if_any(text("alg"));
        vec![Fact::of("typ").expected(typ).came_if_any(text("typ")), kid, alg]
    }
}

fn sign_by(key: &Key, typ: Option<&str>, claims: &impl Serialize) -> Result<String, SigningFailure> {
    let key = key.prepared();
    let mut header = Header::new(named(key.algorithm()));
    header.typ = typ.map(str::to_owned);
    header.kid = Some(key.kid().as_str().to_owned());
    Ok(jsonwebtoken::encode(&header, claims, key.encoding())?)
}

fn read_header(jwt: &str) -> Result<Map<String, Value>, Untrusted> {
    if jwt.len() > MAX_JWT_BYTES {
        return Err(Untrusted::TooLong);
    }
    let mut parts = jwt.split('.');
    let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(Untrusted::Malformed);
    };
    let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| Untrusted::Malformed)?;
    serde_json::from_slice(&header).map_err(|_| Untrusted::Malformed)
}

/// Whether a header's `typ` is the media type `expected`. RFC 7515 §4.1.9: compared without regard to case, and a `typ` without a slash
/// stands for the same with `application/` before it.
fn is_type(found: &str, expected: &str) -> bool {
    const PREFIX: &str = "application/";
    let bare =
        found.split_at_checked(PREFIX.len()).filter(|(prefix, _)| prefix.eq_ignore_ascii_case(PREFIX)).map_or(found, |(_, bare)| bare);
    bare.eq_ignore_ascii_case(expected)
}

fn verify_signature<Claims: DeserializeOwned>(jwt: &str, key: &Key) -> Result<Claims, Untrusted> {
    let mut validation = Validation::new(named(key.algorithm()));
    // jsonwebtoken would compare `exp` with a clock of its own, and `aud` with nothing.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let verified = jsonwebtoken::decode(jwt, key.prepared().decoding(), &validation);
    verified.map(|token| token.claims).map_err(|error| match error.kind() {
        ErrorKind::InvalidSignature => Untrusted::WrongSignature,
        ErrorKind::Json(_) if jsonwebtoken::decode_header(jwt).is_ok() => Untrusted::WrongClaims,
        _ => Untrusted::Malformed,
    })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
    use serde_json::json;

    use super::*;
    use crate::signing::fixture::{Folder, at};
    use crate::signing::{KeyState, PublicNumbers};

    const AT_JWT: &str = "at+jwt";

    fn base64url(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// A token with its header replaced by what `change` makes of it.
    fn with_header(jwt: &str, change: impl FnOnce(&mut Map<String, Value>)) -> String {
        let (header, rest) = jwt.split_once('.').unwrap();
        let mut header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        change(&mut header);
        format!("{}.{rest}", base64url(serde_json::to_vec(&header).unwrap()))
    }

    fn kid_of(header: &str) -> String {
        let header: Map<String, Value> = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        header.get("kid").and_then(Value::as_str).unwrap().to_owned()
    }

    fn verified(signer: &Signer, jwt: &str) -> Result<Value, Untrusted> {
        signer.verify(AT_JWT, jwt, at(0))
    }

    #[test]
    fn others_verify_our_token_by_the_published_key() {
        let folder = Folder::new(1);
        let ring = folder.shared();
        let signer = Signer::new(ring.clone());
        let claims = json!({"sub": "alice", "exp": 1, "aud": ["https://api.example"]});
        let jwt = signer.sign(AT_JWT, &claims).unwrap();

        let [header, payload, signature]: [&str; 3] = jwt.split('.').collect::<Vec<_>>().try_into().unwrap();
        let published = ring.current().published(at(0)).keys;
        let key = published.first().unwrap();
        let decode = |part| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        assert_eq!(decode(header), json!({"typ": "at+jwt", "alg": "RS256", "kid": key.kid}));
        assert_eq!(decode(payload), claims);
        let PublicNumbers::Rsa { n, e } = &key.public else { panic!("an RSA key") };
        let public = RsaPublicKeyComponents { n: URL_SAFE_NO_PAD.decode(n).unwrap(), e: URL_SAFE_NO_PAD.decode(e).unwrap() };
        let signed = format!("{header}.{payload}");
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        assert!(public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).is_ok());

        assert_eq!(verified(&signer, &jwt), Ok(claims), "an `exp` in the past and an `aud` are not judged here");
    }

    #[test]
    fn a_retired_key_is_believed_until_its_last_token_has_ended() {
        let folder = Folder::new(2);
        let ring = folder.shared();
        let signer = Signer::new(ring.clone());
        let old = signer.sign(AT_JWT, &json!({"by": "the first key"})).unwrap();
        let first = ring.current().active().kid().clone();
        folder.rotate(at(1000));
        ring.reload_if_changed().unwrap();
        let KeyState::Retired { until, .. } = ring.current().keys().find(|key| *key.kid() == first).unwrap().state() else {
            panic!("the first key is retired")
        };
        assert!(until >= at(1000) + crate::protocol::client::LONGEST_TOKEN_LIFETIME);

        let just_before = until - std::time::Duration::from_secs(1);
        let is_published = |now| ring.current().published(now).keys.iter().any(|key| key.kid == first);
        assert!(signer.verify::<Value>(AT_JWT, &old, just_before).is_ok());
        assert!(is_published(just_before));
        assert_eq!(signer.verify::<Value>(AT_JWT, &old, until), Err(Untrusted::UnknownKey));
        assert!(!is_published(until));
        let new = signer.sign(AT_JWT, &json!({"by": "the second key"})).unwrap();
        assert!(signer.verify::<Value>(AT_JWT, &new, until).is_ok());
    }

    #[test]
    fn a_token_of_a_process_that_has_rotated_already_is_believed() {
        let folder = Folder::new(3);
        let (slow, fast) = (folder.shared(), folder.shared());
        folder.rotate(at(0));
        fast.reload_if_changed().unwrap();
        let jwt = Signer::new(fast).sign(AT_JWT, &json!({"sub": "alice"})).unwrap();
        assert_eq!(verified(&Signer::new(slow), &jwt), Ok(json!({"sub": "alice"})));
    }

    #[test]
    fn a_changed_token_is_refused() {
        let signer = Signer::new(Folder::new(4).shared());
        let jwt = signer.sign(AT_JWT, &json!({"sub": "alice", "roles": []})).unwrap();
        let [header, payload, signature]: [&str; 3] = jwt.split('.').collect::<Vec<_>>().try_into().unwrap();
        let better = base64url(r#"{"sub":"alice","roles":["admin"]}"#);
        assert_eq!(verified(&signer, &format!("{header}.{better}.{signature}")), Err(Untrusted::WrongSignature));
        let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(verified(&signer, &format!("{header}.{payload}.{}", base64url(&bytes))), Err(Untrusted::WrongSignature));
        assert_eq!(verified(&signer, &format!("{header}.{payload}.")), Err(Untrusted::WrongSignature));
        let harmless = with_header(&jwt, |header| drop(header.insert("cty".to_owned(), json!("x"))));
        assert_eq!(verified(&signer, &harmless), Err(Untrusted::WrongSignature));
        let strangers = Signer::new(Folder::new(5).shared()).sign(AT_JWT, &json!({"sub": "alice"})).unwrap();
        assert_eq!(verified(&signer, &strangers), Err(Untrusted::UnknownKey));
        let ours = kid_of(header);
        let renamed = with_header(&strangers, |header| drop(header.insert("kid".to_owned(), json!(ours))));
        assert_eq!(verified(&signer, &renamed), Err(Untrusted::WrongSignature));
    }

    #[test]
    fn the_key_says_the_algorithm_and_never_the_token() {
        let ring = Folder::new(6).shared();
        let signer = Signer::new(ring.clone());
        let jwt = signer.sign(AT_JWT, &json!({"sub": "alice"})).unwrap();
        for algorithm in ["none", "None", "HS256", "RS512", "PS256", "rs256", ""] {
            let changed = with_header(&jwt, |header| drop(header.insert("alg".to_owned(), json!(algorithm))));
            assert_eq!(verified(&signer, &changed), Err(Untrusted::WrongAlgorithm), "{algorithm}");
            let (unsigned, _) = changed.rsplit_once('.').unwrap();
            assert_eq!(verified(&signer, &format!("{unsigned}.")), Err(Untrusted::WrongAlgorithm), "{algorithm}");
        }
        // HS256 with the public key as the secret (RFC 8725 §2.1).
        let confused = with_header(&jwt, |header| drop(header.insert("alg".to_owned(), json!("HS256"))));
        let (unsigned, _) = confused.rsplit_once('.').unwrap();
        let published = serde_json::to_string(&ring.current().published(at(0)).keys.first()).unwrap();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, published.as_bytes()), unsigned.as_bytes());
        assert_eq!(verified(&signer, &format!("{unsigned}.{}", base64url(tag))), Err(Untrusted::WrongAlgorithm));
        assert_eq!(verified(&signer, &with_header(&jwt, |header| drop(header.remove("alg")))), Err(Untrusted::WrongAlgorithm));
    }

    #[test]
    fn a_token_of_another_type_is_refused() {
        let signer = Signer::new(Folder::new(7).shared());
        for (typ, is_access_token) in [
            ("at+jwt", true),
            ("application/at+jwt", true),
            ("Application/AT+JWT", true),
            ("JWT", false),
            ("logout+jwt", false),
            ("text/at+jwt", false),
            ("application/application/at+jwt", false),
            ("application/", false),
            ("", false),
        ] {
            let result = verified(&signer, &signer.sign(typ, &json!({"sub": "alice"})).unwrap());
            assert_eq!(result, if is_access_token { Ok(json!({"sub": "alice"})) } else { Err(Untrusted::WrongType) }, "{typ}");
        }
        let jwt = signer.sign(AT_JWT, &json!({})).unwrap();
        assert_eq!(verified(&signer, &with_header(&jwt, |header| drop(header.remove("typ")))), Err(Untrusted::WrongType));
    }

    #[test]
    fn a_header_with_an_extension_or_without_our_key_is_refused() {
        let signer = Signer::new(Folder::new(8).shared());
        let jwt = signer.sign(AT_JWT, &json!({"sub": "alice"})).unwrap();
        let inserted =
            |name: &str, value: Value| verified(&signer, &with_header(&jwt, |header| drop(header.insert(name.to_owned(), value))));
        for value in [json!(["exp"]), json!([]), json!(null), json!("b64")] {
            assert_eq!(inserted("crit", value), Err(Untrusted::Extension));
        }
        for value in [json!(false), json!(true)] {
            assert_eq!(inserted("b64", value), Err(Untrusted::Extension));
        }
        for value in [json!("../../etc/passwd"), json!(""), json!(7), json!(null), json!("' OR 1=1 --")] {
            assert_eq!(inserted("kid", value), Err(Untrusted::UnknownKey));
        }
    }

    #[test]
    fn what_is_no_jwt_is_refused_before_any_work() {
        let signer = Signer::new(Folder::new(9).shared());
        let jwt = signer.sign(AT_JWT, &json!({"sub": "alice"})).unwrap();
        let [header, payload, signature]: [&str; 3] = jwt.split('.').collect::<Vec<_>>().try_into().unwrap();
        let kid = kid_of(header);
        let twice = base64url(format!(r#"{{"typ":"at+jwt","alg":"none","alg":"RS256","kid":"{kid}"}}"#));
        for malformed in [
            String::new(),
            "clv_rt_opaque".to_owned(),
            format!("{header}.{payload}"),
            format!("{jwt}.x.y"),
            format!("{header}=.{payload}.{signature}"),
            format!(" {jwt}"),
            format!("{}.{payload}.{signature}", base64url("[]")),
            format!("{}.{payload}.{signature}", base64url("{")),
            format!("{}.{payload}.{signature}", base64url([0xff, 0xfe])),
            format!("{twice}.{payload}.{signature}"),
            format!("{header}.{payload}.{signature}="),
            format!("{header}.{payload}.*"),
        ] {
            assert_eq!(verified(&signer, &malformed), Err(Untrusted::Malformed), "{malformed}");
        }
        assert_eq!(verified(&signer, &format!("{jwt}{}", "A".repeat(MAX_JWT_BYTES))), Err(Untrusted::TooLong));
        assert_eq!(signer.verify::<Vec<String>>(AT_JWT, &jwt, at(0)), Err(Untrusted::WrongClaims));
    }

    #[test]
    fn each_algorithm_signs_by_its_own_key_and_another_name_of_it_is_refused() {
        let folder = Folder::new(50);
        for algorithm in [SigningAlgorithm::Ps384, SigningAlgorithm::Es256, SigningAlgorithm::Es384, SigningAlgorithm::EdDsa] {
            folder.prepare(algorithm, at(0));
        }
        let ring = folder.shared();
        let signer = Signer::new(ring.clone());
        let missing = signer.sign_with(SigningAlgorithm::Rs512, Some(AT_JWT), &json!({}));
        assert!(matches!(missing, Err(SigningFailure::NoKey(SigningAlgorithm::Rs512))));
        let mut kids = std::collections::BTreeSet::new();
        for algorithm in ring.current().algorithms() {
            let jwt = signer.sign_with(algorithm, Some(AT_JWT), &json!({"sub": "alice"})).unwrap();
            let (header, _) = jwt.split_once('.').unwrap();
            let key = ring.current().find(&kid_of(header), at(0)).unwrap().clone();
            assert_eq!((key.algorithm(), kids.insert(kid_of(header))), (algorithm, true));
            assert_eq!(verified(&signer, &jwt), Ok(json!({"sub": "alice"})), "{algorithm}");
            // RFC 8725 §2.1, §3.1: the header names another algorithm, or another key.
            for other in SigningAlgorithm::ALL.iter().filter(|other| **other != algorithm) {
                let renamed = with_header(&jwt, |header| drop(header.insert("alg".to_owned(), json!(other))));
                assert_eq!(verified(&signer, &renamed), Err(Untrusted::WrongAlgorithm), "{algorithm} as {other}");
                if let Some(key) = ring.current().active_for(*other) {
                    let confused = with_header(&renamed, |header| drop(header.insert("kid".to_owned(), json!(key.kid()))));
                    assert_eq!(verified(&signer, &confused), Err(Untrusted::WrongSignature), "{algorithm} as {other} by its key");
                }
            }
            let mut bytes = URL_SAFE_NO_PAD.decode(jwt.rsplit_once('.').unwrap().1).unwrap();
            bytes[9] ^= 1;
            let changed = format!("{}.{}", jwt.rsplit_once('.').unwrap().0, base64url(&bytes));
            assert_eq!(verified(&signer, &changed), Err(Untrusted::WrongSignature), "{algorithm}");
        }
        let untyped = signer.sign_with(SigningAlgorithm::Es256, None, &json!({"sub": "alice"})).unwrap();
        assert_eq!(verified(&signer, &untyped), Err(Untrusted::WrongType));
    }
}
