//! Our good name as a bait (RFC 9700 §4.11): no address of ours sends a browser anywhere that was not registered.

use reqwest::Method;
use reqwest::header::{COOKIE, LOCATION, ORIGIN};
use url::{Url, form_urlencoded};

use crate::actors::{Answer, Browser, RelyingParty, TestServer};

const BAIT: [&str; 19] = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%2fevil.example",
    ".evil.example",
    "@evil.example",
    ":80@evil.example",
    "?next=https://evil.example",
    "#@evil.example",
    "javascript:alert(1)",
    "data:text/html,evil",
    "x\r\nLocation: https://evil.example",
    "x\nSet-Cookie: evil=1",
    "%0d%0aLocation:%20https://evil.example",
    "client_id=demo-web&redirect_uri=https://evil.example",
    "client_id=evil",
    "\u{0}evil",
];

fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Asserts that an answer, if it leads anywhere, leads to a page of ours, and that nothing was slipped into its headers.
#[track_caller]
fn assert_stays(server: &TestServer, answer: &Answer, bait: &str) {
    assert!(!answer.status.is_server_error(), "{bait:?}: {}", answer.status);
    for location in answer.headers.get_all(LOCATION) {
        let url = Url::parse(location.to_str().unwrap()).unwrap_or_else(|_| panic!("{bait:?}: {location:?}"));
        assert_eq!(url.origin(), Url::parse(&server.issuer).unwrap().origin(), "{bait:?}: {location:?}");
    }
    assert!(answer.headers.get_all(LOCATION).iter().count() <= 1);
    let cookies = answer.headers.get_all("set-cookie").iter().all(|cookie| cookie.to_str().unwrap().starts_with("claviger-"));
    assert!(cookies && answer.header("refresh").is_none(), "{bait:?}");
    assert!(!answer.body.contains("http-equiv"), "{bait:?}");
}

#[tokio::test]
async fn continue_only_ever_leads_back_to_our_own_endpoint() {
    let server = TestServer::start().await;
    for bait in BAIT {
        let mut browser = Browser::new(&server);
        for page in ["/login", "/consent", "/"] {
            let url = Url::parse(&server.url(&format!("{page}?continue={}", escaped(bait)))).unwrap();
            assert_stays(&server, &browser.send(&url, None).await, bait);
        }
        let login = browser.open(&format!("/login?continue={}", escaped(bait))).await;
        let action = server.url("/login").parse().unwrap();
        let form = |button: &str| {
            let csrf = login.field("csrf").unwrap();
            let fields = [("csrf", &*csrf), ("continue", bait), ("username", "alice"), ("password", "wonderland"), (button, "1")];
            fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        assert_stays(&server, &browser.send(&action, Some(&form("cancel"))).await, bait);
        let signed_in = browser.send(&action, Some(&form("login-submit"))).await;
        assert_stays(&server, &signed_in, bait);
        let account = browser.open("/account").await;
        let csrf = account.field("csrf").unwrap();
        for button in ["switch", "consent-allow", "consent-deny"] {
            let form = [("csrf", &*csrf), ("continue", bait), (button, "1")].map(|(name, value)| (name.to_owned(), value.to_owned()));
            let answer = browser.send(&server.url("/consent").parse().unwrap(), Some(&form)).await;
            assert_stays(&server, &answer, bait);
        }
    }
}

#[tokio::test]
async fn after_sign_out_only_a_registered_address_is_gone_to_and_only_for_a_known_client() {
    let server = TestServer::start().await;
    let spa = RelyingParty::demo_spa(&server);
    let registered = "http://localhost:5173/";
    let almost = [
        "http://localhost:5173",
        "http://localhost:5173/x",
        "http://localhost:5173/?x",
        "http://localhost:5173/#x",
        "http://localhost:5173\\@evil.example/",
        "http://localhost:5173@evil.example/",
        "http://localhost:5173.evil.example/",
        "http://localhost:5173/\\evil.example",
        "http://LOCALHOST:5173/",
        "https://localhost:5173/",
        "http://localhost:5173/\r\nLocation: https://evil.example",
        "http://localhost:3000/callback",
    ];
    for bait in BAIT.iter().chain(&almost) {
        let mut browser = Browser::new(&server);
        let tokens = spa.sign_in(&mut browser, "openid").await;
        let with_hint = format!("/logout?id_token_hint={}&post_logout_redirect_uri={}", tokens.text("id_token"), escaped(bait));
        let answer = browser.send(&server.url(&with_hint).parse().unwrap(), None).await;
        assert_stays(&server, &answer, bait);
        assert_eq!((answer.status.as_u16(), answer.header("location")), (200, None), "signed out, and on our own page");
        assert!(!answer.body.contains("evil"));
        assert_eq!(browser.open("/account").await.url.path(), "/login");
    }
    // Confirmed by the person, for a client that the request merely names, or for none.
    for (client, bait) in [("client_id=demo-spa&", "https://evil.example"), ("client_id=demo-native&", registered), ("", registered)] {
        let mut browser = Browser::new(&server);
        spa.sign_in(&mut browser, "openid").await;
        let confirm = browser.open(&format!("/logout?{client}post_logout_redirect_uri={}", escaped(bait))).await;
        let done = browser.submit(&confirm, &[], "logout-yes").await;
        assert!(!done.left && done.url.path() == "/logout", "{}", done.url);
    }
    // Nobody is signed in, and nobody vouches for the client.
    let answer = server.get(&format!("/logout?client_id=demo-spa&post_logout_redirect_uri={}", escaped(registered))).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (200, None));
    let foreign = server.post("/logout", None, &[("post_logout_redirect_uri", "https://evil.example"), ("state", "x")]).await;
    assert_stays(&server, &foreign, "posted by a stranger");
}

#[tokio::test]
async fn a_state_at_sign_out_stays_a_state() {
    let server = TestServer::start().await;
    let spa = RelyingParty::demo_spa(&server);
    for state in
        ["x&post_logout_redirect_uri=https://evil.example", "\r\nSet-Cookie: a=b", "#@evil.example/", "é\u{202e}", &"x".repeat(2000)]
    {
        let mut browser = Browser::new(&server);
        let tokens = spa.sign_in(&mut browser, "openid").await;
        let hint = tokens.text("id_token");
        let back = browser
            .open(&format!("/logout?id_token_hint={hint}&post_logout_redirect_uri=http://localhost:5173/&state={}", escaped(state)))
            .await;
        assert!(back.left && back.url.as_str().starts_with("http://localhost:5173/"), "{}", back.url);
        assert!(back.parameter("state").is_none_or(|echoed| echoed == state), "whole or not at all");
        assert_eq!(back.url.fragment(), None);
        assert!(back.url.query_pairs().count() <= 1);
    }
}

#[tokio::test]
async fn headers_lead_nobody_anywhere() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    browser.log_in("/login", "alice", "wonderland").await;
    let headers = [
        ("referer", "https://evil.example/"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-prefix", "/evil"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-original-url", "/evil"),
        ("x-rewrite-url", "/evil"),
        ("x-host", "evil.example"),
        ("host", "evil.example"),
    ];
    let paths =
        ["/", "/login", "/logout", "/account", "/authorize?client_id=demo-web", "/consent?continue=x", "/.well-known/openid-configuration"];
    for path in paths {
        let plain = Answer::of(server.request(Method::GET, path).header(COOKIE, browser.cookie_header()).send().await.unwrap()).await;
        for (name, value) in headers {
            let request = server.request(Method::GET, path).header(COOKIE, browser.cookie_header()).header(name, value);
            let answer = Answer::of(request.send().await.unwrap()).await;
            assert_eq!((answer.status, answer.header("location")), (plain.status, plain.header("location")), "{path} {name}");
            assert!(!answer.body.contains("evil"), "{path} {name}");
        }
    }
    let form = [("csrf", ""), ("logout-no", "1")];
    let request =
        server.request(Method::POST, "/logout").form(&form).header("referer", "https://evil.example/").header(ORIGIN, &server.issuer);
    assert_stays(&server, &Answer::of(request.send().await.unwrap()).await, "a referer");
}
