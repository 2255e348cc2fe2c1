//! `POST /register` (RFC 7591, OpenID Connect Registration): what is registered, what is refused, and who may.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use claviger::flow::manage::initial_access_tokens::NewInitialAccessToken;
use claviger::protocol::client::{GrantType, ResponseType};
use claviger::protocol::registration::{Access, MEMBERS, Policy};
use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use reqwest::Method;
use serde_json::{Map, Value, json};
use url::form_urlencoded::byte_serialize;

use crate::actors::registrant::{CALLBACK, Registrant, open, plain, plain_and, register, send};
use crate::actors::{Answer, Keys, START, TestServer};
use crate::database::{Database, on_both_databases};

on_both_databases!(
    no_json_makes_it_fail,
    a_token_registers_as_many_clients_as_it_says_however_many_come_at_once,
    an_address_registers_no_more_by_asking_at_once,
);

/// Everybody may register for everything.
fn all_kinds() -> Policy {
    let (grant_types, response_types) = (GrantType::ALL.iter().copied().collect(), ResponseType::ALL.iter().copied().collect());
    Policy { grant_types, response_types, ..open() }
}

fn with_tokens() -> Policy {
    Policy { access: Access::InitialAccessToken, ..open() }
}

async fn token(server: &TestServer, uses: u32) -> String {
    let new = NewInitialAccessToken { name: "test".to_owned(), uses: Some(uses), expires_at: None };
    server.server.add_initial_access_token(&new).await.unwrap().unwrap().secret.reveal().to_owned()
}

#[track_caller]
fn assert_challenged(answer: &Answer, has_error: bool) {
    answer.assert_error(401, "invalid_token");
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_token\"") == has_error, "{challenge}");
}

/// Conformance: 57
#[tokio::test]
async fn the_answer_says_everything_that_was_registered() {
    let server = TestServer::start_registering(all_kinds()).await;
    let body = json!({
        "redirect_uris": [CALLBACK, "https://stranger.example/other?x=1"],
        "client_name": "Stranger & Co",
        "grant_types": ["authorization_code", "implicit", "refresh_token"],
        "response_types": ["code", "token id_token code"],
        "application_type": "web",
        "token_endpoint_auth_method": "client_secret_post",
        "scope": "openid items:read",
        "jwks_uri": "https://stranger.example/jwks.json",
        "post_logout_redirect_uris": ["https://stranger.example/bye"],
        "no_such_member": {"a": [1]}, "client_name#de": "Fremder",
    });
    let answer = register(&server, &body, None).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (201, Some("application/json")), "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let mut information = answer.json();
    let mut take = |name: &str| information.as_object_mut().unwrap().remove(name).unwrap();
    let (id, secret, token) = (take("client_id"), take("client_secret"), take("registration_access_token"));
    assert!(secret.as_str().unwrap().starts_with("clv_cs_") && token.as_str().unwrap().starts_with("clv_reg_"));
    assert_eq!(take("registration_client_uri"), server.url(&format!("/register/{}", id.as_str().unwrap())));
    let expected = json!({
        "redirect_uris": [CALLBACK, "https://stranger.example/other?x=1"],
        "client_name": "Stranger & Co",
        "grant_types": ["authorization_code", "refresh_token", "implicit"],
        "response_types": ["code", "code id_token token"],
        "application_type": "web",
        "token_endpoint_auth_method": "client_secret_post",
        "scope": "items:read openid",
        "jwks_uri": "https://stranger.example/jwks.json",
        "post_logout_redirect_uris": ["https://stranger.example/bye"],
        "client_id_issued_at": START.seconds(),
        "client_secret_expires_at": 0,
        "id_token_signed_response_alg": "RS256",
        "subject_type": "public",
        "require_auth_time": false,
        "frontchannel_logout_session_required": false,
        "backchannel_logout_session_required": false,
    });
    assert_eq!(information, expected);
    let other = register(&server, &body, None).await.json();
    assert_ne!(other["client_id"], id);
}

/// Conformance: 58
#[tokio::test]
async fn what_is_left_out_is_as_the_specification_says() {
    let server = TestServer::start_registering(open()).await;
    let information = Registrant::new(&server, &plain()).await.information;
    for (name, value) in [
        ("response_types", json!(["code"])),
        ("grant_types", json!(["authorization_code"])),
        ("application_type", json!("web")),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("client_name", json!("stranger.example")),
        ("scope", json!("email items:read offline_access openid profile")),
    ] {
        assert_eq!(information[name], value, "{name}");
    }
    let null = plain_and(json!({"grant_types": null, "scope": null, "jwks": null}));
    assert_eq!(Registrant::new(&server, &null).await.information["grant_types"], json!(["authorization_code"]));
}

#[tokio::test]
async fn a_client_without_a_secret_gets_none() {
    let server = TestServer::start_registering(open()).await;
    let keys = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]});
    for more in [
        json!({"token_endpoint_auth_method": "none"}),
        json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": keys, "token_endpoint_auth_signing_alg": "EdDSA"}),
    ] {
        let information = Registrant::new(&server, &plain_and(more.clone())).await.information;
        assert_eq!((information.get("client_secret"), information.get("client_secret_expires_at")), (None, None));
        assert!(more.as_object().unwrap().iter().all(|(name, value)| information[name] == *value), "{information}");
    }
}

/// Conformance: 59, 60
#[tokio::test]
async fn what_is_wrong_is_refused_with_the_specifications_code() {
    let server = TestServer::start_registering(open()).await;
    for (more, code) in [
        (json!({"redirect_uris": []}), "invalid_redirect_uri"),
        (json!({"redirect_uris": null}), "invalid_redirect_uri"),
        (json!({"redirect_uris": CALLBACK}), "invalid_redirect_uri"),
        (json!({"redirect_uris": [7]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["https://stranger.example/#fragment"]}), "invalid_redirect_uri"),
        (json!({"application_type": "toaster"}), "invalid_client_metadata"),
        (json!({"client_name": "two\nlines"}), "invalid_client_metadata"),
        (json!({"client_name": ["x"]}), "invalid_client_metadata"),
        (json!({"post_logout_redirect_uris": ["https://stranger.example/#x"]}), "invalid_client_metadata"),
        (json!({"jwks": {"keys": []}}), "invalid_client_metadata"),
        (json!({"jwks": {}, "jwks_uri": "https://stranger.example/jwks"}), "invalid_client_metadata"),
        (json!({"token_endpoint_auth_method": "private_key_jwt"}), "invalid_client_metadata"),
        (json!({"token_endpoint_auth_signing_alg": "none"}), "invalid_client_metadata"),
        (json!({"scope": ["openid"]}), "invalid_client_metadata"),
        (json!({"grant_types": ["refresh_token"]}), "invalid_client_metadata"),
    ] {
        register(&server, &plain_and(more.clone()), None).await.assert_error(400, code);
    }
    for (content_type, body) in [
        ("application/json", ""),
        ("application/json", "{"),
        ("application/json", "[]"),
        ("application/json", "null"),
        ("application/json", "\u{feff}{}"),
        ("application/x-www-form-urlencoded", "redirect_uris=https://stranger.example/callback"),
        ("text/plain", "{}"),
    ] {
        let request = server.request(Method::POST, "/register").header("content-type", content_type).body(body);
        Answer::of(request.send().await.unwrap()).await.assert_error(400, "invalid_client_metadata");
    }
    let deep = format!("{{\"jwks\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let request = server.request(Method::POST, "/register").header("content-type", "application/json; charset=utf-8").body(deep);
    Answer::of(request.send().await.unwrap()).await.assert_error(400, "invalid_client_metadata");
}

#[tokio::test]
async fn nobody_registers_where_it_is_off_and_nothing_says_otherwise() {
    let server = TestServer::start().await;
    register(&server, &plain(), None).await.assert_error(404, "not_found");
    assert_eq!(server.get("/.well-known/openid-configuration").await.json().get("registration_endpoint"), None);
    for policy in [open(), with_tokens()] {
        let server = TestServer::start_registering(policy).await;
        assert_eq!(server.get("/.well-known/openid-configuration").await.json()["registration_endpoint"], server.url("/register"));
    }
}

/// Conformance: 64
#[tokio::test]
async fn where_it_takes_a_token_only_a_live_one_of_the_right_kind_counts() {
    let server = TestServer::start_registering(with_tokens()).await;
    let (good, machine) = (token(&server, 1).await, server.machine_token("items:read").await);
    assert_challenged(&register(&server, &plain(), None).await, false);
    for bad in ["x", machine.as_str(), &good.replace("clv_iat_", "clv_reg_"), &token_of_another_server()] {
        assert_challenged(&register(&server, &plain(), Some(bad)).await, true);
    }
    register(&server, &json!({}), Some(&good)).await.assert_error(400, "invalid_redirect_uri");
    let made = register(&server, &plain(), Some(&good)).await;
    assert_eq!(made.status, 201, "what was refused used nothing up: {}", made.body);
    assert_challenged(&register(&server, &plain(), Some(&good)).await, true);

    let over = token(&server, 2).await;
    server.clock.advance(Duration::from_hours(7 * 24));
    assert_challenged(&register(&server, &plain(), Some(&over)).await, true);
}

/// Well formed, and never given out.
fn token_of_another_server() -> String {
    use claviger::protocol::token::{RANDOM_BYTES, Token, TokenKind};
    Token::new(TokenKind::InitialAccessToken, [9; RANDOM_BYTES]).reveal().to_owned()
}

async fn a_token_registers_as_many_clients_as_it_says_however_many_come_at_once(database: Database) {
    let server = TestServer::start_registering_on(database, with_tokens()).await;
    let three = token(&server, 3).await;
    let (body, mut made) = (plain(), 0);
    let answers = join_all((0..8).map(|_| register(&server, &body, Some(&three)))).await;
    for answer in answers {
        match answer.status.as_u16() {
            201 => made += 1,
            _ => assert_challenged(&answer, true),
        }
    }
    assert_eq!(made, 3);
}

#[tokio::test]
async fn an_address_registers_so_many_in_an_hour() {
    let server = TestServer::start_registering(Policy { per_address: 2, ..open() }).await;
    register(&server, &json!({}), None).await.assert_error(400, "invalid_redirect_uri");
    let first = Registrant::new(&server, &plain()).await;
    Registrant::new(&server, &plain()).await;
    let third = register(&server, &plain(), None).await;
    third.assert_error(429, "temporarily_unavailable");
    assert_eq!(third.header("retry-after"), Some("3600"));
    first.put(plain_and(json!({"client_name": "Other"}))).await.assert_error(429, "temporarily_unavailable");
    assert_eq!(first.get().await.json()["client_name"], "stranger.example");
    server.clock.advance(Duration::from_hours(1));
    Registrant::new(&server, &plain()).await;
}

async fn an_address_registers_no_more_by_asking_at_once(database: Database) {
    let server = TestServer::start_registering_on(database, Policy { per_address: 3, ..open() }).await;
    let body = plain();
    let answers = join_all((0..30).map(|_| register(&server, &body, None))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.status == 429));
    assert_eq!(made, 3);
}

#[tokio::test]
async fn there_is_room_for_so_many_and_room_again_when_one_goes() {
    let server = TestServer::start_registering(Policy { most_clients: 2, ..open() }).await;
    let first = Registrant::new(&server, &plain()).await;
    Registrant::new(&server, &plain()).await;
    let third = register(&server, &plain(), None).await;
    third.assert_error(503, "temporarily_unavailable");
    assert!(third.header("retry-after").is_some());
    assert_eq!(first.delete().await.status, 204);
    Registrant::new(&server, &plain()).await;
}

#[tokio::test]
async fn it_takes_no_other_method_and_scripts_of_no_other_site() {
    let server = TestServer::start_registering(open()).await;
    let answer = send(&server, Method::GET, "/register", None, None).await;
    answer.assert_error(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), Some("POST"));
    let request =
        server.request(Method::POST, "/register").header("content-type", "application/json").header("origin", "https://evil.example");
    let answer = Answer::of(request.body(plain().to_string()).send().await.unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (201, None));
}

fn values() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        CALLBACK,
        "http://127.0.0.1:1/cb",
        "com.example.app:/cb",
        "https://stranger.example/jwks\u{0}",
        "code",
        "id_token",
        "token id_token",
        "authorization_code",
        "implicit",
        "client_credentials",
        "native",
        "none",
        "private_key_jwt",
        "client_secret_jwt",
        "HS256",
        "openid items:read",
        "\u{0}",
        "\u{202e}",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        words.prop_map(Value::from),
        ".{0,300}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("keys|kty|n|e|x|crv|.{0,8}", inner, 0..4).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn bodies() -> impl Strategy<Value = Map<String, Value>> {
    let name = prop_oneof![prop::sample::select(MEMBERS.to_vec()).prop_map(str::to_owned), ".{0,20}"];
    let members = prop::collection::btree_map(name, values(), 0..6);
    (members, any::<bool>()).prop_map(|(members, sound)| {
        let mut body: Map<String, Value> = members.into_iter().collect();
        if sound {
            body.insert("redirect_uris".to_owned(), json!([CALLBACK]));
        }
        body
    })
}

/// The same ones each time.
fn many_bodies() -> Vec<(Map<String, Value>, Map<String, Value>)> {
    let (mut runner, strategy) = (TestRunner::deterministic(), (bodies(), bodies()));
    (0..400).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

async fn no_json_makes_it_fail(database: Database) {
    let policy = Policy { per_address: 1_000_000, most_clients: 1_000_000, ..all_kinds() };
    let server = TestServer::start_registering_on(database, policy).await;
    let (mut made, mut refused, from) = (0, 0, IpAddr::V4(Ipv4Addr::LOCALHOST));
    for (body, mut again) in many_bodies() {
        match server.server.register_client(None, &body, from).await.unwrap_or_else(|failure| panic!("{failure}: {body:?}")) {
            Err(_) => refused += 1,
            Ok(information) => {
                made += 1;
                let (id, token) = (information["client_id"].as_str().unwrap(), information["registration_access_token"].as_str().unwrap());
                let bearer = format!("Bearer {token}");
                let shown = server.server.registration(id, Some(&bearer)).await.unwrap().ok().unwrap();
                assert!(shown.iter().all(|(name, value)| information[name] == *value), "{information:?} {shown:?}");
                again.insert("client_id".to_owned(), id.into());
                let replaced = server.server.replace_registration(id, Some(&bearer), &again, from).await;
                drop(replaced.unwrap_or_else(|failure| panic!("{failure}: {again:?}")));
            }
        }
    }
    assert!(made > 20 && refused > 20, "{made} made, {refused} refused");
}

/// Conformance: 62, 63
#[tokio::test]
async fn whatever_openid_connect_lets_a_client_say_is_kept_and_told() {
    let server = TestServer::start_registering(all_kinds()).await;
    let keys = Keys::new();
    let body = json!({
        "redirect_uris": [CALLBACK],
        "jwks": keys.public(),
        "post_logout_redirect_uris": ["https://stranger.example/bye"],
        "frontchannel_logout_uri": "https://stranger.example/front",
        "frontchannel_logout_session_required": true,
        "backchannel_logout_uri": "https://stranger.example/back",
        "backchannel_logout_session_required": true,
        "id_token_signed_response_alg": "ES256",
        "userinfo_signed_response_alg": "EdDSA",
        "request_object_signing_alg": "PS256",
        "request_uris": ["https://stranger.example/objects#1"],
        "require_signed_request_object": true,
        "subject_type": "pairwise",
        "default_max_age": 3600,
        "require_auth_time": true,
        "default_acr_values": ["1", "urn:example:gold"],
        "initiate_login_uri": "https://stranger.example/start?x=%20",
        "client_uri": "https://stranger.example/",
        "logo_uri": "https://stranger.example/logo.png",
        "policy_uri": "https://stranger.example/policy",
        "tos_uri": "https://stranger.example/terms",
        "contacts": ["ops@stranger.example"],
    });
    let answer = register(&server, &body, None).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let (made, token) = (answer.json(), answer.json()["registration_access_token"].as_str().unwrap().to_owned());
    let at = made["registration_client_uri"].as_str().unwrap().strip_prefix(&server.issuer).unwrap().to_owned();
    let read = Answer::of(server.request(Method::GET, &at).bearer_auth(token).send().await.unwrap()).await.json();
    for (name, value) in body.as_object().unwrap() {
        assert_eq!((&made[name], &read[name]), (value, value), "{name}");
    }
}

/// Conformance: 60
#[tokio::test]
async fn what_contradicts_itself_is_refused_by_its_member() {
    let server = TestServer::start_registering(all_kinds()).await;
    for (member, value, code) in [
        ("redirect_uris", json!(["https://stranger.example/cb#x"]), "invalid_redirect_uri"),
        ("initiate_login_uri", json!("http://stranger.example/start"), "invalid_client_metadata"),
        ("sector_identifier_uri", json!("http://127.0.0.1/sector"), "invalid_client_metadata"),
        ("sector_identifier_uri", json!("https://127.0.0.1:9/sector"), "invalid_client_metadata"),
        ("jwks", Keys::new().public(), "invalid_client_metadata"),
        ("jwks_uri", json!("http://127.0.0.1/jwks"), "invalid_client_metadata"),
        ("logo_uri", json!("http://127.0.0.1/logo"), "invalid_client_metadata"),
        ("logo_uri", json!("javascript:alert(1)"), "invalid_client_metadata"),
        ("tos_uri", json!("data:text/html,x"), "invalid_client_metadata"),
        ("backchannel_logout_uri", json!("http://127.0.0.1/back"), "invalid_client_metadata"),
        ("frontchannel_logout_uri", json!("https://elsewhere.example/front"), "invalid_client_metadata"),
        ("request_uris", json!(["http://127.0.0.1/objects"]), "invalid_client_metadata"),
        ("request_object_signing_alg", json!("none"), "invalid_client_metadata"),
        ("request_object_signing_alg", json!("HS256"), "invalid_client_metadata"),
        ("id_token_signed_response_alg", json!("none"), "invalid_client_metadata"),
        ("id_token_signed_response_alg", json!("HS256"), "invalid_client_metadata"),
        ("userinfo_signed_response_alg", json!("none"), "invalid_client_metadata"),
        ("subject_type", json!("secret"), "invalid_client_metadata"),
        ("default_max_age", json!(-1), "invalid_client_metadata"),
    ] {
        let mut body = json!({"redirect_uris": [CALLBACK], "jwks_uri": "https://stranger.example/jwks.json"});
        body[member] = value.clone();
        let answer = register(&server, &body, None).await;
        answer.assert_error(400, code);
        let told = answer.json()["error_description"].as_str().unwrap().to_owned();
        assert!(told.contains(member), "{member}: {told}");
        assert!(!told.contains("127.0.0.1"), "what is behind an address is not for strangers: {told}");
    }
}

/// Conformance: 62
#[tokio::test]
async fn a_stranger_is_shown_as_it_says_to_be_and_cannot_say_more() {
    let server = TestServer::start_registering(all_kinds()).await;
    let mut body = json!({
        "redirect_uris": [CALLBACK], "client_name": "Bank <b>of</b> \"x\"", "logo_uri": "https://stranger.example/l?a=\"><script>",
        "policy_uri": "https://stranger.example/p", "tos_uri": "https://stranger.example/t",
    });
    for uri in ["policy_uri", "tos_uri", "client_uri"] {
        let mut cunning = body.clone();
        cunning[uri] = json!("https://stranger.example/x?a=\"><script>");
        register(&server, &cunning, None).await.assert_error(400, "invalid_client_metadata");
    }
    body["client_uri"] = json!("https://stranger.example/home");
    let made = register(&server, &body, None).await.json();
    let id = made["client_id"].as_str().unwrap();
    let challenge = "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    let page = server
        .get(&format!(
            "/login?continue={}",
            byte_serialize(format!("client_id={id}&response_type=code&scope=openid&{challenge}").as_bytes()).collect::<String>()
        ))
        .await;
    assert!(page.body.contains("Bank &#60;b&#62;of&#60;/b&#62;") || page.body.contains("Bank &lt;b&gt;of&lt;/b&gt;"), "{}", page.body);
    for shown in [&*format!("/client-logo/{id}"), "https://stranger.example/p", "https://stranger.example/t"] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    assert!(!page.body.contains("stranger.example/l") && !page.body.contains("<b>of"), "{}", page.body);
}
