//! Codes sent to somebody else (RFC 6749 §3.1.2, RFC 9700 §4.1): what is not registered character by character is not gone to.

use claviger::protocol::redirect_uri::RedirectUri;
use reqwest::Method;
use url::form_urlencoded;

use crate::actors::{Answer, Browser, RelyingParty, TestServer};

/// A request of a client with this `redirect_uri`.
fn request(client: &str, redirect_uri: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", client)
        .append_pair("scope", "openid")
        .append_pair("state", "s")
        .append_pair("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        .append_pair("code_challenge_method", "S256")
        .append_pair("redirect_uri", redirect_uri)
        .finish()
}

/// Asserts that the request ends on our own error page: by GET, by POST, in every response mode, with an error of its own or without, and
/// for somebody who is signed in.
async fn assert_goes_nowhere(server: &TestServer, browser: &Browser<'_>, client: &str, redirect_uri: &str) {
    let query = request(client, redirect_uri);
    for extra in ["", "&prompt=none", "&response_mode=form_post", "&response_mode=fragment", "&scope=x", "&request=x"] {
        let get = server.request(Method::GET, &format!("/authorize?{query}{extra}")).header("cookie", browser.cookie_header());
        let answer = Answer::of(get.send().await.unwrap()).await;
        answer.assert_error_page("invalid_request");
        assert!(!answer.body.contains("evil") && !answer.body.contains("alert(") && !answer.body.contains("form method"), "{redirect_uri}");
        assert_eq!(answer.headers.get("set-cookie"), None);
    }
    let post = server.request(Method::POST, "/authorize").header("content-type", "application/x-www-form-urlencoded").body(query.clone());
    let answer = Answer::of(post.send().await.unwrap()).await;
    let location = answer.header("location").unwrap().to_owned();
    assert!(location.starts_with(&server.url("/authorize?")), "{location}");
    Answer::of(server.http.get(location).send().await.unwrap()).await.assert_error_page("invalid_request");
    // The pages beside it don't go there either.
    let encoded: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let consent = Answer::of(server.request(Method::GET, &format!("/consent?continue={encoded}")).send().await.unwrap()).await;
    assert!(consent.header("location").is_some_and(|location| location.starts_with(&server.url("/authorize?"))), "{redirect_uri}");
}

/// Conformance: 12
#[tokio::test]
async fn nothing_but_the_registered_characters_will_do() {
    let server = TestServer::start().await;
    let registered = ["https://app.example/cb", "https://app.example/cb?tenant=1", "https://plain.example"];
    server
        .register("app", |client| {
            let register = |uri: &&str| RedirectUri::register(uri, client.application_type).unwrap();
            client.redirect_uris = registered.iter().map(register).collect();
        })
        .await;
    let mut browser = Browser::new(&server);
    browser.log_in("/login", "alice", "wonderland").await;
    for good in registered {
        let page = browser.open(&format!("/authorize?{}", request("app", good))).await;
        assert_eq!(page.url.path(), "/consent", "{good}");
    }
    for bad in [
        // Almost the same.
        "https://app.example/cb/",
        "https://app.example/CB",
        "https://app.example/cb?",
        "https://app.example/cb?x=1",
        "https://app.example/c%62",
        "https://app.example/cb%2e",
        "https://app.example/cb ",
        " https://app.example/cb",
        "https://app.example/cb\t",
        "https://app.example:443/cb",
        "https://app.example:8443/cb",
        "https://app.example/",
        "https://app.example",
        "https://APP.example/cb",
        "HTTPS://app.example/cb",
        "http://app.example/cb",
        "https://app.example//cb",
        "https://app.example./cb",
        "https://app.example/cb;x",
        "https:/app.example/cb",
        "https:app.example/cb",
        "//app.example/cb",
        "/cb",
        "cb",
        "https://plain.example/",
        "https://app.example/cb?tenant=2",
        "https://app.example/cb?tenant=1&tenant=2",
        "https://app.example/cb\r\nLocation: https://evil.example",
        "https://app.example/cb\0",
        // Users before the host.
        "https://app.example@evil.example/cb",
        "https://app.example:x@evil.example/cb",
        "https://a@b@evil.example/cb",
        "https://evil@app.example/cb",
        "https://app.example\\@evil.example/cb",
        "https://app.example%40evil.example/cb",
        "https://evil.example\\@app.example/cb",
        "https://@app.example/cb",
        // Paths that lead elsewhere.
        "https://app.example/cb/../evil",
        "https://app.example/cb/..;/evil",
        "https://app.example/cb/%2e%2e%2fevil",
        "https://app.example/cb%252f..",
        "https://app.example/cb/..\\evil",
        "https://app.example/./cb",
        "https://app.example/x/../cb",
        // Other hosts that look alike.
        "https://app.example.evil.example/cb",
        "https://appXexample/cb",
        "https://app-example/cb",
        "https://evil.example/https://app.example/cb",
        "https://evil.example?https://app.example/cb",
        "https://evil.example/cb",
        "https://app.example\u{3002}evil.example/cb",
        "https://\u{430}pp.example/cb",
        "https://app.example\u{ff0f}evil.example/cb",
        "https://xn--pp-7kc.example/cb",
        // Schemes that run something.
        "JaVaScRiPt:alert(1)",
        "javascript://app.example/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "blob:https://app.example/cb",
        "file:///etc/passwd",
        "about:blank",
        "view-source:https://app.example/cb",
        // Fragments.
        "https://app.example/cb#",
        "https://app.example/cb#frag",
        "https://app.example/cb#@evil.example",
        "https://evil.example/#https://app.example/cb",
        "\"><script>alert(1)</script>evil",
        "",
        "null",
        "https://",
        "*",
    ] {
        assert_goes_nowhere(&server, &browser, "app", bad).await;
    }
}

#[tokio::test]
async fn loopback_stands_for_this_machine_and_for_nothing_that_begins_like_it() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    browser.log_in("/login", "alice", "wonderland").await;
    for bad in [
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1:80@evil.example/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:8000/callback/",
        "http://127.0.0.1:8000/evil",
        "http://127.0.0.1:8000/callback?x=1",
        "http://127.0.0.1:8000/callback#x",
        "http://127.0.0.2:8000/callback",
        "http://127.1:8000/callback",
        "http://2130706433:8000/callback",
        "http://0x7f000001:8000/callback",
        "http://[::1]:8000/callback",
        "http://localhost:8000/callback",
        "https://127.0.0.1:8000/callback",
        "http://127.0.0.1:80 80/callback",
        "http://127.0.0.1:+80/callback",
        "http://127.0.0.1:080a/callback",
    ] {
        assert_goes_nowhere(&server, &browser, "demo-native", bad).await;
    }
    for bad in [
        "http://localhost.evil.example/callback",
        "http://localhost.evil.example:5173/callback",
        "http://localhost:5174/callback",
        "http://localhost/callback",
        "http://127.0.0.1:5173/callback",
        "http://localhost:5173.evil.example/callback",
    ] {
        assert_goes_nowhere(&server, &browser, "demo-spa", bad).await;
    }
}

#[tokio::test]
async fn another_clients_address_and_two_at_once_will_not_do() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let web = RelyingParty::demo_web(&server);
    browser.pass(&web.authorization_url("openid", "")).await.code();
    assert_goes_nowhere(&server, &browser, "demo-web", "http://localhost:5173/callback").await;
    for (first, second) in
        [(web.redirect_uri, "https://evil.example/cb"), ("https://evil.example/cb", web.redirect_uri), (web.redirect_uri, "")]
    {
        let second: String = form_urlencoded::byte_serialize(second.as_bytes()).collect();
        let url = server.url(&format!("/authorize?{}&redirect_uri={second}", request("demo-web", first)));
        let answer = Answer::of(server.http.get(url).send().await.unwrap()).await;
        answer.assert_error_page("invalid_request");
        assert!(!answer.body.contains("evil"));
    }
    let array = request("demo-web", web.redirect_uri).replace("redirect_uri", "redirect_uri%5B%5D");
    Answer::of(server.http.get(server.url(&format!("/authorize?{array}"))).send().await.unwrap())
        .await
        .assert_error_page("invalid_request");
}
