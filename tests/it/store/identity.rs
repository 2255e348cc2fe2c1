//! Other identity providers, who came from there, and who is on their way.

use claviger::identity::departure::{Departure, Errand, Purpose};
use claviger::identity::profile::Identity;
use claviger::identity::provider::{Provider, ProviderName};
use claviger::identity::user::{User, Username};
use claviger::protocol::subject::{SessionId, Subject};
use claviger::store::{Applied, Insertion, StoredProvider, Unlinked};
use serde_json::{Map, Value, json};

use crate::database::{Database, on_both_databases};
use crate::store::{LIMITS, NOW, after, alice_and_app, at_once, hash, user};

on_both_databases!(
    a_provider_comes_back_as_it_was_and_changes_only_from_what_was_seen,
    an_identity_comes_back_by_each_part_of_its_name,
    an_identity_opens_one_account,
    an_account_and_its_identity_come_together_or_not_at_all,
    a_profile_is_renewed_with_the_claims_or_not_at_all,
    the_last_way_in_stays_however_many_go_at_once,
    identities_go_with_their_account,
    a_departure_counts_once,
    departures_are_forgotten,
);

fn map(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { panic!("{value}") }
}

fn identity(provider: &str, subject: &str, user: &User) -> Identity {
    Identity {
        provider: provider.to_owned(),
        issuer: "https://idp.example".to_owned(),
        subject: subject.to_owned(),
        user: user.subject.clone(),
        profile: map(json!({"name": "\u{1F511} '\"", "company": "a\u{0}b"})),
        filled: map(json!({"name": "x"})),
        linked_at: NOW,
        last_used_at: after(1),
    }
}

fn provider(name: &str) -> StoredProvider {
    let provider: Provider =
        serde_json::from_value(json!({"name": name, "kind": "oidc", "issuer": "https://idp.example", "client_id": "a"})).unwrap();
    StoredProvider { provider, sealed_secret: "sealed".to_owned(), created_at: NOW, updated_at: after(1) }
}

fn departure(state: &str, purpose: Purpose) -> Departure {
    let errand =
        Errand { issuer: "https://idp.example".to_owned(), nonce: "n".to_owned(), verifier: "v".to_owned(), max_age: Some(5), purpose };
    Departure { state: hash(state), browser: hash("browser"), provider: "work".to_owned(), errand, expires_at: after(600) }
}

async fn a_provider_comes_back_as_it_was_and_changes_only_from_what_was_seen(database: Database) {
    let providers = database.store.providers();
    let (work, play) = (provider("work"), provider("play"));
    for new in [&work, &play] {
        assert_eq!(providers.insert(new).await, Ok(Insertion::Inserted));
    }
    assert_eq!(providers.insert(&work).await, Ok(Insertion::AlreadyThere));
    assert_eq!(providers.list().await, Ok(vec![play.clone(), work.clone()]));
    assert_eq!(providers.page(Some("play"), 5).await, Ok(vec![work.clone()]));
    let changed = StoredProvider { sealed_secret: "other".to_owned(), updated_at: after(9), ..work.clone() };
    assert_eq!(providers.replace(&work, &changed).await, Ok(Applied::Done));
    assert_eq!(providers.replace(&work, &changed).await, Ok(Applied::Lost));
    assert_eq!(providers.delete(&work).await, Ok(Applied::Lost));
    assert_eq!(providers.delete(&changed).await, Ok(Applied::Done));
    assert_eq!(providers.find(&ProviderName::parse("work").unwrap()).await, Ok(None));
}

async fn an_identity_comes_back_by_each_part_of_its_name(database: Database) {
    let (alice, _, _) = alice_and_app(&database.store).await;
    let identities = database.store.identities();
    let (work, play) = (identity("work", "1", &alice), identity("play", "1", &alice));
    for new in [&work, &play] {
        assert_eq!(identities.link(new).await, Ok(Applied::Done));
    }
    assert_eq!(identities.find("work", "https://idp.example", "1").await, Ok(Some(work.clone())));
    for (provider, issuer, subject) in [
        ("other", "https://idp.example", "1"),
        ("work", "https://other.example", "1"),
        ("work", "https://idp.example", "2"),
        ("a\0", "", ""),
    ] {
        assert_eq!(identities.find(provider, issuer, subject).await, Ok(None), "{provider} {issuer} {subject}");
    }
    assert_eq!(identities.of_user(&alice.subject).await, Ok(vec![play, work]));
}

async fn an_identity_opens_one_account(database: Database) {
    let (alice, _, _) = alice_and_app(&database.store).await;
    let bob = user("bob");
    assert_eq!(database.store.users().insert(&bob).await, Ok(Insertion::Inserted));
    let identities = database.store.identities();
    assert_eq!(identities.link(&identity("work", "1", &alice)).await, Ok(Applied::Done));
    assert_eq!(identities.link(&identity("work", "1", &bob)).await, Ok(Applied::Lost));
    assert_eq!(identities.link(&identity("work", "2", &user("nobody"))).await, Ok(Applied::Lost));
    assert_eq!(identities.of_user(&bob.subject).await, Ok(vec![]));
}

async fn an_account_and_its_identity_come_together_or_not_at_all(database: Database) {
    let (alice, _, _) = alice_and_app(&database.store).await;
    let (identities, users) = (database.store.identities(), database.store.users());
    let carol = User { password: None, ..user("carol") };
    assert_eq!(identities.open_account(&carol, &identity("work", "1", &carol)).await, Ok(Insertion::Inserted));
    assert_eq!(users.find(&carol.subject).await, Ok(Some(carol)));
    // The name is taken.
    let other = User { subject: Subject::new("other"), ..alice };
    assert_eq!(identities.open_account(&other, &identity("work", "2", &other)).await, Ok(Insertion::AlreadyThere));
    assert_eq!(identities.find("work", "https://idp.example", "2").await, Ok(None));
    // The identity is.
    let dave = user("dave");
    assert_eq!(identities.open_account(&dave, &identity("work", "1", &dave)).await, Ok(Insertion::AlreadyThere));
    assert_eq!(users.find_by_username(&Username::parse("dave").unwrap()).await, Ok(None));
}

async fn a_profile_is_renewed_with_the_claims_or_not_at_all(database: Database) {
    let (alice, _, _) = alice_and_app(&database.store).await;
    let identities = database.store.identities();
    let before = identity("work", "1", &alice);
    assert_eq!(identities.link(&before).await, Ok(Applied::Done));
    let said =
        Identity { profile: map(json!({"name": "New"})), filled: map(json!({"name": "New"})), last_used_at: after(50), ..before.clone() };
    let mut after_user = alice.clone();
    after_user.claims.name = Some("New".to_owned());
    after_user.updated_at = after(50);
    assert_eq!(identities.refresh(&said, &alice, &after_user).await, Ok(Applied::Done));
    assert_eq!(identities.of_user(&alice.subject).await, Ok(vec![said.clone()]));
    assert_eq!(database.store.users().find(&alice.subject).await, Ok(Some(after_user.clone())));
    let stale = Identity { profile: map(json!({})), ..said.clone() };
    assert_eq!(identities.refresh(&stale, &alice, &after_user).await, Ok(Applied::Lost), "the account was changed meanwhile");
    assert_eq!(identities.of_user(&alice.subject).await, Ok(vec![said]));
}

async fn the_last_way_in_stays_however_many_go_at_once(database: Database) {
    let identities = database.store.identities();
    let carol = User { password: None, ..user("carol") };
    assert_eq!(identities.open_account(&carol, &identity("p-0", "1", &carol)).await, Ok(Insertion::Inserted));
    for number in 1..5 {
        assert_eq!(identities.link(&identity(&format!("p-{number}"), "1", &carol)).await, Ok(Applied::Done));
    }
    let all = ["p-0", "p-1", "p-2", "p-3", "p-4"];
    let others = all.map(|name| identity(name, "1", &carol));
    let gone = at_once(5, |number| {
        let (store, identity, others) = (database.store.clone(), identity(all[number], "1", &carol), others.clone());
        async move { store.identities().unlink(&identity, &others, after(60), &SessionId::new("none")).await }
    })
    .await;
    assert_eq!(gone.iter().filter(|gone| **gone == Ok(Unlinked::Done)).count(), 4, "{gone:?}");
    assert_eq!(gone.iter().filter(|gone| **gone == Ok(Unlinked::LastWay)).count(), 1, "{gone:?}");
    assert_eq!(identities.of_user(&carol.subject).await.unwrap().len(), 1);
    // One of a provider that is switched off is no way in.
    let (alice, _, _) = alice_and_app(&database.store).await;
    assert_eq!(identities.link(&identity("off", "2", &carol)).await, Ok(Applied::Done));
    let last = identities.of_user(&carol.subject).await.unwrap().remove(1);
    assert_eq!(identities.unlink(&last, &others, after(60), &SessionId::new("none")).await, Ok(Unlinked::LastWay));
    // With a password, all of them may go.
    let hers = identity("p-0", "9", &alice);
    assert_eq!(identities.unlink(&hers, &others, after(60), &SessionId::new("none")).await, Ok(Unlinked::NotThere));
    assert_eq!(identities.link(&hers).await, Ok(Applied::Done));
    assert_eq!(identities.unlink(&hers, &[], after(60), &SessionId::new("none")).await, Ok(Unlinked::Done));
}

async fn identities_go_with_their_account(database: Database) {
    let (alice, _, _) = alice_and_app(&database.store).await;
    assert_eq!(database.store.identities().link(&identity("work", "1", &alice)).await, Ok(Applied::Done));
    assert_eq!(database.store.users().delete(&alice, after(9)).await, Ok(Applied::Done));
    assert_eq!(database.rows("identity").await, 0);
}

async fn a_departure_counts_once(database: Database) {
    let departures = database.store.departures();
    let one = departure("one", Purpose::SignIn("a=b&c=d".to_owned()));
    let two = departure("two", Purpose::Link(Subject::new("alice")));
    for departure in [&one, &two] {
        assert_eq!(departures.begin(departure).await, Ok(()));
    }
    assert_eq!(departures.find(&hash("two")).await, Ok(Some(two)));
    assert_eq!(departures.find(&hash("three")).await, Ok(None));
    let ended = at_once(8, |_| {
        let (store, one) = (database.store.clone(), one.clone());
        async move { store.departures().end(&one).await }
    })
    .await;
    assert_eq!(ended.iter().filter(|ended| **ended == Ok(true)).count(), 1, "{ended:?}");
    assert_eq!(departures.find(&hash("one")).await, Ok(None));
}

async fn departures_are_forgotten(database: Database) {
    assert_eq!(database.store.departures().begin(&departure("one", Purpose::SignIn(String::new()))).await, Ok(()));
    assert_eq!(database.store.sweep(after(599), LIMITS, 10).await, Ok(0));
    assert_eq!(database.store.sweep(after(600), LIMITS, 10).await, Ok(1));
    assert_eq!(database.rows("departure").await, 0);
}
