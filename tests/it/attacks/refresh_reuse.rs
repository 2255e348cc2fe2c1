//! Stolen refresh tokens: one branch of one family, whoever comes and however often (RFC 9700 §4.14).

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;

use crate::actors::{Browser, RelyingParty, TestServer};
use crate::attacks::assert_refused;
use crate::database::{Database, on_both_databases};

on_both_databases!(
    fifty_at_once_get_the_same_successor,
    fifty_revocations_and_refreshes_at_once_leave_nothing_alive,
    reuse_after_the_retry_window_ends_the_family,
);

/// Conformance: 42
async fn fifty_at_once_get_the_same_successor(database: Database) {
    let server = TestServer::start_on(database.clone()).await;
    let web = RelyingParty::demo_web(&server);
    let first = web.sign_in(&mut Browser::new(&server), "openid items:read").await;
    let answers = join_all((0..50).map(|_| web.try_refresh(first.refresh(), &[]))).await;
    let successors: BTreeSet<_> = answers
        .iter()
        .map(|answer| {
            assert_eq!(answer.status, 200, "{}", answer.body);
            answer.json()["refresh_token"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(successors.len(), 1);
    assert_eq!(database.rows("refresh_token").await, 2, "the one that was presented, and its successor");
    let successor = successors.first().unwrap();
    web.refresh(successor).await;
}

async fn fifty_revocations_and_refreshes_at_once_leave_nothing_alive(database: Database) {
    let server = TestServer::start_on(database).await;
    let web = RelyingParty::demo_web(&server);
    let first = web.sign_in(&mut Browser::new(&server), "openid items:read").await;
    let both = |number: usize| {
        let (web, server, first) = (&web, &server, &first);
        async move {
            if number.is_multiple_of(2) {
                web.try_refresh(first.refresh(), &[]).await
            } else {
                server.post("/revoke", Some(web.client), &[("token", first.refresh())]).await
            }
        }
    };
    for answer in join_all((0..50).map(both)).await {
        if let Some(successor) = answer.json()["refresh_token"].as_str() {
            assert_refused(&web.try_refresh(successor, &[]).await, 400, "invalid_grant");
            assert!(!server.is_active(answer.json()["access_token"].as_str().unwrap()).await);
        } else if answer.status != 200 {
            assert_refused(&answer, 400, "invalid_grant");
        }
    }
}

/// Conformance: 42
async fn reuse_after_the_retry_window_ends_the_family(database: Database) {
    let server = TestServer::start_on(database).await;
    let web = RelyingParty::demo_web(&server);
    let first = web.sign_in(&mut Browser::new(&server), "openid items:read").await;
    let second = web.refresh(first.refresh()).await;
    server.clock.advance(Duration::from_secs(9));
    assert_eq!(web.refresh(first.refresh()).await.refresh(), second.refresh(), "a lost answer can be asked for again");
    server.clock.advance(Duration::from_secs(2));
    assert_refused(&web.try_refresh(first.refresh(), &[]).await, 400, "invalid_grant");
    for tokens in [&first, &second] {
        assert_refused(&web.try_refresh(tokens.refresh(), &[]).await, 400, "invalid_grant");
        assert!(!server.is_active(tokens.access()).await);
        assert_eq!(server.userinfo(tokens.access()).await.status, 401);
    }
}

#[tokio::test]
async fn a_predecessor_of_a_used_token_ends_the_family_at_once() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let first = web.sign_in(&mut Browser::new(&server), "openid items:read").await;
    let second = web.refresh(first.refresh()).await;
    let third = web.refresh(second.refresh()).await;
    assert_refused(&web.try_refresh(first.refresh(), &[]).await, 400, "invalid_grant");
    assert_refused(&web.try_refresh(third.refresh(), &[]).await, 400, "invalid_grant");
    assert!(!server.is_active(third.access()).await);
}

#[tokio::test]
async fn the_family_of_another_sign_in_goes_on() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let (stolen, other) = (web.sign_in(&mut browser, "openid items:read").await, web.sign_in(&mut browser, "openid items:read").await);
    web.refresh(stolen.refresh()).await;
    server.clock.advance(Duration::from_secs(11));
    assert_refused(&web.try_refresh(stolen.refresh(), &[]).await, 400, "invalid_grant");
    assert!(server.is_active(other.access()).await);
    web.refresh(other.refresh()).await;
}

/// Conformance: 43
#[tokio::test]
async fn another_client_can_neither_use_it_nor_end_anything_by_it() {
    let server = TestServer::start().await;
    server.register("other-web", |_| {}).await;
    let web = RelyingParty::demo_web(&server);
    let thieves = [RelyingParty::new(&server, "other-web:other-web-secret", web.redirect_uri), RelyingParty::demo_spa(&server)];
    let first = web.sign_in(&mut Browser::new(&server), "openid items:read").await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", first.refresh())];
    for thief in &thieves {
        assert_refused(&thief.try_refresh(first.refresh(), &[]).await, 400, "invalid_grant");
    }
    for client in [None, Some("demo-web:x"), Some("demo-web")] {
        assert_refused(&server.token(client, &form).await, 401, "invalid_client");
    }
    assert_refused(&server.token(None, &[&form[..], &[("client_id", "demo-web")]].concat()).await, 401, "invalid_client");
    let second = web.refresh(first.refresh()).await;
    for thief in &thieves {
        assert_refused(&thief.try_refresh(first.refresh(), &[]).await, 400, "invalid_grant");
    }
    server.clock.advance(Duration::from_secs(11));
    for thief in &thieves {
        assert_refused(&thief.try_refresh(first.refresh(), &[]).await, 400, "invalid_grant");
    }
    assert!(server.is_active(second.access()).await);
    web.refresh(second.refresh()).await;
}

/// Conformance: 41
#[tokio::test]
async fn what_was_granted_can_not_grow_and_asking_for_more_uses_nothing_up() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    // That more was allowed at another time makes no difference.
    web.sign_in(&mut browser, "openid email items:read items:write").await;
    let tokens = web.sign_in(&mut browser, "openid items:read").await;
    for wider in ["openid items:read items:write", "items:write", "email", "openid offline_access", "nonsense", "a\"b", &"x ".repeat(200)] {
        assert_refused(&web.try_refresh(tokens.refresh(), &[("scope", wider)]).await, 400, "invalid_scope");
    }
    for other in ["https://other.example", &server.url("/api"), "items", "http://localhost:8000#x"] {
        assert_refused(&web.try_refresh(tokens.refresh(), &[("resource", other)]).await, 400, "invalid_target");
    }
    let narrow = web.try_refresh(tokens.refresh(), &[("scope", "items:read")]).await.json();
    assert_eq!((&narrow["scope"], narrow["refresh_token"].is_string()), (&"items:read".into(), true));
    let whole = web.refresh(narrow["refresh_token"].as_str().unwrap()).await;
    assert_eq!(whole.text("scope"), "items:read openid", "RFC 6749 §6: the next one has what was granted");
}

#[tokio::test]
async fn nothing_else_passes_for_a_refresh_token() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let tokens = web.sign_in(&mut browser, "openid items:read").await;
    let cookie = browser.cookies["claviger-session"].clone();
    let mistyped = format!("{}x", tokens.refresh());
    for other in [tokens.access(), tokens.text("id_token"), &cookie, &mistyped, "clv_rt_", "x", "' OR 1=1 --", "\0"] {
        assert_refused(&web.try_refresh(other, &[]).await, 400, "invalid_grant");
    }
    web.refresh(tokens.refresh()).await;
}
