//! The end of a session, told to its clients by pages of theirs in frames (OpenID Connect Front-Channel Logout).

use claviger::protocol::client_logout::LogoutUri;
use claviger::protocol::redirect_uri::RedirectUri;
use url::{Url, form_urlencoded};

use crate::actors::{Answer, Browser, RelyingParty, TestServer};

const BACK: &str = "https://one.example/back";

/// A client on the web whose page is loaded when somebody signs out.
async fn framed<'a>(server: &'a TestServer, client: &'static str, callback: &'static str, page: &'static str) -> RelyingParty<'a> {
    server
        .register(client.split(':').next().unwrap(), |client| {
            client.redirect_uris = vec![RedirectUri::register(callback, client.application_type).unwrap()];
            client.post_logout_redirect_uris = vec![RedirectUri::register(BACK, client.application_type).unwrap()];
            client.logout.front_channel = LogoutUri::parse(page).ok();
        })
        .await;
    RelyingParty::new(server, client, callback)
}

/// The frames of a page, by their addresses.
fn frames(page: &Answer) -> Vec<String> {
    let sources = page.body.split("<iframe ").skip(1).map(|frame| frame.split("src=\"").nth(1).unwrap().split('"').next().unwrap());
    sources.map(|source| source.replace("&#38;", "&")).collect()
}

fn about(page: &str, server: &TestServer, sid: &str) -> String {
    let told = form_urlencoded::Serializer::new(String::new()).append_pair("iss", &server.issuer).append_pair("sid", sid).finish();
    format!("{page}{}{told}", if page.contains('?') { '&' } else { '?' })
}

/// Conformance: 69, 70
#[tokio::test]
async fn clients_pages_are_loaded_before_the_person_goes_on() {
    let server = TestServer::start().await;
    let one = framed(&server, "one:one-secret", "https://one.example/cb", "https://one.example/bye?x=1").await;
    let two = framed(&server, "two:two-secret", "https://two.example:8443/cb", "https://two.example:8443/bye").await;
    framed(&server, "away:away-secret", "https://away.example/cb", "https://away.example/bye").await;
    for confirmed in [false, true] {
        let mut browser = Browser::new(&server);
        let tokens = one.sign_in(&mut browser, "openid").await;
        two.sign_in(&mut browser, "openid").await;
        let hint = if confirmed { String::new() } else { format!("&id_token_hint={}", tokens.text("id_token")) };
        let url = server.url(&format!("/logout?client_id=one&post_logout_redirect_uri={BACK}&state=a%26b{hint}"));
        let page = if confirmed {
            let question = browser.open(&url).await;
            let (action, fields) = question.form("logout-yes");
            browser.send(&question.url.join(&action).unwrap(), Some(&fields)).await
        } else {
            browser.send(&Url::parse(&url).unwrap(), None).await
        };
        assert_eq!(page.status, 200, "{}", page.body);
        let sid = tokens.id_claims()["sid"].as_str().unwrap().to_owned();
        let expected = [about("https://one.example/bye?x=1", &server, &sid), about("https://two.example:8443/bye", &server, &sid)];
        assert_eq!(frames(&page), expected);
        assert!(page.body.contains(&format!("id=\"continue\" href=\"{BACK}?state=a%26b\"")), "it goes on without a script: {}", page.body);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.ends_with("; script-src 'self'; frame-src https://one.example https://two.example:8443"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!((page.header("x-frame-options"), page.header("referrer-policy")), (Some("DENY"), Some("no-referrer")));
        assert_eq!(browser.open("/account").await.url.path(), "/login");
    }
}

#[tokio::test]
async fn a_client_that_nobody_can_read_keeps_nobody_signed_in() {
    let server = TestServer::start().await;
    let one = framed(&server, "one:one-secret", "https://one.example/cb", "https://one.example/bye").await;
    framed(&server, "broken:broken-secret", "https://broken.example/cb", "https://broken.example/bye").await;
    let mut browser = Browser::new(&server);
    let tokens = one.sign_in(&mut browser, "openid").await;
    server.database.execute("INSERT INTO session_client (session_id, client_id) SELECT session_id, 'broken' FROM session_client").await;
    server.database.execute("UPDATE client SET frontchannel_logout_uri = 'nonsense' WHERE id = 'broken'").await;
    let page = browser.send(&Url::parse(&server.url(&format!("/logout?id_token_hint={}", tokens.text("id_token")))).unwrap(), None).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(frames(&page), [about("https://one.example/bye", &server, tokens.id_claims()["sid"].as_str().unwrap())]);
    assert_eq!(browser.open("/account").await.url.path(), "/login");
}

#[tokio::test]
async fn who_ends_their_own_session_on_the_account_page_has_clients_told() {
    let server = TestServer::start().await;
    let one = framed(&server, "one:one-secret", "https://one.example/cb", "https://one.example/bye").await;
    let mut browser = Browser::new(&server);
    let tokens = one.sign_in(&mut browser, "openid").await;
    let sid = tokens.id_claims()["sid"].as_str().unwrap().to_owned();
    let account = browser.open("/account").await;
    let (action, fields) = account.form(&sid);
    let page = browser.send(&account.url.join(&action).unwrap(), Some(&fields)).await;
    assert_eq!(frames(&page), [about("https://one.example/bye", &server, &sid)]);
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["claviger-state"]);
}
