//! `/health/live`, `/health/ready`, and what stands at no address or is asked for by another method.

use reqwest::Method;
use serde_json::json;

use crate::actors::{Answer, TestServer};
use crate::database::Database;

#[tokio::test]
async fn a_server_that_lost_its_database_is_alive_but_not_ready() {
    let server = TestServer::start().await;
    for path in ["/health/live", "/health/ready"] {
        let answer = server.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({"status": "ok"})), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    server.store.close().await;
    assert_eq!(server.get("/health/live").await.status, 200);
    let answer = server.get("/health/ready").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (503, json!({"status": "unavailable"})));
}

#[tokio::test]
async fn a_database_that_is_away_is_worth_another_try() {
    let server = TestServer::start().await;
    server.store.close().await;
    let answer = server.token(Some("demo-m2m:demo-m2m-secret"), &[("grant_type", "client_credentials")]).await;
    answer.assert_error(503, "temporarily_unavailable");
    assert!(answer.header("retry-after").is_some());
    assert!(!answer.body.to_lowercase().contains("pool"), "{}", answer.body);
}

#[tokio::test]
async fn our_own_failure_is_a_server_error_that_says_nothing() {
    let database = Database::sqlite().await;
    let server = TestServer::start_on(database.clone()).await;
    database.execute("UPDATE client SET pkce = 'hunter2'").await;
    let answer = server.token(Some("demo-m2m:demo-m2m-secret"), &[("grant_type", "client_credentials")]).await;
    answer.assert_error(500, "server_error");
    let page = server.get("/authorize?client_id=demo-web").await;
    assert_eq!(page.status, 500);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert!(page.body.contains("server_error") && page.body.contains(page.header("trace-id").unwrap()));
    for answer in [answer, page] {
        assert!(!answer.body.contains("hunter2") && !answer.body.contains("pkce"), "{}", answer.body);
    }
}

#[tokio::test]
async fn there_is_nothing_at_other_addresses() {
    let server = TestServer::start().await;
    for path in ["/nowhere", "/token/", "/TOKEN", "/token/x", "/.well-known/", "/.well-known/x", "/%00", "/%ff", "//token", "/.git/config"]
    {
        let answer = server.get(path).await;
        answer.assert_error(404, "not_found");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    let browser = server.request(Method::GET, "/nowhere").header("accept", "text/html,*/*;q=0.8").send().await.unwrap();
    let page = Answer::of(browser).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (404, Some("text/html; charset=utf-8")));
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    assert!(page.body.contains("not_found"));
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let server = TestServer::start().await;
    for (path, allow) in [
        ("/authorize", "GET, POST"),
        ("/token", "POST"),
        ("/introspect", "POST"),
        ("/revoke", "POST"),
        ("/userinfo", "GET, HEAD, POST"),
        ("/me", "GET, HEAD"),
        ("/.well-known/openid-configuration", "GET, HEAD"),
        ("/.well-known/oauth-authorization-server", "GET, HEAD"),
        ("/.well-known/jwks.json", "GET, HEAD"),
        ("/health/live", "GET, HEAD"),
        ("/health/ready", "GET, HEAD"),
        ("/", "GET, HEAD"),
        ("/login", "GET, HEAD, POST"),
        ("/consent", "GET, HEAD, POST"),
        ("/logout", "GET, POST"),
        ("/logout/done", "GET, HEAD"),
        ("/account", "GET, HEAD"),
        ("/account/password", "POST"),
        ("/account/sessions/revoke", "POST"),
        ("/account/apps/revoke", "POST"),
    ] {
        let answer = Answer::of(server.request(Method::DELETE, path).send().await.unwrap()).await;
        answer.assert_error(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some(allow), "{path}");
        let head = server.request(Method::HEAD, path).send().await.unwrap().status();
        assert_eq!(head == 405, !allow.contains("HEAD"), "HEAD {path}: {head}");
    }
}
