//! The browser application whose backend signs people in: it asks for the login URL, and hands the code over.

use super::spa::{PAGE, Stage};

#[tokio::test]
async fn the_frontend_gets_a_url_hands_the_code_over_and_calls_the_backend_with_our_token() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    browser.press("Sign in through the backend").await;
    browser.sees("to continue to Demo web application").await;
    browser.sign_in("alice", "wonderland").await;
    browser.sees("You then return to localhost:5173").await;
    browser.press("Allow").await;
    browser.sees("You are signed in as Alice Liddell.").await;
    assert_eq!(browser.url().await.as_str(), PAGE);
    browser.press("Who am I?").await;
    browser.sees("\"client_id\": \"demo-web\"").await;
    browser.sees("\"admin\"").await;
    // What the browser is told of the sign-in is for the backend alone, and for no longer than it takes.
    // The server shares the host here: what it lets scripts read opens nothing (`check_session_iframe`).
    let readable = browser.script("return document.cookie").await.as_str().unwrap().to_owned();
    assert!(!readable.contains("; ") && readable.starts_with("claviger-state="), "{readable}");

    browser.open(PAGE).await;
    browser.sees("You are signed in as Alice Liddell.").await;
    browser.press("Show the items").await;
    browser.sees("lantern").await;
    browser.press("Sign out").await;
    stage.assert_signed_out().await;
    stage.browser.close().await;
}

#[tokio::test]
async fn a_code_that_was_got_elsewhere_signs_nobody_in() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    browser.excuse("/login/callback - Failed to load resource: the server responded with a status of 400");
    let url = "return fetch('http://localhost:8000/login').then(answer => answer.json()).then(login => login.url)";
    // Without the cookie, as somebody has it who wants to sign others in as themselves.
    let theirs = browser.script(url).await;
    browser.open(theirs.as_str().unwrap()).await;
    browser.sign_in("bob", "builder").await;
    browser.press("Allow").await;
    browser.sees("This sign-in can't be finished. Please sign in again.").await;
    browser.sees("You are not signed in.").await;

    browser.press("Sign in through the backend").await;
    browser.sees("You are signed in as Bob Builder.").await;
    browser.press("Sign out").await;
    browser.sees("You are not signed in.").await;
    browser.press("Sign in through the backend").await;
    browser.sign_in("bob", "builder").await;
    browser.sees("You are signed in as Bob Builder.").await;
    stage.browser.close().await;
}
