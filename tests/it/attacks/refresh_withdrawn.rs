//! Refresh tokens that outlive what they were given for: none does (RFC 9700 §4.14, RFC 7009 §1).

use claviger::flow::manage::{Expected, Reach};
use claviger::identity::user::Username;
use claviger::protocol::client::ClientId;
use secrecy::SecretString;

use crate::actors::{Browser, RelyingParty, TestServer, Tokens};
use crate::attacks::assert_refused;

/// alice's tokens at `demo-web`, which outlive her session, and the browser that she used.
async fn offline_tokens<'a>(server: &'a TestServer, web: &RelyingParty<'_>) -> (Browser<'a>, Tokens) {
    let mut browser = Browser::new(server);
    let tokens = web.sign_in(&mut browser, "openid items:read offline_access").await;
    (browser, tokens)
}

/// Asserts that refresh and access token are of no use any more.
async fn assert_over(server: &TestServer, web: &RelyingParty<'_>, tokens: &Tokens) {
    assert_refused(&web.try_refresh(tokens.refresh(), &[]).await, 400, "invalid_grant");
    assert_eq!(server.introspect(tokens.access()).await, serde_json::json!({"active": false}));
    assert_eq!(server.userinfo(tokens.access()).await.status, 401);
}

fn alice() -> Username {
    Username::parse("alice").unwrap()
}

#[tokio::test]
async fn a_changed_password_ends_them() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let (mut browser, tokens) = offline_tokens(&server, &web).await;
    let account = browser.open("/account").await;
    let change = [("current_password", "wonderland"), ("new_password", "looking glass"), ("new_password_repeat", "looking glass")];
    let done = browser.submit(&account, &change, "password-submit").await;
    assert_eq!((done.status.as_u16(), done.url.path()), (200, "/account"), "{}", done.body);
    assert_over(&server, &web, &tokens).await;

    let login = browser.open(&web.authorization_url("openid offline_access", "prompt=login")).await;
    let back = browser.submit(&login, &[("username", "alice"), ("password", "looking glass")], "login-submit").await;
    let back = if back.left { back } else { browser.submit(&back, &[], "consent-allow").await };
    let tokens = web.redeem(&back.code()).await;
    server.server.set_password(&alice(), SecretString::from("set by an admin")).await.unwrap().unwrap();
    assert_over(&server, &web, &tokens).await;
}

#[tokio::test]
async fn a_disabled_person_has_none_and_gets_none_back() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let (_, tokens) = offline_tokens(&server, &web).await;
    server.server.enable_user(&alice(), false).await.unwrap().unwrap();
    assert_over(&server, &web, &tokens).await;
    server.server.enable_user(&alice(), true).await.unwrap().unwrap();
    assert_over(&server, &web, &tokens).await;
}

#[tokio::test]
async fn a_deleted_person_has_none() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let (_, tokens) = offline_tokens(&server, &web).await;
    let subject = server.server.user(&alice()).await.unwrap().unwrap().subject;
    server.server.delete_user(Reach::Everything, &subject, &Expected::Anything).await.unwrap().unwrap();
    assert_over(&server, &web, &tokens).await;
}

#[tokio::test]
async fn a_consent_that_is_taken_back_takes_them_along() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let (mut browser, tokens) = offline_tokens(&server, &web).await;
    let account = browser.open("/account").await;
    browser.submit(&account, &[("client_id", "demo-web")], "/account/apps/revoke").await;
    assert_over(&server, &web, &tokens).await;
    assert_eq!(browser.open(&web.authorization_url("openid", "")).await.url.path(), "/consent", "she is asked again");
}

#[tokio::test]
async fn a_disabled_or_deleted_client_is_no_client() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let (_, tokens) = offline_tokens(&server, &web).await;
    let id = ClientId::parse("demo-web").unwrap();
    server.server.enable_client(&id, false).await.unwrap().unwrap();
    assert_refused(&web.try_refresh(tokens.refresh(), &[]).await, 401, "invalid_client");
    assert!(!server.is_active(tokens.access()).await);
    assert_eq!(server.userinfo(tokens.access()).await.status, 401);
    server.server.enable_client(&id, true).await.unwrap().unwrap();
    let tokens = web.refresh(tokens.refresh()).await;
    server.register("demo-web-2", |_| {}).await;
    server.server.delete_client(Reach::Everything, &id, &Expected::Anything).await.unwrap().unwrap();
    assert_refused(&web.try_refresh(tokens.refresh(), &[]).await, 401, "invalid_client");
    assert!(!server.is_active(tokens.access()).await);

    // A new client of the same name does not inherit them.
    let like = server.server.client(&ClientId::parse("demo-web-2").unwrap()).await.unwrap().unwrap();
    let heir = claviger::protocol::client::Client { id: id.clone(), secrets: Vec::new(), ..like };
    let secret = server.server.add_client(heir, None).await.unwrap().unwrap().secret;
    let credentials = format!("demo-web:{}", secret.unwrap().reveal());
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh())];
    assert_refused(&server.token(Some(&credentials), &form).await, 400, "invalid_grant");
    assert!(!server.is_active(tokens.access()).await);
}
