//! A server as docs/certification.md sets it up for the OpenID Foundation's conformance suite, and what the suite's modules do there first:
//! they register, and have a person sign in.

mod registering;
mod signing_in;
mod suite;

use std::collections::BTreeMap;
use std::fs;

use reqwest::Method;
use serde_json::Value;

use self::suite::Suite;
use crate::actors::Answer;
use crate::binary::program::Running;
use crate::binary::tls::site::Secured;

const CONFIG: [&str; 2] = ["--config", "conformance.toml"];
const PASSWORD: &str = "correct horse battery staple";

/// A server with the files of `examples`, and the suite.
struct Run {
    secured: Secured,
    suite: Suite,
    /// The secrets of the clients with static registration, which were shown when they were made.
    secrets: BTreeMap<String, String>,
    metadata: Value,
    _running: Running,
}

impl Run {
    /// Takes the steps of docs/certification.md.
    async fn start() -> Self {
        let secured = Secured::new();
        let (site, suite) = (&secured.site, Suite::start(&secured.first));
        fs::write(site.path("ca.pem"), secured.authority.pem()).unwrap();
        let config = with_places_of_ours(
            include_str!("../../../examples/conformance.toml"),
            &[
                ("\"https://login.example.com\"", &format!("\"{}\"", site.issuer)),
                ("\"[::]:443\"", &format!("\"127.0.0.1:{}\"", site.port)),
                ("/etc/claviger/fullchain.pem", "cert.pem"),
                ("/etc/claviger/privkey.pem", "key.pem"),
                ("# [outbound]", "[outbound]"),
                ("# ca_file = \"/etc/claviger/suite-ca.pem\"", "ca_file = \"ca.pem\""),
                ("# allowed_private_hosts = [\"suite.example.com\"]", "allowed_private_hosts = [\"localhost\"]"),
            ],
        );
        fs::write(site.path("conformance.toml"), config).unwrap();
        let data = include_str!("../../../examples/conformance-data.toml");
        let data = data.replace("https://www.certification.openid.net/test/a/claviger", &suite.base);
        fs::write(site.path("conformance-data.toml"), data).unwrap();
        site.succeed(&[&["migrate"][..], &CONFIG].concat());
        let said = site.succeed(&[&["apply", "conformance-data.toml"][..], &CONFIG].concat());
        site.run_with(&[&["users", "password", "carol"][..], &CONFIG].concat(), &[], PASSWORD).succeeded();
        site.succeed(&[&["check"][..], &CONFIG].concat());
        let running = site.start(&[&["serve"][..], &CONFIG].concat()).await;
        let metadata = site.get("/.well-known/openid-configuration").await.json();
        Self { suite, secrets: secrets_in(&said), metadata, _running: running, secured }
    }

    async fn ask(&self, method: Method, url: &str, token: Option<&str>, body: Option<&Value>) -> Answer {
        let mut request = self.secured.site.http.request(method, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        Answer::of(request.send().await.unwrap()).await
    }

    fn endpoint(&self, name: &str) -> &str {
        self.metadata[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.metadata))
    }

    fn promised(&self, name: &str) -> Vec<&str> {
        self.metadata[name].as_array().unwrap_or_else(|| panic!("no {name}")).iter().map(|word| word.as_str().unwrap()).collect()
    }
}

/// The text, with what differs from place to place exchanged; each has to be there once.
fn with_places_of_ours(text: &str, places: &[(&str, &str)]) -> String {
    places.iter().fold(text.to_owned(), |text, (theirs, ours)| {
        assert_eq!(text.matches(theirs).count(), 1, "{theirs} in {text}");
        text.replace(theirs, ours)
    })
}

/// What `apply` shows: a line with the client, and further down one with its secret.
fn secrets_in(said: &str) -> BTreeMap<String, String> {
    let (mut client, mut secrets) = (String::new(), BTreeMap::new());
    for line in said.lines() {
        if let Some(added) = line.strip_prefix("+ client ") {
            added.clone_into(&mut client);
        } else if line.contains("shown this once: ") {
            secrets.insert(client.clone(), line.rsplit(' ').next().unwrap().to_owned());
        }
    }
    secrets
}
