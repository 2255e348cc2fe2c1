//! ID tokens and answers of userinfo that nobody but their client can read.

use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{KeyPair, RsaKeyPair, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger::protocol::client::{Client, GrantType, ResponseType};
use claviger::protocol::client_responses::ClientResponses;
use claviger::protocol::jose::{ContentEncryption, Encryption, KeyManagement, KeySource, SigningAlgorithm};
use claviger::protocol::redirect_uri::RedirectUri;
use serde_json::{Value, json};

use crate::actors::{Browser, KeyHost, Keys, Publishes, RelyingParty, TestServer, part, verified};

const REDIRECT_URI: &str = "https://sealed.example/callback";
const RSA: Encryption = Encryption { alg: KeyManagement::RsaOaep256, enc: ContentEncryption::A256Gcm };

/// A client that can decrypt: the one kind of it that is written down here. The others are read by other people's programs (tests/interop).
struct Reader(RsaKeyPair);

impl Reader {
    fn new() -> Self {
        Self(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    fn jwk(&self) -> Value {
        let components = RsaPublicKeyComponents::<Vec<u8>>::from(self.0.public_key());
        let (n, e) = (URL_SAFE_NO_PAD.encode(components.n), URL_SAFE_NO_PAD.encode(components.e));
        json!({"kty": "RSA", "use": "enc", "kid": "for-encryption", "n": n, "e": e})
    }

    /// The keys beside one for signatures.
    fn published(&self) -> Value {
        let mut keys = Keys::new().public();
        keys["keys"].as_array_mut().unwrap().push(self.jwk());
        keys
    }

    fn opened(&self, jwe: &str) -> String {
        let (header, rest) = jwe.split_once('.').unwrap();
        let rest: Vec<Vec<u8>> = rest.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        let [secret, iv, ciphertext, tag]: [Vec<u8>; 4] = rest.try_into().unwrap();
        let private = PrivateDecryptingKey::from_pkcs8(self.0.as_der().unwrap().as_ref()).unwrap();
        let private = OaepPrivateDecryptingKey::new(private).unwrap();
        let mut output = vec![0; private.min_output_size()];
        let secret = private.decrypt(&OAEP_SHA256_MGF1SHA256, &secret, &mut output, None).unwrap();
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, secret).unwrap());
        let mut sealed = [ciphertext, tag].concat();
        let opened = key.open_in_place(Nonce::try_assume_unique_for_key(&iv).unwrap(), Aad::from(header.as_bytes()), &mut sealed).unwrap();
        String::from_utf8(opened.to_vec()).unwrap()
    }
}

async fn client_with(server: &TestServer, keys: KeySource, responses: ClientResponses) -> RelyingParty<'_> {
    let change = |client: &mut Client| {
        client.grant_types.insert(GrantType::Implicit);
        client.response_types = ResponseType::ALL.iter().copied().collect();
        client.redirect_uris = vec![RedirectUri::register(REDIRECT_URI, client.application_type).unwrap()];
        (client.keys, client.responses) = (Some(keys), responses);
    };
    server.register("sealed", change).await;
    RelyingParty::new(server, "sealed:sealed-secret", REDIRECT_URI)
}

const fn both(encryption: Encryption) -> ClientResponses {
    ClientResponses {
        id_token_signed: SigningAlgorithm::Es256,
        id_token_encrypted: Some(encryption),
        userinfo_signed: Some(SigningAlgorithm::Es256),
        userinfo_encrypted: Some(encryption),
    }
}

/// Conformance: 44, 55, 63
#[tokio::test]
async fn what_is_told_is_signed_and_then_encrypted() {
    let (server, reader) = (TestServer::start().await, Reader::new());
    let app = client_with(&server, KeySource::here(&reader.published()).unwrap(), both(RSA)).await;
    let page = Browser::new(&server).log_in_and_consent(&app.authorization_url_for("code id_token token", "openid email", "nonce=n")).await;
    let tokens = app.redeem(&page.parameter("code").unwrap()).await;
    let userinfo = server.userinfo(tokens.access()).await;
    assert_eq!(userinfo.header("content-type"), Some("application/jwt"));
    for jwe in [page.parameter("id_token").unwrap().as_str(), tokens.text("id_token"), &userinfo.body] {
        assert_eq!(part(jwe, 0), json!({"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "for-encryption", "cty": "JWT"}));
        let (header, claims) = verified(&server, &reader.opened(jwe)).await;
        assert_eq!((&header["alg"], &claims["aud"], &claims["iss"]), (&json!("ES256"), &json!("sealed"), &json!(server.issuer)));
    }
    let id_token = verified(&server, &reader.opened(&page.parameter("id_token").unwrap())).await.1;
    assert!(id_token["at_hash"].is_string() && id_token["c_hash"].is_string() && id_token["nonce"] == "n");
    assert_eq!(verified(&server, &reader.opened(&userinfo.body)).await.1["email"], "alice@example.com");
    assert_eq!(verified(&server, tokens.access()).await.0["typ"], "at+jwt", "an access token is for an API");
    let refreshed = app.refresh(tokens.refresh()).await;
    verified(&server, &reader.opened(refreshed.text("id_token"))).await;
}

/// Conformance: 55
#[tokio::test]
async fn userinfo_that_is_not_signed_is_encrypted_as_it_is() {
    let (server, reader) = (TestServer::start().await, Reader::new());
    let responses = ClientResponses { userinfo_encrypted: Some(RSA), ..ClientResponses::default() };
    let app = client_with(&server, KeySource::here(&reader.published()).unwrap(), responses).await;
    let tokens = app.sign_in(&mut Browser::new(&server), "openid email").await;
    verified(&server, tokens.text("id_token")).await;
    let answer = server.userinfo(tokens.access()).await;
    assert_eq!((answer.header("content-type"), part(&answer.body, 0).get("cty")), (Some("application/jwt"), None));
    let claims: Value = serde_json::from_str(&reader.opened(&answer.body)).unwrap();
    assert_eq!((&claims["email"], &claims["sub"]), (&json!("alice@example.com"), &tokens.id_claims()["sub"]));
    let me =
        crate::actors::Answer::of(server.request(reqwest::Method::GET, "/me").bearer_auth(tokens.access()).send().await.unwrap()).await;
    assert_eq!(me.json()["username"], "alice", "what is no specification's answer stays as it is");
}

/// Conformance: 5
#[tokio::test]
async fn every_promised_encryption_is_there() {
    let server = TestServer::start().await;
    let document = server.get("/.well-known/openid-configuration").await.json();
    let words = |name: &str| -> Vec<String> { serde_json::from_value(document[name].clone()).unwrap() };
    let reader = Reader::new();
    let mut keys = reader.published();
    // RFC 8037 Appendix A.6.
    let bob = json!({"kty": "OKP", "crv": "X25519", "kid": "x", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"});
    keys["keys"].as_array_mut().unwrap().push(bob);
    let app = client_with(&server, KeySource::here(&keys).unwrap(), ClientResponses::default()).await;
    let mut browser = Browser::new(&server);
    app.sign_in(&mut browser, "openid").await;
    assert_eq!(words("id_token_encryption_alg_values_supported"), words("userinfo_encryption_alg_values_supported"));
    assert_eq!(words("id_token_encryption_enc_values_supported"), words("userinfo_encryption_enc_values_supported"));
    let id = claviger::protocol::client::ClientId::parse("sealed").unwrap();
    for alg in words("id_token_encryption_alg_values_supported") {
        for enc in words("id_token_encryption_enc_values_supported") {
            let encryption = Encryption { alg: KeyManagement::parse(&alg).unwrap(), enc: ContentEncryption::parse(&enc).unwrap() };
            let change = |mut metadata: claviger::protocol::client_metadata::ClientMetadata| {
                metadata.id_token_encrypted_response_alg = Some(encryption.alg);
                metadata.id_token_encrypted_response_enc = Some(encryption.enc);
                metadata.userinfo_encrypted_response_alg = Some(encryption.alg);
                metadata.userinfo_encrypted_response_enc = Some(encryption.enc);
                Ok(metadata)
            };
            server.server.change_client(&id, &claviger::flow::manage::Expected::Anything, change).await.unwrap().unwrap();
            let tokens = app.redeem(&browser.open(&app.authorization_url("openid", "")).await.code()).await;
            for jwe in [tokens.text("id_token"), &server.userinfo(tokens.access()).await.body] {
                let header = part(jwe, 0);
                assert_eq!((&header["alg"], &header["enc"], jwe.split('.').count()), (&json!(alg), &json!(enc), 5));
                assert_eq!(header["kid"], if alg == "RSA-OAEP-256" { "for-encryption" } else { "x" }, "no key for signatures");
            }
        }
    }
}

#[tokio::test]
async fn without_a_key_there_is_no_token_rather_than_one_in_plain_text() {
    let (server, reader) = (TestServer::start().await, Reader::new());
    let host = KeyHost::start(Publishes::Keys(Keys::new().public())).await;
    let only_for_signatures = {
        let mut keys = Keys::new().public();
        keys["keys"].as_array_mut().unwrap().iter_mut().for_each(|key| key["use"] = json!("sig"));
        keys
    };
    host.publishes(Publishes::Keys(only_for_signatures));
    let app = client_with(&server, host.source(), both(RSA)).await;
    let mut browser = Browser::new(&server);
    let code = browser.pass(&app.authorization_url("openid", "")).await.code();
    let refused = app.try_redeem(&code).await;
    refused.assert_error(400, "invalid_request");
    assert!(!refused.body.contains("eyJ"), "{}", refused.body);
    let why = serde_json::to_string(&server.why(refused.trace_id()).await).unwrap();
    assert!(why.contains("none of its keys is for RSA-OAEP-256"), "{why}");
    let page = browser.open(&app.authorization_url_for("id_token", "openid", "nonce=n")).await;
    assert_eq!((page.parameter("error").as_deref(), page.parameter("id_token")), (Some("invalid_request"), None), "{}", page.url);

    for away in [Publishes::Nothing, Publishes::NoJson] {
        host.publishes(away);
        server.clock.advance(Duration::from_secs(11));
        let page = browser.open(&app.authorization_url_for("id_token", "openid", "nonce=n")).await;
        assert_eq!((page.parameter("error").as_deref(), page.parameter("id_token")), (Some("invalid_request"), None), "{}", page.url);
    }
    // Nothing was used up: as soon as the key is there, the same code is good.
    host.publishes(Publishes::Keys(reader.published()));
    server.clock.advance(Duration::from_secs(11));
    let tokens = app.redeem(&code).await;
    verified(&server, &reader.opened(tokens.text("id_token"))).await;
    assert_eq!(server.userinfo(tokens.access()).await.status, 200);

    host.publishes(Publishes::Nothing);
    server.clock.advance(Duration::from_mins(9));
    let token = tokens.access();
    assert_eq!(server.userinfo(token).await.status, 200, "what was found is good for ten minutes");
    let fresh = app.refresh(tokens.refresh()).await;
    server.clock.advance(Duration::from_mins(2));
    let refused = server.userinfo(fresh.access()).await;
    assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (400, Some("invalid_request")), "{}", refused.body);
    assert!(refused.header("www-authenticate").unwrap().starts_with("Bearer error=\"invalid_request\""));
}
