//! A native application: any port of the loopback address, and consent each time, because any program could pose as it (RFC 8252 §7.3, §8.6).

use crate::actors::{Browser, RelyingParty, TestServer};

#[tokio::test]
async fn a_native_application_listens_on_whatever_port_it_gets_and_is_consented_to_each_time() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let mut login = true;
    for uri in ["http://127.0.0.1:49152/callback", "http://127.0.0.1:3000/callback", "http://127.0.0.1/callback"] {
        let native = RelyingParty::new(&server, "demo-native", uri);
        let url = native.authorization_url("openid items:read", "");
        let consent = if login { browser.log_in(&url, "alice", "wonderland").await } else { browser.open(&url).await };
        login = false;
        assert_eq!(consent.url.path(), "/consent", "{uri}");
        assert!(consent.body.contains("id=\"return-warning\""), "{}", consent.body);
        let back = browser.submit(&consent, &[], "consent-allow").await;
        assert!(back.url.as_str().starts_with(&format!("{uri}?")), "{}", back.url);
        assert_eq!(native.redeem(&back.code()).await.text("scope"), "items:read openid");
    }
}

#[tokio::test]
async fn the_code_is_bound_to_the_port_that_it_was_sent_to() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let native = RelyingParty::new(&server, "demo-native", "http://127.0.0.1:49152/callback");
    let back = browser.pass(&native.authorization_url("openid", "")).await;
    let elsewhere = RelyingParty::new(&server, "demo-native", "http://127.0.0.1:49153/callback");
    elsewhere.try_redeem(&back.code()).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn nothing_but_the_port_may_differ() {
    let server = TestServer::start().await;
    for uri in [
        "http://127.0.0.1:49152/callback/",
        "http://127.0.0.1:49152/Callback",
        "http://127.0.0.2:49152/callback",
        "http://localhost:49152/callback",
        "https://127.0.0.1:49152/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:49152@evil.example/callback",
    ] {
        let native = RelyingParty::new(&server, "demo-native", uri);
        let answer = server.get(native.authorization_url("openid", "").strip_prefix(&server.issuer).unwrap()).await;
        answer.assert_error_page("invalid_request");
    }
}

#[tokio::test]
async fn silence_is_not_enough_for_a_native_application() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let native = RelyingParty::new(&server, "demo-native", "http://127.0.0.1:49152/callback");
    native.sign_in(&mut browser, "openid").await;
    let back = browser.open(&native.authorization_url("openid", "prompt=none")).await;
    assert_eq!(back.parameter("error").as_deref(), Some("consent_required"));
}
