//! `POST /token`: each grant's whole reply (RFC 6749 §5.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::actors::{Answer, Browser, RelyingParty, START, TestServer, claims};

const MACHINE: Option<&str> = Some("demo-m2m:demo-m2m-secret");
const CLIENT_CREDENTIALS: (&str, &str) = ("grant_type", "client_credentials");

/// Asserts a success with these members and the headers that the specification asks for, and returns it.
#[track_caller]
fn granted(answer: &Answer, members: &[&str]) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("trace-id").map(str::len), Some(32));
    assert_eq!(answer.headers.get("set-cookie"), None);
    let reply = answer.json();
    let mut found: Vec<_> = reply.as_object().unwrap().keys().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, members);
    assert_eq!((&reply["token_type"], &reply["expires_in"]), (&json!("Bearer"), &json!(600)));
    reply
}

fn header_of(jwt: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').next().unwrap()).unwrap()).unwrap()
}

/// Conformance: 9, 40
#[tokio::test]
async fn client_credentials_give_an_access_token_for_the_default_scope_and_nothing_else() {
    let server = TestServer::start().await;
    let answer = server.token(MACHINE, &[CLIENT_CREDENTIALS]).await;
    let reply = granted(&answer, &["access_token", "expires_in", "scope", "token_type"]);
    assert_eq!(reply["scope"], "items:read");
    let token = reply["access_token"].as_str().unwrap();
    let mut claims = claims(token);
    assert_eq!(claims["jti"].as_str().unwrap().len(), 36);
    claims.as_object_mut().unwrap().remove("jti");
    let (begin, end) = (START.seconds(), START.seconds() + 600);
    let expected = json!({
        "iss": server.issuer, "sub": "client:demo-m2m", "aud": "http://localhost:8000", "client_id": "demo-m2m",
        "scope": "items:read", "iat": begin, "exp": end,
    });
    assert_eq!(claims, expected);
    let keys = server.get("/.well-known/jwks.json").await.json();
    assert_eq!(header_of(token), json!({"typ": "at+jwt", "alg": "RS256", "kid": keys["keys"][0]["kid"]}));
}

#[tokio::test]
async fn a_password_gives_tokens_of_the_person_for_the_default_scope() {
    let server = TestServer::start().await;
    let form = [("grant_type", "password"), ("client_id", "demo-password"), ("username", "alice"), ("password", "wonderland")];
    let answer = server.token(None, &form).await;
    let reply = granted(&answer, &["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"]);
    assert_eq!(reply["scope"], "openid profile");
    let (access, id) = (claims(reply["access_token"].as_str().unwrap()), claims(reply["id_token"].as_str().unwrap()));
    assert_eq!(
        (&access["aud"], &access["roles"], &access["client_id"]),
        (&json!(server.issuer), &json!(["admin"]), &json!("demo-password"))
    );
    assert_eq!((&access["auth_time"], &access["sid"]), (&json!(START.seconds()), &Value::Null), "there is no browser, hence no session");
    assert_eq!((&id["aud"], &id["sub"], &id["sid"]), (&json!("demo-password"), &access["sub"], &Value::Null));
    assert!(reply["refresh_token"].as_str().unwrap().starts_with("clv_rt_"));
}

/// Conformance: 40, 45
#[tokio::test]
async fn a_code_gives_tokens_with_an_id_token_that_is_bound_to_the_access_token() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let back = Browser::new(&server).log_in_and_consent(&web.authorization_url("openid items:read", "nonce=n-1")).await;
    let answer = web.try_redeem(&back.code()).await;
    let reply = granted(&answer, &["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"]);
    let (access, id) = (reply["access_token"].as_str().unwrap(), reply["id_token"].as_str().unwrap());
    assert_eq!(header_of(access)["typ"], "at+jwt");
    assert_eq!(header_of(id)["typ"], "JWT", "an ID token can't be taken for an access token");
    let digest = Sha256::digest(access);
    let sid = claims(access)["sid"].clone();
    let expected = json!({
        "iss": server.issuer, "sub": claims(access)["sub"], "aud": "demo-web", "iat": START.seconds(), "exp": START.seconds() + 600,
        "auth_time": START.seconds(), "nonce": "n-1", "sid": sid, "at_hash": URL_SAFE_NO_PAD.encode(&digest[..16]), "acr": "1", "amr": ["pwd"],
    });
    assert_eq!(claims(id), expected);
    assert!(sid.is_string());
}

/// Conformance: 41, 42
#[tokio::test]
async fn a_refresh_gives_new_tokens_of_the_same_sign_in() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let back = Browser::new(&server).log_in_and_consent(&web.authorization_url("openid items:read", "nonce=n-1")).await;
    let first = web.redeem(&back.code()).await;
    server.clock.advance(std::time::Duration::from_mins(1));
    let answer = web.try_refresh(first.refresh(), &[]).await;
    let reply = granted(&answer, &["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"]);
    assert_ne!(reply["refresh_token"], first.refresh());
    let (old, new) = (first.id_claims(), claims(reply["id_token"].as_str().unwrap()));
    for same in ["iss", "sub", "aud", "auth_time", "sid"] {
        assert_eq!(new[same], old[same], "{same}");
    }
    assert_eq!(new["nonce"], Value::Null, "OpenID Connect Core §12.2");
    assert_eq!(new["iat"], START.seconds() + 60);
    let jti = |token: &str| claims(token)["jti"].clone();
    assert_ne!(jti(reply["access_token"].as_str().unwrap()), jti(first.access()));
}

/// Conformance: 42
#[tokio::test]
async fn a_client_without_the_refresh_grant_gets_no_refresh_token_and_without_openid_there_is_no_id_token() {
    let server = TestServer::start().await;
    let form = [("grant_type", "password"), ("client_id", "claviger-docs"), ("username", "bob"), ("password", "builder")];
    let answer = server.token(None, &[&form[..], &[("scope", "items:read offline_access")]].concat()).await;
    let reply = granted(&answer, &["access_token", "expires_in", "scope", "token_type"]);
    assert_eq!(reply["scope"], "items:read", "offline_access promises a refresh token, and none can come");
}

#[tokio::test]
async fn what_is_cut_from_the_scope_is_told() {
    let server = TestServer::start().await;
    let answer = server.token(MACHINE, &[CLIENT_CREDENTIALS, ("scope", "users:write items:write openid")]).await;
    assert_eq!(answer.json()["scope"], "items:write");
    let bob = [("grant_type", "password"), ("client_id", "claviger-docs"), ("username", "bob"), ("password", "builder")];
    let answer = server.token(None, &[&bob[..], &[("scope", "openid clients:read")]].concat()).await;
    assert_eq!(answer.json()["scope"], "openid", "bob lacks the role");
    let answer = server.token(None, &[&bob[..], &[("scope", "clients:read")]].concat()).await;
    answer.assert_error(400, "invalid_scope");
    let alice = [("grant_type", "password"), ("client_id", "claviger-docs"), ("username", "alice"), ("password", "wonderland")];
    let answer = server.token(None, &[&alice[..], &[("scope", "clients:read")]].concat()).await;
    assert_eq!(answer.json()["scope"], "clients:read");
    for nothing_left in ["users:write", "openid", "nonsense", "a\"b", "a\\b", "é", "a\0b"] {
        server.token(MACHINE, &[CLIENT_CREDENTIALS, ("scope", nothing_left)]).await.assert_error(400, "invalid_scope");
    }
}

#[tokio::test]
async fn a_resource_narrows_audience_and_scope() {
    let server = TestServer::start().await;
    let own_api = server.url("/api");
    let scope = ("scope", "items:read clients:read");
    let both = server.token(MACHINE, &[CLIENT_CREDENTIALS, scope]).await.json();
    assert_eq!(claims(both["access_token"].as_str().unwrap())["aud"], json!([own_api, "http://localhost:8000"]));
    let one = server.token(MACHINE, &[CLIENT_CREDENTIALS, scope, ("resource", "http://localhost:8000/")]).await.json();
    assert_eq!(one["scope"], "items:read");
    assert_eq!(claims(one["access_token"].as_str().unwrap())["aud"], "http://localhost:8000");
    let named = [CLIENT_CREDENTIALS, scope, ("resource", "http://localhost:8000"), ("resource", &own_api)];
    assert_eq!(server.token(MACHINE, &named).await.json()["scope"], "clients:read items:read", "`resource` may be repeated");
    for bad in ["https://other.example", "http://localhost:8000#x", "items", "/api", &server.issuer] {
        server.token(MACHINE, &[CLIENT_CREDENTIALS, scope, ("resource", bad)]).await.assert_error(400, "invalid_target");
    }
}

#[tokio::test]
async fn a_public_client_may_name_itself_by_basic_with_an_empty_password() {
    let server = TestServer::start().await;
    let form = [("grant_type", "password"), ("username", "alice"), ("password", "wonderland")];
    assert_eq!(server.token(Some("demo-password"), &form).await.status, 200);
    server.token(Some("demo-m2m"), &[CLIENT_CREDENTIALS]).await.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn an_empty_value_counts_as_absent() {
    let server = TestServer::start().await;
    let empty = [CLIENT_CREDENTIALS, ("scope", ""), ("resource", ""), ("client_secret", ""), ("client_assertion", ""), ("x", "")];
    assert_eq!(server.token(MACHINE, &empty).await.json()["scope"], "items:read");
}
