//! oidc-client-ts in a browser that believes a throw-away certificate, with the server and the application speaking TLS: sign-in, silent
//! renewal by either means, logout, and the watch over the session.

use super::chromium::Chromium;
use super::party::Party;
use crate::binary::program::Running;
use crate::binary::tls::site::Secured;

/// Where the application is for the browser.
const PAGE: &str = "https://localhost:5173/";

/// A client that gets refresh tokens, one that gets none, and alice.
const DATA: &str = r#"
[[client]]
client_id = "renews-by-token"
client_name = "Party"
token_endpoint_auth_method = "none"
grant_types = ["authorization_code", "refresh_token"]
redirect_uris = ["https://localhost:5173/callback", "https://localhost:5173/silent"]
post_logout_redirect_uris = ["https://localhost:5173/"]
cors_origins = ["https://localhost:5173"]
scope = "openid profile"

[[client]]
client_id = "renews-by-frame"
client_name = "Party"
token_endpoint_auth_method = "none"
grant_types = ["authorization_code"]
redirect_uris = ["https://localhost:5173/callback", "https://localhost:5173/silent"]
post_logout_redirect_uris = ["https://localhost:5173/"]
cors_origins = ["https://localhost:5173"]
scope = "openid profile"

[[user]]
username = "alice"
password = "wonderland"
claims = { name = "Alice Liddell" }
"#;

struct Stage {
    secured: Secured,
    browser: Chromium,
    _server: Running,
}

impl Stage {
    /// Alice is signed in to the application, which is this client.
    async fn signed_in(client_id: &str) -> Self {
        Self::signed_in_at(Secured::new(), client_id).await
    }

    async fn signed_in_at(secured: Secured, client_id: &str) -> Self {
        std::fs::write(secured.site.path("data.toml"), DATA).unwrap();
        secured.site.succeed(&["migrate", "--config", "claviger.toml"]);
        secured.site.succeed(&["apply", "data.toml", "--config", "claviger.toml", "--allow-weak-secrets"]);
        let server = secured.site.serve().await;
        let party = Party::start(&secured.site.issuer, client_id, &secured.first).await;
        let browser = Chromium::start_believing(&secured.first, &[("localhost:5173", party.port)]).await;
        browser.open(PAGE).await;
        browser.sees("Nobody is here.").await;
        browser.press("Sign in").await;
        browser.sign_in("alice", "wonderland").await;
        browser.press("Allow").await;
        browser.sees("Alice Liddell is here").await;
        Self { secured, browser, _server: server }
    }

    /// Renews, and sees another token.
    async fn renew(&self) {
        let first = self.browser.find("#token").await.text().await.unwrap();
        self.browser.press("Renew").await;
        self.browser.until_gone(&first).await;
        self.browser.sees("Alice Liddell is here").await;
    }

    /// Signs out, and then nobody is signed in here any more.
    async fn sign_out(self) {
        self.browser.press("Sign out").await;
        self.browser.sees("Nobody is here.").await;
        assert_eq!(self.browser.url().await.as_str(), PAGE);
        // Silently, with what is left: nothing.
        self.browser.press("Renew").await;
        self.browser.sees("It failed: login_required.").await;
        self.browser.close().await;
    }
}

#[tokio::test]
async fn it_renews_by_refresh_token_and_signs_out() {
    let stage = Stage::signed_in("renews-by-token").await;
    stage.renew().await;
    stage.sign_out().await;
}

#[tokio::test]
async fn it_renews_in_a_frame_and_signs_out() {
    let stage = Stage::signed_in("renews-by-frame").await;
    stage.renew().await;
    stage.sign_out().await;
}

#[tokio::test]
async fn it_notices_that_the_session_ended_elsewhere() {
    notices_the_end(Stage::signed_in("renews-by-frame").await).await;
}

/// The same, with the cookies of an issuer that has a path.
#[tokio::test]
async fn it_notices_the_end_at_an_issuer_with_a_path() {
    let stage = Stage::signed_in_at(Secured::below("/tenant"), "renews-by-frame").await;
    assert!(stage.secured.site.issuer.ends_with("/tenant"));
    stage.renew().await;
    notices_the_end(stage).await;
}

/// The watch of OpenID Connect Session Management §3.
async fn notices_the_end(stage: Stage) {
    let browser = &stage.browser;
    browser.sees("Alice Liddell is here, watched.").await;
    browser.script("open('about:blank')").await;
    browser.enter_pop_up().await;
    browser.open(&stage.secured.site.url("/logout")).await;
    browser.press("Sign out").await;
    browser.sees("You are signed out.").await;
    browser.script("close()").await;
    browser.leave_pop_up().await;
    browser.sees("The session has ended elsewhere.").await;
    stage.browser.close().await;
}
