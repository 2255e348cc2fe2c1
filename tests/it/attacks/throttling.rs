//! Guessing passwords (RFC 6749 §4.3.2, §10.10): slowed down at every door alike, whether the person exists or not.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;

use crate::actors::{Answer, Browser, TestServer};
use crate::attacks::{assert_nothing_given, assert_refused, looks};
use crate::database::{Database, on_both_databases};

on_both_databases!(of_fifty_guesses_at_once_few_are_told_anything);

/// A guess at the token endpoint.
async fn guess(server: &TestServer, username: &str, password: &str) -> Answer {
    let form = [("grant_type", "password"), ("client_id", "demo-password"), ("username", username), ("password", password)];
    server.token(None, &form).await
}

/// A guess on the login page, in a browser of its own; without the token in its forms.
async fn type_in(server: &TestServer, username: &str, password: &str) -> Answer {
    let mut browser = Browser::new(server);
    let csrf = browser.open("/login").await.field("csrf").unwrap();
    let form = [("csrf", &*csrf), ("username", username), ("password", password)];
    let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut answer = browser.send(&server.url("/login").parse().unwrap(), Some(&form)).await;
    answer.body = answer.body.replace(&csrf, "");
    answer
}

#[track_caller]
fn assert_must_wait(answer: &Answer, seconds: &str) {
    assert_refused(answer, 429, "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), Some(seconds));
}

#[tokio::test]
async fn the_tenth_failure_is_told_to_wait_and_then_the_right_password_is_refused_unseen() {
    let server = TestServer::start().await;
    for _ in 0..9 {
        assert_refused(&guess(&server, "alice", "wrong").await, 400, "invalid_grant");
    }
    assert_must_wait(&guess(&server, "alice", "wrong").await, "900");
    let verifications = server.server.password_verifications();
    server.clock.advance(Duration::from_mins(1));
    for username in ["alice", "ALICE", "Alice"] {
        assert_must_wait(&guess(&server, username, "wonderland").await, "840");
    }
    let page = type_in(&server, "alice", "wonderland").await;
    assert_eq!((page.status.as_u16(), page.header("retry-after"), page.header("location")), (429, Some("840"), None));
    assert_eq!(page.headers.get_all("set-cookie").iter().count(), 0);
    assert_eq!(server.server.password_verifications(), verifications, "no work is done, and none told");

    assert_eq!(guess(&server, "bob", "builder").await.status, 200, "others sign in from the same address");
    assert_eq!(type_in(&server, "bob", "builder").await.status, 303);

    server.clock.advance(Duration::from_secs(839));
    assert_must_wait(&guess(&server, "alice", "wonderland").await, "1");
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(guess(&server, "alice", "wonderland").await.status, 200);
}

#[tokio::test]
async fn the_doors_count_together() {
    let server = TestServer::start().await;
    for _ in 0..5 {
        assert_eq!(guess(&server, "alice", "wrong").await.status, 400);
    }
    for _ in 0..4 {
        assert_eq!(type_in(&server, "alice", "wrong").await.status, 400);
    }
    assert_eq!(type_in(&server, "alice", "wrong").await.status, 429);
    assert_eq!(guess(&server, "alice", "wonderland").await.status, 429);
}

#[tokio::test]
async fn who_exists_can_not_be_told_from_who_does_not() {
    let server = TestServer::start().await;
    for door in [true, false] {
        let mut seen = BTreeSet::new();
        for username in ["alice", "nobody", "root@example.com", "demo-web"] {
            let before = server.server.password_verifications();
            let mut answers = Vec::new();
            for _ in 0..11 {
                let answer = if door { guess(&server, username, "wrong").await } else { type_in(&server, username, "wrong").await };
                let (status, headers, body) = looks(&answer);
                let headers: Vec<_> = headers.into_iter().filter(|(name, _)| name != "set-cookie" && name != "content-length").collect();
                answers.push((status, headers, body.replace(username, "")));
            }
            assert_eq!(answers[8].0, 400);
            assert_eq!((answers[9].0, answers[10].0), (429, 429));
            assert_eq!(server.server.password_verifications() - before, 10, "{username}: the same work");
            seen.insert(answers);
        }
        assert_eq!(seen.len(), 1, "{seen:#?}");
        server.clock.advance(Duration::from_mins(15));
    }
}

#[tokio::test]
async fn a_success_clears_the_account() {
    let server = TestServer::start().await;
    for _ in 0..2 {
        for _ in 0..9 {
            assert_eq!(guess(&server, "alice", "wrong").await.status, 400);
        }
        assert_eq!(guess(&server, "alice", "wonderland").await.status, 200);
    }
}

#[tokio::test]
async fn an_address_that_tries_account_after_account_waits_whoever_it_claims_to_be() {
    let server = TestServer::start().await;
    let spoofed = |number: usize| {
        let name = format!("user-{number}");
        let form = [("grant_type", "password"), ("client_id", "demo-password"), ("username", &*name), ("password", "wrong")];
        let request = server.request(reqwest::Method::POST, "/token").form(&form);
        let forged = format!("192.0.2.{number}");
        request.header("x-forwarded-for", &forged).header("forwarded", format!("for={forged}")).header("x-real-ip", forged)
    };
    for number in 0..99 {
        assert_eq!(spoofed(number).send().await.unwrap().status(), 400);
    }
    assert_must_wait(&Answer::of(spoofed(99).send().await.unwrap()).await, "900");
    assert_must_wait(&guess(&server, "alice", "wonderland").await, "900");
    server.clock.advance(Duration::from_mins(15));
    assert_eq!(guess(&server, "alice", "wonderland").await.status, 200);
}

#[tokio::test]
async fn names_that_nobody_can_have_are_slowed_down_as_well() {
    let server = TestServer::start().await;
    let long = "x".repeat(10_000);
    let names = ["a b", "\0", "a\r\nb", "\u{85}", &long, " ", "a\tb", "\u{2003}", "x\u{0}y"];
    for name in names {
        assert_refused(&guess(&server, name, "wrong").await, 400, "invalid_grant");
    }
    assert_eq!(guess(&server, "c d", "wrong").await.status, 429);
    assert_eq!(guess(&server, "alice", "wonderland").await.status, 200);
}

async fn of_fifty_guesses_at_once_few_are_told_anything(database: Database) {
    let server = TestServer::start_on(database).await;
    let answers = join_all((0..50).map(|_| guess(&server, "alice", "wrong"))).await;
    for answer in &answers {
        assert_nothing_given(answer);
    }
    let told = answers.iter().filter(|answer| answer.status == 400).count();
    assert!(told <= 9, "the tenth and every later one was told to wait, and nothing else: {told}");
    assert!(answers.iter().all(|answer| answer.status == 400 || answer.status == 429));
}
