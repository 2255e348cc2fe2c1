//! The first page: what this is to a stranger, and who is signed in.

use crate::actors::{Browser, TestServer};

#[tokio::test]
async fn home_greets_the_stranger_and_whoever_is_signed_in() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let home = browser.open("/").await;
    assert_eq!(home.status.as_u16(), 200);
    assert!(home.body.contains(&server.issuer) && home.body.contains("href=\"/login\""), "{}", home.body);
    assert!(!home.body.contains("/account"), "{}", home.body);
    assert!(browser.cookies.is_empty(), "a page without a form needs no cookie");

    browser.log_in("/login", "alice", "wonderland").await;
    let home = browser.open("/").await;
    assert!(home.body.contains("Alice Liddell") && home.body.contains("href=\"/account\""), "{}", home.body);
    assert!(!home.body.contains("href=\"/login\""), "{}", home.body);

    let question = browser.open("/logout").await;
    browser.submit(&question, &[], "logout-yes").await;
    assert!(!browser.open("/").await.body.contains("Alice"));
}
