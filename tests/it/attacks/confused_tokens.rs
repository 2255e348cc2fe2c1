//! One kind of token, or one kind of subject, taken for another (RFC 8725 §2.8, RFC 9700 §4.15), and tokens of those who are gone.

use claviger::flow::manage::{Expected, Reach};
use claviger::identity::user::Username;
use claviger::protocol::client::{ClientId, GrantType};
use serde_json::json;

use crate::actors::{Answer, Browser, RelyingParty, TestServer, claims};

async fn at(server: &TestServer, path: &str, token: &str) -> Answer {
    Answer::of(server.request(reqwest::Method::GET, path).bearer_auth(token).send().await.unwrap()).await
}

#[tokio::test]
async fn only_an_access_token_opens_userinfo_and_me() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let tokens = web.sign_in(&mut browser, "openid items:read").await;
    let code = browser.open(&web.authorization_url("openid", "")).await.code();
    for other in [tokens.text("id_token"), tokens.refresh(), &code, &browser.cookies["claviger-session"], "demo-web-secret", "wonderland"] {
        for path in ["/userinfo", "/me"] {
            let answer = at(&server, path, other).await;
            answer.assert_error(401, "invalid_token");
            assert!(!answer.body.contains("alice") && !answer.body.contains("sub"));
        }
        assert_eq!(server.introspect(other).await, json!({"active": false}));
    }
    web.redeem(&code).await;
}

#[tokio::test]
async fn only_an_id_token_of_ours_for_this_client_is_a_hint() {
    let server = TestServer::start().await;
    let (web, spa) = (RelyingParty::demo_web(&server), RelyingParty::demo_spa(&server));
    let mut browser = Browser::new(&server);
    let spas = spa.sign_in(&mut browser, "openid").await;
    let tokens = web.sign_in(&mut browser, "openid").await;
    let (head, signature) = tokens.text("id_token").rsplit_once('.').unwrap();
    let tampered = format!("{head}.{}", signature.chars().rev().collect::<String>());
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", head.split('.').nth(1).unwrap());
    for other in [tokens.access(), tokens.refresh(), spas.text("id_token"), &tampered, &unsigned, "x", "a.b.c"] {
        let refused = browser.open(&web.authorization_url("openid", &format!("prompt=none&id_token_hint={other}"))).await;
        assert_eq!((refused.parameter("error").as_deref(), refused.parameter("code")), (Some("invalid_request"), None), "{other}");
        if other == spas.text("id_token") {
            continue;
        }
        let asked = browser.open(&format!("/logout?id_token_hint={other}&post_logout_redirect_uri=http://localhost:5173/")).await;
        assert!(!asked.left && asked.body.contains("logout-yes"), "nobody is signed out by {other}");
    }
    let foreign = format!("/logout?client_id=demo-web&id_token_hint={}", spas.text("id_token"));
    assert!(browser.open(&foreign).await.body.contains("logout-yes"), "the hint is another client's");
    browser.open(&web.authorization_url("openid", "prompt=none")).await.code();
}

#[tokio::test]
async fn a_client_is_never_taken_for_a_person() {
    let server = TestServer::start().await;
    let alice = claims(server.alices_tokens("openid").await["access_token"].as_str().unwrap())["sub"].as_str().unwrap().to_owned();
    let imposter = |client: &mut claviger::protocol::client::Client| {
        client.grant_types = [GrantType::ClientCredentials].into();
        client.response_types.clear();
        client.redirect_uris.clear();
    };
    for id in [alice.as_str(), "alice", "admin"] {
        server.register(id, imposter).await;
        let credentials = format!("{id}:{id}-secret");
        let form = [("grant_type", "client_credentials"), ("scope", "items:read openid email clients:read")];
        let reply = server.token(Some(&credentials), &form).await.json();
        let token = reply["access_token"].as_str().unwrap();
        assert_eq!((&reply["scope"], reply.get("id_token")), (&json!("items:read"), None), "no scope of a person, no ID token");
        let facts = server.introspect(token).await;
        assert_eq!((&facts["sub"], facts.get("username")), (&json!(format!("client:{id}")), None));
        assert_ne!(facts["sub"], alice);
        assert_eq!(claims(token).get("roles"), None);
        for path in ["/userinfo", "/me"] {
            at(&server, path, token).await.assert_error(403, "insufficient_scope");
        }
    }
    assert!(ClientId::parse("client:x").is_err() && ClientId::parse("a:b").is_err(), "no name of a client has what sets subjects apart");
}

#[tokio::test]
async fn a_token_of_a_person_who_is_disabled_or_deleted_is_dead() {
    let server = TestServer::start().await;
    let token = |tokens: serde_json::Value| tokens["access_token"].as_str().unwrap().to_owned();
    let first = token(server.alices_tokens("openid items:read").await);
    let alice = Username::parse("alice").unwrap();
    server.server.enable_user(&alice, false).await.unwrap().unwrap();
    let form = [("grant_type", "password"), ("client_id", "demo-password"), ("username", "alice"), ("password", "wonderland")];
    server.token(None, &form).await.assert_error(400, "invalid_grant");
    let login = Browser::new(&server).log_in("/login", "alice", "wonderland").await;
    assert_eq!((login.status.as_u16(), login.url.path()), (400, "/login"), "and nobody is told why");
    assert!(!login.body.contains("disabled"));
    for path in ["/userinfo", "/me"] {
        at(&server, path, &first).await.assert_error(401, "invalid_token");
    }
    assert!(!server.is_active(&first).await);
    server.server.enable_user(&alice, true).await.unwrap().unwrap();
    assert!(!server.is_active(&first).await, "what was ended stays ended");
    let second = token(server.alices_tokens("openid items:read").await);
    assert!(server.is_active(&second).await);
    let subject = server.server.user(&alice).await.unwrap().unwrap().subject;
    server.server.delete_user(Reach::Everything, &subject, &Expected::Anything).await.unwrap().unwrap();
    assert!(!server.is_active(&second).await);
    at(&server, "/userinfo", &second).await.assert_error(401, "invalid_token");
}

#[tokio::test]
async fn a_token_of_a_client_that_is_disabled_or_deleted_is_dead() {
    let server = TestServer::start().await;
    let machine = server.machine_token("items:read").await;
    let id = ClientId::parse("demo-m2m").unwrap();
    server.server.enable_client(&id, false).await.unwrap().unwrap();
    assert!(!server.is_active(&machine).await);
    server.server.enable_client(&id, true).await.unwrap().unwrap();
    assert!(server.is_active(&machine).await);
    server.server.delete_client(Reach::Everything, &id, &Expected::Anything).await.unwrap().unwrap();
    assert!(!server.is_active(&machine).await);
}
