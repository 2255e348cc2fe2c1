use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap};
use aws_lc_rs::rsa::{KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{KeyPair, RsaKeyPair, RsaPublicKeyComponents};
use serde_json::json;

use super::*;
use crate::protocol::jose::{ClientKeys, ContentEncryption};

fn keys(jwk: &Value) -> ClientKeys {
    ClientKeys::registered(&json!({"keys": [jwk]})).unwrap()
}

/// The parts of a JWE: the header, as text and read, and the rest as bytes.
fn parts(jwe: &str) -> (String, Value, [Vec<u8>; 4]) {
    let (header, rest) = jwe.split_once('.').unwrap();
    let rest: Vec<Vec<u8>> = rest.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
    let read = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    (header.to_owned(), read, rest.try_into().unwrap())
}

/// The text, by the key of its content.
fn opened(enc: ContentEncryption, secret: &[u8], header: &str, [_, iv, ciphertext, tag]: [Vec<u8>; 4]) -> String {
    let opened = match enc {
        ContentEncryption::A128CbcHs256 => {
            let authenticated = [header.as_bytes(), &iv, &ciphertext, &(header.len() as u64 * 8).to_be_bytes()].concat();
            let expected = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret[..16]), &authenticated);
            assert_eq!(tag, expected.as_ref()[..16]);
            let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_128, &secret[16..]).unwrap()).unwrap();
            let context = DecryptionContext::Iv128(FixedLength::from(<[u8; 16]>::try_from(iv.as_slice()).unwrap()));
            let mut text = ciphertext;
            key.decrypt(&mut text, context).unwrap().to_vec()
        }
        ContentEncryption::A128Gcm | ContentEncryption::A256Gcm => {
            let algorithm = if enc == ContentEncryption::A128Gcm { &AES_128_GCM } else { &AES_256_GCM };
            let key = LessSafeKey::new(UnboundKey::new(algorithm, secret).unwrap());
            let mut sealed = [ciphertext, tag].concat();
            let nonce = Nonce::try_assume_unique_for_key(&iv).unwrap();
            key.open_in_place(nonce, Aad::from(header.as_bytes()), &mut sealed).unwrap().to_vec()
        }
    };
    String::from_utf8(opened).unwrap()
}

#[test]
fn what_is_encrypted_for_an_rsa_key_is_read_by_its_holder() {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let components = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    let (n, e) = (URL_SAFE_NO_PAD.encode(components.n), URL_SAFE_NO_PAD.encode(components.e));
    let keys = keys(&json!({"kty": "RSA", "use": "enc", "kid": "one", "n": n, "e": e}));
    let private = PrivateDecryptingKey::from_pkcs8(pair.as_der().unwrap().as_ref()).unwrap();
    let private = OaepPrivateDecryptingKey::new(private).unwrap();
    for enc in ContentEncryption::ALL {
        let encryption = Encryption { alg: KeyManagement::RsaOaep256, enc: *enc };
        let key = keys.encryption_key(encryption.alg).unwrap();
        let encrypt = |random: &Random| encrypt("a text", Some("JWT"), encryption, key, random).unwrap();
        let (header, read, rest) = parts(&encrypt(&Random::seeded(1)));
        assert_eq!(read, json!({"alg": "RSA-OAEP-256", "enc": enc, "kid": "one", "cty": "JWT"}));
        let mut secret = vec![0; private.min_output_size()];
        let secret = private.decrypt(&OAEP_SHA256_MGF1SHA256, &rest[0], &mut secret, None).unwrap().to_vec();
        assert_eq!(secret.len(), content::key_bytes(*enc));
        assert_eq!(opened(*enc, &secret, &header, rest), "a text");
        let random = Random::system();
        assert_ne!(parts(&encrypt(&random)).2[1..], parts(&encrypt(&random)).2[1..], "another key and another start each time");
    }
}

#[test]
fn what_both_agree_on_is_read_by_the_holder_of_the_other_key() {
    use aws_lc_rs::agreement::{ECDH_P256, ECDH_P384, PrivateKey, X25519};
    for (curve, crv) in [(&ECDH_P256, "P-256"), (&ECDH_P384, "P-384"), (&X25519, "X25519")] {
        let theirs = PrivateKey::generate(curve).unwrap();
        let public = theirs.compute_public_key().unwrap();
        let point = public.as_ref();
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let jwk = if crv == "X25519" {
            json!({"kty": "OKP", "crv": crv, "x": encode(point)})
        } else {
            let (x, y) = point[1..].split_at(point.len() / 2);
            json!({"kty": "EC", "crv": crv, "x": encode(x), "y": encode(y)})
        };
        let keys = keys(&jwk);
        for alg in [KeyManagement::EcdhEs, KeyManagement::EcdhEsA256Kw] {
            for enc in ContentEncryption::ALL {
                let key = keys.encryption_key(alg).unwrap();
                let jwe = encrypt("a text", None, Encryption { alg, enc: *enc }, key, &Random::system()).unwrap();
                let (header, read, rest) = parts(&jwe);
                assert_eq!((&read["alg"], &read["enc"], read.get("kid"), read.get("cty")), (&json!(alg), &json!(enc), None, None));
                assert_eq!((&read["epk"]["crv"], read["epk"].get("d")), (&json!(crv), None));
                let agreed = reader_side(&theirs, curve, &read, alg, *enc);
                let secret = if alg == KeyManagement::EcdhEs {
                    assert!(rest[0].is_empty());
                    agreed
                } else {
                    let mut secret = vec![0; rest[0].len()];
                    AesKek::new(&AES_256, &agreed).unwrap().unwrap(&rest[0], &mut secret).unwrap().to_vec()
                };
                assert_eq!(opened(*enc, &secret, &header, rest), "a text", "{crv} {alg} {enc}");
            }
        }
    }
}

/// What the holder of the private key derives, by RFC 7518 §4.6.2 word by word.
fn reader_side(
    theirs: &aws_lc_rs::agreement::PrivateKey,
    curve: &'static aws_lc_rs::agreement::Algorithm,
    header: &Value,
    alg: KeyManagement,
    enc: ContentEncryption,
) -> Vec<u8> {
    let number = |name: &str| header["epk"][name].as_str().map(|text| URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap_or_default();
    let point = if header["epk"]["kty"] == "OKP" { number("x") } else { [vec![4], number("x"), number("y")].concat() };
    let shared =
        aws_lc_rs::agreement::agree(theirs, aws_lc_rs::agreement::UnparsedPublicKey::new(curve, point), (), |shared| Ok(shared.to_vec()));
    let (name, length) = if alg == KeyManagement::EcdhEs {
        (enc.as_str(), if enc == ContentEncryption::A128Gcm { 16_u8 } else { 32 })
    } else {
        ("ECDH-ES+A256KW", 32)
    };
    let (bits, shared) = (u32::from(length) * 8, shared.unwrap());
    let hashed = [
        &[0, 0, 0, 1],
        shared.as_slice(),
        &u32::try_from(name.len()).unwrap().to_be_bytes(),
        name.as_bytes(),
        &[0; 8],
        &bits.to_be_bytes(),
    ];
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &hashed.concat());
    digest.as_ref()[..usize::from(length)].to_vec()
}
