//! Providers that lie, and people who bring answers that are not theirs (RFC 9700 §4.4, §4.5, §4.7; RFC 9207).

use std::time::Duration;

use claviger::identity::throttle::ThrottleKey;
use claviger::identity::user::Username;
use claviger::protocol::api_key::Owner;
use futures_util::future::join_all;
use serde_json::json;

use crate::actors::{Broker, Browser, Liar, Lie, Page, RelyingParty, TestServer, port_of_nobody, provider};

async fn liar_and_server() -> (Liar, TestServer) {
    let liar = Liar::start().await;
    let server = TestServer::start_with_providers(vec![provider("oidc", &liar.issuer, &json!({}))]).await;
    (liar, server)
}

fn url(server: &TestServer, extra: &str) -> String {
    RelyingParty::demo_web(server).authorization_url("openid", &format!("provider=work{extra}"))
}

/// Asserts that nobody is in, and that there is a page which says so.
#[track_caller]
fn assert_out(what: &str, browser: &Browser<'_>, page: &Page) {
    assert_eq!((page.left, page.status.as_u16()), (false, 400), "{what}: {} {}", page.url, page.body);
    assert!(!browser.cookies.contains_key("claviger-session"), "{what}: a session");
    assert!(!page.body.contains("secret words"), "{what}: {}", page.body);
}

#[tokio::test]
async fn a_provider_that_lies_lets_nobody_in() {
    for lie in Lie::ALL {
        let (liar, server) = liar_and_server().await;
        let what = format!("{lie:?}");
        let mut browser = Browser::new(&server);
        if lie.is_in_metadata() {
            liar.lies(lie);
            let page = browser.open(&url(&server, "")).await;
            assert_out(&what, &browser, &page);
            let page = browser.submit(&page, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
            assert!(page.left || page.url.path() == "/consent", "{what}: the password works: {}", page.body);
        } else {
            let away = browser.open(&url(&server, "&max_age=60")).await;
            liar.lies(lie);
            let page = browser.open(&Liar::back(&away, &[])).await;
            assert_out(&what, &browser, &page);
            let why = server.why(&page.trace_id).await;
            assert!(!why.to_string().contains("secret words"), "{what}: {why}");
            // Honest again, it is believed again.
            liar.lies(Lie::Nothing);
            let away = browser.open(&url(&server, "&max_age=60")).await;
            let page = browser.open(&Liar::back(&away, &[])).await;
            assert_eq!(page.url.path(), "/consent", "{what}: {}", page.body);
        }
    }
}

#[tokio::test]
async fn a_provider_that_is_down_keeps_nobody_from_the_password() {
    let (_held, port) = port_of_nobody();
    let server = TestServer::start_with_providers(vec![provider("oidc", &format!("http://127.0.0.1:{port}"), &json!({}))]).await;
    let mut browser = Browser::new(&server);
    let page = browser.open(&url(&server, "")).await;
    assert_out("down", &browser, &page);
    assert!(page.body.contains("be reached at the moment"), "{}", page.body);
    let page = browser.submit(&page, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    assert!(page.left || page.url.path() == "/consent", "{}", page.body);
}

#[tokio::test]
async fn new_keys_of_a_provider_are_found_and_keys_at_will_are_not_asked_for_again_and_again() {
    let (liar, server) = liar_and_server().await;
    let sign_in = async || {
        let mut browser = Browser::new(&server);
        let away = browser.open(&url(&server, "")).await;
        browser.open(&Liar::back(&away, &[])).await
    };
    assert_eq!(sign_in().await.url.path(), "/consent");
    liar.changes_keys();
    assert_eq!(sign_in().await.url.path(), "/consent");
    let fetched = || liar.asked().iter().filter(|path| *path == "/jwks").count();
    assert_eq!(fetched(), 2);
    liar.lies(Lie::UnknownKey);
    for _ in 0..5 {
        assert_eq!(sign_in().await.status, 400);
    }
    assert_eq!(fetched(), 2, "not within seconds of the last time");
}

#[tokio::test]
async fn at_new_keys_nobody_who_comes_at_once_is_turned_away() {
    let (liar, server) = liar_and_server().await;
    let mut browsers: Vec<_> = (0..5).map(|_| Browser::new(&server)).collect();
    let mut backs = Vec::new();
    for browser in &mut browsers {
        backs.push(Liar::back(&browser.open(&url(&server, "")).await, &[]));
    }
    liar.changes_keys();
    let pages = join_all(browsers.iter_mut().zip(&backs).map(|(browser, back)| browser.open(back))).await;
    for page in pages {
        assert_eq!(page.url.path(), "/consent", "{}", page.body);
    }
    assert_eq!(liar.asked().iter().filter(|path| *path == "/jwks").count(), 2, "and they are fetched once for all");
}

#[tokio::test]
async fn new_keys_under_an_old_name_are_found() {
    let (liar, server) = liar_and_server().await;
    for _ in 0..2 {
        let mut browser = Browser::new(&server);
        let away = browser.open(&url(&server, "")).await;
        let page = browser.open(&Liar::back(&away, &[])).await;
        assert_eq!(page.url.path(), "/consent", "{}", page.body);
        liar.changes_keys_but_not_their_name();
    }
}

#[tokio::test]
async fn who_sets_off_without_end_has_to_wait_and_nobody_else() {
    let (_liar, server) = liar_and_server().await;
    let here = ThrottleKey::Departures("127.0.0.1".to_owned());
    let ten_minutes = Duration::from_mins(10);
    for _ in 0..999 {
        server.store.login_failures().count(&here, server.clock.now(), ten_minutes).await.unwrap();
    }
    let away = Browser::new(&server).open(&url(&server, "")).await;
    assert!(away.left, "{}", away.body);
    let mut browser = Browser::new(&server);
    let page = browser.open(&url(&server, "")).await;
    assert_eq!((page.left, page.status.as_u16()), (false, 429), "{}", page.body);
    assert!(page.body.contains("Please try again in 10 minutes."), "{}", page.body);
    assert_eq!(server.why(&page.trace_id).await.code.as_deref(), Some("temporarily_unavailable"));
    let page = browser.submit(&page, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    assert!(page.left || page.url.path() == "/consent", "the password works: {}", page.body);
    let mut at_account = Browser::new(&server);
    let page = at_account.open("/login").await;
    let account = at_account.submit(&page, &[("username", "bob"), ("password", "builder")], "login-submit").await;
    let page = at_account.submit(&account, &[], "link-work").await;
    assert_eq!((page.left, page.status.as_u16()), (false, 429), "to link is to set off as well: {}", page.body);
    server.clock.advance(ten_minutes);
    assert!(Browser::new(&server).open(&url(&server, "")).await.left, "they have waited");
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_refused() {
    let (liar, server) = liar_and_server().await;
    let back = async |extra: &[(&str, &str)]| {
        let mut browser = Browser::new(&server);
        let away = browser.open(&url(&server, "")).await;
        let page = browser.open(&Liar::back(&away, extra)).await;
        if page.url.path() != "/consent" {
            assert_out("iss", &browser, &page);
        }
        page.url.path().to_owned()
    };
    assert_eq!(back(&[]).await, "/consent");
    assert_eq!(back(&[("iss", &liar.issuer)]).await, "/consent");
    assert_ne!(back(&[("iss", "https://evil.example")]).await, "/consent");
    assert!(!liar.asked().is_empty());
    // One that says that it names itself has to.
    let (liar, server) = liar_and_server().await;
    liar.announces(json!({"authorization_response_iss_parameter_supported": true}));
    let mut browser = Browser::new(&server);
    let away = browser.open(&url(&server, "")).await;
    let page = browser.open(&Liar::back(&away, &[])).await;
    assert_out("no iss", &browser, &page);
    assert!(!liar.asked().contains(&"/token".to_owned()), "the code goes nowhere");
}

#[tokio::test]
async fn an_answer_counts_once_in_its_own_browser_in_time_and_for_its_own_provider() {
    let liar = Liar::start().await;
    let two = [provider("oidc", &liar.issuer, &json!({})), provider("oidc", &liar.issuer, &json!({"name": "other"}))];
    let server = TestServer::start_with_providers(two.to_vec()).await;
    let mut browser = Browser::new(&server);
    let away = browser.open(&url(&server, "")).await;
    let back = Liar::back(&away, &[]);

    let mut victim = Browser::new(&server);
    let page = victim.open(&back).await;
    assert_out("login CSRF: another browser", &victim, &page);
    victim.open(&url(&server, "")).await;
    let page = victim.open(&back).await;
    assert_out("another browser that has an attempt of its own", &victim, &page);
    let page = browser.open(&back.replace("/callback/work", "/callback/other")).await;
    assert_out("mix-up: another provider's address", &browser, &page);
    let page = browser.open(&back.replace("state=", "state=x")).await;
    assert_out("another state", &browser, &page);
    assert!(!liar.asked().contains(&"/token".to_owned()), "no code was handed on");

    let page = browser.open(&back).await;
    assert_eq!(page.url.path(), "/consent", "{}", page.body);
    let mut replayer = Browser::new(&server);
    replayer.cookies = browser.cookies.clone();
    replayer.cookies.remove("claviger-session");
    let page = replayer.open(&back).await;
    assert_out("replay", &replayer, &page);

    let mut late = Browser::new(&server);
    let away = late.open(&url(&server, "")).await;
    server.clock.advance(Duration::from_secs(601));
    let page = late.open(&Liar::back(&away, &[])).await;
    assert_out("too late", &late, &page);
}

#[tokio::test]
async fn an_address_or_a_name_equal_to_a_local_one_never_links() {
    let (liar, server) = liar_and_server().await;
    let alice = server.store.users().find_by_username(&Username::parse("alice").unwrap()).await.unwrap().unwrap();
    for (number, verified) in [true, false].into_iter().enumerate() {
        liar.says(json!({
            "sub": format!("mallory-{number}"), "preferred_username": "alice", "name": "Alice Liddell", "email": "alice@example.com",
            "email_verified": verified,
        }));
        let mut browser = Browser::new(&server);
        let away = browser.open(&url(&server, "")).await;
        let page = browser.open(&Liar::back(&away, &[])).await;
        assert_eq!(page.url.path(), "/consent", "{}", page.body);
        let taken_over = server.store.identities().of_user(&alice.subject).await.unwrap();
        assert!(taken_over.is_empty(), "{taken_over:?}");
        let name = Username::parse(["alice-work", "alice-work-2"][number]).unwrap();
        let made = server.store.users().find_by_username(&name).await.unwrap().unwrap();
        assert!(made.roles.is_empty() && made.password.is_none(), "{made:?}");
    }
    assert_eq!(server.store.users().find(&alice.subject).await.unwrap(), Some(alice));
}

#[tokio::test]
async fn the_subject_of_one_issuer_is_not_that_of_another_under_the_same_name() {
    let (first, second) = (Liar::start().await, Liar::start().await);
    let server = TestServer::start_with_providers(vec![provider("oidc", &first.issuer, &json!({}))]).await;
    let mut browser = Browser::new(&server);
    let away = browser.open(&url(&server, "")).await;
    browser.open(&Liar::back(&away, &[])).await;
    let identities = server.store.identities();
    assert!(identities.find("work", &first.issuer, "octavia").await.unwrap().is_some());
    assert!(identities.find("work", &second.issuer, "octavia").await.unwrap().is_none());
    assert!(identities.find("other", &first.issuer, "octavia").await.unwrap().is_none());
}

#[tokio::test]
async fn a_form_that_another_page_sends_sends_nobody_away() {
    let (liar, server) = liar_and_server().await;
    let answer = server.post("/login/with/work", None, &[("continue", "")]).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    for path in ["/account/providers/link", "/account/providers/unlink"] {
        assert_eq!(server.post(path, None, &[("provider", "work")]).await.status, 403, "{path}");
    }
    assert!(liar.asked().is_empty());
}

#[tokio::test]
async fn whoever_lures_somebody_to_link_gets_no_way_into_their_account() {
    let broker = Broker::start(&json!({})).await;
    // Mallory begins to link, signs in there as herself, and lures bob to the address that leads back.
    let mut mallory = Browser::new(&broker.server);
    let page = mallory.open("/login").await;
    let account = mallory.submit(&page, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    let away = mallory.submit(&account, &[], "link-work").await;
    let back = broker.pass_there(&away, "alice", "wonderland").await;
    let mut bob = Browser::new(&broker.server);
    let page = bob.open("/login").await;
    bob.submit(&page, &[("username", "bob"), ("password", "builder")], "login-submit").await;
    let page = bob.open(&back).await;
    assert_eq!(page.status, 400, "{}", page.body);
    // Even in her own browser, it is for whom it was begun.
    mallory.cookies.remove("claviger-session");
    let page = mallory.open("/login").await;
    mallory.submit(&page, &[("username", "bob"), ("password", "builder")], "login-submit").await;
    mallory.open(&back).await;
    for name in ["alice", "bob"] {
        let user = broker.server.store.users().find_by_username(&Username::parse(name).unwrap()).await.unwrap().unwrap();
        assert!(broker.server.store.identities().of_user(&user.subject).await.unwrap().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_disabled_account_stays_closed() {
    let (liar, server) = liar_and_server().await;
    let mut browser = Browser::new(&server);
    let away = browser.open(&url(&server, "")).await;
    browser.open(&Liar::back(&away, &[])).await;
    let octavia = server.store.users().find_by_username(&Username::parse("octavia-work").unwrap()).await.unwrap().unwrap();
    let disabled = claviger::identity::user::User { enabled: false, ..octavia.clone() };
    assert_eq!(server.store.users().replace(&octavia, &disabled).await, Ok(claviger::store::Applied::Done));
    liar.says(json!({"sub": "octavia", "name": "Somebody else"}));
    let mut again = Browser::new(&server);
    let away = again.open(&url(&server, "")).await;
    let page = again.open(&Liar::back(&away, &[])).await;
    assert_out("disabled", &again, &page);
    assert_eq!(server.store.users().find(&octavia.subject).await.unwrap(), Some(disabled), "nothing of it is rewritten");
}

#[tokio::test]
async fn nobody_takes_the_name_that_somebody_else_is_going_to_be_given_here() {
    let (liar, server) = liar_and_server().await;
    for (name, made) in [("carol", "carol-work"), ("", "somebody-work")] {
        liar.says(json!({"sub": format!("mallory-{name}"), "preferred_username": name}));
        let mut browser = Browser::new(&server);
        let away = browser.open(&url(&server, "")).await;
        let page = browser.open(&Liar::back(&away, &[])).await;
        assert_eq!(page.url.path(), "/consent", "{}", page.body);
        assert!(server.store.users().find_by_username(&Username::parse(made).unwrap()).await.unwrap().is_some(), "{made}");
    }
    assert_eq!(server.store.users().find_by_username(&Username::parse("carol").unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn an_old_sign_in_is_no_new_one() {
    let (liar, server) = liar_and_server().await;
    let attempt = async || {
        let mut browser = Browser::new(&server);
        let away = browser.open(&url(&server, "&prompt=login")).await;
        let page = browser.open(&Liar::back(&away, &[])).await;
        page.url.path().to_owned()
    };
    assert_eq!(attempt().await, "/consent");
    liar.lies(Lie::OldAuthTime);
    assert_ne!(attempt().await, "/consent");
    liar.lies(Lie::Nothing);
    liar.says(json!({"sub": "octavia", "auth_time": null}));
    assert_ne!(attempt().await, "/consent", "it does not say when");
}

#[tokio::test]
async fn a_sign_in_of_unknown_age_links_nothing_to_an_account_with_a_password() {
    let (liar, server) = liar_and_server().await;
    liar.says(json!({"sub": "octavia", "auth_time": null}));
    let mut bob = Browser::new(&server);
    let page = bob.open("/login").await;
    let account = bob.submit(&page, &[("username", "bob"), ("password", "builder")], "login-submit").await;
    let away = bob.submit(&account, &[], "link-work").await;
    let linked = bob.open(&Liar::back(&away, &[])).await;
    assert!(linked.body.contains("It is linked"), "{}", linked.body);

    let mut library = Browser::new(&server);
    let page = library.open("/login").await;
    let away = library.submit(&page, &[], "with-work").await;
    let account = library.open(&Liar::back(&away, &[])).await;
    assert_eq!(account.url.path(), "/account", "{}", account.body);
    let page = library.submit(&account, &[], "link-work").await;
    assert_eq!((page.left, page.url.path()), (false, "/login"), "{}", page.url);
    // Nor does it make a key, which would outlive the session as well.
    let form = |csrf: String| {
        let form = [("csrf", csrf.as_str()), ("name", "forever"), ("scope:items:read", "on"), ("days", "")];
        form.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let keys = server.url("/account/keys").parse().unwrap();
    let owner = server.store.users().find_by_username(&Username::parse("bob").unwrap()).await.unwrap().unwrap().subject;
    let made = async || server.store.api_keys().of(&Owner::Person(owner.clone())).await.unwrap().len();
    let account = library.open("/account").await;
    library.send(&keys, Some(&form(account.field("csrf").unwrap()))).await;
    assert_eq!(made().await, 0);
    bob.send(&keys, Some(&form(linked.field("csrf").unwrap()))).await;
    assert_eq!(made().await, 1, "who signed in with the password just now may");
}

#[tokio::test]
async fn an_answer_that_says_something_twice_is_none() {
    let (liar, server) = liar_and_server().await;
    for twice in ["code", "state", "iss"] {
        let mut browser = Browser::new(&server);
        let away = browser.open(&url(&server, "")).await;
        let page = browser.open(&Liar::back(&away, &[(twice, "a"), (twice, "b")])).await;
        assert_out(twice, &browser, &page);
    }
    assert!(!liar.asked().contains(&"/token".to_owned()), "the code goes nowhere");
}
