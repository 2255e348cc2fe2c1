//! API keys: what they open, and when they stop.

use std::time::Duration;

use claviger::flow::manage::api_keys::NewApiKey;
use claviger::flow::manage::{Expected, Reach};
use claviger::identity::user::Username;
use claviger::protocol::api_key::TOKEN_TYPE;
use claviger::protocol::client::ClientId;
use claviger::protocol::grant::token_exchange::{ACCESS_TOKEN_TYPE, GRANT_TYPE};
use reqwest::Method;
use serde_json::json;

use crate::actors::{Answer, START, TestServer, claims};

/// A key for somebody, and its identifier.
async fn key(server: &TestServer, user: Option<&str>, client: Option<&str>, scope: &str) -> (String, String) {
    let owned = |text: &str| text.to_owned();
    let new =
        NewApiKey { name: "test".to_owned(), user: user.map(owned), client: client.map(owned), scope: owned(scope), expires_at: None };
    let made = server.server.add_api_key(Reach::Everything, &new).await.unwrap().unwrap();
    (made.secret.reveal().to_owned(), made.key.id.to_string())
}

async fn alices_key(server: &TestServer, scope: &str) -> (String, String) {
    key(server, Some("alice"), None, scope).await
}

async fn exchange(server: &TestServer, key: &str, extra: &[(&str, &str)]) -> Answer {
    server.token(None, &[&[("grant_type", GRANT_TYPE), ("subject_token", key), ("subject_token_type", TOKEN_TYPE)], extra].concat()).await
}

/// What our own API says to a key.
async fn manage(server: &TestServer, key: &str) -> Answer {
    Answer::of(server.request(Method::GET, "/api/v1/clients").header("X-API-Key", key).send().await.unwrap()).await
}

#[tokio::test]
async fn a_resource_server_is_told_about_a_key() {
    let server = TestServer::start().await;
    let (key, id) = alices_key(&server, "items:read clients:read").await;
    assert!(key.starts_with("clv_key_"), "{key}");
    let told = server.introspect(&key).await;
    let expected = json!({
        "active": true, "scope": "items:read", "client_id": "claviger-api-key", "token_type": "api_key", "iss": server.issuer,
        "sub": told["sub"], "aud": "http://localhost:8000", "jti": id, "iat": START.seconds(),
    });
    assert_eq!(told, expected);
    assert_eq!(told["sub"], claims(server.alices_tokens("openid").await["access_token"].as_str().unwrap())["sub"]);
    for wrong in [key.replace("clv_key_", "clv_rt_"), format!("{key}x"), key.replacen('_', "-", 1), String::from("clv_key_")] {
        assert_eq!(server.introspect(&wrong).await, json!({"active": false}), "{wrong}");
    }
    let (machines, _) = self::key(&server, None, Some("demo-m2m"), "items:write").await;
    let told = server.introspect(&machines).await;
    assert_eq!((&told["sub"], &told["client_id"], &told["scope"]), (&json!("client:demo-m2m"), &json!("demo-m2m"), &json!("items:write")));
}

#[tokio::test]
async fn a_key_is_traded_for_a_short_lived_token() {
    let server = TestServer::start().await;
    let (key, id) = alices_key(&server, "items:read items:write clients:read").await;
    let answer = exchange(&server, &key, &[("scope", "items:read"), ("requested_token_type", ACCESS_TOKEN_TYPE)]).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, Some("no-store")), "{}", answer.body);
    let body = answer.json();
    assert_eq!(
        (&body["issued_token_type"], &body["token_type"], &body["expires_in"]),
        (&json!(ACCESS_TOKEN_TYPE), &json!("Bearer"), &json!(600))
    );
    assert_eq!((&body["scope"], body.get("refresh_token"), body.get("id_token")), (&json!("items:read"), None, None));
    let jwt = body["access_token"].as_str().unwrap();
    let token = claims(jwt);
    assert_eq!(
        (&token["client_id"], &token["aud"], &token["scope"]),
        (&json!("claviger-api-key"), &json!("http://localhost:8000"), &json!("items:read"))
    );
    assert!(token["jti"].as_str().unwrap().contains(&id));
    assert!(server.is_active(jwt).await);
    assert_eq!(server.userinfo(jwt).await.status, 403, "a key says nothing about the person");

    // The token ends with the key.
    assert_eq!(server.server.revoke_api_key(Reach::Everything, &claviger::protocol::subject::ApiKeyId::new(id)).await.unwrap(), Ok(()));
    assert!(!server.is_active(jwt).await);
    exchange(&server, &key, &[]).await.assert_error(400, "invalid_request");

    let (machines, _) = self::key(&server, None, Some("demo-m2m"), "items:read").await;
    let token = claims(exchange(&server, &machines, &[("client_id", "demo-m2m")]).await.json()["access_token"].as_str().unwrap());
    assert_eq!((&token["sub"], &token["client_id"]), (&json!("client:demo-m2m"), &json!("demo-m2m")));
}

#[tokio::test]
async fn what_is_no_exchange_of_a_key_is_refused() {
    let server = TestServer::start().await;
    let (key, _) = alices_key(&server, "items:read").await;
    let form = [("grant_type", GRANT_TYPE), ("subject_token", key.as_str()), ("subject_token_type", TOKEN_TYPE)];
    server.token(Some("demo-m2m:demo-m2m-secret"), &form).await.assert_error(400, "invalid_request");
    exchange(&server, &key, &[("client_id", "demo-web")]).await.assert_error(400, "invalid_request");
    exchange(&server, &key, &[("client_secret", "x")]).await.assert_error(400, "invalid_request");
    exchange(&server, &key, &[("actor_token", "x"), ("actor_token_type", TOKEN_TYPE)]).await.assert_error(400, "invalid_request");
    exchange(&server, &key, &[("scope", "items:write")]).await.assert_error(400, "invalid_scope");
    exchange(&server, &key, &[("resource", "https://other.example")]).await.assert_error(400, "invalid_target");
    let jwt = server.machine_token("items:read").await;
    let form = [("grant_type", GRANT_TYPE), ("subject_token", jwt.as_str()), ("subject_token_type", ACCESS_TOKEN_TYPE)];
    server.token(None, &form).await.assert_error(400, "invalid_request");
    exchange(&server, "clv_key_", &[]).await.assert_error(400, "invalid_request");
    exchange(&server, &jwt, &[]).await.assert_error(400, "invalid_request");
    exchange(&server, &key, &[("audience", "https://other.example")]).await.assert_error(400, "invalid_target");
}

#[tokio::test]
async fn a_key_opens_our_own_api_by_its_header_alone() {
    let server = TestServer::start().await;
    let (key, _) = alices_key(&server, "clients:read").await;
    assert_eq!(manage(&server, &key).await.status, 200);
    let other = alices_key(&server, "items:read").await.0;
    assert_eq!(manage(&server, &other).await.status, 403);
    for wrong in ["", "clv_key_x", "hunter2", "\u{e9}"] {
        let answer = manage(&server, wrong).await;
        assert_eq!(answer.status, 401, "{wrong}: {}", answer.body);
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer "));
    }
    let in_query = server.get(&format!("/api/v1/clients?api_key={key}")).await;
    assert_eq!(in_query.status, 401, "{}", in_query.body);
    assert!(!server.why(in_query.trace_id()).await.to_string().contains(&key));
    let twice = server.request(Method::GET, "/api/v1/clients").header("X-API-Key", &key).bearer_auth("x").send().await.unwrap();
    assert_eq!(twice.status(), 400);
    // It is for our own API and no access token anywhere.
    for path in ["/userinfo", "/me"] {
        assert_eq!(server.request(Method::GET, path).header("X-API-Key", &key).send().await.unwrap().status(), 401, "{path}");
        assert_eq!(server.request(Method::GET, path).bearer_auth(&key).send().await.unwrap().status(), 401, "{path}");
    }
}

#[tokio::test]
async fn a_lost_role_takes_its_scope_away_at_once() {
    let server = TestServer::start().await;
    let (key, _) = alices_key(&server, "clients:read items:read").await;
    assert_eq!(manage(&server, &key).await.status, 200);
    let alice = Username::parse("alice").unwrap();
    server.server.set_roles(&alice, &[]).await.unwrap().unwrap();
    assert_eq!(manage(&server, &key).await.status, 403);
    assert_eq!(exchange(&server, &key, &[]).await.json()["scope"], "items:read");
    server.server.set_roles(&alice, &["admin".to_owned()]).await.unwrap().unwrap();
    assert_eq!(manage(&server, &key).await.status, 200);

    let (machines, _) = self::key(&server, None, Some("demo-m2m"), "items:read").await;
    let id = ClientId::parse("demo-m2m").unwrap();
    let less = json!({"scope": "items:write", "default_scope": ""});
    server.server.patch_client(Reach::Everything, &id, &Expected::Anything, &less).await.unwrap().unwrap();
    assert!(!server.is_active(&machines).await);
    exchange(&server, &machines, &[]).await.assert_error(400, "invalid_scope");
}

#[tokio::test]
async fn a_key_ends_with_its_time_and_with_its_owner() {
    let server = TestServer::start().await;
    let new = NewApiKey {
        name: "short".to_owned(),
        user: Some("bob".to_owned()),
        scope: "items:read".to_owned(),
        expires_at: Some(START + Duration::from_mins(5)),
        ..NewApiKey::default()
    };
    let made = server.server.add_api_key(Reach::Everything, &new).await.unwrap().unwrap();
    let token = exchange(&server, made.secret.reveal(), &[]).await.json();
    assert_eq!(token["expires_in"], 300, "no token outlives its key");
    server.clock.advance(Duration::from_mins(5));
    exchange(&server, made.secret.reveal(), &[]).await.assert_error(400, "invalid_request");
    assert!(!server.is_active(token["access_token"].as_str().unwrap()).await);

    let (key, _) = key(&server, Some("bob"), None, "items:read").await;
    let jwt = exchange(&server, &key, &[]).await.json()["access_token"].as_str().unwrap().to_owned();
    let bob = Username::parse("bob").unwrap();
    server.server.enable_user(&bob, false).await.unwrap().unwrap();
    assert!(!server.is_active(&key).await && !server.is_active(&jwt).await);
    exchange(&server, &key, &[]).await.assert_error(400, "invalid_request");
    server.server.enable_user(&bob, true).await.unwrap().unwrap();
    assert!(server.is_active(&key).await);
    let subject = server.server.user(&bob).await.unwrap().unwrap().subject;
    server.server.delete_user(Reach::Everything, &subject, &Expected::Anything).await.unwrap().unwrap();
    assert!(!server.is_active(&key).await && !server.is_active(&jwt).await);
}

#[tokio::test]
async fn a_token_that_a_key_was_traded_for_opens_our_own_api_until_the_role_is_lost() {
    let server = TestServer::start().await;
    let (key, _) = alices_key(&server, "clients:read items:read").await;
    let jwt = exchange(&server, &key, &[]).await.json()["access_token"].as_str().unwrap().to_owned();
    let ask = async || server.request(Method::GET, "/api/v1/clients").bearer_auth(&jwt).send().await.unwrap().status().as_u16();
    assert_eq!(ask().await, 200);
    server.server.set_roles(&Username::parse("alice").unwrap(), &[]).await.unwrap().unwrap();
    assert_eq!(ask().await, 403);
    assert_eq!(server.introspect(&jwt).await["scope"], "items:read");
}

#[tokio::test]
async fn a_key_carries_its_scope_and_not_what_its_owner_is() {
    let server = TestServer::start().await;
    let (key, _) = alices_key(&server, "items:read").await;
    let token = claims(exchange(&server, &key, &[]).await.json()["access_token"].as_str().unwrap());
    for told in [token, server.introspect(&key).await] {
        assert_eq!((told.get("roles"), told.get("groups")), (None, None), "{told}");
    }
}

#[tokio::test]
async fn a_key_is_for_nothing_that_no_application_could_ask_for() {
    let server = TestServer::start().await;
    let alice = crate::manage::Manager::alice(&server).await;
    let scopes = json!({"scopes": [{"name": "items:read"}, {"name": "items:write"}, {"name": "items:sync"}]});
    assert_eq!(alice.patch("/apis/http%3A%2F%2Flocalhost%3A8000", &scopes).await.status, 200);
    server.allow("demo-m2m", "items:sync").await;
    for (owner, scope, status) in [
        (json!({"user": "bob"}), "items:sync", 422),
        (json!({"client": "demo-m2m"}), "items:sync", 201),
        (json!({"client": "demo-web"}), "items:read", 422),
        (json!({"client": "claviger-docs"}), "clients:read", 422),
    ] {
        let mut new = json!({"name": "x", "scope": scope});
        new.as_object_mut().unwrap().extend(owner.as_object().unwrap().clone());
        assert_eq!(alice.post("/api-keys", &new).await.status, status, "{new}");
    }
}

#[tokio::test]
async fn a_resource_server_learns_nothing_about_a_key_at_other_apis() {
    let server = TestServer::start().await;
    let alice = crate::manage::Manager::alice(&server).await;
    let hr = json!({"identifier": "https://hr.example", "name": "HR", "scopes": [{"name": "hr:read"}],
        "claims": [{"claim": "salary", "from": "constant", "value": 7}]});
    assert_eq!(alice.post("/apis", &hr).await.status, 201);
    server.allow("demo-web", "hr:read").await;
    let (key, _) = alices_key(&server, "items:read hr:read").await;
    let told = server.introspect(&key).await;
    assert_eq!((&told["scope"], &told["aud"], told.get("salary")), (&json!("items:read"), &json!("http://localhost:8000"), None));
    let (elsewhere, _) = alices_key(&server, "hr:read").await;
    assert_eq!(server.introspect(&elsewhere).await, json!({"active": false}));
}

#[tokio::test]
async fn another_password_takes_the_keys_along() {
    let server = TestServer::start().await;
    let (key, _) = alices_key(&server, "items:read").await;
    let alice = Username::parse("alice").unwrap();
    server.server.set_password(&alice, secrecy::SecretString::from("through the looking glass")).await.unwrap().unwrap();
    assert!(!server.is_active(&key).await);
}

#[tokio::test]
async fn the_client_of_peoples_keys_is_nobodys() {
    let server = TestServer::start().await;
    let form = [("grant_type", "client_credentials"), ("client_id", "claviger-api-key")];
    server.token(None, &form).await.assert_error(401, "invalid_client");
    let metadata = claviger::protocol::client_metadata::ClientMetadata {
        client_id: "claviger-api-key".to_owned(),
        client_name: "Mine".to_owned(),
        grant_types: [].into(),
        ..Default::default()
    };
    assert_eq!(metadata.client().unwrap_err()[0].field, "client_id");
}
