//! Single claims that an application asks for, and the person and the sign-in that it takes alone (OpenID Connect Core §5.5).

use claviger::protocol::scope::Scope;
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use crate::actors::{Browser, Page, RelyingParty, TestServer, Tokens, hybrid_client};

fn asking(claims: &Value) -> String {
    format!("claims={}", byte_serialize(claims.to_string().as_bytes()).collect::<String>())
}

#[track_caller]
fn assert_error(back: &Page, code: &str) {
    assert!(back.left, "still at {}: {}", back.url, back.body);
    assert_eq!(back.parameter("error").as_deref(), Some(code), "{}", back.url);
}

/// Conformance: 27, 28
#[tokio::test]
async fn single_claims_are_where_they_are_asked_for_and_the_token_is_no_wider() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let asked = asking(&json!({
        "userinfo": {"name": {"essential": true}, "email": null, "no_such_claim": {"essential": true}, "phone_number": {"value": "+1"}},
        "id_token": {"email": {"essential": true}, "auth_time": {"essential": true}},
        "something_else": {"x": 1},
    }));
    let back = Browser::new(&server).log_in_and_consent(&web.authorization_url("openid offline_access", &asked)).await;
    let tokens = web.redeem(&back.code()).await;
    assert_eq!(tokens.text("scope"), "offline_access openid");
    let refreshed = web.refresh(tokens.refresh()).await;
    let narrowed = Tokens(web.try_refresh(refreshed.refresh(), &[("scope", "openid")]).await.json());
    assert_eq!(server.userinfo(narrowed.access()).await.json()["name"], "Alice Liddell", "nothing about them was left out");
    for tokens in [tokens, refreshed] {
        let (id, person) = (tokens.id_claims(), server.userinfo(tokens.access()).await.json());
        assert_eq!((&id["email"], id.get("name")), (&json!("alice@example.com"), None), "{id}");
        assert!(id["auth_time"].is_i64());
        assert_eq!((&person["name"], &person["email"]), (&json!("Alice Liddell"), &json!("alice@example.com")), "{person}");
        for absent in ["email_verified", "given_name", "birthdate", "no_such_claim"] {
            assert_eq!(person.get(absent), None, "{absent}");
        }
        assert!(tokens.access_claims().get("email").is_none());
    }
}

#[tokio::test]
async fn a_token_that_was_narrowed_tells_no_more_by_single_claims() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let asked = asking(&json!({"userinfo": {"email": null}}));
    let back = Browser::new(&server).log_in_and_consent(&web.authorization_url("openid profile", &asked)).await;
    let tokens = web.redeem(&back.code()).await;
    assert_eq!(server.userinfo(tokens.access()).await.json()["email"], "alice@example.com");
    let narrowed = Tokens(web.try_refresh(tokens.refresh(), &[("scope", "openid")]).await.json());
    let told = server.userinfo(narrowed.access()).await.json();
    assert_eq!((told.get("email"), told.get("name")), (None, None));
}

#[tokio::test]
async fn an_id_token_without_an_access_token_has_them_too() {
    let server = TestServer::start().await;
    let app = hybrid_client(&server).await;
    let asked = format!("nonce=n&{}", asking(&json!({"id_token": {"email": null}})));
    let page = Browser::new(&server).log_in_and_consent(&app.authorization_url_for("id_token", "openid", &asked)).await;
    let id = crate::actors::claims(&page.parameter("id_token").unwrap());
    assert_eq!((&id["email"], id.get("name")), (&json!("alice@example.com"), None));
}

#[tokio::test]
async fn the_person_is_asked_as_if_the_scope_were_asked_for() {
    let server = TestServer::start().await;
    let (web, mut browser) = (RelyingParty::demo_web(&server), Browser::new(&server));
    web.sign_in(&mut browser, "openid").await;
    let asked = asking(&json!({"userinfo": {"email": null}}));
    let silent = browser.open(&web.authorization_url("openid", &format!("{asked}&prompt=none"))).await;
    assert_error(&silent, "consent_required");
    let page = browser.open(&web.authorization_url("openid", &asked)).await;
    assert!(page.url.path() == "/consent" && page.body.contains("e-mail address"), "{}", page.body);
    browser.submit(&page, &[], "consent-allow").await.code();
    let silent = browser.open(&web.authorization_url("openid", &format!("{asked}&prompt=none"))).await;
    silent.code();
}

#[tokio::test]
async fn a_client_gets_no_claim_whose_scope_it_may_not_ask_for() {
    let server = TestServer::start().await;
    let openid = || Scope::parse("openid").unwrap();
    server.register("narrow", |client| (client.allowed_scope, client.default_scope) = (openid(), openid())).await;
    let narrow = RelyingParty::new(&server, "narrow:narrow-secret", "http://localhost:3000/callback");
    let asked = asking(&json!({"userinfo": {"email": null}, "id_token": {"email": {"essential": true}}}));
    let back = Browser::new(&server).log_in_and_consent(&narrow.authorization_url("openid", &asked)).await;
    let tokens = narrow.redeem(&back.code()).await;
    assert_eq!(tokens.id_claims().get("email"), None);
    assert_eq!(server.userinfo(tokens.access()).await.json().get("email"), None);
    // What it may ask for later, nobody has agreed to yet.
    server.allow("narrow", "email").await;
    assert_eq!(server.userinfo(tokens.access()).await.json().get("email"), None);
}

/// Conformance: 27
#[tokio::test]
async fn another_person_than_the_one_that_is_asked_for_is_nobody() {
    let server = TestServer::start().await;
    let (web, mut browser) = (RelyingParty::demo_web(&server), Browser::new(&server));
    let alice = web.sign_in(&mut browser, "openid").await.id_claims()["sub"].clone();
    for place in ["id_token", "userinfo"] {
        let of_alice = asking(&json!({place: {"sub": {"value": alice}}}));
        browser.open(&web.authorization_url("openid", &format!("{of_alice}&prompt=none"))).await.code();
        let of_another = asking(&json!({place: {"sub": {"value": "somebody-else"}}}));
        assert_error(&browser.open(&web.authorization_url("openid", &format!("{of_another}&prompt=none"))).await, "login_required");
        // Who then signs in as the wrong one is not asked again and again.
        assert_error(&browser.log_in(&web.authorization_url("openid", &of_another), "alice", "wonderland").await, "login_required");
    }
}

/// Conformance: 26
#[tokio::test]
async fn the_class_of_a_sign_in_is_told_and_an_essential_one_is_kept_to() {
    let server = TestServer::start().await;
    let (web, mut browser) = (RelyingParty::demo_web(&server), Browser::new(&server));
    let back = browser.log_in_and_consent(&web.authorization_url("openid", "acr_values=2+1")).await;
    assert_eq!(web.redeem(&back.code()).await.id_claims()["acr"], "1");
    // A wish that can't be met hinders nothing.
    browser.open(&web.authorization_url("openid", "acr_values=phr&prompt=none")).await.code();
    let class = |said: Value| asking(&json!({"id_token": {"acr": said}}));
    for met in [json!(null), json!({"essential": true}), json!({"essential": true, "values": ["2", "1"]}), json!({"value": "2"})] {
        browser.open(&web.authorization_url("openid", &format!("{}&prompt=none", class(met)))).await.code();
    }
    let unmet = class(json!({"essential": true, "value": "2"}));
    assert_error(&browser.open(&web.authorization_url("openid", &format!("{unmet}&prompt=none"))).await, "login_required");
    let tried = browser.log_in(&web.authorization_url("openid", &unmet), "alice", "wonderland").await;
    assert_error(&tried, "unmet_authentication_requirements");
}

#[tokio::test]
async fn what_is_no_object_of_objects_is_refused() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    for bad in ["x", "1", "{", "%7B%22userinfo%22%3A1%7D", "[]"] {
        let back = Browser::new(&server).open(&web.authorization_url("openid", &format!("claims={bad}"))).await;
        assert_error(&back, "invalid_request");
    }
}
