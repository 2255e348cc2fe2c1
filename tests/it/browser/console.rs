//! That the other stories would notice: the browser complains about what a policy stops, what fails to load, and what throws.

use super::chromium::Chromium;
use crate::actors::TestServer;

#[tokio::test]
async fn what_goes_wrong_on_a_page_is_complained_about() {
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    for (script, complaint) in [
        (
            "document.body.append(Object.assign(document.createElement('img'), { src: 'http://localhost:3000/spy.gif' }))",
            "Content Security Policy",
        ),
        ("document.body.append(Object.assign(document.createElement('script'), { text: 'alert(1)' }))", "Content Security Policy"),
        ("document.body.append(Object.assign(document.createElement('img'), { src: '/assets/missing.svg' }))", "404"),
        ("setTimeout(() => missing())", "missing is not defined"),
        ("console.error('oh dear')", "oh dear"),
    ] {
        browser.open(&server.url("/login")).await;
        browser.script(script).await;
        browser.complains(complaint).await;
    }
    browser.script("open('/login')").await;
    browser.enter_pop_up().await;
    browser.script("console.error('in another window')").await;
    browser.complains("in another window").await;
    browser.close().await;
}
