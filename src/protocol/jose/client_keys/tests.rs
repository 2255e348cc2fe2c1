use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;

use std::slice::from_ref;

use super::*;
use crate::protocol::jose::client_key::PRIVATE;

/// RFC 7517 Appendix A.1, the EC key.
fn p256(kid: &str) -> Value {
    json!({"kty": "EC", "crv": "P-256", "kid": kid, "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
           "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"})
}

/// RFC 8037 Appendix A.2.
fn ed25519(kid: &str) -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
}

fn rsa(bits: usize) -> Value {
    let mut n = vec![0x80; bits / 8];
    n[bits / 8 - 1] = 1;
    json!({"kty": "RSA", "kid": "rsa", "n": URL_SAFE_NO_PAD.encode(n), "e": "AQAB"})
}

fn with(mut key: Value, name: &str, value: Value) -> Value {
    key[name] = value;
    key
}

fn registered(keys: &[Value]) -> Result<ClientKeys, InvalidKeys> {
    ClientKeys::registered(&json!({ "keys": keys }))
}

#[test]
fn public_keys_are_registered_and_found_by_name_and_algorithm() {
    let keys = registered(&[p256("a"), ed25519("b"), rsa(2048)]).unwrap();
    let count = |kid, algorithm| keys.candidates(kid, algorithm).count();
    assert_eq!((count(Some("a"), Algorithm::Es256), count(Some("b"), Algorithm::Es256)), (1, 0));
    assert_eq!((count(None, Algorithm::EdDsa), count(Some("b"), Algorithm::EdDsa)), (1, 1));
    assert_eq!((count(Some("rsa"), Algorithm::Rs256), count(Some("rsa"), Algorithm::Ps256)), (1, 1));
    assert_eq!(count(Some("../../etc/passwd"), Algorithm::Es256), 0);
    assert!(Algorithm::ALL.iter().all(|algorithm| !algorithm.is_symmetric() || count(None, *algorithm) == 0));
    let only_pss = registered(&[with(rsa(2048), "alg", json!("PS256"))]).unwrap();
    assert_eq!(only_pss.candidates(None, Algorithm::Rs256).count(), 0);
}

#[test]
fn what_is_no_public_key_of_ours_is_not_registered() {
    use UnusableKey::{Algorithm, Malformed, Private, RsaSize};
    let octets = json!({"kty": "oct", "k": "AAAA"});
    for (key, why) in [
        (with(p256("a"), "d", json!("AA")), Private),
        (octets.clone(), Private),
        (json!({"kty": "oct"}), Private),
        (with(rsa(2048), "dp", json!("AA")), Private),
        (rsa(2040), RsaSize),
        (rsa(1024), RsaSize),
        (rsa(8200), RsaSize),
        (with(p256("a"), "crv", json!("P-384")), Malformed),
        (with(p256("a"), "x", json!("AA")), Malformed),
        (with(p256("a"), "kid", json!("k".repeat(513))), Malformed),
        (json!("x"), Malformed),
        (with(p256("a"), "alg", json!("RS256")), Algorithm),
        (with(rsa(2048), "alg", json!("HS256")), Algorithm),
    ] {
        assert_eq!(registered(&[ed25519("b"), key.clone()]), Err(InvalidKeys::Key(1, why)), "{key}");
        // Behind a URL it is ignored.
        let found = ClientKeys::found(json!({"keys": [ed25519("b"), key]}).to_string().as_bytes()).unwrap();
        assert_eq!(found.kids(), ["b"]);
    }
    assert_eq!(registered(&[p256("a"), ed25519("a")]), Err(InvalidKeys::Twice(1)));
    assert_eq!(registered(&[]), Err(InvalidKeys::Count));
    assert_eq!(ClientKeys::registered(&json!([])), Err(InvalidKeys::NoSet));
    assert_eq!(ClientKeys::found(b"<html>"), Err(InvalidKeys::NoSet));
    let noted = registered(&[with(with(p256("a"), "x5u", Value::Null), "n", json!(u64::MAX))]).unwrap();
    assert_eq!(noted.document, json!({"keys": [p256("a")]}));
    // A key for encryption may stand there, but verifies nothing.
    let encrypting = registered(&[p256("a"), with(rsa(2048), "use", json!("enc"))]).unwrap();
    assert_eq!(encrypting.kids(), ["a"]);
    assert!(registered(&[with(octets, "use", json!("enc"))]).is_err());
}

#[test]
fn a_key_set_is_behind_https_or_on_this_machine() {
    for good in ["https://app.example/jwks.json", "https://app.example:8443/a?b", "http://127.0.0.1:1/jwks"] {
        assert_eq!(JwksUri::parse(good).unwrap().as_str(), good);
    }
    for bad in ["http://app.example/jwks", "https://a:b@app.example/", "https://app.example/#x", "file:///etc/passwd", "jwks", ""] {
        assert_eq!(JwksUri::parse(bad), Err(InvalidKeys::Uri), "{bad}");
    }
}

#[test]
fn what_was_registered_is_read_alike_from_what_is_kept() {
    let odd = |key: Value| ["key_ops", "use", "alg", "kid", "x5c"].map(|name| with(key.clone(), name, json!(["deriveKey", 1])));
    let mixed: Vec<Value> =
        [p256("a"), with(p256("a"), "use", json!("enc")), with(p256("a"), "crv", json!("P-521"))].into_iter().flat_map(odd).collect();
    for key in mixed {
        if let Ok(keys) = registered(&[key.clone(), ed25519("b")]) {
            assert_eq!(ClientKeys::registered(&keys.document), Ok(keys), "{key}");
        }
    }
    let of_another_curve = with(with(p256("a"), "crv", json!("P-521")), "key_ops", json!([1]));
    assert_eq!(registered(&[of_another_curve]), Err(InvalidKeys::Key(0, UnusableKey::Unknown)));
}

#[test]
fn keys_that_nobody_understands_here_may_stand_beside_one_that_is_understood() {
    let (named, of) = (|name: &str, value: &str| with(p256("a"), name, json!(value)), |alg: &str| with(rsa(2048), "alg", json!(alg)));
    let unknown = [
        named("crv", "P-521"),
        named("crv", "secp256k1"),
        named("kty", "AKP"),
        with(p384("a"), "use", json!("sig")),
        with(p384("a"), "alg", json!("ES384")),
        of("RSA-OAEP"),
        of("RS512"),
        of("none"),
    ];
    for key in unknown {
        let keys = registered(&[key.clone(), ed25519("b")]).unwrap_or_else(|why| panic!("{why}: {key}"));
        assert_eq!((keys.kids(), keys.encrypting.len()), (vec!["b"], 0));
        assert_eq!(keys.document["keys"][0], key, "it is told as it was registered");
        assert_eq!(registered(&[with(ed25519("b"), "use", json!("enc")), key.clone()]), Err(InvalidKeys::Key(1, UnusableKey::Unknown)));
        let private = with(key, "d", json!("AA"));
        assert_eq!(registered(&[ed25519("b"), private]), Err(InvalidKeys::Key(1, UnusableKey::Private)));
    }
}

proptest! {
    #[test]
    fn what_is_kept_of_a_key_is_read_alike(
        name in "[a-z]{1,2}|kty|crv|use|alg|kid|key_ops|x5c",
        value in prop_oneof!["[a-zA-Z0-9]{0,6}".prop_map(Value::from), any::<i64>().prop_map(Value::from), Just(json!(["verify"])), Just(json!([1]))]
    ) {
        let Ok(keys) = registered(&[with(p256("a"), &name, value), ed25519("b")]) else { return Ok(()) };
        prop_assert!(PRIVATE.iter().all(|private| *private != name));
        prop_assert_eq!(ClientKeys::registered(&keys.document), Ok(keys));
    }

    #[test]
    fn no_bytes_behind_a_url_make_it_panic(bytes in r#"\{"keys": ?\[[\[\]{}",:a-z0-9]{0,64}\]\}"#) {
        let _ = ClientKeys::found(bytes.as_bytes());
    }
}

/// RFC 8037 Appendix A.6, Bob's.
fn x25519(kid: &str) -> Value {
    json!({"kty": "OKP", "crv": "X25519", "kid": kid, "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"})
}

fn p384(kid: &str) -> Value {
    let number = URL_SAFE_NO_PAD.encode([7; 48]);
    json!({"kty": "EC", "crv": "P-384", "kid": kid, "x": number, "y": number})
}

#[test]
fn what_is_encrypted_is_encrypted_for_a_key_that_is_not_for_signatures() {
    use KeyManagement::{EcdhEs, EcdhEsA256Kw, RsaOaep256};
    let for_encryption = |key: Value| with(key, "use", json!("enc"));
    let for_signatures = |key: Value| with(key, "use", json!("sig"));
    let chosen =
        |keys: &[Value], algorithm| registered(keys).unwrap().encryption_key(algorithm).map(|key| key.kid().unwrap_or_default().to_owned());
    assert_eq!(chosen(&[p256("a"), for_encryption(p384("b"))], EcdhEs).as_deref(), Some("b"), "the one that says so");
    assert_eq!(chosen(&[p256("a"), x25519("b")], EcdhEs).as_deref(), Some("a"), "the first that may be");
    assert_eq!(chosen(&[for_signatures(p256("a")), ed25519("b")], EcdhEs), None);
    assert_eq!(chosen(&[for_signatures(rsa(2048))], RsaOaep256), None);
    assert_eq!(chosen(&[rsa(2048)], RsaOaep256).as_deref(), Some("rsa"));
    let only_wrapped = with(x25519("a"), "alg", json!("ECDH-ES+A256KW"));
    assert_eq!((chosen(from_ref(&only_wrapped), EcdhEs), chosen(from_ref(&only_wrapped), EcdhEsA256Kw).as_deref()), (None, Some("a")));
    for operations in [json!([]), json!(["deriveBits"])] {
        assert_eq!(chosen(&[with(x25519("a"), "key_ops", operations)], EcdhEs).as_deref(), Some("a"));
    }
    assert_eq!(chosen(&[with(p256("a"), "key_ops", json!(["verify"]))], EcdhEs), None);
    // Too weak, or for an algorithm that is not here: nothing is encrypted for it, and it may stand there.
    for unusable in [for_encryption(rsa(1024)), with(for_encryption(rsa(2048)), "alg", json!("RSA1_5"))] {
        assert_eq!(chosen(&[p256("a"), unusable], RsaOaep256), None);
    }
    assert!(registered(&[with(for_encryption(x25519("a")), "d", json!("AA"))]).is_err());
    // It never verifies.
    for key in [for_encryption(rsa(2048)), for_encryption(p256("a")), x25519("a"), p384("a"), with(rsa(2048), "alg", json!("RSA-OAEP-256"))]
    {
        let keys = registered(from_ref(&key)).unwrap();
        assert!(Algorithm::ALL.iter().all(|algorithm| keys.candidates(None, *algorithm).count() == 0), "{key}");
    }
    let found = ClientKeys::found(json!({"keys": [{"kty": "EC"}, for_encryption(x25519("a"))]}).to_string().as_bytes()).unwrap();
    assert_eq!(found.encryption_key(EcdhEs).and_then(EncryptionKey::kid), Some("a"));
}
