//! ID tokens and answers of userinfo, signed with what their client registered.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger::protocol::client::{GrantType, ResponseType};
use claviger::protocol::client_responses::ClientResponses;
use claviger::protocol::jose::SigningAlgorithm;
use claviger::protocol::redirect_uri::RedirectUri;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::actors::{Browser, RelyingParty, TestServer, part, verified};

const REDIRECT_URI: &str = "https://signed.example/callback";

/// A client for every response type, for whom everything is signed with one algorithm.
async fn client_for(server: &TestServer, algorithm: SigningAlgorithm) -> RelyingParty<'_> {
    let responses = ClientResponses { id_token_signed: algorithm, userinfo_signed: Some(algorithm), ..ClientResponses::default() };
    server
        .register(algorithm.as_str(), |client| {
            client.grant_types.insert(GrantType::Implicit);
            client.response_types = ResponseType::ALL.iter().copied().collect();
            client.redirect_uris = vec![RedirectUri::register(REDIRECT_URI, client.application_type).unwrap()];
            client.responses = responses;
        })
        .await;
    // Each story has few of them.
    RelyingParty::new(server, Box::leak(format!("{algorithm}:{algorithm}-secret").into_boxed_str()), REDIRECT_URI)
}

/// The left half of a hash (OpenID Connect Core §3.1.3.6), by what the algorithm's name ends in.
fn half(algorithm: &str, text: &str) -> String {
    let digest = match algorithm {
        "RS256" | "PS256" | "ES256" => Sha256::digest(text).to_vec(),
        "RS384" | "PS384" | "ES384" => Sha384::digest(text).to_vec(),
        _ => Sha512::digest(text).to_vec(),
    };
    URL_SAFE_NO_PAD.encode(&digest[..digest.len() / 2])
}

/// Conformance: 5, 7, 9, 44, 55, 63
#[tokio::test]
async fn every_offered_algorithm_signs_id_tokens_and_userinfo() {
    let server = TestServer::start().await;
    let document = server.get("/.well-known/openid-configuration").await.json();
    let offered = document["id_token_signing_alg_values_supported"].as_array().unwrap().clone();
    assert_eq!(
        offered,
        json!(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]).as_array().unwrap().clone()
    );
    assert_eq!(document["userinfo_signing_alg_values_supported"].as_array().unwrap(), &offered);
    let mut kids = BTreeSet::new();
    for name in offered {
        let name = name.as_str().unwrap();
        let app = client_for(&server, SigningAlgorithm::parse(name).unwrap()).await;
        let url = app.authorization_url_for("code id_token token", "openid email", "nonce=n-1");
        let mut browser = Browser::new(&server);
        let page = browser.log_in_and_consent(&url).await;
        let [code, token, id_token] = ["code", "access_token", "id_token"].map(|name| page.parameter(name).unwrap());

        let (header, claims) = verified(&server, &id_token).await;
        assert_eq!((&header["alg"], &header["typ"]), (&json!(name), &json!("JWT")));
        assert_eq!((&claims["iss"], &claims["aud"], &claims["nonce"]), (&json!(server.issuer), &json!(name), &json!("n-1")));
        assert_eq!(claims["at_hash"], half(name, &token), "{name}");
        assert_eq!(claims["c_hash"], half(name, &code), "{name}");
        kids.insert(header["kid"].as_str().unwrap().to_owned());

        let tokens = app.redeem(&code).await;
        let (header, of_code) = verified(&server, tokens.text("id_token")).await;
        assert_eq!((&header["alg"], &of_code["sub"]), (&json!(name), &claims["sub"]));
        assert_eq!(of_code["at_hash"], half(name, tokens.access()), "{name}");
        let (header, _) = verified(&server, tokens.access()).await;
        assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &json!("at+jwt")), "access tokens are for APIs, not for the client");

        let answer = server.userinfo(tokens.access()).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("application/jwt")), "{}", answer.body);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let (header, person) = verified(&server, &answer.body).await;
        assert_eq!((&header["alg"], header.get("typ")), (&json!(name), None));
        let members: Vec<&str> = person.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["aud", "email", "email_verified", "iss", "sub"]);
        assert_eq!((&person["iss"], &person["aud"], &person["sub"]), (&claims["iss"], &json!(name), &claims["sub"]));

        let refreshed = app.refresh(tokens.refresh()).await;
        assert_eq!(verified(&server, refreshed.text("id_token")).await.0["alg"], name);
    }
    assert_eq!(kids.len(), SigningAlgorithm::ALL.len(), "each algorithm has a key of its own");
}

/// Conformance: 9, 55
#[tokio::test]
async fn who_asks_for_nothing_gets_rs256_and_plain_json() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let tokens = web.sign_in(&mut Browser::new(&server), "openid").await;
    assert_eq!(verified(&server, tokens.text("id_token")).await.0["alg"], "RS256");
    let answer = server.userinfo(tokens.access()).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let members: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["sub"]);
}

/// Conformance: 8, 9
#[tokio::test]
async fn the_keys_of_an_algorithm_rotate_by_themselves() {
    let server = TestServer::start().await;
    let published = async || -> Vec<(String, String)> {
        let keys = server.get("/.well-known/jwks.json").await.json()["keys"].as_array().unwrap().clone();
        let text = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
        keys.iter().map(|key| (text(key, "alg"), text(key, "kid"))).collect()
    };
    let of = |keys: &[(String, String)], algorithm: &str| -> Vec<String> {
        keys.iter().filter(|(alg, _)| alg == algorithm).map(|(_, kid)| kid.clone()).collect()
    };
    assert!(published().await.iter().all(|(algorithm, _)| algorithm == "RS256"), "no key is made before somebody needs it");
    let app = client_for(&server, SigningAlgorithm::Es256).await;
    let before = published().await;
    assert_eq!(of(&before, "ES256").len(), 2, "they are there before the first sign-in");
    let mut browser = Browser::new(&server);
    let old = app.sign_in(&mut browser, "openid").await;
    assert_eq!(part(old.text("id_token"), 0)["kid"], of(&before, "ES256")[0]);

    let rotation = server.rotate_keys_for(SigningAlgorithm::Es256);
    let after = published().await;
    assert_eq!(of(&after, "RS256"), of(&before, "RS256"));
    let expected = [&rotation.active, &rotation.next, &rotation.retired].map(|kid| kid.as_str().to_owned());
    assert_eq!(of(&after, "ES256"), expected);
    assert_eq!([&expected[0], &expected[2]], [&of(&before, "ES256")[1], &of(&before, "ES256")[0]]);

    let new = app.refresh(old.refresh()).await;
    assert_eq!(verified(&server, new.text("id_token")).await.0["kid"], expected[0]);
    assert_eq!(part(new.access(), 0)["kid"], of(&before, "RS256")[0]);
    verified(&server, old.text("id_token")).await;
    // What the retired key signed is still a hint.
    let hint = format!("prompt=none&id_token_hint={}", old.text("id_token"));
    browser.open(&app.authorization_url("openid", &hint)).await.code();
}

/// Conformance: 25, 66
#[tokio::test]
async fn an_id_token_of_any_of_our_keys_is_a_hint_and_nothing_else_is() {
    let server = TestServer::start().await;
    for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::EdDsa] {
        let app = client_for(&server, algorithm).await;
        let mut browser = Browser::new(&server);
        let tokens = app.sign_in(&mut browser, "openid").await;
        let id_token = tokens.text("id_token");
        let rs256 = part(tokens.access(), 0)["kid"].clone();
        let with = |change: &dyn Fn(&mut Value)| {
            let (header, rest) = id_token.split_once('.').unwrap();
            let mut header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
            change(&mut header);
            format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
        };
        let userinfo = server.userinfo(tokens.access()).await.body;
        let renamed = with(&|header| header["alg"] = json!("RS256"));
        let of_another_key = with(&|header| (header["alg"], header["kid"]) = (json!("RS256"), rs256.clone()));
        for hint in [&userinfo, &renamed, &of_another_key, tokens.access()] {
            let page = browser.open(&app.authorization_url("openid", &format!("prompt=none&id_token_hint={hint}"))).await;
            assert_eq!(page.parameter("error").as_deref(), Some("invalid_request"), "{hint}: {}", page.url);
        }
        browser.open(&app.authorization_url("openid", &format!("prompt=none&id_token_hint={id_token}"))).await.code();
        let page = browser.open(&server.url(&format!("/logout?id_token_hint={userinfo}"))).await;
        assert!(page.body.contains("logout-yes"), "a hint that proves nothing: the person is asked");
        browser.open(&server.url(&format!("/logout?id_token_hint={id_token}"))).await;
        let page = browser.open(&app.authorization_url("openid", "prompt=none")).await;
        assert_eq!(page.parameter("error").as_deref(), Some("login_required"), "{}", page.url);
    }
}

#[tokio::test]
async fn first_signatures_at_once_make_one_pair_of_keys() {
    let server = TestServer::start().await;
    let app = client_for(&server, SigningAlgorithm::EdDsa).await;
    let tokens = app.sign_in(&mut Browser::new(&server), "openid offline_access").await;
    // As if the key folder were another one than when the client registered.
    server.forget_keys_of(SigningAlgorithm::EdDsa);
    let kids = futures_util::future::join_all((0..8).map(|_| async {
        let answer = server.userinfo(tokens.access()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        part(&answer.body, 0)["kid"].as_str().unwrap().to_owned()
    }))
    .await;
    assert_eq!(kids.iter().collect::<BTreeSet<_>>().len(), 1, "{kids:?}");
    verified(&server, &server.userinfo(tokens.access()).await.body).await;
}

/// Conformance: 5
#[tokio::test]
async fn what_is_not_offered_is_not_promised_and_not_registered() {
    let server = TestServer::start_offering(&[SigningAlgorithm::Rs256, SigningAlgorithm::Es256]).await;
    let document = server.get("/.well-known/openid-configuration").await.json();
    for name in ["id_token_signing_alg_values_supported", "userinfo_signing_alg_values_supported"] {
        assert_eq!(document[name], json!(["RS256", "ES256"]));
    }
    let app = client_for(&server, SigningAlgorithm::Es256).await;
    assert_eq!(verified(&server, app.sign_in(&mut Browser::new(&server), "openid").await.text("id_token")).await.0["alg"], "ES256");
}
