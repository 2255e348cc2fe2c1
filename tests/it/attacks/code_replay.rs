//! Stolen, replayed and misdirected authorization codes (RFC 6749 §4.1.2, §10.5; RFC 9700 §4.5).

use std::time::Duration;

use claviger::flow::manage::{Expected, Reach};
use claviger::identity::user::Username;
use claviger::protocol::client::{AuthMethod, ClientId, PkceRule};
use futures_util::future::join_all;

use crate::actors::{Answer, Browser, RelyingParty, TestServer};
use crate::attacks::{assert_nothing_given, assert_refused};
use crate::database::{Database, on_both_databases};

on_both_databases!(fifty_at_once_get_one_answer_and_that_one_is_taken_back);

const REDIRECT_URI: (&str, &str) = ("redirect_uri", "http://localhost:3000/callback");

async fn a_code(server: &TestServer) -> String {
    let web = RelyingParty::demo_web(server);
    Browser::new(server).pass(&web.authorization_url("openid items:read", "")).await.code()
}

async fn redeem_as(server: &TestServer, client: Option<&str>, code: &str, form: &[(&str, &str)]) -> Answer {
    server.token(client, &[&[("grant_type", "authorization_code"), ("code", code)][..], form].concat()).await
}

async fn fifty_at_once_get_one_answer_and_that_one_is_taken_back(database: Database) {
    let server = TestServer::start_on(database.clone()).await;
    let (web, code) = (RelyingParty::demo_web(&server), a_code(&server).await);
    let answers = join_all((0..50).map(|_| web.try_redeem(&code))).await;
    let (granted, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((granted.len(), refused.len()), (1, 49));
    for answer in refused {
        assert_refused(answer, 400, "invalid_grant");
    }
    // Every other one was a replay with all that belongs to the code: somebody else has it.
    let winner = granted[0].json();
    assert!(!server.is_active(winner["access_token"].as_str().unwrap()).await);
    assert_refused(&web.try_refresh(winner["refresh_token"].as_str().unwrap(), &[]).await, 400, "invalid_grant");
    assert_eq!(database.rows("granted").await, 1, "there never was a second grant");
    assert_eq!(database.rows("refresh_token").await, 1);
}

/// Conformance: 38
#[tokio::test]
async fn a_replay_revokes_everything_that_the_code_gave_also_much_later() {
    let server = TestServer::start().await;
    let (web, code) = (RelyingParty::demo_web(&server), a_code(&server).await);
    let first = web.redeem(&code).await;
    server.clock.advance(Duration::from_mins(5));
    let second = web.refresh(first.refresh()).await;
    assert_refused(&web.try_redeem(&code).await, 400, "invalid_grant");
    for tokens in [&first, &second] {
        assert!(!server.is_active(tokens.access()).await);
        assert_eq!(server.userinfo(tokens.access()).await.status, 401);
        assert_refused(&web.try_refresh(tokens.refresh(), &[]).await, 400, "invalid_grant");
    }
}

/// Conformance: 37
#[tokio::test]
async fn who_merely_saw_the_code_can_neither_redeem_it_nor_end_anything_by_it() {
    let server = TestServer::start().await;
    server.register("other-web", |_| {}).await;
    let (web, code) = (RelyingParty::demo_web(&server), a_code(&server).await);
    let verifier = ("code_verifier", &*web.verifier);
    let (long, wrong) = ("a".repeat(129), "b".repeat(50));
    let (owner, thief) = (Some(web.client), Some("other-web:other-web-secret"));
    let tokens = {
        let attempts = [
            (thief, vec![REDIRECT_URI, verifier]),
            (owner, vec![REDIRECT_URI]),
            (owner, vec![REDIRECT_URI, ("code_verifier", "")]),
            (owner, vec![REDIRECT_URI, ("code_verifier", &wrong)]),
            (owner, vec![REDIRECT_URI, ("code_verifier", &web.verifier[..42])]),
            (owner, vec![REDIRECT_URI, ("code_verifier", &long)]),
            (owner, vec![REDIRECT_URI, ("code_verifier", "a-verifier-that-is-long-enough-for-the-specification!")]),
            (owner, vec![("redirect_uri", "http://localhost:8000/callback"), verifier]),
            (owner, vec![("redirect_uri", "http://localhost:3000/callback/"), verifier]),
            (owner, vec![("redirect_uri", "https://evil.example/"), verifier]),
        ];
        let unauthenticated =
            [(None, vec![REDIRECT_URI, verifier, ("client_id", "demo-web")]), (Some("demo-web:x"), vec![REDIRECT_URI, verifier])];
        let mut tokens = None;
        // Before it is redeemed, and after.
        for _ in 0..2 {
            for (client, form) in &attempts {
                assert_refused(&redeem_as(&server, *client, &code, form).await, 400, "invalid_grant");
            }
            for (client, form) in &unauthenticated {
                assert_refused(&redeem_as(&server, *client, &code, form).await, 401, "invalid_client");
            }
            let public = [REDIRECT_URI, verifier, ("client_id", "demo-spa")];
            assert_refused(&redeem_as(&server, None, &code, &public).await, 400, "invalid_grant");
            tokens = match tokens {
                None => Some(web.redeem(&code).await),
                some => some,
            };
        }
        tokens.unwrap()
    };
    assert!(server.is_active(tokens.access()).await, "an invalid replay revokes nothing");
    web.refresh(tokens.refresh()).await;
}

/// Conformance: 37
#[tokio::test]
async fn a_code_is_good_for_less_than_a_minute() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let (in_time, late) = (a_code(&server).await, a_code(&server).await);
    server.clock.advance(Duration::from_secs(59));
    web.redeem(&in_time).await;
    server.clock.advance(Duration::from_secs(2));
    assert_refused(&web.try_redeem(&late).await, 400, "invalid_grant");
}

#[tokio::test]
async fn nothing_else_passes_for_a_code() {
    let server = TestServer::start().await;
    let (web, code) = (RelyingParty::demo_web(&server), a_code(&server).await);
    let tokens = web.redeem(&a_code(&server).await).await;
    let as_code = tokens.refresh().replacen("clv_rt_", "clv_code_", 1);
    let mistyped = format!("{}{}", &code[..code.len() - 1], if code.ends_with('x') { 'y' } else { 'x' });
    let (padded, upper) = (format!("{code} "), code.to_uppercase());
    for other in [
        tokens.refresh(),
        tokens.access(),
        tokens.text("id_token"),
        &as_code,
        &mistyped,
        &padded,
        &upper,
        "clv_code_",
        "%00",
        "' OR 1=1 --",
    ] {
        assert_refused(&web.try_redeem(other).await, 400, "invalid_grant");
    }
    assert_refused(&web.try_refresh(&code, &[]).await, 400, "invalid_grant");
    assert!(server.is_active(tokens.access()).await);
    web.redeem(&code).await;
}

/// Conformance: 29, 37
#[tokio::test]
async fn a_proof_key_can_be_neither_left_out_nor_added_between_the_endpoints() {
    let server = TestServer::start().await;
    server.register("lenient", |client| client.pkce = PkceRule::Optional).await;
    let lenient = RelyingParty::new(&server, "lenient:lenient-secret", REDIRECT_URI.1);
    let with = lenient.authorization_url("openid", "");
    let without = with.split('&').filter(|pair| !pair.starts_with("code_challenge")).collect::<Vec<_>>().join("&");
    let mut browser = Browser::new(&server);
    let unproven = browser.pass(&without).await.code();
    assert_refused(&lenient.try_redeem(&unproven).await, 400, "invalid_grant");
    assert_refused(&redeem_as(&server, Some(lenient.client), &unproven, &[]).await, 400, "invalid_grant");
    assert_eq!(redeem_as(&server, Some(lenient.client), &unproven, &[REDIRECT_URI]).await.status, 200);
    let proven = browser.pass(&with).await.code();
    assert_refused(&redeem_as(&server, Some(lenient.client), &proven, &[REDIRECT_URI]).await, 400, "invalid_grant");
    lenient.redeem(&proven).await;

    let public = server.server.client(&ClientId::parse("demo-spa").unwrap()).await.unwrap().unwrap();
    assert_eq!(public.auth_method, AuthMethod::None);
    let patch = serde_json::json!({ "pkce": "optional" });
    let refused = server.server.patch_client(Reach::Everything, &public.id, &Expected::Anything, &patch).await.unwrap();
    assert!(refused.is_err(), "a public client can't be let off");
}

#[tokio::test]
async fn a_code_ends_with_the_consent_the_person_and_the_client() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let code = browser.pass(&web.authorization_url("openid", "")).await.code();
    let account = browser.open("/account").await;
    browser.submit(&account, &[("client_id", "demo-web")], "/account/apps/revoke").await;
    assert_refused(&web.try_redeem(&code).await, 400, "invalid_grant");

    let (code, alice) = (a_code(&server).await, Username::parse("alice").unwrap());
    server.server.enable_user(&alice, false).await.unwrap().unwrap();
    assert_refused(&web.try_redeem(&code).await, 400, "invalid_grant");
    server.server.enable_user(&alice, true).await.unwrap().unwrap();
    assert_refused(&web.try_redeem(&code).await, 400, "invalid_grant");

    let (code, id) = (a_code(&server).await, ClientId::parse("demo-web").unwrap());
    server.server.enable_client(&id, false).await.unwrap().unwrap();
    let answer = web.try_redeem(&code).await;
    assert_refused(&answer, 401, "invalid_client");
    assert_nothing_given(&answer);
}
