//! A `sub` for each sector, so that clients of different ones can't find out that they know the same person (OpenID Connect Core §8).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use claviger::flow::apply::{Extent, Strength};
use claviger::flow::manage::Expected;
use claviger::protocol::client::{Client, ClientId, GrantType};
use claviger::protocol::client_metadata::ClientMetadata;
use claviger::protocol::redirect_uri::RedirectUri;
use claviger::protocol::scope::Scope;
use claviger::protocol::subject_type::{SectorIdentifierUri, SubjectRules, SubjectType};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;
use url::form_urlencoded;

use crate::actors::{Answer, Browser, KeyHost, Keys, Publishes, RelyingParty, TestServer, Tokens};
use crate::database::{Database, on_both_databases};

on_both_databases!(a_sector_knows_a_person_by_one_name_and_another_sector_by_another, what_a_client_was_granted_ends_with_its_names);

const ONE: &str = "https://one.example/callback";
const TWO: &str = "https://two.example/callback";
const OTHER: &str = "https://other.example/callback";

fn pairwise(client: &mut Client, redirect_uri: &str, sector: Option<&KeyHost>) {
    client.redirect_uris = vec![RedirectUri::register(redirect_uri, client.application_type).unwrap()];
    let sector_identifier_uri = sector.map(|host| SectorIdentifierUri::parse(&host.url).unwrap());
    client.subjects = SubjectRules { kind: SubjectType::Pairwise, sector_identifier_uri };
}

/// `one` and `two` of one sector, and `other` of its own.
async fn register(server: &TestServer) -> KeyHost {
    let host = KeyHost::start(Publishes::Keys(json!([ONE, TWO]))).await;
    server.register("one", |client| pairwise(client, ONE, Some(&host))).await;
    server.register("two", |client| pairwise(client, TWO, Some(&host))).await;
    server.register("other", |client| pairwise(client, OTHER, None)).await;
    host
}

fn parties(server: &TestServer) -> [RelyingParty<'_>; 3] {
    [
        RelyingParty::new(server, "one:one-secret", ONE),
        RelyingParty::new(server, "two:two-secret", TWO),
        RelyingParty::new(server, "other:other-secret", OTHER),
    ]
}

async fn me(server: &TestServer, tokens: &Tokens) -> Value {
    Answer::of(server.request(Method::GET, "/me").bearer_auth(tokens.access()).send().await.unwrap()).await.json()
}

/// The `sub` that is the same wherever the client looks.
async fn subject(server: &TestServer, tokens: &Tokens) -> String {
    let sub = tokens.id_claims()["sub"].as_str().unwrap().to_owned();
    assert_eq!(tokens.access_claims()["sub"], *sub);
    assert_eq!(tokens.access_claims()["sid"], tokens.id_claims()["sid"]);
    assert_eq!(server.userinfo(tokens.access()).await.json()["sub"], *sub);
    assert_eq!(server.introspect(tokens.access()).await["sub"], *sub);
    assert_eq!(me(server, tokens).await["sub"], *sub);
    sub
}

/// Conformance: 5, 41, 46
async fn a_sector_knows_a_person_by_one_name_and_another_sector_by_another(database: Database) {
    let server = TestServer::start_on(database.clone()).await;
    let metadata = server.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["subject_types_supported"], json!(["public", "pairwise"]));
    register(&server).await;
    let mut browser = Browser::new(&server);
    let account = RelyingParty::demo_web(&server).sign_in(&mut browser, "openid items:read").await;
    let public = subject(&server, &account).await;
    let (mut subs, mut sids) = (Vec::new(), Vec::new());
    for party in parties(&server) {
        let tokens = party.sign_in(&mut browser, "openid items:read").await;
        let sub = subject(&server, &tokens).await;
        let next = party.refresh(tokens.refresh()).await;
        assert_eq!(subject(&server, &next).await, sub);
        for text in [tokens.id_claims(), tokens.access_claims(), me(&server, &tokens).await, server.userinfo(tokens.access()).await.json()]
        {
            assert!(!text.to_string().contains(&public) && !text.to_string().contains("alice"), "{text}");
        }
        let named = party.sign_in(&mut browser, "openid profile").await;
        assert_eq!(me(&server, &named).await["username"], "alice", "what a scope releases is no secret");
        subs.push(sub);
        sids.push(tokens.id_claims()["sid"].clone());
    }
    assert_eq!((&subs[0], &sids[0]), (&subs[1], &sids[1]));
    assert!(subs[0] != subs[2] && sids[0] != sids[2], "{subs:?} {sids:?}");
    assert!(!subs.contains(&public) && !sids.contains(&account.id_claims()["sid"]));
    assert!(subs.iter().all(|sub| sub.len() == 43 && !sub.contains(':')), "neither an account's nor a client's: {subs:?}");

    let mut bobs = Browser::new(&server);
    let page = bobs.log_in(&parties(&server)[0].authorization_url("openid", ""), "bob", "builder").await;
    let consented = bobs.submit(&page, &[], "consent-allow").await;
    let bob = parties(&server)[0].redeem(&consented.code()).await;
    assert_ne!(bob.id_claims()["sub"], *subs[0], "another person has another one");

    // Another process with the same database, after the first one or beside it.
    let restarted = TestServer::start_on(database).await;
    let mut browser = Browser::new(&restarted);
    for (party, sub) in parties(&restarted).iter().zip(&subs) {
        let tokens = party.sign_in(&mut browser, "openid items:read").await;
        assert_eq!(subject(&restarted, &tokens).await, *sub);
    }
}

/// Conformance: 25, 46, 65
#[tokio::test]
async fn a_hint_means_somebody_to_its_own_client_alone() {
    let server = TestServer::start().await;
    register(&server).await;
    let [one, two, other] = parties(&server);
    let mut browser = Browser::new(&server);
    let tokens = one.sign_in(&mut browser, "openid").await;
    for party in [&two, &other] {
        party.sign_in(&mut browser, "openid").await;
    }
    let hint = form_urlencoded::Serializer::new(String::new()).append_pair("id_token_hint", tokens.text("id_token")).finish();
    let silent = format!("{hint}&prompt=none");
    assert!(browser.open(&one.authorization_url("openid", &silent)).await.parameter("code").is_some());
    for party in [&two, &other, &RelyingParty::demo_web(&server)] {
        let refused = browser.open(&party.authorization_url("openid", &silent)).await;
        assert_eq!(refused.parameter("error").as_deref(), Some("invalid_request"), "{}", refused.url);
    }
    let mut bobs = Browser::new(&server);
    bobs.log_in("/login", "bob", "builder").await;
    let refused = bobs.open(&one.authorization_url("openid", &silent)).await;
    assert_eq!(refused.parameter("error").as_deref(), Some("login_required"));

    let question = bobs.open(&format!("/logout?{hint}")).await;
    assert!(!question.body.contains("You are signed out."), "the hint is about somebody else: {}", question.body);
    let gone = browser.open(&format!("/logout?{hint}")).await;
    assert!(gone.body.contains("You are signed out."), "the hint is about this very session: {}", gone.body);
}

#[tokio::test]
async fn whose_account_it_is_is_still_known_here() {
    let server = TestServer::start().await;
    server
        .register("managing", |client| {
            pairwise(client, OTHER, None);
            client.grant_types.insert(GrantType::Password);
            client.default_scope = Scope::default();
            client.allowed_scope = Scope::parse("openid items:read users:read").unwrap();
        })
        .await;
    let form = [("grant_type", "password"), ("username", "alice"), ("password", "wonderland"), ("scope", "openid items:read users:read")];
    let tokens = Tokens(server.token(Some("managing:managing-secret"), &form).await.json());
    let users = Answer::of(server.request(Method::GET, "/api/v1/users").bearer_auth(tokens.access()).send().await.unwrap()).await;
    assert_eq!(users.status, 200, "alice is an admin, whatever the client calls her: {}", users.body);
    assert!(!users.body.contains(tokens.id_claims()["sub"].as_str().unwrap()));

    assert!(server.is_active(tokens.access()).await);
    let revoked = server.post("/revoke", Some("managing:managing-secret"), &[("token", tokens.access())]).await;
    assert_eq!(revoked.status, 200);
    assert!(!server.is_active(tokens.access()).await);
}

async fn what_a_client_was_granted_ends_with_its_names(database: Database) {
    let server = TestServer::start_on(database).await;
    let id = ClientId::parse("other").unwrap();
    register(&server).await;
    let [.., other] = parties(&server);
    let mut browser = Browser::new(&server);
    let before = other.sign_in(&mut browser, "openid items:read").await;
    let rename = |metadata| Ok(ClientMetadata { client_name: "Renamed".to_owned(), ..metadata });
    server.server.change_client(&id, &Expected::Anything, rename).await.unwrap().unwrap();
    let before = other.refresh(before.refresh()).await;
    assert!(server.is_active(before.access()).await, "a new name changes nothing");

    let public = |metadata| Ok(ClientMetadata { subject_type: SubjectType::Public, ..metadata });
    server.server.change_client(&id, &Expected::Anything, public).await.unwrap().unwrap();
    assert!(!server.is_active(before.access()).await);
    assert_eq!(server.userinfo(before.access()).await.status, 401);
    other.try_refresh(before.refresh(), &[]).await.assert_error(400, "invalid_grant");
    let after = other.sign_in(&mut browser, "openid items:read").await;
    assert_ne!(subject(&server, &after).await, before.id_claims()["sub"].as_str().unwrap());
}

/// The client of a request that takes a while may be of another sector when it is answered: what comes of it names people as before.
#[tokio::test]
async fn what_was_asked_for_in_one_sector_is_answered_in_it() {
    let server = TestServer::start().await;
    let (keys, gate) = (Keys::new(), Arc::new(Notify::new()));
    let host = KeyHost::start(Publishes::KeysLater(keys.public(), Arc::clone(&gate))).await;
    server.register("other", |client| pairwise(client, OTHER, None)).await;
    server
        .register("mover", |client| {
            pairwise(client, ONE, None);
            client.keys = Some(host.source());
        })
        .await;
    let (mover, other) = (RelyingParty::new(&server, "mover:mover-secret", ONE), RelyingParty::new(&server, "other:other-secret", OTHER));
    let mut browser = Browser::new(&server);
    let theirs = other.sign_in(&mut browser, "openid").await.id_claims()["sub"].clone();
    let before = mover.sign_in(&mut browser, "openid").await.id_claims()["sub"].clone();

    let object = keys.sign("ES256", &json!({"iss": "mover", "aud": server.issuer, "client_id": "mover"}));
    let url = mover.authorization_url("openid", &format!("request={object}"));
    let moving = async {
        while host.asked() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let there = |metadata| Ok(ClientMetadata { redirect_uris: vec![OTHER.to_owned()], ..metadata });
        server.server.change_client(&ClientId::parse("mover").unwrap(), &Expected::Anything, there).await.unwrap().unwrap();
        gate.notify_one();
    };
    let (back, ()) = tokio::join!(browser.open(&url), moving);
    let tokens = mover.redeem(&back.code()).await;
    assert_eq!(tokens.id_claims()["sub"], before);
    assert_eq!(server.userinfo(tokens.access()).await.json()["sub"], before);
    assert_ne!(before, theirs);
}

#[tokio::test]
async fn a_file_whose_sector_does_not_fit_changes_nothing() {
    let server = TestServer::start().await;
    let host = KeyHost::start(Publishes::Keys(json!([ONE]))).await;
    let file = format!(
        r#"
        [[client]]
        client_id = "first"
        client_name = "First"
        redirect_uris = ["{OTHER}"]
        subject_type = "pairwise"

        [[client]]
        client_id = "second"
        client_name = "Second"
        redirect_uris = ["{ONE}", "{TWO}"]
        subject_type = "pairwise"
        sector_identifier_uri = "{}"
        "#,
        host.url
    );
    let document = server.server.read_document(&file, Path::new(""), Strength::Strong);
    let apply = async || server.server.apply(&document, Extent::Named, |_, _| std::ops::ControlFlow::Continue(())).await.unwrap();
    let problems = apply().await.unwrap_err();
    assert!(problems[0].to_string().contains("second") && problems[0].reason.contains(TWO), "{problems:?}");
    for id in ["first", "second"] {
        assert_eq!(server.server.client(&ClientId::parse(id).unwrap()).await.unwrap(), None, "nothing is changed");
    }
    host.publishes(Publishes::Keys(json!([ONE, TWO])));
    apply().await.unwrap();
    let asked = host.asked();
    apply().await.unwrap();
    assert_eq!(host.asked(), asked, "what is as it was is not looked at again");
}
