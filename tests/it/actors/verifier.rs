//! Whoever is handed a JWT of the server, and believes it by the keys that the server publishes.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::actors::TestServer;

/// A part of a JWT, which is believed later or never.
pub fn part(jwt: &str, number: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(number).unwrap()).unwrap()).unwrap()
}

/// The header and the claims of a JWT, once its signature was found to be by the published key that it names, and by that key's algorithm.
pub async fn verified(server: &TestServer, jwt: &str) -> (Value, Value) {
    let header = part(jwt, 0);
    let keys = server.get("/.well-known/jwks.json").await.json();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]);
    let key = key.unwrap_or_else(|| panic!("the key of {header} is not published: {keys}"));
    assert_eq!((&key["alg"], &key["use"]), (&header["alg"], &Value::from("sig")));
    let (message, signature) = jwt.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let number = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let rsa = |parameters| {
        assert_eq!(key["kty"], "RSA");
        RsaPublicKeyComponents { n: number("n"), e: number("e") }.verify(parameters, message.as_bytes(), &signature)
    };
    let curve = |algorithm, curve: &str| {
        assert_eq!((&key["kty"], &key["crv"]), (&Value::from("EC"), &Value::from(curve)));
        let point = [vec![4], number("x"), number("y")].concat();
        UnparsedPublicKey::new(algorithm, point).verify(message.as_bytes(), &signature)
    };
    let believed = match key["alg"].as_str().unwrap() {
        "RS256" => rsa(&RSA_PKCS1_2048_8192_SHA256),
        "RS384" => rsa(&RSA_PKCS1_2048_8192_SHA384),
        "RS512" => rsa(&RSA_PKCS1_2048_8192_SHA512),
        "PS256" => rsa(&RSA_PSS_2048_8192_SHA256),
        "PS384" => rsa(&RSA_PSS_2048_8192_SHA384),
        "PS512" => rsa(&RSA_PSS_2048_8192_SHA512),
        "ES256" => curve(&ECDSA_P256_SHA256_FIXED, "P-256"),
        "ES384" => curve(&ECDSA_P384_SHA384_FIXED, "P-384"),
        "EdDSA" => {
            assert_eq!((&key["kty"], &key["crv"]), (&Value::from("OKP"), &Value::from("Ed25519")));
            UnparsedPublicKey::new(&ED25519, number("x")).verify(message.as_bytes(), &signature)
        }
        unknown => panic!("{unknown} is published, and this test knows nothing of it"),
    };
    assert!(believed.is_ok(), "{header}");
    (header, part(jwt, 1))
}
