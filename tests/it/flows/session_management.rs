//! Session management: how a client's page learns that somebody signed in or out (OpenID Connect Session Management).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::actors::{Browser, RelyingParty, TestServer, hybrid_client};

const STATE: &str = "claviger-state";

/// Asserts that this is what the frame computes, in a browser with this state.
#[track_caller]
fn assert_computed(session_state: &str, client: &str, origin: &str, state: &str) {
    let (hash, salt) = session_state.split_once('.').unwrap();
    assert_eq!(hash, URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{client} {origin} {state} {salt}"))));
    assert!(salt.len() >= 22 && !session_state.contains(' '), "{session_state}");
}

/// Conformance: 71
#[tokio::test]
async fn every_answer_about_a_person_says_in_what_state_the_browser_is() {
    let server = TestServer::start().await;
    let (web, hybrid) = (RelyingParty::demo_web(&server), hybrid_client(&server).await);
    let mut browser = Browser::new(&server);
    let nobody = browser.open(&web.authorization_url("openid", "prompt=none")).await;
    let state = browser.cookies[STATE].clone();
    assert_computed(&nobody.parameter("session_state").unwrap(), "demo-web", "http://localhost:3000", &state);
    browser.open(&web.authorization_url("openid", "prompt=none")).await;
    assert_eq!(browser.cookies[STATE], state, "nobody has come meanwhile");
    let mut another = Browser::new(&server);
    another.open(&web.authorization_url("openid", "prompt=none")).await;
    assert_ne!(another.cookies[STATE], state, "no page can guess that nobody is signed in");

    let query = browser.pass(&web.authorization_url("openid", "")).await;
    let state = browser.cookies[STATE].clone();
    assert!(!browser.cookies["claviger-session"].contains(&state));
    let told = query.parameter("session_state").unwrap();
    assert_computed(&told, "demo-web", "http://localhost:3000", &state);
    let again = browser.open(&web.authorization_url("openid", "")).await.parameter("session_state").unwrap();
    assert_computed(&again, "demo-web", "http://localhost:3000", &state);
    assert_ne!(told, again, "the salt is another one each time");

    let fragment = browser.pass(&hybrid.authorization_url_for("code id_token", "openid", "nonce=n")).await;
    assert!(fragment.url.fragment().unwrap().contains("session_state="), "{}", fragment.url);
    assert_computed(&fragment.parameter("session_state").unwrap(), "hybrid", "https://hybrid.example", &state);
    let form = browser.open(&web.authorization_url("openid", "response_mode=form_post")).await;
    let posted = form.body.split("name=\"session_state\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_computed(posted, "demo-web", "http://localhost:3000", &state);

    let unasked = browser.pass(&web.authorization_url("items:read", "")).await;
    assert_eq!(unasked.parameter("session_state"), None, "{}", unasked.url);
}

/// Conformance: 71
#[tokio::test]
async fn the_state_changes_when_somebody_signs_in_or_out() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    web.sign_in(&mut browser, "openid").await;
    let first = browser.cookies[STATE].clone();
    browser.open(&web.authorization_url("openid", "")).await;
    assert_eq!(browser.cookies[STATE], first, "nothing has changed");
    browser.cookies.remove(STATE);
    browser.open(&web.authorization_url("openid", "prompt=none")).await;
    assert_eq!(browser.cookies[STATE], first, "a browser that lost it gets it again");

    browser.log_in("/login?again=1", "bob", "builder").await;
    let second = browser.cookies[STATE].clone();
    assert_ne!(second, first);
    let question = browser.open("/logout").await;
    browser.submit(&question, &[], "logout-yes").await;
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), [STATE], "a browser without any would look like one that hides its cookies");
    assert!(browser.cookies[STATE] != first && browser.cookies[STATE] != second);
}

/// Conformance: 71
#[tokio::test]
async fn anybody_may_have_the_page_in_a_frame_and_nobody_may_read_it() {
    let server = TestServer::start().await;
    let page = server.get("/check-session").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(page.header("x-frame-options"), None);
    let policy = page.header("content-security-policy").unwrap();
    assert_eq!(policy, "default-src 'none'; script-src 'self'; base-uri 'none'");
    assert!(page.body.contains("<script src=\"/assets/check-session.js\"></script>"), "{}", page.body);
    let script = server.get("/assets/check-session.js").await;
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    for answer in [page, script] {
        assert_eq!((answer.header("access-control-allow-origin"), answer.header("set-cookie")), (None, None));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}
