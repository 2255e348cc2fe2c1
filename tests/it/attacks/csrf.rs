//! Forms that somebody else's page sends in a person's browser (RFC 6749 §10.12, RFC 9700 §4.7): refused with 403, and nothing happens.

use reqwest::Method;
use reqwest::header::{COOKIE, ORIGIN};

use crate::actors::{Answer, Browser, Page, RelyingParty, TestServer};

/// How a forged form differs from ours.
#[derive(Clone, Copy, Debug)]
enum Forgery {
    NoToken,
    EmptyToken,
    TokenOfAnotherBrowser,
    NoCookies,
    From(Option<&'static str>, Option<&'static str>),
}

const FORGERIES: [Forgery; 14] = [
    Forgery::NoToken,
    Forgery::EmptyToken,
    Forgery::TokenOfAnotherBrowser,
    Forgery::NoCookies,
    Forgery::From(Some("https://evil.example"), Some("cross-site")),
    Forgery::From(Some("https://evil.example"), None),
    Forgery::From(Some("https://evil.example"), Some("same-origin")),
    Forgery::From(Some("null"), None),
    Forgery::From(Some("null"), Some("cross-site")),
    Forgery::From(Some("null"), Some("same-site")),
    Forgery::From(Some("null"), Some("none")),
    Forgery::From(None, Some("cross-site")),
    Forgery::From(None, Some("same-site")),
    Forgery::From(Some("http://127.0.0.1"), None),
];

/// The form of a page as our own page would send it, but for the forgery.
async fn forge(
    server: &TestServer,
    browser: &Browser<'_>,
    page: &Page,
    fill_in: &[(&str, &str)],
    button: &str,
    forgery: Forgery,
) -> Answer {
    let (action, mut fields) = page.form(button);
    for (name, value) in fill_in {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    let token = fields.iter_mut().find(|(name, _)| name == "csrf").unwrap();
    match forgery {
        Forgery::NoToken => fields.retain(|(name, _)| name != "csrf"),
        Forgery::EmptyToken => token.1.clear(),
        Forgery::TokenOfAnotherBrowser => token.1 = Browser::new(server).open("/login").await.field("csrf").unwrap(),
        Forgery::NoCookies | Forgery::From(..) => {}
    }
    let request = server.request(Method::POST, &action).form(&fields).header("accept", "text/html");
    let request = if matches!(forgery, Forgery::NoCookies) { request } else { request.header(COOKIE, browser.cookie_header()) };
    let (origin, site) = match forgery {
        Forgery::From(origin, site) => (origin, site),
        _ => (Some(&*server.issuer), Some("same-origin")),
    };
    let request = origin.into_iter().fold(request, |request, origin| request.header(ORIGIN, origin));
    let request = site.into_iter().fold(request, |request, site| request.header("sec-fetch-site", site));
    Answer::of(request.send().await.unwrap()).await
}

#[track_caller]
fn assert_refused(answer: &Answer, forgery: Forgery) {
    assert_eq!((answer.status.as_u16(), answer.header("location")), (403, None), "{forgery:?}: {}", answer.body);
    assert!(answer.headers.get("set-cookie").is_none(), "{forgery:?}");
    assert!(answer.body.contains("access_denied") && !answer.body.contains("csrf"), "{forgery:?}");
    assert_eq!(answer.header("x-frame-options"), Some("DENY"));
}

#[tokio::test]
async fn nobody_signs_a_person_in_as_somebody_else() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let login = browser.open("/login").await;
    for forgery in FORGERIES {
        let answer = forge(&server, &browser, &login, &[("username", "bob"), ("password", "builder")], "login-submit", forgery).await;
        assert_refused(&answer, forgery);
    }
    assert_eq!(server.server.password_verifications(), 0, "not even the password was looked at");
    // What a real browser of today sends: our pages' `Referrer-Policy` makes its origin `null`.
    let ours = Forgery::From(Some("null"), Some("same-origin"));
    let answer = forge(&server, &browser, &login, &[("username", "alice"), ("password", "wonderland")], "login-submit", ours).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let old_browser = Forgery::From(None, None);
    let answer = forge(&server, &browser, &login, &[("username", "alice"), ("password", "wonderland")], "login-submit", old_browser).await;
    assert_eq!(answer.status, 303, "an agent that says neither is judged by the token");
}

#[tokio::test]
async fn nobody_consents_for_somebody_else() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let url = web.authorization_url("openid items:write", "");
    let mut browser = Browser::new(&server);
    let consent = browser.log_in(&url, "alice", "wonderland").await;
    assert_eq!(consent.url.path(), "/consent");
    for forgery in FORGERIES {
        assert_refused(&forge(&server, &browser, &consent, &[], "consent-allow", forgery).await, forgery);
    }
    // bob sees a page of his own for the same request; its token does nothing for alice's browser.
    let bobs = Browser::new(&server).log_in(&url, "bob", "builder").await.field("csrf").unwrap();
    let answer = forge(&server, &browser, &consent, &[("csrf", &bobs)], "consent-allow", Forgery::From(None, None)).await;
    assert_refused(&answer, Forgery::TokenOfAnotherBrowser);
    // Nor does the token of her own browser from before she signed in.
    let before = Browser::new(&server).open("/login").await.field("csrf").unwrap();
    let answer = forge(&server, &browser, &consent, &[("csrf", &before)], "consent-allow", Forgery::From(None, None)).await;
    assert_refused(&answer, Forgery::TokenOfAnotherBrowser);
    assert_eq!(browser.open(&url).await.url.path(), "/consent", "nothing was granted");
    let silent = browser.open(&web.authorization_url("openid items:write", "prompt=none")).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("consent_required"));
    // A form without a pressed button is no answer.
    let (_, mut fields) = consent.form("consent-allow");
    fields.retain(|(name, _)| name != "consent-allow");
    let unanswered = browser.send(&server.url("/consent").parse().unwrap(), Some(&fields)).await;
    assert_eq!((unanswered.status.as_u16(), unanswered.header("location")), (400, None));
    browser.submit(&consent, &[], "consent-allow").await.code();
}

#[tokio::test]
async fn nobody_signs_a_person_out() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    browser.log_in("/login", "alice", "wonderland").await;
    let confirm = browser.open("/logout").await;
    for forgery in FORGERIES {
        let answer = forge(&server, &browser, &confirm, &[], "logout-yes", forgery).await;
        if matches!(forgery, Forgery::NoToken | Forgery::EmptyToken) {
            // An application's own form has none: the person is asked.
            let location = answer.header("location").unwrap();
            assert!(answer.status == 303 && location.starts_with(&server.url("/logout?")), "{location}");
            let asked = browser.open(location).await;
            assert!(asked.body.contains("logout-yes"), "{}", asked.body);
        } else {
            assert_refused(&answer, forgery);
        }
        assert_eq!(browser.open("/account").await.url.path(), "/account", "{forgery:?}");
    }
    let answer = browser.send(&server.url("/logout").parse().unwrap(), None).await;
    assert!(answer.body.contains("logout-yes"), "a link or a picture signs nobody out");
    assert_eq!(browser.open("/account").await.url.path(), "/account");
}

#[tokio::test]
async fn nobody_changes_anothers_account() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let tokens = web.sign_in(&mut browser, "openid items:read").await;
    let account = browser.open("/account").await;
    let password = [("current_password", "wonderland"), ("new_password", "taken over"), ("new_password_repeat", "taken over")];
    let verifications = server.server.password_verifications();
    for forgery in FORGERIES {
        for (form, fill_in) in [
            ("/account/sessions/revoke", &[][..]),
            ("/account/apps/revoke", &[("client_id", "demo-web")]),
            ("/account/password", &password),
        ] {
            assert_refused(&forge(&server, &browser, &account, fill_in, form, forgery).await, forgery);
        }
    }
    assert_eq!(server.server.password_verifications(), verifications);
    assert_eq!(browser.open("/account").await.url.path(), "/account", "the session goes on");
    web.refresh(tokens.refresh()).await;
    let again = Browser::new(&server).log_in("/login", "alice", "wonderland").await;
    assert_eq!(again.url.path(), "/account", "the password is the old one");
    for path in ["/account/sessions/revoke", "/account/apps/revoke", "/account/password"] {
        let get = browser.send(&server.url(&format!("{path}?client_id=demo-web")).parse().unwrap(), None).await;
        assert_eq!(get.status, 405, "nothing changes by a link");
    }
}
