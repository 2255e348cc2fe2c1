//! `/authorize`: how answers travel, and what of a request makes no difference (RFC 6749 §3.1, §4.1; RFC 9207; Form Post Response Mode).

use reqwest::Method;
use reqwest::header::ORIGIN;
use serde_json::json;
use url::{Url, form_urlencoded};

use crate::actors::{Answer, Browser, Page, RelyingParty, TestServer};

/// The names and values that came back, in the query or, if `in_fragment`, in the fragment; nothing may stand in the other one.
#[track_caller]
fn came_back(page: &Page, in_fragment: bool) -> Vec<(String, String)> {
    assert!(page.left, "still at {}: {}", page.url, page.body);
    let (there, elsewhere) = (page.url.fragment(), page.url.query());
    let (there, elsewhere) = if in_fragment { (there, elsewhere) } else { (elsewhere, there) };
    assert_eq!(elsewhere, None, "{}", page.url);
    form_urlencoded::parse(there.unwrap().as_bytes()).into_owned().collect()
}

fn names(pairs: &[(String, String)]) -> Vec<&str> {
    pairs.iter().map(|(name, _)| name.as_str()).collect()
}

fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Conformance: 13, 77
#[tokio::test]
async fn a_code_and_an_error_come_back_in_the_mode_that_was_asked_for_with_state_and_issuer() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    for (mode, in_fragment) in [("", false), ("response_mode=query", false), ("response_mode=fragment", true)] {
        let page = Browser::new(&server).log_in_and_consent(&web.authorization_url("openid", mode)).await;
        let pairs = came_back(&page, in_fragment);
        assert_eq!(names(&pairs), ["code", "state", "iss", "session_state"]);
        assert_eq!((&pairs[1].1, &pairs[2].1), (&"state-1".to_owned(), &server.issuer));

        let page = Browser::new(&server).open(&web.authorization_url("openid", &format!("prompt=none&{mode}"))).await;
        let pairs = came_back(&page, in_fragment);
        assert_eq!(names(&pairs), ["error", "error_description", "state", "iss", "session_state"]);
        assert_eq!((&pairs[0].1, &pairs[2].1, &pairs[3].1), (&"login_required".to_owned(), &"state-1".to_owned(), &server.issuer));
    }
}

/// Conformance: 19
#[tokio::test]
async fn a_form_that_posts_itself_carries_codes_and_errors_and_escapes_a_hostile_state() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let state = r#""><img src=x onerror=alert(1)>'</form><script>alert(2)</script>&amp;"#;
    let url = |extra: &str| {
        let url = web.authorization_url("openid", &format!("response_mode=form_post{extra}"));
        url.replace("state=state-1", &format!("state={}", escaped(state)))
    };
    let mut browser = Browser::new(&server);
    let with_code = browser.log_in_and_consent(&url("")).await;
    let with_error = browser.open(&url("&prompt=none&max_age=x")).await;
    for (page, first) in [(&with_code, "code"), (&with_error, "error")] {
        assert!(!page.left && page.status == 200);
        let (action, fields) = page.form("continue");
        assert_eq!(action, web.redirect_uri);
        assert_eq!(fields[0].0, first);
        assert!(fields.contains(&("iss".to_owned(), server.issuer.clone())));
        let echoed = page.body.split("name=\"state\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(!echoed.contains(['<', '>', '\'']), "{echoed}");
        assert_eq!(page.body.matches("<script").count(), 1, "only our own: {}", page.body);
        assert!(!page.body.contains("<img src=x"));
    }
    web.redeem(&with_code.field("code").unwrap()).await;

    let answer = browser.send(&Url::parse(&url("&prompt=none")).unwrap(), None).await;
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("script-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    assert_eq!((answer.header("cache-control"), answer.header("referrer-policy")), (Some("no-store"), Some("no-referrer")));
}

/// Conformance: 15
#[tokio::test]
async fn state_and_nonce_come_back_byte_for_byte_up_to_1024_bytes_and_longer_ones_are_refused() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let odd = "-._~ %&=+\"<>'\\/?#[]@!$()*,;:|{}^` 🔑e\u{301}\u{202e}";
    let whole = format!("{odd}{}", "x".repeat(1024 - odd.len()));
    assert_eq!(whole.len(), 1024);
    let with = |state: &str, nonce: &str| {
        let url = web.authorization_url("openid", &format!("nonce={}", escaped(nonce)));
        url.replace("state=state-1", &format!("state={}", escaped(state)))
    };
    let mut browser = Browser::new(&server);
    let back = browser.log_in_and_consent(&with(&whole, &whole)).await;
    assert_eq!(back.parameter("state").as_ref(), Some(&whole));
    assert_eq!(web.redeem(&back.code()).await.id_claims()["nonce"], json!(whole));

    let longer = format!("{whole}y");
    for (state, nonce, echoed) in [(&*longer, "n", None), ("s", &*longer, Some("s")), ("a\0b", "n", None), ("s", "a\nb", Some("s"))] {
        let refused = browser.open(&with(state, nonce)).await;
        assert_eq!(refused.parameter("error").as_deref(), Some("invalid_request"));
        assert_eq!(refused.parameter("state").as_deref(), echoed, "never a part of it");
        assert_eq!(refused.parameter("code"), None);
    }
}

#[tokio::test]
async fn a_state_that_was_not_sent_does_not_come_back() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    for none in ["", "state=&"] {
        let url = web.authorization_url("openid", "").replace("state=state-1&", none);
        let page = Browser::new(&server).log_in_and_consent(&url).await;
        assert_eq!(names(&came_back(&page, false)), ["code", "iss", "session_state"]);
    }
}

/// Conformance: 10
#[tokio::test]
async fn a_post_from_another_site_without_cookies_gets_what_the_get_would() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let url = web.authorization_url("openid items:read", "");
    let mut browser = Browser::new(&server);
    browser.log_in_and_consent(&url).await.code();
    let form: Vec<(String, String)> = Url::parse(&url).unwrap().query_pairs().into_owned().collect();
    let request =
        server.request(Method::POST, "/authorize").form(&form).header(ORIGIN, "https://app.example").header("sec-fetch-site", "cross-site");
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(answer.status, 303, "the cookie of `SameSite=Lax` comes with the GET that follows");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let location = answer.header("location").unwrap();
    assert!(location.starts_with(&server.url("/authorize?")), "{location}");
    let tokens = web.redeem(&browser.open(location).await.code()).await;
    assert_eq!(tokens.text("scope"), "items:read openid");
}

#[tokio::test]
async fn a_post_that_is_no_form_is_refused_on_our_own_page() {
    let server = TestServer::start().await;
    for (media_type, body) in [("application/json", "{}"), ("application/x-www-form-urlencoded", "client_id=%ff")] {
        let request = server.request(Method::POST, "/authorize").header("content-type", media_type).body(body);
        Answer::of(request.send().await.unwrap()).await.assert_error_page("invalid_request");
    }
    let long = "a".repeat(64 * 1024 + 1);
    let answer = server.post("/authorize", None, &[("client_id", "demo-web"), ("state", &long)]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (413, None));
    // It fits into a body, but not into the address that our pages would carry it in.
    let answer = server.post("/authorize", None, &[("client_id", "demo-web"), ("x", &long[..20_000])]).await;
    answer.assert_error_page("invalid_request");
    server.get(&format!("/authorize?client_id=demo-web&x={}", &long[..20_000])).await.assert_error_page("invalid_request");
}

/// Conformance: 11, 26
#[tokio::test]
async fn order_and_unknown_parameters_make_no_difference() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let unknown = "display=popup&ui_locales=de+fr&claims_locales=de&acr_values=1&hd=example.com&%22%3E=x&access_type=offline&empty=";
    let url = web.authorization_url("items:read openid", unknown);
    let (path, query) = url.split_once('?').unwrap();
    let reversed = query.split('&').rev().collect::<Vec<_>>().join("&");
    let back = Browser::new(&server).log_in_and_consent(&format!("{path}?{reversed}")).await;
    assert_eq!(names(&came_back(&back, false)), ["code", "state", "iss", "session_state"]);
    assert_eq!(web.redeem(&back.code()).await.text("scope"), "items:read openid");
}

#[tokio::test]
async fn a_resource_narrows_what_the_code_and_what_comes_of_it_are_good_for() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let url = web.authorization_url("openid items:read", "resource=http://localhost:8000");
    let mut browser = Browser::new(&server);
    let back = browser.log_in_and_consent(&url).await;
    let tokens = web.redeem(&back.code()).await;
    assert_eq!((tokens.access_claims()["aud"].as_str(), tokens.text("scope")), (Some("http://localhost:8000"), "items:read"));
    assert_eq!(server.userinfo(tokens.access()).await.status, 403);
    web.try_refresh(tokens.refresh(), &[("resource", &server.issuer)]).await.assert_error(400, "invalid_target");
    let next = web.refresh(tokens.refresh()).await;
    assert_eq!(next.access_claims()["aud"], "http://localhost:8000", "a refresh does not widen it");

    let wide = web.redeem(&browser.open(&web.authorization_url("openid items:read", "")).await.code()).await;
    let narrow = web.try_refresh(wide.refresh(), &[("resource", "http://localhost:8000")]).await;
    assert_eq!(narrow.json()["scope"], "items:read");
    for bad in ["https://other.example", "http%3A%2F%2Flocalhost%3A8000%23x", "items"] {
        let refused = browser.open(&web.authorization_url("openid items:read", &format!("resource={bad}"))).await;
        assert_eq!(refused.parameter("error").as_deref(), Some("invalid_target"), "{bad}");
    }
}
