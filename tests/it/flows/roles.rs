//! Roles come and go, and scopes with them.

use claviger::identity::user::Username;

use crate::actors::{RelyingParty, TestServer, Tokens};

/// A server whose `demo-password` may ask for a scope that needs the role `admin`.
async fn server() -> TestServer {
    let server = TestServer::start().await;
    server.allow("demo-password", "clients:read").await;
    server
}

async fn give_alice(server: &TestServer, roles: &[&str]) {
    let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
    server.server.set_roles(&Username::parse("alice").unwrap(), &roles).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_lost_role_takes_its_scopes_along_at_the_next_refresh() {
    let server = server().await;
    let tool = RelyingParty::new(&server, "demo-password", "");
    let admin = Tokens(server.alices_tokens("openid items:read clients:read").await);
    assert_eq!(admin.text("scope"), "clients:read items:read openid");
    let own_api = server.url("/api");
    assert!(admin.access_claims()["aud"].as_array().unwrap().contains(&own_api.as_str().into()));

    give_alice(&server, &[]).await;
    let demoted = tool.refresh(admin.refresh()).await;
    assert_eq!((demoted.text("scope"), &demoted.access_claims()["scope"]), ("items:read openid", &"items:read openid".into()));
    assert_eq!(demoted.access_claims()["aud"], serde_json::json!(["http://localhost:8000", server.issuer]));
    assert_eq!(demoted.access_claims().get("roles").and_then(|roles| roles.as_array()).map_or(0, Vec::len), 0);

    give_alice(&server, &["admin", "editor"]).await;
    let promoted = tool.refresh(demoted.refresh()).await;
    assert_eq!(promoted.text("scope"), "clients:read items:read openid");
    assert_eq!(promoted.access_claims()["roles"], serde_json::json!(["admin", "editor"]));
}

#[tokio::test]
async fn a_refresh_with_nothing_left_is_refused_and_uses_nothing_up() {
    let server = server().await;
    let tool = RelyingParty::new(&server, "demo-password", "");
    let admin = Tokens(server.alices_tokens("clients:read").await);
    give_alice(&server, &["editor"]).await;
    tool.try_refresh(admin.refresh(), &[]).await.assert_error(400, "invalid_scope");
    give_alice(&server, &["admin"]).await;
    assert_eq!(tool.refresh(admin.refresh()).await.text("scope"), "clients:read");
}

#[tokio::test]
async fn who_has_no_role_gets_the_rest_or_a_refusal() {
    let server = server().await;
    let form = |scope| {
        [("grant_type", "password"), ("client_id", "demo-password"), ("username", "bob"), ("password", "builder"), ("scope", scope)]
    };
    assert_eq!(server.token(None, &form("clients:read items:read")).await.json()["scope"], "items:read");
    server.token(None, &form("clients:read")).await.assert_error(400, "invalid_scope");
}
