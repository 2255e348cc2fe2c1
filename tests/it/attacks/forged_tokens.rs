//! Access tokens that we did not make, or not like this (RFC 8725 §2, RFC 9068 §4).

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::{BigUint, RsaPublicKey};
use serde_json::{Value, json};

use crate::actors::{Answer, TestServer};

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn part(jwt: &str, number: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(number).unwrap()).unwrap()).unwrap()
}

/// `value` with the members of `change` put in; a null takes one out.
fn changed(mut value: Value, change: &Value) -> Value {
    for (name, member) in change.as_object().unwrap() {
        let members = value.as_object_mut().unwrap();
        if member.is_null() {
            members.remove(name)
        } else {
            members.insert(name.clone(), member.clone())
        };
    }
    value
}

/// Asserts that a forgery opens nothing, and that nobody learns why.
async fn assert_dead(server: &TestServer, what: &str, forged: &str) {
    for path in ["/userinfo", "/me"] {
        let request = server.request(reqwest::Method::GET, path).bearer_auth(forged);
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.body);
        answer.assert_error(401, "invalid_token");
        assert_eq!(answer.json()["error_description"], "The access token is invalid, expired or revoked.", "{what}");
    }
    assert_eq!(server.introspect(forged).await, json!({"active": false}), "{what}");
}

async fn alices_token(server: &TestServer) -> String {
    server.alices_tokens("openid items:read").await["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_was_changed_after_it_was_signed_is_dead() {
    let server = TestServer::start().await;
    let token = alices_token(&server).await;
    let [head, claims, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    for change in [
        json!({"sub": "bob"}),
        json!({"scope": "openid email items:write clients:write"}),
        json!({"roles": ["admin", "root"]}),
        json!({"exp": 9_999_999_999_i64}),
        json!({"client_id": "demo-web"}),
        json!({"jti": "x"}),
    ] {
        let forged = format!("{head}.{}.{signature}", encoded(&changed(part(&token, 1), &change)));
        assert_dead(&server, &change.to_string(), &forged).await;
    }
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    for position in [0, bytes.len() / 2, bytes.len() - 1] {
        let mut flipped = bytes.clone();
        flipped[position] ^= 1;
        assert_dead(&server, "a flipped bit", &format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode(flipped))).await;
    }
    let mut other = part(&alices_token(&server).await, 1);
    other["jti"] = "x".into();
    for forged in [
        format!("{head}.{claims}."),
        format!("{head}.{claims}"),
        format!("{head}.{claims}.{signature}.x"),
        format!(".{claims}.{signature}"),
        format!("{head}.{}.{signature}", encoded(&other)),
        format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode([0; 256])),
        format!("{head}.{claims}.{signature}="),
        token.to_uppercase(),
        encoded(&part(&token, 1)),
        part(&token, 1).to_string().replace(' ', ""),
    ] {
        assert_dead(&server, "in pieces", &forged).await;
    }
    assert!(server.is_active(&token).await);
}

#[tokio::test]
async fn no_algorithm_but_that_of_the_key_is_believed() {
    let server = TestServer::start().await;
    let token = alices_token(&server).await;
    let (head, claims) = (part(&token, 0), encoded(&part(&token, 1)));
    let signature = token.rsplit_once('.').unwrap().1;
    for algorithm in ["none", "None", "NONE", "nOnE", "", "RS384", "RS512", "PS256", "ES256", "EdDSA", "rs256"] {
        let head = encoded(&changed(head.clone(), &json!({"alg": algorithm})));
        assert_dead(&server, algorithm, &format!("{head}.{claims}.")).await;
        assert_dead(&server, algorithm, &format!("{head}.{claims}.{signature}")).await;
    }
    assert_dead(&server, "no algorithm", &format!("{}.{claims}.{signature}", encoded(&changed(head.clone(), &json!({"alg": null}))))).await;

    let keys = server.get("/.well-known/jwks.json").await;
    let jwk = keys.json()["keys"][0].clone();
    let number = |name: &str| BigUint::from_bytes_be(&URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap());
    let public = RsaPublicKey::new(number("n"), number("e")).unwrap();
    let pem = public.to_public_key_pem(LineEnding::LF).unwrap();
    let secrets = [
        pem.clone().into_bytes(),
        pem.trim_end().as_bytes().to_vec(),
        public.to_public_key_der().unwrap().into_vec(),
        public.to_pkcs1_pem(LineEnding::LF).unwrap().into_bytes(),
        public.to_pkcs1_der().unwrap().into_vec(),
        number("n").to_bytes_be(),
        jwk["n"].as_str().unwrap().as_bytes().to_vec(),
        jwk.to_string().into_bytes(),
        keys.body.clone().into_bytes(),
        Vec::new(),
    ];
    for (algorithm, kind) in [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
        for typ in ["at+jwt", "JWT"] {
            let head = encoded(&changed(head.clone(), &json!({"alg": algorithm, "typ": typ})));
            let signed = format!("{head}.{claims}");
            for secret in &secrets {
                let tag = hmac::sign(&hmac::Key::new(kind, secret), signed.as_bytes());
                assert_dead(&server, algorithm, &format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))).await;
            }
        }
    }
}

#[tokio::test]
async fn no_key_is_taken_from_the_token_and_no_extension_is_obeyed() {
    let server = TestServer::start().await;
    let token = alices_token(&server).await;
    let (_, rest) = token.split_once('.').unwrap();
    for change in [
        json!({"kid": "x"}),
        json!({"kid": ""}),
        json!({"kid": null}),
        json!({"kid": 1}),
        json!({"kid": "../../../etc/passwd"}),
        json!({"kid": "' OR 1=1 --"}),
        json!({"kid": "x".repeat(5000)}),
        json!({"jku": "https://evil.example/jwks.json"}),
        json!({"x5u": "https://evil.example/cert.pem"}),
        json!({"jwk": {"kty": "oct", "k": "AA"}}),
        json!({"crit": ["exp"], "exp": 9_999_999_999_i64}),
        json!({"b64": false, "crit": ["b64"]}),
        json!({"typ": "JWT"}),
        json!({"typ": null}),
        json!({"typ": "logout+jwt"}),
    ] {
        let forged = format!("{}.{rest}", encoded(&changed(part(&token, 0), &change)));
        assert_dead(&server, &change.to_string().chars().take(60).collect::<String>(), &forged).await;
    }
    for head in ["null", "[]", "1", "\"x\"", "{", "{\"alg\":\"RS256\",\"alg\":\"none\"}", ""] {
        assert_dead(&server, head, &format!("{}.{rest}", URL_SAFE_NO_PAD.encode(head))).await;
    }
}

#[tokio::test]
async fn a_token_of_another_server_is_not_ours_even_if_it_has_our_key() {
    let (ours, theirs) = (TestServer::start().await, TestServer::start().await);
    let keys = |server: &TestServer| server.request(reqwest::Method::GET, "/.well-known/jwks.json").send();
    let same = (keys(&ours).await.unwrap().text().await.unwrap(), keys(&theirs).await.unwrap().text().await.unwrap());
    assert_eq!(same.0, same.1, "the tests' servers share their keys, as two tenants might");
    let token = alices_token(&theirs).await;
    assert!(theirs.is_active(&token).await);
    assert_dead(&ours, "another issuer", &token).await;
    assert_dead(&ours, "another issuer's machine", &theirs.machine_token("items:read").await).await;
}
