//! Signing out of everything: applications whose pages are loaded in frames, and applications that ask a frame of ours.

use claviger::protocol::client_logout::LogoutUri;
use claviger::protocol::redirect_uri::RedirectUri;
use serde_json::{Value, json};
use url::Url;

use super::chromium::Chromium;
use crate::actors::{Listener, TestServer};

/// An application of our own at this address, whose page for the end of a session is there, too.
async fn application(server: &TestServer, id: &'static str, site: &Listener) {
    let (callback, page) = (site.url.clone(), LogoutUri::parse(&format!("{}?from=claviger", site.url)).ok());
    server
        .register(id, |client| {
            client.first_party = true;
            client.redirect_uris = vec![RedirectUri::register(&callback, client.application_type).unwrap()];
            client.post_logout_redirect_uris = vec![RedirectUri::register(&format!("{callback}/back"), client.application_type).unwrap()];
            client.logout.front_channel = page;
        })
        .await;
}

/// Sends the browser to sign in at an application, and says in what state it comes back.
async fn arrive(browser: &Chromium, server: &TestServer, id: &str, site: &Listener, sign_in: bool) -> String {
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let query = format!("response_type=code&client_id={id}&scope=openid&code_challenge={challenge}&code_challenge_method=S256");
    browser.open(&server.url(&format!("/authorize?{query}"))).await;
    if sign_in {
        browser.sign_in("alice", "wonderland").await;
    }
    let arrived = browser.arrives_at(&format!("{}?code=", site.url)).await;
    arrived.query_pairs().find(|(name, _)| name == "session_state").unwrap().1.into_owned()
}

/// The addresses at which an application was asked for its page in a frame.
fn framed(site: &Listener) -> Vec<String> {
    site.heard().into_iter().map(|heard| heard.path).filter(|path| path.starts_with("/told?from=claviger&")).collect()
}

/// Conformance: 69
#[tokio::test]
async fn everybody_is_told_before_the_person_returns() {
    let server = TestServer::start().await;
    let (one, two) = (Listener::start([]).await, Listener::start([]).await);
    application(&server, "one", &one).await;
    application(&server, "two", &two).await;
    let browser = Chromium::start().await;
    for (times, scripts) in [(1, true), (2, false)] {
        arrive(&browser, &server, "one", &one, true).await;
        arrive(&browser, &server, "two", &two, false).await;
        let back = format!("{}/back", one.url);
        browser.open(&server.url(&format!("/logout?client_id=one&state=s&post_logout_redirect_uri={back}"))).await;
        browser.sees("one asks to sign you out.").await;
        if !scripts {
            browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
        }
        browser.press("Sign out").await;
        if !scripts {
            browser.sees("These applications are signing you out, too:\none\ntwo").await;
            browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": false })).await;
            browser.press("Continue").await;
        }
        browser.arrives_at(&format!("{back}?state=s")).await;
        for site in [&one, &two] {
            let asked = framed(site);
            assert_eq!(asked.len(), times, "{asked:?}");
            let told = Url::parse("http://x").unwrap().join(&asked[times - 1]).unwrap();
            let told: Vec<_> = told.query_pairs().into_owned().collect();
            assert_eq!((told[1].0.as_str(), told[1].1.as_str(), told[2].0.as_str()), ("iss", server.issuer.as_str(), "sid"));
        }
    }
    assert_eq!(framed(&one).iter().filter(|path| !framed(&two).contains(path)).count(), 0, "both are told of the same sessions");
    browser.close().await;
}

/// What the frame answers to the page that the browser shows.
async fn ask(browser: &Chromium, server: &TestServer, message: &str) -> Value {
    let issuer = &server.issuer;
    browser
        .asynchronous_script(&format!(
            "const done = arguments[0];
            const frame = document.createElement('iframe');
            addEventListener('message', event => done([event.origin, event.data]), {{ once: true }});
            frame.onload = () => frame.contentWindow.postMessage({message:?}, {issuer:?});
            frame.src = {issuer:?} + '/check-session';
            document.body.append(frame)"
        ))
        .await
}

/// Conformance: 71
#[tokio::test]
async fn a_page_sees_in_a_frame_of_ours_that_somebody_signed_out() {
    let server = TestServer::start().await;
    let (one, two) = (Listener::start([]).await, Listener::start([]).await);
    application(&server, "one", &one).await;
    let browser = Chromium::start().await;
    let state = arrive(&browser, &server, "one", &one, true).await;
    let ours = |answer: &str| json!([server.issuer, answer]);
    let message = format!("one {state}");
    assert_eq!(ask(&browser, &server, &message).await, ours("unchanged"));
    assert_eq!(ask(&browser, &server, &format!("two {state}")).await, ours("changed"));
    for malformed in ["", "one", &state, &format!("{message} x"), &format!("one  {state}"), "one a.b", "<img> x.y"] {
        assert_eq!(ask(&browser, &server, malformed).await, ours("error"), "{malformed}");
    }
    browser.open(&two.url).await;
    assert_eq!(ask(&browser, &server, &message).await, ours("changed"), "it is for the page of its own client");

    browser.open(&server.url("/logout")).await;
    browser.sees("Sign out?").await;
    browser.press("Sign out").await;
    browser.sees("You are signed out.").await;
    browser.open(&one.url).await;
    assert_eq!(ask(&browser, &server, &message).await, ours("changed"));

    browser.devtools("Network.clearBrowserCookies", json!({})).await;
    assert_eq!(ask(&browser, &server, &message).await, ours("error"), "a browser that hides its cookies has not signed out");
    browser.close().await;
}
