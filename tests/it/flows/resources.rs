//! Resource indicators (RFC 8707): one grant, and a token for each API from it.

use std::collections::BTreeSet;

use claviger::protocol::api::{Api, ApiScope};
use claviger::protocol::resource::Resource;
use claviger::protocol::scope::ScopeToken;

use crate::actors::{Browser, RelyingParty, TestServer, Tokens};

const ITEMS: &str = "http://localhost:8000";
const ORDERS: &str = "https://orders.example.com";

/// A server with a second API, whose scope `demo-web` may ask for.
async fn server() -> TestServer {
    let server = TestServer::start().await;
    let scope = ApiScope { name: ScopeToken::parse("orders:read").unwrap(), description: "see your orders".into(), role: None };
    let orders = Api {
        identifier: Resource::parse(ORDERS).unwrap(),
        name: "Orders".into(),
        scopes: vec![scope],
        introspectors: BTreeSet::new(),
        claims: Vec::new(),
    };
    server.server.add_api(orders).await.unwrap().unwrap();
    server.allow("demo-web", "orders:read").await;
    server
}

#[track_caller]
fn assert_is_for(tokens: &Tokens, audience: &serde_json::Value, scope: &str) {
    let access = tokens.access_claims();
    assert_eq!((&access["aud"], access["scope"].as_str(), tokens.text("scope")), (audience, Some(scope), scope));
}

#[tokio::test]
async fn one_grant_gives_a_token_for_each_api() {
    let server = server().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    let all = web.sign_in(&mut browser, "openid items:read orders:read").await;
    assert_is_for(&all, &serde_json::json!([ITEMS, ORDERS, server.issuer]), "items:read openid orders:read");

    let orders = Tokens(web.try_refresh(all.refresh(), &[("resource", ORDERS)]).await.json());
    assert_is_for(&orders, &ORDERS.into(), "orders:read");
    let both = Tokens(web.try_refresh(orders.refresh(), &[("resource", ITEMS), ("resource", ORDERS)]).await.json());
    assert_is_for(&both, &serde_json::json!([ITEMS, ORDERS]), "items:read orders:read");
    let own = Tokens(web.try_refresh(both.refresh(), &[("resource", &server.issuer)]).await.json());
    assert_is_for(&own, &server.issuer.as_str().into(), "openid");
    assert_eq!(server.userinfo(own.access()).await.status, 200);
    // A live token of ours that lacks the scope: 403, not 401.
    let answer = server.userinfo(orders.access()).await;
    assert_eq!(answer.status, 403);
    assert!(answer.header("www-authenticate").unwrap().contains("error=\"insufficient_scope\""), "{answer:?}");
    assert_is_for(&web.refresh(own.refresh()).await, &serde_json::json!([ITEMS, ORDERS, server.issuer]), "items:read openid orders:read");
}

#[tokio::test]
async fn what_was_narrowed_at_the_authorization_stays_narrow() {
    let server = server().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    let url = web.authorization_url("openid items:read orders:read", &format!("resource={ITEMS}&resource={ORDERS}"));
    let code = browser.pass(&url).await.code();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", web.redirect_uri),
        ("code_verifier", &web.verifier),
        ("resource", ITEMS),
    ];
    let items = Tokens(web.token(&form).await.json());
    assert_is_for(&items, &ITEMS.into(), "items:read");

    web.try_refresh(items.refresh(), &[("resource", &server.issuer)]).await.assert_error(400, "invalid_target");
    web.try_refresh(items.refresh(), &[("resource", "https://elsewhere.example")]).await.assert_error(400, "invalid_target");
    web.try_refresh(items.refresh(), &[("resource", "not a uri")]).await.assert_error(400, "invalid_target");
    let both = web.refresh(items.refresh()).await;
    assert_is_for(&both, &serde_json::json!([ITEMS, ORDERS]), "items:read orders:read");
}

#[tokio::test]
async fn a_code_redeemed_for_another_api_is_not_used_up() {
    let server = server().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    let code = browser.pass(&web.authorization_url("openid items:read", &format!("resource={ITEMS}"))).await.code();
    let form = |resource: &'static str| {
        let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", web.redirect_uri)];
        [&form[..], &[("code_verifier", web.verifier.as_str()), ("resource", resource)]].concat()
    };
    web.token(&form(ORDERS)).await.assert_error(400, "invalid_target");
    assert_eq!(web.token(&form(ITEMS)).await.status, 200);
}

#[tokio::test]
async fn an_api_that_nobody_knows_is_refused_before_anybody_signs_in() {
    let server = server().await;
    let web = RelyingParty::demo_web(&server);
    for resource in ["https://elsewhere.example", ORDERS, "items"] {
        let back = Browser::new(&server).open(&web.authorization_url("items:read", &format!("resource={resource}"))).await;
        assert_eq!((back.trail.len(), back.parameter("error").as_deref()), (1, Some("invalid_target")), "{resource}");
    }
}
