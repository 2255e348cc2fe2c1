//! Forms that a page of somebody else's sends, with what Chromium really says about where they come from.

use url::form_urlencoded;

use super::chromium::Chromium;
use crate::actors::TestServer;

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
