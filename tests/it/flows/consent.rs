//! Consent: said, denied, widened, asked of somebody else, and not asked at all.

use claviger::flow::manage::{Expected, Reach};
use claviger::protocol::client::ClientId;

use crate::actors::{Browser, RelyingParty, TestServer};

/// Conformance: 34
#[tokio::test]
async fn who_does_not_allow_it_goes_back_with_access_denied() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    let url = web.authorization_url("openid items:read", "");
    let consent = browser.log_in(&url, "alice", "wonderland").await;
    let back = browser.submit(&consent, &[], "consent-deny").await;
    assert!(back.left && back.url.as_str().starts_with("http://localhost:3000/callback?"), "{}", back.url);
    assert_eq!(back.parameter("error").as_deref(), Some("access_denied"));
    assert_eq!(back.parameter("state").as_deref(), Some("state-1"));
    assert_eq!(back.parameter("iss").as_ref(), Some(&server.issuer));
    assert_eq!(back.parameter("code"), None);

    let again = browser.open(&url).await;
    assert_eq!(again.trail, ["/authorize", "/consent"], "a no is for that one time");
    assert_eq!(web.redeem(&browser.submit(&again, &[], "consent-allow").await.code()).await.text("scope"), "items:read openid");
}

/// Conformance: 24
#[tokio::test]
async fn an_application_that_wants_more_asks_again() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    web.sign_in(&mut browser, "openid email").await;

    let more = browser.open(&web.authorization_url("openid items:write", "")).await;
    assert_eq!(more.trail, ["/authorize", "/consent"]);
    assert!(more.body.contains("<code>items:write</code>"), "{}", more.body);
    browser.submit(&more, &[], "consent-allow").await;

    let both = browser.open(&web.authorization_url("openid email items:write", "")).await;
    assert_eq!(both.trail, ["/authorize"], "what was allowed step by step is allowed together");
    assert_eq!(web.redeem(&both.code()).await.text("scope"), "email items:write openid");
}

#[tokio::test]
async fn what_a_person_has_no_role_for_is_neither_asked_nor_granted() {
    let server = TestServer::start().await;
    server.allow("demo-web", "clients:read").await;

    let web = RelyingParty::demo_web(&server);
    let url = web.authorization_url("openid clients:read", "");
    for (name, password, granted) in [("bob", "builder", "openid"), ("alice", "wonderland", "clients:read openid")] {
        let mut browser = Browser::new(&server);
        let consent = browser.log_in(&url, name, password).await;
        assert_eq!(consent.body.contains("clients:read</code>"), granted.contains("clients:read"), "{name}");
        let tokens = web.redeem(&browser.submit(&consent, &[], "consent-allow").await.code()).await;
        assert_eq!((tokens.text("scope"), tokens.access_claims()["scope"].as_str()), (granted, Some(granted)));
    }
}

#[tokio::test]
async fn another_account_can_be_used_at_the_consent_page() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    let alices = RelyingParty::demo_spa(&server).sign_in(&mut browser, "openid items:read").await;
    assert!(server.is_active(alices.access()).await);

    let consent = browser.open(&web.authorization_url("openid profile", "")).await;
    assert!(consent.body.contains("Alice Liddell"), "{}", consent.body);
    let login = browser.submit(&consent, &[], "switch").await;
    assert_eq!(login.trail, ["/consent", "/login"]);
    assert!(login.body.contains("Demo web application"), "{}", login.body);
    let consent = browser.submit(&login, &[("username", "bob"), ("password", "builder")], "login-submit").await;
    assert_eq!(consent.trail, ["/login", "/authorize", "/consent"]);
    assert!(consent.body.contains("Bob Builder") && !consent.body.contains("Alice"), "{}", consent.body);

    let bobs = web.redeem(&browser.submit(&consent, &[], "consent-allow").await.code()).await;
    assert_eq!(server.userinfo(bobs.access()).await.json()["preferred_username"], "bob");
    assert_ne!(bobs.id_claims()["sid"], alices.id_claims()["sid"]);
    assert!(!server.is_active(alices.access()).await, "alice's session in this browser is over");
}

/// Conformance: 42
#[tokio::test]
async fn our_own_application_asks_only_for_access_while_the_person_is_away() {
    let server = TestServer::start().await;
    let ours = serde_json::json!({ "first_party": true });
    server
        .server
        .patch_client(Reach::Everything, &ClientId::parse("demo-web").unwrap(), &Expected::Anything, &ours)
        .await
        .unwrap()
        .unwrap();
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);

    let back = browser.log_in(&web.authorization_url("openid items:write", ""), "alice", "wonderland").await;
    assert_eq!(back.trail, ["/login", "/authorize"]);
    assert_eq!(web.redeem(&back.code()).await.text("scope"), "items:write openid");

    let offline = web.authorization_url("openid offline_access", "");
    let consent = browser.open(&offline).await;
    assert_eq!(consent.trail, ["/authorize", "/consent"]);
    assert!(browser.submit(&consent, &[], "consent-allow").await.left);
    assert_eq!(browser.open(&offline).await.trail, ["/authorize"], "once is enough");
}
