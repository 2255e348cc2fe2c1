//! `claviger api-keys`, what a running server makes of it, and keys in the query.

use claviger::protocol::api_key::TOKEN_TYPE;
use claviger::protocol::grant::token_exchange::GRANT_TYPE;
use claviger::protocol::token::TokenHash;

use crate::actors::{Answer, claims};
use crate::binary::program::{Site, eventually};

const DATA: [&str; 2] = ["--data", "data"];
const DEMO: &str = include_str!("../../../examples/demo.toml");

fn api_keys(site: &Site, arguments: &[&str], place: [&str; 2]) -> String {
    site.succeed(&[&["api-keys"], arguments, &place].concat())
}

/// The identifier and the key in what `add` says.
fn made(said: &str) -> (String, String) {
    let rest = said.strip_prefix("Made the API key ").unwrap_or_else(|| panic!("{said}"));
    let (id, key) = rest.trim_end().split_once(".\nIt is shown this once: ").unwrap_or_else(|| panic!("{said}"));
    assert!(key.starts_with("clv_key_") && key.len() > 40 && !key.contains(char::is_whitespace), "{said}");
    (id.to_owned(), key.to_owned())
}

async fn exchange(site: &Site, key: &str) -> Answer {
    site.post("/token", None, &[("grant_type", GRANT_TYPE), ("subject_token", key), ("subject_token_type", TOKEN_TYPE)]).await
}

async fn clients_by(site: &Site, key: &str) -> u16 {
    site.http.get(site.url("/api/v1/clients")).header("X-API-Key", key).send().await.unwrap().status().as_u16()
}

/// The line of a key in a list, in words.
fn listed(list: &str, id: &str) -> Option<String> {
    let line = list.lines().find(|line| line.starts_with(id))?;
    Some(line.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[tokio::test]
async fn a_key_is_shown_once_works_on_the_running_server_and_ends_when_it_is_revoked() {
    let site = Site::new();
    let running = site.dev_with_keys().await;
    let add = ["add", "nightly import", "--user", "alice", "--scope", "items:read clients:read", "--days", "30"];
    let (id, key) = made(&api_keys(&site, &add, DATA));
    let before = api_keys(&site, &["list"], DATA);
    let line = listed(&before, &id).unwrap_or_else(|| panic!("{before}"));
    assert!(line.contains(" user:") && line.contains(" clients:read items:read never used nightly import"), "{line}");

    let answer = exchange(&site, &key).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let jwt = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!((&claims(&jwt)["client_id"], &claims(&jwt)["scope"]), (&"claviger-api-key".into(), &"clients:read items:read".into()));
    assert!(site.is_active(&key).await && site.is_active(&jwt).await);
    assert_eq!(clients_by(&site, &key).await, 200);
    let after = api_keys(&site, &["list", "--user", "alice"], DATA);
    assert!(listed(&after, &id).unwrap().contains(" from 127.0.0.1 nightly import"), "{after}");
    assert_eq!(listed(&api_keys(&site, &["list", "--client", "demo-m2m"], DATA), &id), None);

    let (machines, other) = made(&api_keys(&site, &["add", "device", "--client", "demo-m2m", "--scope", "items:read"], DATA));
    assert!(listed(&api_keys(&site, &["list", "--client", "demo-m2m"], DATA), &machines).unwrap().contains(" client:demo-m2m items:read "));

    let revoked = api_keys(&site, &["revoke", &id], DATA);
    assert_eq!(revoked, format!("Revoked the API key {id}.\n"));
    exchange(&site, &key).await.assert_error(400, "invalid_request");
    assert!(!site.is_active(&key).await && !site.is_active(&jwt).await, "what it was traded for ends with it");
    assert_eq!(clients_by(&site, &key).await, 401);
    assert_eq!(exchange(&site, &other).await.status, 200, "the other one is another one");
    let left = api_keys(&site, &["list"], DATA);
    assert!(listed(&left, &id).is_none() && listed(&left, &machines).is_some(), "{left}");
    let again = site.run(&["api-keys", "revoke", &id, "--data", "data"]).failed();
    assert!(again.contains("there is no API key"), "{again}");

    for text in [before, after, left, revoked, site.log(&running), site.stdout(&running)] {
        for key in [&key, &other] {
            assert!(!text.contains(key.as_str()) && !text.contains(TokenHash::of(key).as_str()), "{text}");
        }
    }
}

#[tokio::test]
async fn what_no_key_can_be_is_refused_in_words() {
    let site = Site::new();
    let _running = site.dev_with_keys().await;
    let refused = |arguments: &[&str]| site.run(&[&["api-keys", "add", "x"], arguments, &DATA].concat());
    for (arguments, words) in [
        (&["--scope", "items:read"][..], "user: "),
        (&["--user", "nobody", "--scope", "items:read"], "user: "),
        (&["--client", "nobody", "--scope", "items:read"], "client: "),
        (&["--user", "bob", "--scope", "clients:read"], "scope: "),
        (&["--user", "bob", "--scope", "openid"], "scope: "),
        (&["--user", "bob", "--scope", "items:read", "--days", "0"], "expires_at: "),
    ] {
        let said = refused(arguments).failed();
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    let both = refused(&["--user", "alice", "--client", "demo-m2m", "--scope", "items:read"]);
    assert!(both.code == Some(1) && both.stderr.contains("cannot be used with"), "{both:?}");
    assert_eq!(api_keys(&site, &["list"], DATA).trim(), "");
}

#[tokio::test]
async fn keys_in_the_query_are_warned_of_and_taken() {
    const CONFIG: [&str; 2] = ["--config", "claviger.toml"];
    const WARNING: &str = "api_keys.in_query is on: keys in URLs end up in the logs";
    let site = Site::migrated();
    site.apply(DEMO, &["--allow-weak-secrets"]).succeeded();
    let (_, key) = made(&api_keys(&site, &["add", "sheet", "--user", "alice", "--scope", "clients:read"], CONFIG));
    let clients = async |key: &str| site.get(&format!("/api/v1/clients?api_key={key}")).await.status.as_u16();

    assert!(!site.succeed(&["check", "--config", "claviger.toml"]).contains("in_query"));
    let mut running = site.serve().await;
    assert_eq!(clients(&key).await, 401, "it is off");
    assert!(!site.log(&running).contains("in_query"), "{}", site.log(&running));
    running.terminate();
    assert_eq!(running.exit_code().await, Some(0));

    site.configure("sqlite://claviger.db", "[api_keys]\nin_query = true\n");
    let checked = site.succeed(&["check", "--config", "claviger.toml"]);
    assert!(checked.lines().any(|line| line.starts_with("warning  configuration: ") && line.contains(WARNING)), "{checked}");
    let running = site.serve().await;
    eventually("the warning", async || site.log(&running).contains(WARNING).then_some(())).await;
    assert_eq!((clients(&key).await, clients("clv_key_x").await), (200, 401));
    let text = site.log(&running);
    assert!(!text.contains(&key) && !text.contains("clv_key_"), "{text}");
}
