//! The end of a session, told to its clients behind the browser's back (OpenID Connect Back-Channel Logout).

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger::identity::user::Username;
use claviger::protocol::client::{Client, ClientId};
use claviger::protocol::client_logout::{ClientLogout, LogoutRevokes};
use claviger::protocol::subject::SessionId;
use claviger::protocol::subject_type::{SubjectRules, SubjectType};
use claviger::store::Applied;
use serde_json::{Value, json};

use crate::actors::{Answers, Browser, Heard, Listener, RelyingParty, TestServer, Tokens, claims, hybrid_client};
use crate::database::{Database, on_both_databases};
use crate::store::LIMITS;

const CALLBACK: &str = "http://localhost:3000/callback";

on_both_databases!(every_client_of_the_session_is_told, a_client_that_fails_is_told_again_later);

/// A client like `demo-web` that is told there.
async fn told_at<'a>(server: &'a TestServer, id: &'static str, listener: &Listener) -> RelyingParty<'a> {
    let uri = listener.uri();
    server.register(id.split(':').next().unwrap(), |client| client.logout.back_channel = uri).await;
    RelyingParty::new(server, id, CALLBACK)
}

fn sid(tokens: &Tokens) -> String {
    tokens.id_claims()["sid"].as_str().unwrap().to_owned()
}

/// Lets the server's time pass, step by step, until a client was told as often as this.
async fn as_time_goes_by(server: &TestServer, listener: &Listener, times: usize, step: Duration) -> Vec<Heard> {
    let start = Instant::now();
    while listener.heard().len() < times {
        assert!(start.elapsed() < Duration::from_mins(1), "waited in vain: {:?}", listener.heard());
        server.clock.advance(step);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    listener.heard()
}

async fn sign_out(browser: &mut Browser<'_>, hint: &str) {
    let page = browser.open(&format!("/logout?id_token_hint={hint}")).await;
    assert!(page.body.contains("You are signed out."), "{}", page.body);
}

/// Conformance: 69, 70
async fn every_client_of_the_session_is_told(database: Database) {
    let server = TestServer::start_on(database).await;
    let (first, second, unasked) = (Listener::start([]).await, Listener::start([]).await, Listener::start([]).await);
    let (one, _quiet) = (told_at(&server, "one:one-secret", &first).await, told_at(&server, "quiet:quiet-secret", &unasked).await);
    let implicit = hybrid_client(&server).await;
    let hybrid = server.server.client(&ClientId::parse("hybrid").unwrap()).await.unwrap().unwrap();
    let logout = ClientLogout { back_channel: second.uri(), ..hybrid.logout.clone() };
    let subjects = SubjectRules { kind: SubjectType::Pairwise, sector_identifier_uri: None };
    let after = Client { logout, subjects, ..hybrid.clone() };
    assert_eq!(server.store.clients().replace(&hybrid, &after).await, Ok(Applied::Done));

    let (mut browser, mut elsewhere) = (Browser::new(&server), Browser::new(&server));
    let tokens = one.sign_in(&mut browser, "openid profile").await;
    let there = one.sign_in(&mut elsewhere, "openid").await;
    let id_token = browser.pass(&implicit.authorization_url_for("id_token", "openid", "nonce=n")).await.parameter("id_token").unwrap();
    assert_ne!(claims(&id_token)["sid"], sid(&tokens), "each knows the session by its own name, and is told by that");
    sign_out(&mut browser, tokens.text("id_token")).await;

    let mut names = Vec::new();
    for (listener, client, known) in [(&first, "one", tokens.id_claims()), (&second, "hybrid", claims(&id_token))] {
        let heard = listener.hears(1).await.remove(0);
        assert_eq!((heard.method.as_str(), heard.media_type.as_str()), ("POST", "application/x-www-form-urlencoded"));
        assert!(!heard.has_credentials, "{heard:?}");
        let head: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(heard.token().split('.').next().unwrap()).unwrap()).unwrap();
        assert_eq!((&head["typ"], &head["alg"]), (&json!("logout+jwt"), &json!("RS256")));
        let told = server.verified("logout+jwt", heard.token());
        let now = server.clock.now().seconds();
        let expected = json!({
            "iss": server.issuer, "aud": client, "sub": known["sub"], "sid": known["sid"], "iat": now, "exp": now + 120,
            "jti": told["jti"], "events": {"http://schemas.openid.net/event/backchannel-logout": {}}
        });
        assert_eq!(told, expected, "this and nothing else, least of all a nonce");
        names.push(told["jti"].as_str().unwrap().to_owned());
        // It is no ID token: nobody is signed out by it.
        let asked = elsewhere.open(&format!("/logout?id_token_hint={}", heard.token())).await;
        assert!(asked.body.contains("logout-yes"), "{}", asked.body);
    }
    assert_ne!(names[0], names[1]);
    server.everybody_is_told().await;
    assert_eq!((first.heard().len(), second.heard().len(), unasked.heard().len()), (1, 1, 0));
    assert_eq!(one.refresh(there.refresh()).await.id_claims()["sid"], there.id_claims()["sid"], "the other session goes on");
}

async fn a_client_that_fails_is_told_again_later(database: Database) {
    let server = TestServer::start_on(database).await;
    let listener = Listener::start([Answers::Status(500), Answers::Status(503), Answers::Status(204)]).await;
    let one = told_at(&server, "one:one-secret", &listener).await;
    let mut browser = Browser::new(&server);
    let tokens = one.sign_in(&mut browser, "openid").await;
    sign_out(&mut browser, tokens.text("id_token")).await;
    let heard = as_time_goes_by(&server, &listener, 3, Duration::from_secs(1)).await;
    server.everybody_is_told().await;
    assert_eq!(listener.heard().len(), 3, "who knows is not told again");
    let told_at = |number: usize| heard[number].claims()["iat"].as_i64().unwrap();
    assert!(told_at(1) - told_at(0) >= 5 && told_at(2) - told_at(1) >= 30, "with pauses that grow");
    assert!(heard.iter().all(|heard| heard.claims()["sid"] == sid(&tokens)));
    assert_ne!(heard[0].claims()["jti"], heard[1].claims()["jti"], "a client may have seen the first one");
}

/// Conformance: 69
#[tokio::test]
async fn a_client_that_never_answers_keeps_nobody_waiting() {
    let server = TestServer::start().await;
    let (deaf, quick) = (Listener::start(std::iter::repeat_n(Answers::Never, 20)).await, Listener::start([]).await);
    let (first, second) = (told_at(&server, "deaf:deaf-secret", &deaf).await, told_at(&server, "quick:quick-secret", &quick).await);
    for _ in 0..3 {
        let mut browser = Browser::new(&server);
        let tokens = first.sign_in(&mut browser, "openid").await;
        second.sign_in(&mut browser, "openid").await;
        // The person's page comes although one of the clients answers nobody, ever.
        sign_out(&mut browser, tokens.text("id_token")).await;
    }
    quick.hears(3).await;
    deaf.hears(1).await;
}

#[tokio::test]
async fn a_client_that_refuses_is_not_told_again() {
    let server = TestServer::start().await;
    let refusing = Listener::start([Answers::Status(400)]).await;
    let one = told_at(&server, "one:one-secret", &refusing).await;
    let mut browser = Browser::new(&server);
    let tokens = one.sign_in(&mut browser, "openid").await;
    sign_out(&mut browser, tokens.text("id_token")).await;
    refusing.hears(1).await;
    server.everybody_is_told().await;
    assert_eq!(refusing.heard().len(), 1);
}

#[tokio::test]
async fn a_client_that_always_fails_is_left_in_peace_some_day() {
    let server = TestServer::start().await;
    let failing = Listener::start(std::iter::repeat_n(Answers::Status(500), 20)).await;
    let one = told_at(&server, "one:one-secret", &failing).await;
    let mut browser = Browser::new(&server);
    let tokens = one.sign_in(&mut browser, "openid").await;
    sign_out(&mut browser, tokens.text("id_token")).await;
    as_time_goes_by(&server, &failing, 4, Duration::from_secs(5)).await;
    for (times, minutes) in [(4, 10), (5, 60), (6, 6 * 60), (7, 12 * 60)] {
        let pause = Duration::from_mins(minutes);
        // The clock stands still until it is written down when the next time is: what was tried for a day is not tried again.
        let put_off = format!("logout_notice WHERE attempts = {times} AND due_at = {}", (server.clock.now() + pause).seconds());
        let start = Instant::now();
        while server.database.rows(&put_off).await == 0 {
            assert!(start.elapsed() < Duration::from_mins(1), "the next time is not known");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server.clock.advance(pause);
        failing.hears(times + 1).await;
    }
    server.everybody_is_told().await;
    assert_eq!(failing.heard().len(), 8);
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    let server = TestServer::start().await;
    let elsewhere = Listener::start([]).await;
    let listener = Listener::start([Answers::Redirect(elsewhere.url.clone())]).await;
    let one = told_at(&server, "one:one-secret", &listener).await;
    let mut browser = Browser::new(&server);
    let tokens = one.sign_in(&mut browser, "openid").await;
    sign_out(&mut browser, tokens.text("id_token")).await;
    as_time_goes_by(&server, &listener, 2, Duration::from_secs(1)).await;
    server.everybody_is_told().await;
    assert_eq!(elsewhere.heard().len(), 0);
}

#[tokio::test]
async fn whoever_ends_a_session_its_clients_are_told() {
    let server = TestServer::start().await;
    let listener = Listener::start([]).await;
    let one = told_at(&server, "one:one-secret", &listener).await;
    let mut told = Vec::new();

    // The person, on the account page, that of another browser.
    let (mut desk, mut telephone) = (Browser::new(&server), Browser::new(&server));
    let (at_desk, on_telephone) = (one.sign_in(&mut desk, "openid").await, one.sign_in(&mut telephone, "openid").await);
    let account = desk.open("/account").await;
    desk.submit(&account, &[], &sid(&on_telephone)).await;
    told.push(sid(&on_telephone));
    assert_eq!(listener.hears(1).await[0].claims()["sid"], told[0]);

    // Whoever manages the server.
    server.server.end_session_by_id(&SessionId::new(sid(&at_desk))).await.unwrap().unwrap();
    told.push(sid(&at_desk));
    listener.hears(2).await;

    // Somebody else who signs in in the same browser.
    let third = one.sign_in(&mut desk, "openid").await;
    desk.log_in("/login?again=1", "bob", "builder").await;
    told.push(sid(&third));
    listener.hears(3).await;

    // The end of the account.
    let fourth = one.sign_in(&mut telephone, "openid").await;
    told.push(sid(&fourth));
    server.server.enable_user(&Username::parse("alice").unwrap(), false).await.unwrap().unwrap();
    let heard = as_time_goes_by(&server, &listener, 4, Duration::from_secs(1)).await;
    let heard: Vec<String> = heard.iter().map(|heard| heard.claims()["sid"].as_str().unwrap().to_owned()).collect();
    assert_eq!(heard, told);
}

#[tokio::test]
async fn clients_are_told_of_sessions_that_ran_out() {
    let server = TestServer::start().await;
    let listener = Listener::start([]).await;
    let one = told_at(&server, "one:one-secret", &listener).await;
    let (mut comes_back, mut stays_away) = (Browser::new(&server), Browser::new(&server));
    let (first, second) = (one.sign_in(&mut comes_back, "openid").await, one.sign_in(&mut stays_away, "openid").await);
    server.clock.advance(Duration::from_hours(400 * 24));

    let page = comes_back.open("/logout").await;
    assert!(page.body.contains("You are signed out."), "{}", page.body);
    assert_eq!(listener.hears(1).await[0].claims()["sid"], sid(&first));

    server.store.sweep(server.clock.now(), LIMITS, 100).await.unwrap();
    assert_eq!(listener.hears(2).await[1].claims()["sid"], sid(&second));
    assert_eq!(server.database.rows("session").await, 0);
}

#[tokio::test]
async fn a_client_chooses_which_refresh_tokens_end() {
    let server = TestServer::start().await;
    for (id, revokes) in [("all:all-secret", LogoutRevokes::Everything), ("none:none-secret", LogoutRevokes::Nothing)] {
        server.register(id.split(':').next().unwrap(), |client| client.logout.revokes = revokes).await;
    }
    let (all, none) = (RelyingParty::new(&server, "all:all-secret", CALLBACK), RelyingParty::new(&server, "none:none-secret", CALLBACK));
    let mut browser = Browser::new(&server);
    let taken = all.sign_in(&mut browser, "openid items:read offline_access").await;
    let kept = none.sign_in(&mut browser, "openid items:read").await;
    sign_out(&mut browser, taken.text("id_token")).await;
    all.try_refresh(taken.refresh(), &[]).await.assert_error(400, "invalid_grant");
    assert!(!server.is_active(taken.access()).await && server.is_active(kept.access()).await);
    let refreshed = none.refresh(kept.refresh()).await;
    assert_eq!(server.userinfo(refreshed.access()).await.status, 200);
    let account = browser.pass("/account").await;
    assert!(account.body.contains(">none<"), "what goes on can be seen, and ended: {}", account.body);
}
