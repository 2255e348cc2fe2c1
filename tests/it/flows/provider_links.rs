//! Linking who somebody is elsewhere to their account here, and taking that back.

use std::path::Path;
use std::time::Duration;

use claviger::flow::apply::{Extent, Strength};
use claviger::flow::manage::Reach;
use claviger::flow::manage::api_keys::NewApiKey;
use claviger::identity::profile::Identity;
use claviger::identity::user::Username;
use claviger::store::Applied;
use serde_json::{Value, json};

use crate::actors::{Broker, Browser, Page, RelyingParty, TestServer, provider};

/// Signs in as this person with their password, and shows the account page.
async fn at_account(browser: &mut Browser<'_>, username: &str, password: &str) -> Page {
    let page = browser.open("/login").await;
    let page = browser.submit(&page, &[("username", username), ("password", password)], "login-submit").await;
    assert_eq!(page.url.path(), "/account", "{}", page.body);
    page
}

/// A server that takes people from a second one, as `work` and, declared like this, under another name.
async fn work_and_club(club: &Value) -> Broker {
    let there = TestServer::start().await;
    let two = [&json!({}), club].map(|more| provider("oidc", &there.issuer, more));
    let server = TestServer::start_with_providers(two.to_vec()).await;
    Broker::introduce(&there, &server, "work").await;
    Broker { there, server }
}

/// Comes from work as alice, and shows the account page.
async fn at_account_from_work(broker: &Broker, browser: &mut Browser<'_>) -> Page {
    let page = browser.open("/login").await;
    let away = browser.submit(&page, &[], "with-work").await;
    let back = broker.pass_there(&away, "alice", "wonderland").await;
    let account = browser.open(&back).await;
    assert_eq!(account.url.path(), "/account", "{}", account.body);
    account
}

/// Links bob's account here to who signs in there like this.
async fn link(broker: &Broker, browser: &mut Browser<'_>, account: &Page, username: &str, password: &str) -> Page {
    let away = browser.submit(account, &[], "link-work").await;
    assert_eq!(away.parameter("prompt").as_deref(), Some("select_account"));
    let back = broker.pass_there(&away, username, password).await;
    browser.open(&back).await
}

#[tokio::test]
async fn bob_links_his_account_and_comes_that_way() {
    let broker = Broker::start(&json!({"create_accounts": false})).await;
    let mut browser = Browser::new(&broker.server);
    let account = at_account(&mut browser, "bob", "builder").await;
    let linked = link(&broker, &mut browser, &account, "alice", "wonderland").await;
    assert!(linked.body.contains("It is linked"), "{}", linked.body);
    assert!(linked.body.contains("<bdi>work</bdi>: <bdi>alice</bdi>"), "{}", linked.body);
    let bob = broker.server.store.users().find_by_username(&Username::parse("bob").unwrap()).await.unwrap().unwrap();
    assert_eq!(broker.server.server.ways_in(&bob.subject).await.unwrap(), ["work".to_owned()].into());

    let app = RelyingParty::demo_web(&broker.server);
    let mut elsewhere = Browser::new(&broker.server);
    let page = broker.sign_in(&mut elsewhere, &app.authorization_url("openid profile", "provider=work"), "alice", "wonderland").await;
    let done = if page.left { page } else { elsewhere.submit(&page, &[], "consent-allow").await };
    let told = broker.server.userinfo(app.redeem(&done.code()).await.access()).await.json();
    assert_eq!(told["preferred_username"], json!("bob"), "{told}");

    let account = browser.open("/account").await;
    let unlinked = browser.submit(&account, &[], "/account/providers/unlink").await;
    assert!(unlinked.body.contains("It is unlinked"), "{}", unlinked.body);
    let away = Browser::new(&broker.server).open(&app.authorization_url("openid", "provider=work")).await;
    let mut stranger = Browser::new(&broker.server);
    let page = broker.sign_in(&mut stranger, &app.authorization_url("openid", "provider=work"), "alice", "wonderland").await;
    assert!(page.body.contains("Nobody here is linked to your account at work."), "{}", page.body);
    drop(away);
}

#[tokio::test]
async fn linking_needs_a_fresh_sign_in() {
    let broker = Broker::start(&json!({})).await;
    let mut browser = Browser::new(&broker.server);
    let account = at_account(&mut browser, "bob", "builder").await;
    broker.server.clock.advance(Duration::from_secs(301));
    let page = browser.submit(&account, &[], "link-work").await;
    assert_eq!((page.left, page.url.path()), (false, "/login"), "{}", page.url);
    assert!(page.body.contains("Please sign in again first."), "{}", page.body);
    assert!(page.body.contains(r#"value="bob""#) && !page.body.contains("/login/with/"), "a password is surest: {}", page.body);
    let account = browser.submit(&page, &[("password", "builder")], "login-submit").await;
    let linked = link(&broker, &mut browser, &account, "alice", "wonderland").await;
    assert!(linked.body.contains("It is linked"), "{}", linked.body);
}

#[tokio::test]
async fn who_has_no_password_signs_in_again_where_they_came_from() {
    let broker = work_and_club(&json!({"name": "club"})).await;
    let mut browser = Browser::new(&broker.server);
    let account = at_account_from_work(&broker, &mut browser).await;
    for server in [&broker.there, &broker.server] {
        server.clock.advance(Duration::from_secs(301));
    }
    let again = browser.submit(&account, &[], "link-club").await;
    assert!(again.body.contains("Please sign in again first."), "{}", again.body);
    assert!(!again.body.contains(r#"type="password""#) && !again.body.contains("/login/with/club"), "{}", again.body);
    let away = browser.submit(&again, &[], "with-work").await;
    assert_eq!(away.parameter("prompt").as_deref(), Some("login"), "{}", away.url);
    let back = broker.pass_there(&away, "alice", "wonderland").await;
    let account = browser.open(&back).await;
    assert!(browser.submit(&account, &[], "link-club").await.left, "it is fresh now");
}

#[tokio::test]
async fn the_last_way_in_stays() {
    let broker = Broker::start(&json!({})).await;
    let mut browser = Browser::new(&broker.server);
    let account = at_account_from_work(&broker, &mut browser).await;
    assert!(account.body.contains("It is the only way into your account"), "{}", account.body);
    assert!(account.body.contains("This account has no password"), "{}", account.body);
    assert!(!account.body.contains("/account/providers/unlink"));
    // Who sends the form all the same is told the same.
    let csrf = account.field("csrf").unwrap();
    let subject = {
        let name = Username::parse("alice-work").unwrap();
        let user = broker.server.store.users().find_by_username(&name).await.unwrap().unwrap();
        broker.server.store.identities().of_user(&user.subject).await.unwrap()[0].subject.clone()
    };
    let form = [("csrf", csrf), ("provider", "work".to_owned()), ("subject", subject)].map(|(name, value)| (name.to_owned(), value));
    let refused = browser.send(&broker.server.url("/account/providers/unlink").parse().unwrap(), Some(&form)).await;
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("the only way into your account"), "{}", refused.body);
}

#[tokio::test]
async fn what_opens_one_account_opens_no_other() {
    let broker = Broker::start(&json!({})).await;
    let mut bob = Browser::new(&broker.server);
    let account = at_account(&mut bob, "bob", "builder").await;
    link(&broker, &mut bob, &account, "alice", "wonderland").await;
    let mut alice = Browser::new(&broker.server);
    let account = at_account(&mut alice, "alice", "wonderland").await;
    let refused = link(&broker, &mut alice, &account, "alice", "wonderland").await;
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("is linked to another account here already"), "{}", refused.body);
    // To link it once more to the same account is fine.
    let account = bob.open("/account").await;
    let again = link(&broker, &mut bob, &account, "alice", "wonderland").await;
    assert!(again.body.contains("It is linked"), "{}", again.body);
}

#[tokio::test]
async fn unlinking_ends_what_was_opened_that_way() {
    let broker = Broker::start(&json!({"create_accounts": false})).await;
    let mut browser = Browser::new(&broker.server);
    let account = at_account(&mut browser, "bob", "builder").await;
    link(&broker, &mut browser, &account, "alice", "wonderland").await;
    let app = RelyingParty::demo_web(&broker.server);
    let mut thief = Browser::new(&broker.server);
    let url = app.authorization_url("openid offline_access", "provider=work");
    let page = broker.sign_in(&mut thief, &url, "alice", "wonderland").await;
    let done = if page.left { page } else { thief.submit(&page, &[], "consent-allow").await };
    let tokens = app.redeem(&done.code()).await;
    assert_eq!(thief.open("/account").await.url.path(), "/account");
    let new = NewApiKey { name: "t".into(), user: Some("bob".into()), client: None, scope: "items:read".into(), expires_at: None };
    let key = broker.server.server.add_api_key(Reach::Everything, &new).await.unwrap().unwrap().secret;
    assert!(broker.server.is_active(key.reveal()).await);

    let account = browser.open("/account").await;
    assert!(account.body.contains("Pleasance"), "what bob had not said, the provider filled in: {}", account.body);
    let unlinked = browser.submit(&account, &[], "/account/providers/unlink").await;
    assert!(unlinked.body.contains("It is unlinked"), "{}", unlinked.body);
    assert!(!unlinked.body.contains("Pleasance"), "what it filled in goes with it: {}", unlinked.body);
    assert_eq!(thief.open("/account").await.url.path(), "/login", "the session is over");
    assert_ne!(broker.server.userinfo(tokens.access()).await.status, 200, "the grant is revoked");
    assert!(!broker.server.is_active(key.reveal()).await, "a key that was made that way opens nothing");
    assert_eq!(browser.open("/account").await.url.path(), "/account", "this one goes on");
}

#[tokio::test]
async fn a_file_gives_no_password_to_somebody_who_came_from_elsewhere() {
    let broker = Broker::start(&json!({})).await;
    let app = RelyingParty::demo_web(&broker.server);
    broker.sign_in(&mut Browser::new(&broker.server), &app.authorization_url("openid", "provider=work"), "alice", "wonderland").await;
    let server = &broker.server.server;
    let plan = async |text: &str, extent| {
        let document = server.read_document(text, Path::new(""), Strength::Strong);
        server.plan(&document, extent).await.unwrap()
    };
    let named = "[[user]]\nusername = \"alice-work\"\n";
    let problems = plan(&format!("{named}password = \"a password of somebody's\"\n"), Extent::Named).await.err().unwrap();
    let [problem] = problems.as_slice() else { panic!("{problems:?}") };
    assert!(problem.to_string().contains("came from another provider"), "{problem}");
    assert!(plan(&format!("{named}roles = [\"editor\"]\n"), Extent::Named).await.is_ok(), "whoever is meant, is named");
    // An export is a file that changes nothing.
    assert_eq!(plan(&server.export().await.unwrap(), Extent::Everything).await.unwrap().len(), 0);

    let pruned = plan("[[user]]\nusername = \"bob\"\n", Extent::Everything).await.unwrap();
    let warnings = server.warnings(&pruned, None).await.unwrap();
    assert!(warnings.iter().any(|warning| warning.starts_with("1 of the people to delete came from other providers")), "{warnings:?}");
}

#[tokio::test]
async fn a_way_that_would_be_refused_is_no_way_in() {
    let broker = work_and_club(&json!({"name": "club", "allowed_email_domains": ["club.example"]})).await;
    let mut browser = Browser::new(&broker.server);
    at_account_from_work(&broker, &mut browser).await;
    // She linked the club when her address was one of its own.
    let alice = broker.server.store.users().find_by_username(&Username::parse("alice-work").unwrap()).await.unwrap().unwrap();
    let identities = broker.server.store.identities();
    let work = identities.of_user(&alice.subject).await.unwrap().remove(0);
    let club = Identity { provider: "club".to_owned(), ..work };
    assert_eq!(identities.link(&club).await, Ok(Applied::Done));
    let account = browser.open("/account").await;
    assert!(account.body.contains("It is the only way into your account"), "{}", account.body);
    // At work she has no such rule, and the address that both say is verified.
    let profile = |domain: &str| {
        let mut profile = club.profile.clone();
        profile.extend([("email".to_owned(), json!(format!("alice@{domain}"))), ("email_verified".to_owned(), json!(true))]);
        Identity { profile, ..club.clone() }
    };
    assert_eq!(identities.refresh(&profile("club.example"), &alice, &alice).await, Ok(Applied::Done));
    assert!(!browser.open("/account").await.body.contains("It is the only way into your account"));
    assert_eq!(identities.refresh(&profile("left.example"), &alice, &alice).await, Ok(Applied::Done));
    assert!(browser.open("/account").await.body.contains("It is the only way into your account"));
}
