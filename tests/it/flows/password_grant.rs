//! A tool's own login form: the password grant, and what its refresh tokens live through.

use std::time::Duration;

use serde_json::Value;

use crate::actors::{Answer, RelyingParty, TestServer, Tokens};

const DAY: Duration = Duration::from_hours(24);

async fn tool_of_alice<'a>(server: &'a TestServer, scope: &str) -> (RelyingParty<'a>, Tokens) {
    (RelyingParty::new(server, "demo-password", ""), Tokens(server.alices_tokens(scope).await))
}

fn members(answer: &Answer) -> Vec<String> {
    answer.json().as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn a_tool_gets_alices_tokens_for_her_password() {
    let server = TestServer::start().await;
    let (_, tokens) = tool_of_alice(&server, "openid email items:read").await;
    assert_eq!(tokens.0["token_type"], "Bearer");
    assert_eq!(tokens.0["expires_in"], 600);
    assert_eq!(tokens.text("scope"), "email items:read openid");
    let access = tokens.access_claims();
    assert_eq!(
        (&access["client_id"], &access["sid"], &access["roles"]),
        (&"demo-password".into(), &Value::Null, &serde_json::json!(["admin"]))
    );
    assert_eq!(access["auth_time"], access["iat"]);
    assert_eq!(access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap(), 600);
    assert_eq!(server.userinfo(tokens.access()).await.json()["email"], "alice@example.com");
    let told = server.introspect(tokens.access()).await;
    assert_eq!((&told["sub"], &told["username"]), (&access["sub"], &Value::Null), "the username is for who may see the profile");

    server.clock.advance(Duration::from_secs(599));
    assert!(server.is_active(tokens.access()).await);
    server.clock.advance(Duration::from_secs(1));
    assert!(!server.is_active(tokens.access()).await);
    assert_eq!(server.userinfo(tokens.access()).await.status, 401);
}

#[tokio::test]
async fn refresh_tokens_take_turns_for_ninety_days_and_no_longer() {
    let server = TestServer::start().await;
    let (tool, first) = tool_of_alice(&server, "openid items:read").await;
    let mut seen = vec![first.refresh().to_owned()];
    for day in 1..90 {
        server.clock.advance(DAY);
        let answer = tool.try_refresh(seen.last().unwrap(), &[]).await;
        assert_eq!(answer.status, 200, "day {day}: {}", answer.body);
        assert_eq!(members(&answer), ["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"]);
        let tokens = Tokens(answer.json());
        assert_eq!(tokens.id_claims()["sub"], first.id_claims()["sub"]);
        assert_eq!(tokens.id_claims()["auth_time"], first.id_claims()["auth_time"], "a refresh is no sign-in");
        assert!(!seen.contains(&tokens.refresh().to_owned()), "day {day}");
        seen.push(tokens.refresh().to_owned());
    }
    server.clock.advance(DAY);
    tool.try_refresh(seen.last().unwrap(), &[]).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_that_rests_for_fourteen_days_is_dead() {
    let server = TestServer::start().await;
    let (tool, first) = tool_of_alice(&server, "openid items:read").await;
    server.clock.advance(Duration::from_secs(14 * 24 * 3600 - 1));
    let second = tool.refresh(first.refresh()).await;
    server.clock.advance(14 * DAY);
    tool.try_refresh(second.refresh(), &[]).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn an_answer_that_was_lost_can_be_asked_for_again_and_a_theft_ends_the_family() {
    let server = TestServer::start().await;
    let (tool, first) = tool_of_alice(&server, "openid items:read").await;
    let second = tool.refresh(first.refresh()).await;
    server.clock.advance(Duration::from_secs(9));
    let retried = tool.refresh(first.refresh()).await;
    assert_eq!(retried.refresh(), second.refresh(), "the same successor");
    let third = tool.refresh(second.refresh()).await;

    server.clock.advance(Duration::from_secs(11));
    tool.try_refresh(first.refresh(), &[]).await.assert_error(400, "invalid_grant");
    tool.try_refresh(third.refresh(), &[]).await.assert_error(400, "invalid_grant");
    for access in [first.access(), second.access(), third.access()] {
        assert!(!server.is_active(access).await);
    }
    let others = Tokens(server.alices_tokens("openid items:read").await);
    assert!(server.is_active(others.access()).await, "a new sign-in is another family");
}

#[tokio::test]
async fn a_refresh_may_ask_for_less_and_later_for_all_again_but_never_for_more() {
    let server = TestServer::start().await;
    let (tool, first) = tool_of_alice(&server, "openid items:read items:write").await;
    let less = tool.try_refresh(first.refresh(), &[("scope", "items:read")]).await;
    assert_eq!(less.json()["scope"], "items:read");
    let less = Tokens(less.json());
    assert_eq!(less.access_claims()["aud"], "http://localhost:8000");
    tool.try_refresh(less.refresh(), &[("scope", "items:read email")]).await.assert_error(400, "invalid_scope");
    let all = tool.refresh(less.refresh()).await;
    assert_eq!(all.text("scope"), "items:read items:write openid", "the refusal used nothing up, and the grant is whole");
}

#[tokio::test]
async fn the_default_scope_is_granted_when_nothing_is_asked_for() {
    let server = TestServer::start().await;
    let form = [("grant_type", "password"), ("client_id", "demo-password"), ("username", "bob"), ("password", "builder")];
    let answer = server.token(None, &form).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["scope"]), (200, &"openid profile".into()));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}
