//! An OpenID Provider that can be told to lie. Nobody signs in at it: the code that it would give out holds the nonce that it was asked with.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger::protocol::time::Timestamp;
use poem::endpoint::make;
use poem::http::StatusCode;
use poem::listener::TcpAcceptor;
use poem::{Endpoint, EndpointExt, Request, Response, Route};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use crate::actors::{Page, START};

/// How it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    Nothing,
    Issuer,
    Audience,
    SecondAudience,
    AuthorizedParty,
    Nonce,
    NoNonce,
    Expired,
    WrongKey,
    UnknownKey,
    Unsigned,
    Symmetric,
    NoIdToken,
    OldAuthTime,
    UserinfoOfAnother,
    HugeUserinfo,
    HugeToken,
    RedirectingToken,
    SlowToken,
    BrokenToken,
    TokenError,
    NotJson,
    MetadataOfAnother,
    RedirectingMetadata,
    HugeMetadata,
    SlowMetadata,
    NoSubject,
    AtHash,
}

impl Lie {
    /// Those that make nobody believe it.
    pub const ALL: [Self; 27] = [
        Self::Issuer,
        Self::Audience,
        Self::SecondAudience,
        Self::AuthorizedParty,
        Self::Nonce,
        Self::NoNonce,
        Self::Expired,
        Self::WrongKey,
        Self::UnknownKey,
        Self::Unsigned,
        Self::Symmetric,
        Self::NoIdToken,
        Self::OldAuthTime,
        Self::UserinfoOfAnother,
        Self::HugeUserinfo,
        Self::HugeToken,
        Self::RedirectingToken,
        Self::SlowToken,
        Self::BrokenToken,
        Self::TokenError,
        Self::NotJson,
        Self::MetadataOfAnother,
        Self::RedirectingMetadata,
        Self::HugeMetadata,
        Self::SlowMetadata,
        Self::NoSubject,
        Self::AtHash,
    ];

    /// Whether it shows before anybody is sent there.
    pub const fn is_in_metadata(self) -> bool {
        matches!(self, Self::MetadataOfAnother | Self::RedirectingMetadata | Self::HugeMetadata | Self::SlowMetadata)
    }
}

pub struct Liar {
    pub issuer: String,
    told: Arc<Mutex<Told>>,
}

struct Told {
    lie: Lie,
    /// What it says about the person.
    claims: Value,
    /// What it says besides.
    metadata: Value,
    keys: EcdsaKeyPair,
    kid: &'static str,
    /// Keys of nobody.
    others: EcdsaKeyPair,
    asked: Vec<String>,
}

impl Liar {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let told = Arc::new(Mutex::new(Told {
            lie: Lie::Nothing,
            claims: json!({"sub": "octavia", "name": "Octavia", "preferred_username": "octavia"}),
            metadata: json!({}),
            keys: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            kid: "k-1",
            others: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            asked: Vec::new(),
        }));
        let routes = routes(&issuer, &told);
        let acceptor = TcpAcceptor::from_tokio(listener).unwrap();
        tokio::spawn(poem::Server::new_with_acceptor(acceptor).run(routes));
        Self { issuer, told }
    }

    pub fn lies(&self, lie: Lie) {
        self.told.lock().unwrap().lie = lie;
    }

    /// What it says about the person from now on.
    pub fn says(&self, claims: Value) {
        self.told.lock().unwrap().claims = claims;
    }

    /// What its metadata says besides.
    pub fn announces(&self, metadata: Value) {
        self.told.lock().unwrap().metadata = metadata;
    }

    /// It signs with other keys from now on, and publishes them.
    pub fn changes_keys(&self) {
        let mut told = self.told.lock().unwrap();
        told.keys = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        told.kid = "k-2";
    }

    /// It signs with other keys from now on, and publishes them under the name of the old ones.
    pub fn changes_keys_but_not_their_name(&self) {
        self.told.lock().unwrap().keys = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    }

    /// The paths that it was asked for.
    pub fn asked(&self) -> Vec<String> {
        self.told.lock().unwrap().asked.clone()
    }

    /// The address that leads back from a page of its that the browser was sent to, with `extra` parameters.
    pub fn back(away: &Page, extra: &[(&str, &str)]) -> String {
        assert!(away.left, "still at {}: {}", away.url, away.body);
        let (redirect_uri, state, nonce) = (away.parameter("redirect_uri"), away.parameter("state"), away.parameter("nonce"));
        let mut back = Url::parse(&redirect_uri.unwrap()).unwrap();
        back.query_pairs_mut().append_pair("code", &nonce.unwrap()).append_pair("state", &state.unwrap()).extend_pairs(extra);
        back.to_string()
    }
}

fn routes(issuer: &str, told: &Arc<Mutex<Told>>) -> impl Endpoint + 'static {
    let at = |answer: fn(&str, &Told, &str) -> Response| {
        let (issuer, told) = (issuer.to_owned(), Arc::clone(told));
        make(move |request: Request| {
            let (issuer, told) = (issuer.clone(), Arc::clone(&told));
            async move {
                let path = request.uri().path().to_owned();
                let body = request.into_body().into_string().await.unwrap_or_default();
                let (answer, lie) = {
                    let mut told = told.lock().unwrap();
                    told.asked.push(path.clone());
                    (answer(&issuer, &told, &body), told.lie)
                };
                let slow = match lie {
                    Lie::SlowMetadata => path.starts_with("/.well-known"),
                    Lie::SlowToken => path == "/token",
                    _ => false,
                };
                if slow {
                    tokio::time::sleep(Duration::from_mins(1)).await;
                }
                answer
            }
        })
        .boxed()
    };
    Route::new()
        .at("/.well-known/openid-configuration", at(metadata))
        .at("/jwks", at(jwks))
        .at("/token", at(token))
        .at("/userinfo", at(userinfo))
}

fn json_answer(value: &Value) -> Response {
    Response::builder().content_type("application/json").body(value.to_string())
}

fn huge() -> Response {
    json_answer(&json!({"sub": "octavia", "filler": "x".repeat(2 * 1024 * 1024)}))
}

fn redirecting() -> Response {
    Response::builder().status(StatusCode::FOUND).header("location", "/elsewhere").finish()
}

fn metadata(issuer: &str, told: &Told, _: &str) -> Response {
    match told.lie {
        Lie::RedirectingMetadata => return redirecting(),
        Lie::HugeMetadata => return huge(),
        _ => {}
    }
    let claimed = if told.lie == Lie::MetadataOfAnother { "http://127.0.0.1:1" } else { issuer };
    let mut metadata = json!({
        "issuer": claimed,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    metadata.as_object_mut().unwrap().extend(told.metadata.as_object().unwrap().clone());
    json_answer(&metadata)
}

fn jwks(_: &str, told: &Told, _: &str) -> Response {
    let point = told.keys.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
    json_answer(&json!({"keys": [{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": told.kid, "x": x, "y": y}]}))
}

fn token(issuer: &str, told: &Told, body: &str) -> Response {
    let form = |name: &str| form_urlencoded::parse(body.as_bytes()).find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
    match told.lie {
        Lie::RedirectingToken => return redirecting(),
        Lie::HugeToken => return huge(),
        Lie::BrokenToken => return Response::builder().status(StatusCode::INTERNAL_SERVER_ERROR).body("secret words"),
        Lie::TokenError => {
            return Response::builder()
                .status(StatusCode::BAD_REQUEST)
                .content_type("application/json")
                .body(json!({"error": "invalid_grant", "error_description": "secret words"}).to_string());
        }
        Lie::NotJson => return Response::builder().content_type("text/html").body("<h1>secret words</h1>"),
        _ => {}
    }
    let mut answer = json!({"access_token": "at-1", "token_type": "Bearer", "expires_in": 60});
    if told.lie != Lie::NoIdToken {
        answer["id_token"] = id_token(issuer, told, &form("code").unwrap_or_default()).into();
    }
    json_answer(&answer)
}

fn id_token(issuer: &str, told: &Told, nonce: &str) -> String {
    let now = |offset: i64| Timestamp::from_seconds(START.seconds() + offset).seconds();
    let mut claims = json!({"iss": issuer, "aud": "broker", "iat": now(0), "exp": now(300), "nonce": nonce, "auth_time": now(-20), "at_hash": at_hash("at-1"),
                            "updated_at": "2024-01-01T00:00:00.000Z"});
    claims.as_object_mut().unwrap().extend(told.claims.as_object().unwrap().clone());
    match told.lie {
        Lie::Issuer => claims["iss"] = "http://127.0.0.1:1".into(),
        Lie::Audience => claims["aud"] = "somebody".into(),
        Lie::SecondAudience => claims["aud"] = json!(["broker", "somebody"]),
        Lie::AuthorizedParty => claims["azp"] = "somebody".into(),
        Lie::Nonce => claims["nonce"] = "another".into(),
        Lie::NoNonce => drop(claims.as_object_mut().unwrap().remove("nonce")),
        Lie::Expired => claims["exp"] = now(0).into(),
        Lie::OldAuthTime => claims["auth_time"] = now(-86_400).into(),
        Lie::NoSubject => claims["sub"] = "".into(),
        Lie::AtHash => claims["at_hash"] = at_hash("at-2").into(),
        _ => {}
    }
    let kid = if told.lie == Lie::UnknownKey { "k-9" } else { told.kid };
    let alg = match told.lie {
        Lie::Unsigned => "none",
        Lie::Symmetric => "HS256",
        _ => "ES256",
    };
    let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encoded(&json!({"alg": alg, "kid": kid, "typ": "JWT"})), encoded(&claims));
    let signature = match told.lie {
        Lie::Unsigned => Vec::new(),
        Lie::Symmetric => {
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, b"broker-secret");
            aws_lc_rs::hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
        }
        lie => {
            let keys = if matches!(lie, Lie::WrongKey | Lie::UnknownKey) { &told.others } else { &told.keys };
            keys.sign(&SystemRandom::new(), signed.as_bytes()).unwrap().as_ref().to_vec()
        }
    };
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// OpenID Connect Core §3.1.3.6.
fn at_hash(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(access_token)[..16])
}

fn userinfo(_: &str, told: &Told, _: &str) -> Response {
    match told.lie {
        Lie::HugeUserinfo => huge(),
        Lie::UserinfoOfAnother => json_answer(&json!({"sub": "alice", "email": "alice@example.com", "email_verified": true})),
        _ => json_answer(&json!({"sub": told.claims["sub"], "website": "https://octavia.example"})),
    }
}
