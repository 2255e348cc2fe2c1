//! Forms that a page of somebody else's sends, with what Chromium really says about where they come from.

use url::{Url, form_urlencoded};

use super::chromium::Chromium;
use crate::actors::{RelyingParty, TestServer};

/// Where a page of another site has this form, with a button.
fn form(action: &str, fields: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("action", action).extend_pairs(fields).finish();
    format!("http://localhost:3000/form?{query}")
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_although_its_origin_reads_like_ours() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    browser.excuse("Failed to load resource: the server responded with a status of 403");
    // What our own forms say of themselves, because our pages, like this one, send no referrer.
    browser.open(&form("/form", &[])).await;
    browser.press("Send").await;
    browser.sees("POST with Origin: null, from: same-origin").await;

    browser.open(&server.url("/login")).await;
    browser.open(&form(&server.url("/login"), &[("username", "bob"), ("password", "builder"), ("csrf", "guess")])).await;
    browser.press("Send").await;
    browser.sees("This form was not sent by a page of ours").await;
    browser.open(&server.url("/account")).await;
    browser.sees("Sign in").await;
    browser.close().await;
}

/// Conformance: 10
#[tokio::test]
async fn a_request_that_another_site_posts_finds_who_is_signed_in() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    let web = RelyingParty::demo_web(&server);
    let url = web.authorization_url("openid", "");
    browser.open(&url).await;
    browser.sign_in("alice", "wonderland").await;
    browser.press("Allow").await;
    browser.arrives_at("http://localhost:3000/callback?code=").await;

    let url = Url::parse(&url.replace("state-1", "posted")).unwrap();
    let fields: Vec<_> = url.query_pairs().collect();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
    browser.open(&form(&server.url("/authorize"), &fields)).await;
    browser.press("Send").await;
    let arrived = browser.arrives_at("http://localhost:3000/callback?code=").await;
    let of = |name: &str| arrived.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned();
    assert_eq!(of("state"), "posted");
    assert_eq!(web.redeem(&of("code")).await.text("scope"), "openid");
    browser.close().await;
}
