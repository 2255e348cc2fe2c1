//! The browser application among the examples, signing in by itself: from another origin, with the program and the API beside it.

use super::chromium::Chromium;
use super::example::Example;
use super::gallery::Gallery;
use crate::binary::program::{Running, Site};

const DEMO: &str = include_str!("../../../examples/demo.toml");
/// Where it is for the browser, and what it is registered as.
pub const PAGE: &str = "http://localhost:5173/";

/// Everything that a story needs.
pub struct Stage {
    pub site: Site,
    pub browser: Chromium,
    _server: Running,
    _api: Example,
    _spa: Example,
}

impl Stage {
    pub async fn set() -> Self {
        let site = Site::new();
        let server = site.dev_with_keys().await;
        let spa = Example::spa(&site.issuer).await;
        Self::with(site, server, spa).await
    }

    pub async fn with(site: Site, server: Running, spa: Example) -> Self {
        let api = Example::fastapi(&site.issuer);
        let browser = Chromium::start_with(&[("localhost:5173", spa.port), ("localhost:8000", api.port)]).await;
        browser.open(PAGE).await;
        browser.sees("You are not signed in.").await;
        Self { site, browser, _server: server, _api: api, _spa: spa }
    }

    /// Signs in here, and allows it.
    async fn sign_in(&self, username: &str, password: &str) {
        self.browser.press("Sign in here").await;
        self.browser.sees("to continue to Demo browser application").await;
        self.browser.sign_in(username, password).await;
        self.browser.press("Allow").await;
    }

    /// What the page shows of its access token.
    async fn token(&self) -> String {
        self.browser.find("#token").await.text().await.unwrap()
    }

    /// Claviger's own session, and the page's, are over.
    pub async fn assert_signed_out(&self) {
        self.browser.sees("You are not signed in.").await;
        assert_eq!(self.browser.url().await.as_str(), PAGE);
        self.browser.open(&self.site.url("/account")).await;
        self.browser.sees("Sign in").await;
    }
}

#[tokio::test]
async fn it_signs_in_calls_the_api_and_signs_out() {
    let gallery = Gallery::new();
    let stage = Stage::set().await;
    let browser = &stage.browser;
    gallery.look(browser, "spa-signed-out").await;
    stage.sign_in("alice", "wonderland").await;
    browser.sees("You are signed in as Alice Liddell.").await;
    // The code is used up, and reading the address again would only bring an error.
    assert_eq!(browser.url().await.as_str(), PAGE);
    browser.press("Show the items").await;
    browser.sees("lantern").await;
    browser.press("Who am I?").await;
    browser.sees("\"client_id\": \"demo-spa\"").await;
    gallery.look(browser, "spa-signed-in").await;

    browser.open(PAGE).await;
    browser.sees("You are signed in as Alice Liddell.").await;
    browser.press("Show the items").await;
    browser.press("Remove lantern").await;
    browser.sees("key").await;
    browser.until_gone("lantern").await;
    browser.press("Sign out").await;
    stage.assert_signed_out().await;
    stage.browser.close().await;
}

#[tokio::test]
async fn its_token_is_renewed_before_it_ends() {
    let site = Site::new();
    let server = site.dev_with_keys().await;
    // A minute before the end is a second after the beginning.
    let name = "client_name = \"Demo browser application\"\n";
    std::fs::write(site.path("short.toml"), DEMO.replace(name, &format!("{name}lifetimes = {{ access_token = 61 }}\n"))).unwrap();
    assert!(site.succeed(&["apply", "short.toml", "--data", "data"]).contains("61"));
    drop(server);
    let server = site.dev().await;
    let spa = Example::spa(&site.issuer).await;
    let stage = Stage::with(site, server, spa).await;
    stage.sign_in("alice", "wonderland").await;
    stage.browser.sees("You are signed in as Alice Liddell.").await;

    let first = stage.token().await;
    stage.browser.until_gone(&first).await;
    stage.browser.sees("You are signed in as Alice Liddell.").await;
    stage.browser.press("Show the items").await;
    stage.browser.sees("lantern").await;
    stage.browser.close().await;
}

#[tokio::test]
async fn it_renews_its_token_when_told_and_says_when_the_sign_in_is_over() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    browser.excuse("/token - Failed to load resource: the server responded with a status of 400");
    stage.sign_in("alice", "wonderland").await;
    browser.sees("You are signed in as Alice Liddell.").await;
    let first = stage.token().await;
    browser.press("Renew it now").await;
    browser.until_gone(&first).await;

    // Signed out elsewhere: the refresh token ends with the session that it came from.
    browser.open(&stage.site.url("/logout")).await;
    browser.press("Sign out").await;
    browser.sees("You are signed out.").await;
    browser.open(PAGE).await;
    browser.press("Renew it now").await;
    browser.sees("Your sign-in has ended. Please sign in again.").await;
    browser.sees("You are not signed in.").await;
    stage.browser.close().await;
}

#[tokio::test]
async fn a_lost_role_counts_from_the_next_renewal() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    browser.excuse("/items/key - Failed to load resource: the server responded with a status of 403");
    stage.sign_in("alice", "wonderland").await;
    browser.sees("You are signed in as Alice Liddell.").await;
    browser.press("Show the items").await;
    browser.sees("lantern").await;
    stage.site.succeed(&["users", "roles", "alice", "--data", "data"]);
    // Her token says until its end what it said at its beginning.
    browser.press("Remove lantern").await;
    browser.until_gone("lantern").await;

    let first = stage.token().await;
    browser.press("Renew it now").await;
    browser.until_gone(&first).await;
    browser.press("Remove key").await;
    browser.sees("The API does not let you do this: This needs the role admin.").await;
    browser.press("Show the items").await;
    browser.sees("Remove key").await;
    stage.browser.close().await;
}

#[tokio::test]
async fn what_is_refused_is_said_kindly() {
    let stage = Stage::set().await;
    let browser = &stage.browser;
    browser.excuse("/items/lantern - Failed to load resource: the server responded with a status of 403");
    browser.press("Sign in here").await;
    browser.sign_in("bob", "builder").await;
    browser.press("Don’t allow").await;
    browser.sees("You did not allow it, so you are not signed in.").await;

    browser.press("Sign in here").await;
    browser.press("Allow").await;
    browser.sees("You are signed in as Bob Builder.").await;
    browser.press("Show the items").await;
    browser.press("Remove lantern").await;
    browser.sees("The API does not let you do this: This needs the role admin.").await;
    browser.open(&format!("{PAGE}callback?code=of-somebody-else&state=guess")).await;
    browser.sees("This sign-in was begun elsewhere, or is finished. Please sign in again.").await;
    browser.sees("You are signed in as Bob Builder.").await;
    stage.browser.close().await;
}

#[tokio::test]
async fn it_runs_from_source_as_well() {
    let site = Site::new();
    let server = site.dev_with_keys().await;
    let spa = Example::spa_from_source(&site.issuer).await;
    let stage = Stage::with(site, server, spa).await;
    stage.browser.excuse("[vite]");
    stage.sign_in("alice", "wonderland").await;
    stage.browser.sees("You are signed in as Alice Liddell.").await;
    stage.browser.press("Show the items").await;
    stage.browser.sees("lantern").await;
    stage.browser.close().await;
}
