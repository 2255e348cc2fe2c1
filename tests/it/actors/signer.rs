//! What a client signs who it is with, and where it publishes its keys.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
    RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger::protocol::jose::KeySource;
use poem::endpoint::make;
use poem::http::StatusCode;
use poem::listener::TcpAcceptor;
use poem::{EndpointExt, Request, Response, Route};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::actors::START;

pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client's private keys, one of each kind, named after the algorithm.
pub struct Keys {
    ec: EcdsaKeyPair,
    rsa: RsaKeyPair,
    ed: Ed25519KeyPair,
}

impl Keys {
    pub fn new() -> Self {
        Self {
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            ed: Ed25519KeyPair::generate().unwrap(),
        }
    }

    /// The public halves. RS256 and PS256 are signed with the same key.
    pub fn public(&self) -> Value {
        let point = self.ec.public_key().as_ref();
        let components = RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa.public_key());
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({"keys": [
            {"kty": "EC", "crv": "P-256", "use": "sig", "kid": "ES256", "x": encode(&point[1..33]), "y": encode(&point[33..])},
            {"kty": "RSA", "kid": "RS256", "n": encode(&components.n), "e": encode(&components.e)},
            {"kty": "OKP", "crv": "Ed25519", "kid": "EdDSA", "x": encode(self.ed.public_key().as_ref())},
        ]})
    }

    pub fn registered(&self) -> KeySource {
        KeySource::here(&self.public()).unwrap()
    }

    /// A signed JWT, whose header names the key of the algorithm.
    pub fn sign(&self, algorithm: &str, claims: &Value) -> String {
        let kid = if algorithm == "PS256" { "RS256" } else { algorithm };
        self.sign_with_header(&json!({"alg": algorithm, "kid": kid}), claims)
    }

    pub fn sign_with_header(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(header), encode(claims));
        let rsa = |encoding| {
            let mut signature = vec![0; self.rsa.public_modulus_len()];
            self.rsa.sign(encoding, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
            signature
        };
        let signature = match header["alg"].as_str().unwrap() {
            "ES256" => self.ec.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec(),
            "RS256" => rsa(&RSA_PKCS1_SHA256),
            "PS256" => rsa(&RSA_PSS_SHA256),
            "EdDSA" | "Ed25519" => self.ed.sign(message.as_bytes()).as_ref().to_vec(),
            _ => Vec::new(),
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A JWT signed with a shared secret.
    pub fn sign_with_secret(secret: &[u8], claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(&json!({"alg": "HS256", "typ": "JWT"})), encode(claims));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// What a client claims about itself, at the beginning of every story.
    pub fn claims(client: &str, audience: &str, jti: &str) -> Value {
        let now = START.seconds();
        json!({"iss": client, "sub": client, "aud": audience, "iat": now, "exp": now + 60, "jti": jti})
    }
}

/// What is found where a client publishes its keys.
#[derive(Clone, Debug)]
pub enum Publishes {
    Keys(Value),
    /// The same, once somebody opens the gate.
    KeysLater(Value, Arc<Notify>),
    Object(String),
    /// Bytes, and what they are called.
    File(&'static str, Vec<u8>),
    Redirect,
    Megabytes,
    Nothing,
    NoJson,
}

/// Where a client publishes its keys.
pub struct KeyHost {
    pub url: String,
    state: Arc<Mutex<(Publishes, usize)>>,
}

impl KeyHost {
    pub async fn start(publishes: Publishes) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://127.0.0.1:{}/jwks", listener.local_addr().unwrap().port());
        let state = Arc::new(Mutex::new((publishes, 0)));
        let told = Arc::clone(&state);
        let answer = make(move |_: Request| {
            let publishes = {
                let mut told = told.lock().unwrap();
                told.1 += 1;
                told.0.clone()
            };
            async move {
                // Long enough for requests that come together to meet here.
                tokio::time::sleep(Duration::from_millis(20)).await;
                let publishes = match publishes {
                    Publishes::KeysLater(keys, gate) => {
                        gate.notified().await;
                        Publishes::Keys(keys)
                    }
                    other => other,
                };
                match publishes {
                    Publishes::KeysLater(..) => unreachable!(),
                    Publishes::Keys(keys) => Response::builder().content_type("application/json").body(keys.to_string()),
                    Publishes::Object(object) => Response::builder().content_type("application/jwt").body(object),
                    Publishes::File(media_type, bytes) => Response::builder().content_type(media_type).body(bytes),
                    Publishes::Redirect => Response::builder().status(StatusCode::FOUND).header("location", "/elsewhere").finish(),
                    Publishes::Megabytes => Response::builder().body(vec![b' '; 10 * 1024 * 1024]),
                    Publishes::Nothing => Response::builder().status(StatusCode::NOT_FOUND).finish(),
                    Publishes::NoJson => Response::builder().body("<h1>secret words</h1>"),
                }
            }
        });
        let routes = Route::new().at("/*any", answer.boxed());
        tokio::spawn(poem::Server::new_with_acceptor(TcpAcceptor::from_tokio(listener).unwrap()).run(routes));
        Self { url, state }
    }

    pub fn source(&self) -> KeySource {
        KeySource::there(&self.url).unwrap()
    }

    pub fn publishes(&self, other: Publishes) {
        self.state.lock().unwrap().0 = other;
    }

    /// How often somebody asked, wherever on this host.
    pub fn asked(&self) -> usize {
        self.state.lock().unwrap().1
    }
}
