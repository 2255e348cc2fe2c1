//! `claviger apply` and `claviger export`: what a file says is what there is, on both databases, also beside a server that runs.

use std::fs;

use claviger::protocol::token::TokenHash;
use tokio::runtime::Handle;

use crate::binary::program::{Outcome, Site, eventually};
use crate::database::{Database, on_both_databases};

const CONFIG: [&str; 2] = ["--config", "claviger.toml"];
pub const SECRET: &str = "the secret of the importer, which is long";
const OTHER: &str = "the next secret of the importer, also long";
const PASSWORD: &str = "correct horse battery staple";

/// A machine, an API for it, and a person.
fn orders(secret: &str, password: &str) -> String {
    format!(
        "[[client]]\nclient_id = \"importer\"\nclient_name = \"Importer\"\ngrant_types = [\"client_credentials\"]\nscope = \"orders:read\"\n\
         {secret}\n[[api]]\nidentifier = \"{{issuer}}/orders\"\nname = \"Orders\"\nintrospectors = [\"importer\"]\n\
         scopes = [{{ name = \"orders:read\", description = \"see orders\" }}]\n\
         [[user]]\nusername = \"carol\"\nroles = [\"editor\"]\nclaims = {{ name = \"Carol\" }}\n{password}\n"
    )
}

pub fn given(secret: &str) -> String {
    orders(&format!("client_secret = \"{secret}\""), &format!("password = \"{PASSWORD}\""))
}

impl Site {
    /// A configured server, whose database is there.
    pub fn migrated() -> Self {
        let site = Self::configured();
        site.succeed(&["migrate", "--config", "claviger.toml"]);
        site
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Applies `text` with these flags.
    pub fn apply(&self, text: &str, flags: &[&str]) -> Outcome {
        self.write("orders.toml", text);
        self.run(&[&["apply", "orders.toml"], flags, &CONFIG].concat())
    }

    pub fn export(&self) -> String {
        self.succeed(&[&["export"][..], &CONFIG].concat())
    }
}

/// The secret that was shown for a client.
fn secret_in(said: &str) -> String {
    let line = said.lines().find(|line| line.contains("shown this once: ")).unwrap_or_else(|| panic!("{said}"));
    line.rsplit(' ').next().unwrap().to_owned()
}

fn assert_hides(text: &str, secrets: &[&str]) {
    for secret in secrets {
        assert!(!text.contains(secret) && !text.contains(TokenHash::of(secret).as_str()), "{text}");
    }
    assert!(!text.contains("$argon2"), "{text}");
}

#[test]
fn a_file_is_shown_then_made_true_then_left() {
    let site = Site::migrated();
    let empty = site.export();
    let planned = site.apply(&given(SECRET), &["--dry-run"]);
    assert_eq!(planned.code, Some(2), "{planned:?}");
    let expected = format!(
        "+ client importer\n    client_name: \"Importer\"\n    grant_types: [\"client_credentials\"]\n    scope: [\"orders:read\"]\n    \
         client_secret: as given\n\
         + api {}/orders\n    name: \"Orders\"\n    scopes: {{ name = \"orders:read\", description = \"see orders\" }}\n    \
         introspectors: [\"importer\"]\n\
         + user carol\n    claims.name: \"Carol\"\n    roles: [\"editor\"]\n    password: as given\n\
         3 to add, 0 to change, 0 to delete. Nothing is changed yet.\n",
        site.issuer
    );
    assert_eq!((planned.stdout.as_str(), planned.stderr.as_str()), (expected.as_str(), ""));
    assert_eq!(site.export(), empty, "a dry run changes nothing");

    let done = site.apply(&given(SECRET), &[]).succeeded();
    assert_eq!(done, expected.replace("3 to add, 0 to change, 0 to delete. Nothing is changed yet.", "3 added, 0 changed, 0 deleted."));
    for flags in [&[][..], &["--dry-run"], &["--prune"]] {
        let again = site.apply(&given(SECRET), flags);
        assert_eq!((again.code, again.stdout.as_str(), again.stderr.as_str()), (Some(0), "Nothing to change.\n", ""));
    }

    let changed = given(SECRET).replace("Importer", "Robot").replace("[\"editor\"]", "[]").replace("see orders", "see all orders");
    let planned_change = site.apply(&changed, &["--dry-run"]);
    let expected = format!(
        "~ client importer\n    client_name: \"Importer\" → \"Robot\"\n\
         ~ api {}/orders\n    scopes[orders:read].description: \"see orders\" → \"see all orders\"\n\
         ~ user carol\n    roles: - \"editor\"\n0 to add, 3 to change, 0 to delete. Nothing is changed yet.\n",
        site.issuer
    );
    assert_eq!((planned_change.code, planned_change.stdout.as_str()), (Some(2), expected.as_str()));
    let changed_now = site.apply(&changed, &[]);
    assert!(changed_now.stdout.ends_with("0 added, 3 changed, 0 deleted.\n"), "{changed_now:?}");
    let last = site.apply(&changed, &[]);
    assert_eq!((last.code, last.stdout.as_str()), (Some(0), "Nothing to change.\n"));
    assert_hides(&format!("{planned:?}{done}{planned_change:?}{changed_now:?}{last:?}"), &[SECRET, PASSWORD]);
}

#[test]
fn every_problem_is_said_at_once_and_nothing_is_changed() {
    let site = Site::migrated();
    let before = site.export();
    let text = given("short").replace("\"orders:read\", description", "\"users:read\", description").replace("carol", "two words")
        + "[[client]]\nclient_id = \"shop\"\nclient_name = \"Shop\"\nredirect_uris = [\"http://shop.example/cb\"]\ncolour = \"red\"\n\
           [[peple]]\nusername = \"x\"\n[[client]]\nclient_id = \"shop\"\nclient_name = \"Again\"\ngrant_types = []\n";
    for flags in [&[][..], &["--dry-run"], &["--prune"]] {
        let said = site.apply(&text, flags).failed();
        let problems: Vec<&str> = said.lines().map(|line| line.trim_start_matches("claviger: ")).collect();
        let expected = [
            "orders.toml: peple: is not known here; there are [[attribute]], [[group]], [[client]], [[api]], [[user]] and [[provider]]"
                .to_owned(),
            "orders.toml: client[0] \"importer\": client_secret: must have at least 32 characters; leave it out, and one is generated"
                .to_owned(),
            "orders.toml: client[1] \"shop\": colour: unknown field `colour`, expected one of ".to_owned(),
            "orders.toml: client[1] \"shop\": redirect_uris[0]: must use https; http is for loopback hosts only".to_owned(),
            "orders.toml: client[2] \"shop\": client_id: is that of client[1] already".to_owned(),
            format!("orders.toml: api[0] \"{}/orders\": scopes[0].name: users:read is taken", site.issuer),
            "orders.toml: user[0] \"two words\": username: must have 1 to 128 characters and no white space".to_owned(),
        ];
        assert_eq!(problems.len(), expected.len(), "{said}");
        for (problem, expected) in problems.iter().zip(&expected) {
            assert!(problem.starts_with(expected), "{problem} is not {expected}");
        }
        assert_hides(&said, &["short", PASSWORD]);
    }
    assert_eq!(site.export(), before);

    let said = site.apply("[[client]]\nclient_secret = \"hunter2\n", &[]).failed();
    assert!(said.starts_with("claviger: orders.toml: line 2, column ") && !said.contains("hunter2"), "{said}");
    let said = site.run(&[&["apply", "absent.toml"][..], &CONFIG].concat()).failed();
    assert!(said.starts_with("claviger: absent.toml can't be read: "), "{said}");
}

#[test]
fn secrets_come_from_files_beside_the_file() {
    let site = Site::migrated();
    fs::create_dir(site.path("deep")).unwrap();
    let text = orders("client_secret_file = \"importer.secret\"", "password_file = \"../carol.password\"");
    site.write("deep/orders.toml", &text);
    let apply = [&["apply", "deep/orders.toml"][..], &CONFIG].concat();
    site.write("carol.password", "");
    let said = site.run(&apply).failed();
    for part in
        ["client_secret_file: deep/importer.secret can't be read: ", "password_file: deep/../carol.password has nothing in its first line"]
    {
        assert!(said.contains(part), "{said}");
    }
    site.write("deep/importer.secret", &format!("{SECRET}\nand a note\n"));
    site.write("carol.password", &format!("{PASSWORD}\r\n"));
    site.succeed(&apply);
    assert_eq!(site.apply(&given(SECRET), &[]).succeeded(), "Nothing to change.\n", "they are the same as in the text");
}

on_both_databases!(
    what_is_the_same_is_kept_and_what_is_not_is_changed,
    several_at_once_beside_a_server_corrupt_nothing,
    a_failure_half_way_says_what_is_done
);

/// Tells a story that waits for commands, on a thread where it may.
async fn tell(database: Database, story: impl AsyncFnOnce(&Database) + Send + 'static) {
    let here = Handle::current();
    tokio::task::spawn_blocking(move || here.block_on(story(&database))).await.unwrap();
}

async fn what_is_the_same_is_kept_and_what_is_not_is_changed(database: Database) {
    tell(database, kept_and_changed).await;
}

async fn kept_and_changed(database: &Database) {
    let site = Site::configured();
    site.configure(&database.url, "");
    let stored = async || {
        let carol = database.store.users().list().await.unwrap().pop().unwrap();
        let secrets = database.store.clients().list().await.unwrap().pop().unwrap().secrets;
        (carol.password.unwrap().as_phc().to_owned(), secrets.into_iter().map(|secret| secret.hash).collect::<Vec<_>>())
    };
    site.apply(&given(SECRET), &[]).succeeded();
    let first = stored().await;
    assert!(first.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", first.0);
    assert_eq!(first.1, [TokenHash::of(SECRET)]);

    site.apply(&given(SECRET).replace("Carol", "Carol Carroll"), &[]).succeeded();
    let hashed = orders("", &format!("password_hash = \"{}\"", first.0));
    assert_eq!(site.apply(&hashed.replace("Carol", "Carol Carroll"), &[]).succeeded(), "Nothing to change.\n");
    assert_eq!(stored().await, first, "not hashed anew");

    let said = site.apply(&given(OTHER).replace(PASSWORD, "another horse"), &[]).succeeded();
    assert!(said.contains("    client_secret: another one is added; the newest so far stays alive beside it\n"), "{said}");
    assert!(said.contains("    password: another one; their sessions and tokens end\n"), "{said}");
    assert_hides(&said, &[SECRET, OTHER, PASSWORD, "another horse"]);
    let second = stored().await;
    assert_ne!(second.0, first.0);
    assert_eq!(second.1, [TokenHash::of(SECRET), TokenHash::of(OTHER)], "two are alive");
    for same in [SECRET, OTHER] {
        assert_eq!(site.apply(&given(same).replace(PASSWORD, "another horse"), &[]).succeeded(), "Nothing to change.\n");
    }
    let third = "the third secret of the importer, long too";
    site.apply(&given(third).replace(PASSWORD, "another horse"), &[]).succeeded();
    assert_eq!(stored().await.1, [TokenHash::of(OTHER), TokenHash::of(third)], "the oldest died");

    let public = orders("token_endpoint_auth_method = \"none\"", "").replace("\"client_credentials\"", "");
    let said = site.apply(&public, &[]).succeeded();
    assert!(said.contains("    client_secret: withdrawn\n"), "{said}");
    assert_eq!(stored().await.1, []);
    let generated = secret_in(&site.apply(&orders("", ""), &[]).succeeded());
    assert_eq!(stored().await.1, [TokenHash::of(&generated)]);
    assert_eq!(stored().await.0, second.0, "a password that is not given stays");
}

#[test]
fn a_hash_that_is_cheap_is_refused_and_another_one_taken_with_a_note() {
    let site = Site::migrated();
    // The password is "password": a test vector of the reference implementation.
    let hash = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let text = orders("", &format!("password_hash = \"{hash}\""));
    let said = site.apply(&text, &[]).failed();
    assert!(said.starts_with("claviger: orders.toml: user[0] \"carol\": password_hash: is cheaper to guess than OWASP's least"), "{said}");
    assert_hides(&said, &[hash]);
    let weak = ["--allow-weak-secrets"];
    let outcome = site.apply(&text, &weak);
    for told in [
        "WARNING: let in although it is weak: user[0] \"carol\": password_hash",
        "note: orders.toml: user[0] \"carol\": password_hash is not as",
    ] {
        assert!(outcome.stderr.contains(told), "{outcome:?}");
    }
    assert_hides(&format!("{outcome:?}"), &[hash]);
    assert_eq!(site.apply(&text, &weak).succeeded(), "Nothing to change.\n");

    // Costly enough, and yet renewed: its salt is short.
    let text = text.replace("m=256", "m=19456");
    let outcome = site.apply(&text, &[]);
    assert!(
        outcome.stderr.starts_with("claviger: note: orders.toml: user[0] \"carol\": password_hash is not as this server would"),
        "{outcome:?}"
    );
    outcome.succeeded();
    let outcome = site.apply(&text, &[]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), "Nothing to change.\n"));
}

#[test]
fn what_is_exported_changes_nothing_here_and_makes_the_same_elsewhere() {
    let here = Site::migrated();
    let more = "[[client]]\nclient_id = \"docs\"\nclient_name = \"Docs\"\nredirect_uris = [\"{issuer}/docs/callback\", \"https://x.example\"]\n\
                token_endpoint_auth_method = \"none\"\nlifetimes = { access_token = 120 }\ncors_origins = [\"https://x.example\"]\n\
                [[user]]\nusername = \"dora\"\nclaims = { address = {} }\n\
                [[client]]\nclient_id = \"signer\"\nclient_name = \"Signer\"\ngrant_types = [\"client_credentials\"]\n\
                token_endpoint_auth_method = \"private_key_jwt\"\nassertion_audience = \"issuer_or_token_endpoint\"\n\
                jwks = { keys = [{ kty = \"OKP\", crv = \"Ed25519\", x = \"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\" }] }\n";
    here.apply(&(given(SECRET) + more), &[]).succeeded();
    let exported = here.export();
    assert_hides(&exported, &[SECRET, PASSWORD]);
    assert!(
        exported.starts_with(&format!("# Clients, APIs, people, groups, attributes and other identity providers of {}, ", here.issuer)),
        "{exported}"
    );
    let docs = "[[client]]\nclient_id = \"docs\"\nclient_name = \"Docs\"\ntoken_endpoint_auth_method = \"none\"\nredirect_uris = [\n    \
                \"{issuer}/docs/callback\",\n    \"https://x.example\",\n]\ncors_origins = [\"https://x.example\"]\n\n\
                [client.lifetimes]\naccess_token = 120\n";
    assert!(exported.contains(docs), "{exported}");
    for flags in [&["apply", "-"][..], &["apply", "-", "--prune"]] {
        let outcome = here.run_with(&[flags, &CONFIG].concat(), &[], &exported);
        assert_eq!((outcome.code, outcome.stdout.as_str(), outcome.stderr.as_str()), (Some(0), "Nothing to change.\n", ""));
    }

    let there = Site::migrated();
    let said = there.apply(&exported, &[]).succeeded();
    assert!(secret_in(&said).starts_with("clv_cs_"), "{said}");
    assert!(said.contains("    password: none: they can't sign in with one\n"), "{said}");
    assert_eq!(said.matches("shown this once").count(), 1, "a client that is public or has keys has no secret: {said}");
    assert_eq!(there.export().replace(&there.issuer, &here.issuer), exported);
    let id = format!("redirect_uris: [\"{}/docs/callback\", ", there.issuer);
    assert!(said.contains(&id), "{said}");
}

async fn a_failure_half_way_says_what_is_done(database: Database) {
    tell(database, half_way).await;
}

async fn half_way(database: &Database) {
    let site = Site::configured();
    site.configure(&database.url, "");
    let no_more_people = if database.url.starts_with("sqlite") {
        "CREATE TRIGGER no_more_people BEFORE INSERT ON account BEGIN SELECT RAISE(ABORT, 'no more people'); END"
    } else {
        "ALTER TABLE account ADD CONSTRAINT no_more_people CHECK (username <> 'carol')"
    };
    database.execute(no_more_people).await;
    let outcome = site.apply(&given(SECRET), &[]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stdout.starts_with("+ client importer\n") && !outcome.stdout.contains("+ user"), "{outcome:?}");
    assert!(outcome.stderr.starts_with("claviger: the store failed: "), "{outcome:?}");
    assert!(outcome.stderr.ends_with("\nIt stopped there; what is listed above is done.\n"), "{outcome:?}");
}

async fn several_at_once_beside_a_server_corrupt_nothing(database: Database) {
    tell(database, at_once).await;
}

async fn at_once(database: &Database) {
    let site = Site::configured();
    site.configure(&database.url, "");
    let _running = site.serve().await;
    let apply = |text: &str| -> Vec<Outcome> {
        site.write("orders.toml", text);
        let one = || site.run(&[&["apply", "orders.toml"][..], &CONFIG].concat());
        let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
            let running: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(outcomes.iter().all(|outcome| outcome.code == Some(0)), "{outcomes:?}");
        outcomes
    };
    let how_many = |outcomes: &[Outcome], say: &str| outcomes.iter().filter(|outcome| outcome.stdout.contains(say)).count();

    // Far more changes than one of them may lose races in a row.
    let machine =
        |number: usize| format!("[[client]]\nclient_id = \"m{number:02}\"\nclient_name = \"M\"\ngrant_types = [\"client_credentials\"]\n");
    let outcomes = apply(&(given(SECRET) + &(0..30).map(machine).collect::<String>()));
    let machines = (0..30).map(|number| format!("+ client m{number:02}\n"));
    for added in ["+ client importer\n", "+ api ", "+ user carol\n"].map(str::to_owned).into_iter().chain(machines) {
        assert_eq!(how_many(&outcomes, &added), 1, "{added}: {outcomes:?}");
    }
    let token = eventually("the new client to get its token", async || {
        let answer = site.machine_token(&format!("importer:{SECRET}")).await;
        (answer.status == 200).then(|| answer.json()["access_token"].as_str().unwrap().to_owned())
    })
    .await;
    let said = site.post("/introspect", Some(&format!("importer:{SECRET}")), &[("token", &token)]).await.json();
    assert_eq!(said["active"], true, "{said}");

    let outcomes = apply(&given(OTHER));
    assert_eq!(how_many(&outcomes, "client_secret: another one is added"), 1, "{outcomes:?}");
    let next = format!("importer:{OTHER}");
    eventually("the next secret to work", async || (site.machine_token(&next).await.status == 200).then_some(())).await;
    assert_eq!(site.machine_token(&format!("importer:{SECRET}")).await.status, 200, "the one before stays alive");
    assert_eq!(how_many(&apply(&given(OTHER)), "Nothing to change."), 4);
}

#[tokio::test]
async fn the_demo_file_is_for_dev_and_elsewhere_only_on_request() {
    let demo = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/demo.toml")).unwrap();
    let site = Site::migrated();
    let said = site.apply(&demo, &[]).failed();
    for refused in ["client[0] \"demo-web\": client_secret: ", "client[4] \"demo-m2m\": client_secret: ", "user[1] \"bob\": password: "] {
        assert!(said.contains(refused), "{said}");
    }
    let outcome = site.apply(&demo, &["--allow-weak-secrets"]);
    assert!(outcome.stderr.starts_with("claviger: WARNING: --allow-weak-secrets lets in client secrets"), "{outcome:?}");
    let let_in = outcome.stderr.lines().filter(|line| line.contains("let in although it is weak: ")).count();
    assert_eq!(let_in, 4, "three secrets and bob's password: {outcome:?}");
    assert_hides(&outcome.stderr, &["demo-web-secret", "builder"]);
    assert!(outcome.succeeded().ends_with("12 added, 0 changed, 0 deleted.\n"));
    let _running = site.serve().await;
    assert_eq!(site.machine_token("demo-m2m:demo-m2m-secret").await.status, 200);

    let dev = Site::new();
    let _running = dev.dev_with_keys().await;
    dev.write("demo.toml", &demo);
    let outcome = dev.run(&["apply", "demo.toml", "--data", "data"]);
    assert_eq!((outcome.code, outcome.stdout.as_str(), outcome.stderr.as_str()), (Some(0), "Nothing to change.\n", ""));
}

#[tokio::test]
async fn dev_keeps_what_its_developer_changed_and_mends_its_own_url() {
    let site = Site::new();
    let running = site.dev_with_keys().await;
    let data = ["--data", "data"];
    site.succeed(&[&["clients", "disable", "demo-m2m"][..], &data].concat());
    site.succeed(&[&["users", "delete", "bob"][..], &data].concat());
    let docs = site.succeed(&[&["export"][..], &data].concat());
    assert!(docs.contains("\"{issuer}/docs/oauth2-redirect.html\""), "{docs}");
    running.kill();

    let elsewhere = Site::new();
    fs::rename(site.path("data"), elsewhere.path("data")).unwrap();
    let _running = elsewhere.dev().await;
    let shown = elsewhere.succeed(&[&["clients", "show", "claviger-docs"][..], &data].concat());
    assert!(shown.contains(&elsewhere.url("/docs/oauth2-redirect.html")) && !shown.contains(&site.issuer), "{shown}");
    elsewhere.machine_token("demo-m2m:demo-m2m-secret").await.assert_error(401, "invalid_client");
    assert!(elsewhere.succeed(&[&["users", "list"][..], &data].concat()).contains("bob"), "what is missing is added again");
}

#[tokio::test]
async fn managing_before_the_first_start_makes_no_keys() {
    let site = Site::new();
    site.configure("sqlite://claviger.db", "");
    site.succeed(&["migrate", "--config", "claviger.toml"]);
    assert_eq!(site.apply(&given(SECRET), &["--dry-run"]).code, Some(2));
    site.export();
    site.apply(&given(SECRET), &[]).succeeded();
    assert!(!site.path("keys").exists());
    let _running = site.serve().await;
    assert!(site.path("keys/keyring.json").exists());
    assert_eq!(site.machine_token(&format!("importer:{SECRET}")).await.status, 200);
}

/// The file that docs/managing.md shows.
#[test]
fn the_documented_file_works() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/managing.md")).unwrap();
    let example = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let site = Site::migrated();
    site.write("orders.secret", SECRET);
    let outcome = site.apply(example, &[]);
    assert_eq!(outcome.stderr, "", "nothing to warn of");
    let said = outcome.succeeded();
    assert!(said.ends_with("4 added, 0 changed, 0 deleted.\n"), "{said}");
    assert_eq!(site.apply(example, &["--prune"]).succeeded(), "Nothing to change.\n");
}

#[tokio::test]
async fn a_provider_is_declared_changed_and_keeps_its_secret_to_itself() {
    let file = |more: &str| {
        format!("[[provider]]\nname = \"work\"\nkind = \"oidc\"\nissuer = \"https://idp.example\"\nclient_id = \"claviger\"\n{more}\n")
    };
    let site = Site::migrated();
    let missing = site.apply(&file(""), &[]).failed();
    assert!(missing.contains("provider[0] \"work\": client_secret: is missing: a new provider needs it"), "{missing}");
    let wrong = site.apply("[[provider]]\nname = \"m\"\nkind = \"microsoft\"\ntenant = \"common\"\nclient_id = \"x\"\n", &[]).failed();
    assert!(wrong.contains("provider[0] \"m\": tenant: must be one tenant's identifier"), "{wrong}");

    let added = site.apply(&file("client_secret = \"hunter2hunter2\""), &[]).succeeded();
    assert!(added.contains("+ provider work\n") && added.contains("client_secret: as given"), "{added}");
    assert_hides(&added, &["hunter2"]);
    let again = |text: &str| site.apply(text, &[]).succeeded();
    assert_eq!(again(&file("client_secret = \"hunter2hunter2\"")), "Nothing to change.\n");
    assert_eq!(again(&file("")), "Nothing to change.\n", "what is stored stays");
    let changed = again(&file("client_secret = \"hunter3\"\ncreate_accounts = true"));
    assert!(changed.contains("~ provider work\n") && changed.contains("create_accounts: false → true"), "{changed}");
    assert!(changed.contains("client_secret: another one"), "{changed}");
    let exported = site.export();
    assert!(exported.contains("[[provider]]\nname = \"work\"") && exported.contains("create_accounts = true"), "{exported}");
    assert_hides(&exported, &["hunter", "client_secret"]);
    assert_eq!(again(&exported), "Nothing to change.\n");
    let database = fs::read(site.path("claviger.db")).unwrap();
    assert!(!database.windows(7).any(|part| part == b"hunter3"), "it is sealed");

    let pruned = site.apply(&orders("", ""), &["--prune"]).succeeded();
    assert!(pruned.contains("- provider work\n"), "{pruned}");
}

#[test]
fn an_algorithm_that_is_not_offered_is_refused_before_anything_is_changed() {
    let site = Site::configured();
    site.configure("sqlite://claviger.db", "[keys]\nalgorithms = [\"RS256\", \"ES256\"]\n");
    site.succeed(&["migrate", "--config", "claviger.toml"]);
    let file = |algorithm: &str| {
        format!(
            "{}id_token_signed_response_alg = \"{algorithm}\"\nuserinfo_signed_response_alg = \"{algorithm}\"\n",
            orders("", "").split("[[api]]").next().unwrap()
        )
    };
    let refused = site.apply(&file("PS256"), &["--dry-run"]).failed();
    for member in ["id_token", "userinfo"] {
        let problem = format!("client[0] \"importer\": {member}_signed_response_alg: PS256 is not offered here");
        assert!(refused.contains(&problem), "{refused}");
    }
    site.apply(&file("ES256"), &[]).succeeded();
    assert!(site.export().contains("userinfo_signed_response_alg = \"ES256\""));
    site.configure("sqlite://claviger.db", "[keys]\nalgorithms = [\"RS256\"]\n");
    assert_eq!(site.apply(&file("ES256"), &[]).succeeded(), "Nothing to change.\n", "who has it keeps it");
}
