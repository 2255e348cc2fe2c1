//! Whether a signature is that of a client: by its public key, or by the secret that it shares with us (RFC 7518 §3, RFC 8037 §3.1).

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use secrecy::{ExposeSecret, SecretString};

use crate::protocol::jose::{Algorithm, Jws, PublicKey};

/// Whether it was signed by the private half of `key` with `algorithm`, which must be one of the key's kind.
#[must_use]
pub fn is_signed_by(key: &PublicKey, algorithm: Algorithm, jws: &Jws) -> bool {
    verifies(key, algorithm, jws.signing_input(), jws.signature())
}

/// Whether it was signed with a secret (HS256). It takes as long whatever is wrong.
#[must_use]
pub fn is_signed_with(secret: &SecretString, jws: &Jws) -> bool {
    authenticates(secret.expose_secret().as_bytes(), jws.signing_input(), jws.signature())
}

fn verifies(key: &PublicKey, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
    let verified = match (key, algorithm) {
        (PublicKey::Rsa { n, e }, Algorithm::Rs256) => {
            RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
        }
        (PublicKey::Rsa { n, e }, Algorithm::Ps256) => {
            RsaPublicKeyComponents { n, e }.verify(&RSA_PSS_2048_8192_SHA256, message, signature)
        }
        (PublicKey::P256 { x, y }, Algorithm::Es256) => {
            // SEC 1 §2.3.3: an uncompressed point.
            let point = [&[4], x.as_slice(), y.as_slice()].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
        }
        (PublicKey::Ed25519(x), Algorithm::EdDsa) => UnparsedPublicKey::new(&ED25519, x).verify(message, signature),
        _ => return false,
    };
    verified.is_ok()
}

fn authenticates(secret: &[u8], message: &[u8], signature: &[u8]) -> bool {
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, secret), message, signature).is_ok()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{KeyPair, RSA_PSS_SHA256, RsaKeyPair};
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;
    use crate::protocol::jose::ClientKeys;

    /// The payload of RFC 7515 Appendix A.
    const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    fn key(jwk: &serde_json::Value, algorithm: Algorithm) -> PublicKey {
        ClientKeys::registered(&json!({"keys": [jwk]})).unwrap().candidates(None, algorithm).next().unwrap().clone()
    }

    #[track_caller]
    fn assert_signed(key: &PublicKey, algorithm: Algorithm, message: &str, signature: &[u8]) {
        assert!(verifies(key, algorithm, message.as_bytes(), signature));
        assert!(!verifies(key, algorithm, format!("{message}x").as_bytes(), signature));
        let mut changed = signature.to_vec();
        changed[7] ^= 1;
        assert!(!verifies(key, algorithm, message.as_bytes(), &changed));
        assert!(!verifies(key, algorithm, message.as_bytes(), &[]));
        for other in Algorithm::ALL.iter().filter(|other| **other != algorithm) {
            assert!(!verifies(key, *other, message.as_bytes(), signature), "{other}");
        }
    }

    #[test]
    fn the_example_of_hs256_is_believed() {
        // RFC 7515 Appendix A.1.
        let secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let (secret, message) = (URL_SAFE_NO_PAD.decode(secret).unwrap(), format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{PAYLOAD}"));
        let signature = URL_SAFE_NO_PAD.decode("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        assert!(authenticates(&secret, message.as_bytes(), &signature));
        assert!(!authenticates(&secret, b"something else", &signature));
        assert!(!authenticates(b"another secret", message.as_bytes(), &signature));
        assert!(!authenticates(&secret, message.as_bytes(), &signature[..16]));
    }

    #[test]
    fn the_example_of_rs256_is_believed() {
        // RFC 7515 Appendix A.2.
        let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRP\
                 EwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qC\
                 o5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
        let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1d\
                         nZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC\
                         -eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
        let key = key(&json!({"kty": "RSA", "n": n, "e": "AQAB"}), Algorithm::Rs256);
        let message = format!("eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}");
        assert_signed(&key, Algorithm::Rs256, &message, &URL_SAFE_NO_PAD.decode(signature).unwrap());
    }

    #[test]
    fn the_example_of_es256_is_believed() {
        // RFC 7515 Appendix A.3.
        let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
        let key = key(&json!({"kty": "EC", "crv": "P-256", "x": x, "y": y}), Algorithm::Es256);
        let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let message = format!("eyJhbGciOiJFUzI1NiJ9.{PAYLOAD}");
        assert_signed(&key, Algorithm::Es256, &message, &URL_SAFE_NO_PAD.decode(signature).unwrap());
    }

    #[test]
    fn the_example_of_eddsa_is_believed() {
        // RFC 8037 Appendix A.4.
        let key = key(&json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}), Algorithm::EdDsa);
        let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        let message = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        assert_signed(&key, Algorithm::EdDsa, message, &URL_SAFE_NO_PAD.decode(signature).unwrap());
    }

    #[test]
    fn ps256_is_believed_and_not_taken_for_rs256() {
        // No RFC has an example of it with SHA-256.
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let components = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let (n, e) = (URL_SAFE_NO_PAD.encode(components.n), URL_SAFE_NO_PAD.encode(components.e));
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PSS_SHA256, &SystemRandom::new(), b"message", &mut signature).unwrap();
        assert_signed(&key(&json!({"kty": "RSA", "n": n, "e": e}), Algorithm::Ps256), Algorithm::Ps256, "message", &signature);
    }
}
