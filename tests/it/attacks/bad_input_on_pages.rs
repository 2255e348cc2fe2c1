//! Whatever anybody may send to a page: it is refused or shown as what it is, nothing fails, and nothing runs.

use url::form_urlencoded;

use crate::actors::{Browser, TestServer};
use crate::attacks::bad_input::{assert_proper, hostile};

const PARAMETERS: &str = "response_type client_id redirect_uri scope state nonce code_challenge code_challenge_method response_mode prompt max_age \
    login_hint id_token_hint resource request request_uri registration claims";

#[tokio::test]
async fn no_value_of_any_parameter_makes_a_page_fail_or_run() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    browser.log_in("/login", "alice", "wonderland").await;
    let base =
        [("response_type", "code"), ("client_id", "demo-web"), ("redirect_uri", "http://localhost:3000/callback"), ("scope", "openid")];
    let proof = [("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), ("code_challenge_method", "S256")];
    for value in hostile() {
        for name in PARAMETERS.split(' ') {
            let kept = base.iter().chain(&proof).filter(|(other, _)| *other != name);
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair(name, &value).finish();
            let what = format!("{name}={:.60}", value.escape_debug().to_string());
            let answer = browser.send(&server.url(&format!("/authorize?{query}")).parse().unwrap(), None).await;
            assert_proper(&what, &answer);
            assert!(!answer.body.contains("<script") && answer.headers.get("set-cookie").is_none(), "{what}");
            if let Some(location) = answer.header("location") {
                let ours = location.starts_with(&format!("{}/", server.issuer)) || location.starts_with("http://localhost:3000/callback?");
                assert!(ours, "{what}: {location}");
            }
        }
        for page in
            ["/login?continue=", "/consent?continue=", "/logout?state=", "/logout?id_token_hint=", "/logout?client_id=", "/account?done="]
        {
            let escaped: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
            let answer = browser.send(&server.url(&format!("{page}{escaped}")).parse().unwrap(), None).await;
            assert_proper(page, &answer);
            assert!(!answer.body.contains("<script"), "{page}");
        }
    }
}

#[tokio::test]
async fn no_value_in_a_form_of_ours_makes_it_fail() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    browser.log_in("/login", "alice", "wonderland").await;
    let csrf = browser.open("/account").await.field("csrf").unwrap();
    for value in hostile() {
        for (path, names) in [
            ("/login", &["username", "password", "continue"][..]),
            ("/consent", &["continue", "consent-allow"]),
            ("/account/sessions/revoke", &["session"]),
            ("/account/apps/revoke", &["client_id"]),
            ("/account/password", &["current_password", "new_password"]),
            ("/login", &["csrf"]),
        ] {
            for name in names {
                let form = if *name == "csrf" { vec![] } else { vec![("csrf".to_owned(), csrf.clone())] };
                let form = [form, vec![((*name).to_owned(), value.clone())]].concat();
                let answer = browser.send(&server.url(path).parse().unwrap(), Some(&form)).await;
                assert_proper(&format!("{path} {name}={:.60}", value.escape_debug().to_string()), &answer);
            }
        }
    }
    assert_eq!(browser.open("/account").await.url.path(), "/account", "and alice is still who she was");
}
