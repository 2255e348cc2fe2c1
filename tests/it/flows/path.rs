//! An issuer with a path: everything that works without one works below it, and nothing leads out of it.

use std::collections::BTreeSet;

use reqwest::Method;
use reqwest::header::LOCATION;
use serde_json::{Value, json};
use url::Url;

use crate::actors::{Answer, Browser, Page, RelyingParty, TestServer};
use crate::manage::Manager;

const PATH: &str = "/login/tenant-1";

/// What a page leads to, loads or posts to, but for its own parts.
fn addresses(page: &Page) -> BTreeSet<Url> {
    let marks = [" href=\"", " src=\"", " action=\""];
    let found = marks.iter().flat_map(|mark| page.body.split(mark).skip(1)).map(|rest| rest.split('"').next().unwrap());
    found.filter(|address| !address.starts_with('#')).map(|address| page.url.join(&address.replace("&#38;", "&")).unwrap()).collect()
}

/// Asserts that everything on a page is below the issuer, but for `onward`, and that something is there. Returns how much that is.
async fn assert_below(server: &TestServer, page: &Page, onward: Option<&str>) -> usize {
    let mut count = 0;
    for address in addresses(page) {
        if onward.is_some_and(|onward| address.as_str().starts_with(onward)) {
            continue;
        }
        assert!(address.as_str().starts_with(&server.url("/")), "{} leads to {address}", page.url);
        let answer = Answer::of(server.http.get(address.clone()).send().await.unwrap()).await;
        assert!(answer.status != 404 && !answer.status.is_server_error(), "{} leads to {address}: {}", page.url, answer.status);
        count += 1;
    }
    count
}

/// Every URL in a document.
fn urls<'a>(document: &'a Value, found: &mut Vec<&'a str>) {
    match document {
        Value::String(text) if text.contains("://") => found.push(text),
        Value::Array(list) => list.iter().for_each(|value| urls(value, found)),
        Value::Object(members) => members.values().for_each(|value| urls(value, found)),
        _ => {}
    }
}

/// Conformance: 1, 2, 3
#[tokio::test]
async fn alice_signs_in_consents_looks_at_her_account_and_signs_out() {
    let server = TestServer::start_below(PATH).await;
    let (web, mut browser) = (RelyingParty::demo_web(&server), Browser::new(&server));
    let back = browser.log_in_and_consent(&web.authorization_url("openid profile items:read", "nonce=n")).await;
    assert_eq!(back.parameter("iss").as_deref(), Some(server.issuer.as_str()));
    let below = |path: &str| format!("{PATH}{path}");
    assert_eq!(back.trail, [below("/consent"), below("/authorize")]);
    let tokens = web.redeem(&back.code()).await;
    assert_eq!((&tokens.id_claims()["iss"], &tokens.access_claims()["iss"]), (&json!(server.issuer), &json!(server.issuer)));
    assert_eq!(server.userinfo(tokens.access()).await.json()["name"], "Alice Liddell");
    let again = web.refresh(tokens.refresh()).await;
    assert!(server.is_active(again.access()).await);
    let revoked = server.post("/revoke", Some(web.client), &[("token", again.refresh())]).await;
    assert_eq!(revoked.status, 200);
    assert!(!server.is_active(again.access()).await);

    assert!(browser.open(&server.issuer).await.body.contains("Alice Liddell"), "the issuer itself is the start page");
    let account = browser.open("/account").await;
    let removed = browser.submit(&account, &[], "demo-web").await;
    assert_eq!(removed.trail, [below("/account/apps/revoke"), below("/account")]);
    let question = browser.open("/logout").await;
    let gone = browser.submit(&question, &[], "logout-yes").await;
    assert_eq!(gone.trail, [below("/logout"), below("/logout/done")]);
    assert!(
        gone.body.contains("You are signed out.") && browser.cookies.keys().all(|name| name.ends_with("claviger-state")),
        "{:?}",
        browser.cookies
    );
    assert!(browser.open("/account").await.trail.contains(&below("/login")));
}

/// Conformance: 3
#[tokio::test]
async fn every_address_on_every_page_is_below_the_issuer() {
    let server = TestServer::start_below(PATH).await;
    let (web, mut browser) = (RelyingParty::demo_web(&server), Browser::new(&server));
    let mut pages = Vec::new();
    for path in ["", "/", "/login", "/logout", "/check-session", "/docs", "/docs/oauth2-redirect.html", "/authorize?client_id=nobody"] {
        pages.push(browser.open(path).await);
    }
    let consent = browser.log_in(&web.authorization_url("openid items:read", "response_mode=form_post"), "alice", "wonderland").await;
    let posted = browser.submit(&consent, &[], "consent-allow").await;
    assert!(posted.body.contains("Returning to the application"), "{}", posted.body);
    pages.extend([consent, posted]);
    for path in ["/", "/account", "/logout", "/login?again=1"] {
        pages.push(browser.open(path).await);
    }
    let gone = browser.submit(&browser_page(&pages, "logout-yes"), &[], "logout-yes").await;
    assert!(gone.body.contains("You are signed out."), "{}", gone.body);
    pages.push(gone);
    for page in &pages {
        let count = assert_below(&server, page, Some("http://localhost:3000/")).await;
        assert!(count >= 1, "{}: {}", page.url, page.body);
    }
    assert!(pages.iter().any(|page| page.body.contains("error-code")), "an error page is among them");
}

/// Those of the pages that no story above comes to, too.
#[test]
fn no_template_leads_to_an_address_without_the_path() {
    let mut count = 0;
    for folder in ["src/web/templates", "src/pages/templates"] {
        for template in std::fs::read_dir(folder).unwrap() {
            let path = template.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(["href", "src", "action"].iter().all(|name| !text.contains(&format!("{name}=\"/"))), "{}", path.display());
            count += text.matches("=\"{{ root }}").count();
        }
    }
    assert!(count > 20, "{count}");
}

/// The last page with a form that has this button.
fn browser_page(pages: &[Page], button: &str) -> Page {
    let page = pages.iter().rfind(|page| page.body.contains(&format!("name=\"{button}\""))).unwrap();
    Page { url: page.url.clone(), status: page.status, body: page.body.clone(), left: false, trail: Vec::new(), trace_id: String::new() }
}

/// Conformance: 1, 2, 3
#[tokio::test]
async fn every_url_for_machines_is_below_the_issuer() {
    let server = TestServer::start_below(PATH).await;
    let metadata = server.get("/.well-known/openid-configuration").await.json();
    let mut found = Vec::new();
    urls(&metadata, &mut found);
    assert!(found.len() > 8 && found.iter().all(|url| url.starts_with(&server.issuer)), "{found:?}");
    assert_eq!(metadata["registration_endpoint"], server.url("/register"));

    let client = json!({"client_name": "Self", "redirect_uris": ["https://app.example/cb"]});
    let request = server.request(Method::POST, "/register").header("content-type", "application/json").body(client.to_string());
    let registered = Answer::of(request.send().await.unwrap()).await.json();
    let (place, token) =
        (registered["registration_client_uri"].as_str().unwrap(), registered["registration_access_token"].as_str().unwrap());
    assert!(place.starts_with(&server.url("/register/")), "{place}");
    assert_eq!(server.http.get(place).bearer_auth(token).send().await.unwrap().status(), 200);

    let manager = Manager::alice(&server).await;
    let made = manager.post("/groups", &json!({"name": "readers"})).await;
    let place = made.header(LOCATION.as_str()).unwrap_or_else(|| panic!("{}", made.body));
    assert!(place.starts_with(&server.url("/api/v1/groups/")), "{place}");
    assert_eq!(manager.get("/groups/readers").await.status, 200);
}

/// A URL of the document that begins with a slash is one of this host (RFC 3986 §4.2).
#[tokio::test]
async fn the_openapi_document_is_true_below_a_path() {
    let server = TestServer::start_below(PATH).await;
    let document = server.get("/openapi.json").await.json();
    assert_eq!(document["servers"][0]["url"], PATH);
    let schemes = &document["components"]["securitySchemes"];
    let flows = schemes["oauth2"]["flows"].as_object().unwrap().values();
    let of_flows = flows.flat_map(|flow| flow.as_object().unwrap()).filter(|(name, _)| name.ends_with("Url")).map(|(_, url)| url);
    let places: Vec<_> = of_flows.chain([&schemes["openId"]["openIdConnectUrl"]]).map(|url| url.as_str().unwrap()).collect();
    assert!(places.len() > 5, "{places:?}");
    let origin = Url::parse(&server.issuer).unwrap();
    for place in places {
        assert!(place.starts_with(PATH), "{place}");
        assert_ne!(server.http.get(origin.join(place).unwrap()).send().await.unwrap().status(), 404, "{place}");
    }
}
