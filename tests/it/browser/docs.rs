//! The documentation at `/docs`, at the first start of `claviger dev`: its Authorize button works in every way.

use serde_json::json;

use super::api_keys::make_key;
use super::chromium::Chromium;
use super::swagger::Swagger;
use crate::actors::TestServer;
use crate::binary::program::Site;

/// What Chromium writes on its console for an answer that is meant to be a refusal.
const REFUSALS: [&str; 5] = [
    "/me - Failed to load resource: the server responded with a status of 401",
    "/me - Failed to load resource: the server responded with a status of 403",
    "/api/v1/clients - Failed to load resource: the server responded with a status of 401",
    "/api/v1/users - Failed to load resource: the server responded with a status of 401",
    "/api/v1/users - Failed to load resource: the server responded with a status of 403",
];

async fn browser() -> Chromium {
    let browser = Chromium::start_with(&[]).await;
    // A hint about Swagger UI's own form.
    browser.excuse("[DOM] Input elements should have autocomplete attributes");
    for refusal in REFUSALS {
        browser.excuse(refusal);
    }
    browser
}

#[tokio::test]
async fn alice_authorizes_by_code_and_sees_herself_and_the_clients() {
    let site = Site::new();
    let _server = site.dev_with_keys().await;
    let browser = browser().await;
    let page = Swagger::open(&browser, &format!("{}/docs", site.issuer)).await;
    assert_eq!(page.execute("-me").await, "401");
    assert_eq!(page.execute("-listClients").await, "401");
    page.authorize_by_code(async |browser| {
        browser.sees("Sign in\nto continue to Claviger API documentation").await;
        browser.sign_in("alice", "wonderland").await;
    })
    .await;
    assert_eq!(page.execute("-me").await, "200");
    assert_eq!(page.execute("-listClients").await, "200");
    browser.sees("\"client_id\": \"demo-web\"").await;
    browser.close().await;
}

#[tokio::test]
async fn below_the_path_of_an_issuer_it_is_the_same() {
    let server = TestServer::start_below("/tenant").await;
    let browser = browser().await;
    let page = Swagger::open(&browser, &server.url("/docs")).await;
    assert_eq!(page.execute("-me").await, "401");
    page.authorize_by_code(async |browser| browser.sign_in("alice", "wonderland").await).await;
    assert_eq!(page.execute("-me").await, "200");
    assert_eq!(page.execute("-listClients").await, "200");
    browser.close().await;
}

#[tokio::test]
async fn alice_authorizes_by_password_and_sees_herself_and_the_clients() {
    let site = Site::new();
    let _server = site.dev_with_keys().await;
    let browser = browser().await;
    let page = Swagger::open(&browser, &format!("{}/docs", site.issuer)).await;
    page.authorize_by_password("claviger-docs", "alice", "wonderland").await;
    assert_eq!(page.execute("-me").await, "200");
    assert_eq!(page.execute("-listClients").await, "200");
    browser.close().await;
}

#[tokio::test]
async fn alices_key_shows_the_clients_and_nothing_else() {
    let site = Site::new();
    let _server = site.dev_with_keys().await;
    let browser = browser().await;
    browser.open(&site.url("/account")).await;
    browser.sign_in("alice", "wonderland").await;
    let key = make_key(&browser, "For the documentation", "clients:read").await;
    let page = Swagger::open(&browser, &format!("{}/docs", site.issuer)).await;
    assert_eq!(page.execute("-listClients").await, "401");
    page.authorize_by_key(&key).await;
    assert_eq!(page.execute("-listClients").await, "200");
    browser.sees("\"client_id\": \"demo-web\"").await;
    assert_eq!(page.execute("-listUsers").await, "403");
    browser.close().await;
}

#[tokio::test]
async fn a_machine_sees_the_clients_and_nobody_else() {
    let site = Site::new();
    let _server = site.dev_with_keys().await;
    let browser = browser().await;
    let page = Swagger::open(&browser, &format!("{}/docs", site.issuer)).await;
    assert_eq!(page.execute("-listUsers").await, "401");
    page.authorize_as_machine("demo-m2m", "demo-m2m-secret").await;
    assert_eq!(page.execute("-listClients").await, "200");
    assert_eq!(page.execute("-me").await, "403");
    assert_eq!(page.execute("-listUsers").await, "403");
    browser.close().await;
}

#[tokio::test]
async fn the_dialog_can_be_used_in_a_low_window() {
    let site = Site::new();
    let _server = site.dev_with_keys().await;
    let browser = browser().await;
    let page = Swagger::open(&browser, &format!("{}/docs", site.issuer)).await;
    let low = json!({ "width": 1000, "height": 440, "deviceScaleFactor": 1, "mobile": false });
    browser.devtools("Emulation.setDeviceMetricsOverride", low).await;
    page.authorize_as_machine("demo-m2m", "demo-m2m-secret").await;
    assert_eq!(page.execute("-listClients").await, "200");
    browser.close().await;
}
