//! The FastAPI example's own documentation page, with the program and the example as their users start them.

use super::api_keys::make_key;
use super::chromium::Chromium;
use super::example::Example;
use super::swagger::Swagger;
use crate::binary::program::Site;

/// Where the example is for the browser, and what it is registered as.
const ADDRESS: &str = "localhost:8000";

#[tokio::test]
async fn its_authorize_button_works_by_code() {
    let site = Site::new();
    let _server = site.dev_with_keys().await;
    let example = Example::fastapi(&site.issuer);
    let browser = Chromium::start_with(&[(ADDRESS, example.port)]).await;
    browser.excuse("/items - Failed to load resource: the server responded with a status of 401");
    let page = Swagger::open(&browser, "http://localhost:8000/docs").await;
    assert_eq!(page.execute("list_items_items_get").await, "401");

    page.authorize_by_code(async |browser| {
        browser.sees("Sign in\nto continue to Demo browser application").await;
        browser.sign_in("alice", "wonderland").await;
        browser.sees("You then return to localhost:8000").await;
        browser.press("Allow").await;
    })
    .await;
    assert_eq!(page.execute("list_items_items_get").await, "200");
    browser.sees("lantern").await;
    browser.close().await;
}

#[tokio::test]
async fn its_authorize_button_works_by_password() {
    let site = Site::new();
    let _server = site.dev_with_keys().await;
    let example = Example::fastapi(&site.issuer);
    let browser = Chromium::start_with(&[(ADDRESS, example.port)]).await;
    let page = Swagger::open(&browser, "http://localhost:8000/docs").await;
    page.authorize_by_password("demo-password", "alice", "wonderland").await;
    assert_eq!(page.execute("list_items_items_get").await, "200");
    browser.sees("lantern").await;
    assert_eq!(page.execute("me_me_get").await, "200");
    browser.sees("\"client_id\": \"demo-password\"").await;
    browser.close().await;
}

#[tokio::test]
async fn its_authorize_button_works_by_key() {
    let site = Site::new();
    let _server = site.dev_with_keys().await;
    let example = Example::fastapi(&site.issuer);
    let browser = Chromium::start_with(&[(ADDRESS, example.port)]).await;
    browser.excuse("/items/lantern - Failed to load resource: the server responded with a status of 403");
    browser.open(&site.url("/account")).await;
    browser.sign_in("alice", "wonderland").await;
    let key = make_key(&browser, "For the documentation", "items:read").await;
    let page = Swagger::open(&browser, "http://localhost:8000/docs").await;
    page.authorize_by_key(&key).await;
    assert_eq!(page.execute("list_items_items_get").await, "200");
    browser.sees("lantern").await;
    assert_eq!(page.execute_with("remove_item_items__name__delete", "lantern").await, "403");
    browser.sees("insufficient_scope").await;
    browser.close().await;
}

#[tokio::test]
async fn a_role_is_asked_for_beside_the_scope() {
    let site = Site::new();
    let _server = site.dev_with_keys().await;
    let example = Example::fastapi(&site.issuer);
    for (username, password, status) in [("bob", "builder", "403"), ("alice", "wonderland", "200")] {
        let browser = Chromium::start_with(&[(ADDRESS, example.port)]).await;
        browser.excuse("/items/lantern - Failed to load resource: the server responded with a status of 403");
        let page = Swagger::open(&browser, "http://localhost:8000/docs").await;
        page.authorize_by_password("demo-password", username, password).await;
        assert_eq!(page.execute_with("remove_item_items__name__delete", "lantern").await, status);
        browser.sees(if status == "403" { "This needs the role admin" } else { "\"name\": \"lantern\"" }).await;
        browser.close().await;
    }
}
