//! Every page, as the gallery looks at it.

use std::time::Duration;

use claviger::flow::manage::api_keys::NewApiKey;
use claviger::flow::manage::{Expected, Reach};
use claviger::protocol::application_type::ApplicationType;
use claviger::protocol::client::ClientId;
use claviger::protocol::client_logout::LogoutUri;
use claviger::protocol::client_metadata::ClientMetadata;
use claviger::protocol::redirect_uri::RedirectUri;
use serde_json::json;

use super::chromium::Chromium;
use super::gallery::Gallery;
use crate::actors::registrant::{Registrant, open, plain_and};
use crate::actors::{Browser, KeyHost, Octo, Publishes, RelyingParty, TestServer, provider};

const EVERYTHING: &str = "openid profile email address phone offline_access items:read items:write";
const EVERY_OWN_SCOPE: &str = "clients:read clients:write users:read users:write apis:read apis:write keys:read keys:write sessions:read";
const FIREFOX_ON_WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A client on the web, which the demo data has none of.
async fn register_web_client(server: &TestServer, id: &str, name: &str, redirect_uri: &str) {
    let redirect_uris = vec![RedirectUri::register(redirect_uri, ApplicationType::Web).unwrap()];
    server
        .register(id, |client| {
            name.clone_into(&mut client.name);
            client.redirect_uris = redirect_uris;
        })
        .await;
}

#[tokio::test]
async fn of_the_pages_for_strangers() {
    let gallery = Gallery::new();
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    browser.excuse("Failed to load resource: the server responded with a status of 400");
    browser.open(&server.url("/")).await;
    browser.sees("One key, many doors").await;
    gallery.look(&browser, "home").await;

    browser.open(&RelyingParty::demo_web(&server).authorization_url("openid", "")).await;
    browser.sees("to continue to Demo web application").await;
    gallery.look(&browser, "login").await;
    browser.sign_in("alice", "looking-glass").await;
    browser.sees("The username or password is not right.").await;
    gallery.look(&browser, "login-error").await;

    let unregistered = RelyingParty::new(&server, "demo-web", "https://evil.example/callback").authorization_url("openid", "");
    browser.open(&unregistered).await;
    browser.sees("This did not work").await;
    gallery.look(&browser, "error").await;

    browser.open(&server.url("/logout")).await;
    browser.sees("You are signed out.").await;
    gallery.look(&browser, "signed-out").await;
    browser.close().await;
}

#[tokio::test]
async fn of_the_pages_for_developers() {
    let gallery = Gallery::new();
    let server = TestServer::start_showing_why().await;
    let browser = Chromium::start().await;
    browser.excuse("Failed to load resource: the server responded with a status of 400");
    let unregistered = RelyingParty::new(&server, "demo-web", "http://localhost:3000/calback").authorization_url("openid", "");
    browser.open(&unregistered).await;
    browser.sees("Send one of the registered URIs character by character").await;
    gallery.look(&browser, "error-explained").await;

    let trace_id = browser.script("return document.querySelector('#trace-id').textContent").await;
    browser.open(&server.url(&format!("/why/{}", trace_id.as_str().unwrap()))).await;
    browser.sees("GET /authorize was refused: invalid_request (status 400).").await;
    gallery.look(&browser, "why").await;
    browser.close().await;
}

#[tokio::test]
async fn of_the_documentation() {
    let gallery = Gallery::of_others();
    let server = TestServer::start_documented().await;
    let browser = Chromium::start().await;
    browser.open(&server.url("/docs")).await;
    browser.sees("List the clients").await;
    gallery.look(&browser, "docs").await;
    browser.close().await;
}

#[tokio::test]
async fn of_the_pages_on_the_way_to_a_stranger() {
    let gallery = Gallery::new();
    let server = TestServer::start_registering(open()).await;
    let browser = Chromium::start().await;
    browser.excuse("Failed to load resource: the server responded with a status of 400");
    let stranger = Registrant::new(&server, &plain_and(json!({"client_name": "Looking Glass"}))).await.relying_party();
    browser.open(&stranger.authorization_url("openid", "prompt=evil")).await;
    browser.sees("Continue to stranger.example").await;
    gallery.look(&browser, "onward").await;
    browser.open(&stranger.authorization_url("openid", "response_mode=form_post&request=x")).await;
    browser.sees("Continue to stranger.example").await;
    gallery.look(&browser, "onward-by-form").await;

    browser.open(&stranger.authorization_url("openid profile items:read", "")).await;
    browser.sign_in("alice", "wonderland").await;
    browser.sees("nobody who runs this server has looked at it").await;
    gallery.look(&browser, "consent-stranger").await;
    browser.close().await;
}

#[tokio::test]
async fn of_the_pages_on_the_way_to_a_client() {
    let gallery = Gallery::new();
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    register_web_client(&server, "roses", "The Rose Garden", "https://roses.example/callback").await;
    let long = "A-client-that-was-given-a-name-that-nobody-would-want-to-read-let-alone-to-break";
    register_web_client(&server, "long", long, "https://an-address.that-goes-on-and-on-and-on-and-on-and-on-and-on.example/callback").await;
    let roses = RelyingParty::new(&server, "roses:roses-secret", "https://roses.example/callback");
    browser.open(&roses.authorization_url("openid profile items:read", "")).await;
    browser.sign_in("alice", "wonderland").await;
    browser.sees("You then return to roses.example.").await;
    gallery.look(&browser, "consent").await;

    browser.open(&RelyingParty::demo_web(&server).authorization_url(EVERYTHING, "")).await;
    browser.sees("Any program on this device could be waiting there.").await;
    gallery.look(&browser, "consent-device").await;

    let redirect_uri = "https://an-address.that-goes-on-and-on-and-on-and-on-and-on-and-on.example/callback";
    browser.open(&RelyingParty::new(&server, "long:long-secret", redirect_uri).authorization_url(EVERYTHING, "")).await;
    browser.sees(long).await;
    gallery.look(&browser, "consent-long").await;

    browser.open(&RelyingParty::demo_web(&server).authorization_url("openid", "response_mode=form_post")).await;
    browser.sees("Allow Demo web application?").await;
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    browser.press("Allow").await;
    browser.sees("Returning to the application").await;
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": false })).await;
    gallery.look(&browser, "form-post").await;
    browser.close().await;
}

#[tokio::test]
async fn of_a_client_that_says_who_it_is() {
    let gallery = Gallery::new();
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    let host = KeyHost::start(Publishes::File("image/png", include_bytes!("rose.png").to_vec())).await;
    register_web_client(&server, "roses", "The Rose Garden", "https://roses.example/callback").await;
    let members = json!({
        "logo_uri": host.url,
        "client_uri": "https://roses.example/",
        "policy_uri": "https://roses.example/privacy",
        "tos_uri": "https://roses.example/terms",
    });
    let id = ClientId::parse("roses").unwrap();
    server.server.patch_client(Reach::Everything, &id, &Expected::Anything, &members).await.unwrap().unwrap();
    let roses = RelyingParty::new(&server, "roses:roses-secret", "https://roses.example/callback");
    browser.open(&roses.authorization_url("openid profile items:read", "")).await;
    browser.sees("Terms of service").await;
    assert_eq!(browser.script("return document.querySelector('#client-logo').naturalWidth").await, 128, "it comes with the page");
    gallery.look(&browser, "login-client").await;
    browser.sign_in("alice", "wonderland").await;
    browser.sees("You then return to roses.example.").await;
    gallery.look(&browser, "consent-client").await;
    browser.close().await;
}

#[tokio::test]
async fn of_the_pages_for_who_is_signed_in() {
    let gallery = Gallery::new();
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    browser.excuse("Failed to load resource: the server responded with a status of 400");
    register_web_client(&server, "roses", "The Rose Garden", "https://roses.example/callback").await;
    let roses = RelyingParty::new(&server, "roses:roses-secret", "https://roses.example/callback");
    roses.sign_in(&mut Browser::new(&server), "openid profile items:read").await;
    let mut elsewhere = Browser::new(&server).called(FIREFOX_ON_WINDOWS);
    RelyingParty::demo_spa(&server).sign_in(&mut elsewhere, EVERYTHING).await;

    browser.open(&server.url("/login")).await;
    browser.sees("Sign in").await;
    gallery.look(&browser, "login-own").await;
    browser.sign_in("alice", "wonderland").await;
    browser.sees("The Rose Garden").await;
    gallery.look(&browser, "account").await;
    browser.press("End the session: Firefox on Windows, 127.0.0.1").await;
    browser.sees("The session has ended.").await;
    gallery.look(&browser, "account-notice").await;
    browser.fill_in("Current password", "wrong").await;
    browser.fill_in("New password", "through-the-looking-glass").await;
    browser.fill_in("New password, once more", "through-the-looking-glass").await;
    browser.press("Change password").await;
    browser.sees("The current password is not right.").await;
    gallery.look(&browser, "account-error").await;

    browser.open(&server.url("/")).await;
    browser.sees("You are signed in as Alice Liddell.").await;
    gallery.look(&browser, "home-signed-in").await;
    browser.press("Sign out").await;
    browser.sees("Sign out?").await;
    gallery.look(&browser, "logout").await;
    browser.open(&server.url("/logout?client_id=demo-spa")).await;
    browser.sees("Demo browser application asks to sign you out.").await;
    gallery.look(&browser, "logout-client").await;
    browser.close().await;
}

#[tokio::test]
async fn of_the_end_of_a_sign_out() {
    let gallery = Gallery::new();
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    browser.excuse("net::ERR_NAME_NOT_RESOLVED");
    let long = "A-client-that-was-given-a-name-that-nobody-would-want-to-read-let-alone-to-break";
    for (id, name) in [("roses", "The Rose Garden"), ("tea", "The Mad Tea-Party"), ("long", long)] {
        let (callback, page) = (format!("https://{id}.example/callback"), LogoutUri::parse(&format!("https://{id}.example/bye")).ok());
        register_web_client(&server, id, name, &callback).await;
        let id = ClientId::parse(id).unwrap();
        let metadata = |metadata: ClientMetadata| {
            let frontchannel_logout_uri = page.as_ref().map(ToString::to_string);
            Ok(ClientMetadata { frontchannel_logout_uri, first_party: true, ..metadata })
        };
        server.server.change_client(&id, &Expected::Anything, metadata).await.unwrap().unwrap();
    }
    browser.open(&server.url("/account")).await;
    browser.sign_in("alice", "wonderland").await;
    browser.sees("Where you are signed in").await;
    for (client, callback) in [
        ("roses:roses-secret", "https://roses.example/callback"),
        ("tea:tea-secret", "https://tea.example/callback"),
        ("long:long-secret", "https://long.example/callback"),
    ] {
        let url = RelyingParty::new(&server, client, callback).authorization_url("openid", "");
        // It comes back to a site that is not to be found, which is no matter here.
        browser.open_in_vain(&url).await;
    }
    browser.open(&server.url("/logout?client_id=demo-spa&post_logout_redirect_uri=http://localhost:5173/")).await;
    browser.sees("Demo browser application asks to sign you out.").await;
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    browser.press("Sign out").await;
    browser.sees("These applications are signing you out, too:").await;
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": false })).await;
    gallery.look(&browser, "signed-out-told").await;
    browser.close().await;
}

#[tokio::test]
async fn of_other_ways_to_sign_in() {
    let gallery = Gallery::new();
    let octo = Octo::start().await;
    let company = json!({"name": "company", "display_name": "The Looking-Glass Company of Oxford and Llandudno"});
    let two = vec![provider("github", &octo.url, &json!({})), provider("github", &octo.url, &company)];
    let server = TestServer::start_with_providers(two).await;
    let browser = Chromium::start().await;
    browser.excuse("Failed to load resource: the server responded with a status of 400");
    browser.open(&RelyingParty::demo_web(&server).authorization_url("openid", "")).await;
    browser.sees("Continue with GitHub").await;
    gallery.look(&browser, "login-providers").await;
    browser.press("Continue with GitHub").await;
    browser.press("Cancel").await;
    browser.sees("GitHub says that you turned back.").await;
    gallery.look(&browser, "login-provider-error").await;
    browser.press("Continue with GitHub").await;
    browser.press("Authorize").await;
    browser.sees("Signed in as monalisa octocat").await;
    browser.open(&server.url("/login?again=1")).await;
    browser.sees("Please sign in again first.").await;
    gallery.look(&browser, "login-again").await;
    browser.open(&server.url("/account")).await;
    browser.sees("It is the only way into your account").await;
    gallery.look(&browser, "account-provider-only").await;
    browser.press("Link The Looking-Glass Company of Oxford and Llandudno").await;
    browser.press("Cancel").await;
    browser.sees("says that you turned back").await;
    gallery.look(&browser, "account-provider-error").await;
    browser.press("Link The Looking-Glass Company of Oxford and Llandudno").await;
    browser.press("Authorize").await;
    browser.sees("It is linked").await;
    gallery.look(&browser, "account-providers").await;
    browser.close().await;
}

#[tokio::test]
async fn of_api_keys() {
    let gallery = Gallery::new();
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    browser.excuse("Failed to load resource: the server responded with a status of 400");
    let long = "Whatever-it-is-that-somebody-calls-a-key-without-any-thought-for-who-has-to-read-it";
    for (name, scope, days) in [("Inventory", "items:read items:write", 365), (long, EVERY_OWN_SCOPE, 90), ("Ended", "items:read", 1)] {
        let expires_at = Some(server.clock.now() + Duration::from_hours(24 * days));
        let new = NewApiKey {
            name: name.to_owned(),
            user: Some("alice".to_owned()),
            scope: scope.to_owned(),
            expires_at,
            ..NewApiKey::default()
        };
        let made = server.server.add_api_key(Reach::Everything, &new).await.unwrap().unwrap();
        if days == 365 {
            server.introspect(made.secret.reveal()).await;
        }
    }
    server.clock.advance(Duration::from_hours(24));
    browser.open(&server.url("/account")).await;
    browser.sign_in("alice", "wonderland").await;
    browser.sees("Ended").await;
    gallery.look(&browser, "account-keys").await;
    browser.fill_in("Name of the key", "The nightly import").await;
    browser.press("Make the key").await;
    browser.sees("Choose what the key is for.").await;
    gallery.look(&browser, "account-key-error").await;
    browser.click("[name='scope:items:read']").await;
    browser.press("Make the key").await;
    browser.sees("It is shown this once").await;
    gallery.look(&browser, "account-key-made").await;
    browser.close().await;
}

#[tokio::test]
async fn of_an_account_without_anything() {
    let gallery = Gallery::new();
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    browser.open(&server.url("/account")).await;
    browser.sign_in("bob", "builder").await;
    browser.sees("None. An application appears here").await;
    gallery.look(&browser, "account-bare").await;
    browser.close().await;
}
