//! `claviger serve`: what it refuses to start with, and that it starts on both databases.

use std::os::unix::fs::PermissionsExt;

use tokio::runtime::Handle;

use crate::actors::{Answer, claims};
use crate::binary::program::Site;
use crate::database::Database;

#[test]
fn every_problem_of_the_configuration_is_reported_at_once() {
    let site = Site::new();
    let text = "issuer = \"http://login.example.com\"\nisuer = \"x\"\n[server]\nlisten = [\"nowhere\"]\nmax_connections = 0\nport = 1\n\
                [database]\nurl = \"mysql://root:hunter2@h/n\"\n[session]\nidle = \"soon\"\n[metrics]\non = true\n";
    std::fs::write(site.path("claviger.toml"), text).unwrap();
    let variables = [("CLAVIGER_KEYS_RSA_BITS", "1024"), ("CLAVIGER_PASWORD_QUEUE", "1"), ("CLAVIGER_LOGIN_WINDOW", "1s")];
    let said = site.run_with(&["serve", "--config", "claviger.toml"], &variables, "").failed();
    for problem in [
        "issuer: must begin with https://",
        "isuer: ",
        "server.listen: ",
        "server.max_connections: must be a whole number from 1 to",
        "server.port: is no setting",
        "database.url: must be sqlite://",
        "session.idle: must be a time",
        "metrics: ",
        "CLAVIGER_KEYS_RSA_BITS: must be one of 2048, 3072, 4096",
        "CLAVIGER_PASWORD_QUEUE: is no setting",
        "CLAVIGER_LOGIN_WINDOW: must be a time",
    ] {
        assert_eq!(said.matches(problem).count(), 1, "{problem} is not in:\n{said}");
    }
    assert_eq!(said.lines().count(), 11, "{said}");
    assert!(!said.contains("hunter2"), "a URL may hold a password");
    assert!(!site.path("keys").exists() && !site.path("claviger.db").exists(), "it touched nothing");
}

#[test]
fn a_file_that_is_none_is_reported() {
    let site = Site::new();
    let said = site.run(&["serve", "--config", "claviger.toml"]).failed();
    assert!(said.contains("claviger.toml: cannot be read"), "{said}");
    std::fs::write(site.path("claviger.toml"), "issuer = https://login.example.com\n").unwrap();
    let said = site.run(&["serve", "--config", "claviger.toml"]).failed();
    assert!(said.contains("claviger.toml") && said.contains("line 1"), "{said}");
    let said = site.run(&["serve"]).failed();
    assert!(said.contains("issuer: is missing") && said.contains("CLAVIGER_ISSUER"), "{said}");
}

#[tokio::test]
async fn there_is_documentation_only_where_the_operator_wants_it() {
    for (more, expected, client) in [
        ("", 404, ""),
        ("[docs]\nenabled = true\n", 200, "data-client-id=\"claviger-docs\""),
        ("[docs]\nenabled = true\nclient_id = \"explorer\"\n", 200, "data-client-id=\"explorer\""),
    ] {
        let site = Site::configured();
        site.configure("sqlite://claviger.db", more);
        site.succeed(&["migrate", "--config", "claviger.toml"]);
        let _running = site.serve().await;
        let answer = Answer::of(site.http.get(site.url("/docs")).send().await.unwrap()).await;
        assert_eq!(answer.status.as_u16(), expected, "{more}");
        assert!(answer.body.contains(client), "{}", answer.body);
    }
}

#[tokio::test]
async fn it_waits_for_migrations_unless_told_to_run_them() {
    let site = Site::configured();
    let said = site.run(&["serve", "--config", "claviger.toml"]).failed();
    assert!(said.contains("the database lacks") && said.contains("claviger migrate"), "{said}");
    let said = site.run(&["users", "list", "--config", "claviger.toml"]).failed();
    assert!(said.contains("claviger migrate"), "{said}");

    let done = site.succeed(&["migrate", "--config", "claviger.toml"]);
    assert!(done.starts_with("applied "), "{done}");
    assert_eq!(site.succeed(&["migrate", "--config", "claviger.toml"]), "The database was up to date.\n");
    let mut running = site.serve().await;
    assert_eq!(site.get("/.well-known/openid-configuration").await.json()["issuer"], site.issuer);
    site.machine_token("demo-m2m:demo-m2m-secret").await.assert_error(401, "invalid_client");
    assert_eq!(site.succeed(&["users", "list", "--config", "claviger.toml"]).trim(), "", "no demo data in production");
    running.terminate();
    assert_eq!(running.exit_code().await, Some(0));

    let told = Site::configured();
    told.configure("sqlite://claviger.db", "migrate_on_start = true\n");
    let _running = told.serve().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_a_registered_machine_gets_its_token() {
    let story = |database: Database| async move {
        let here = Handle::current();
        tokio::task::spawn_blocking(move || here.block_on(from_nothing_to_a_token(&database))).await.unwrap();
    };
    Database::postgres().await.lend(story).await;
}

async fn from_nothing_to_a_token(database: &Database) {
    database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
    let site = Site::configured();
    site.configure(&database.url, "");
    let said = site.run(&["serve", "--config", "claviger.toml"]).failed();
    assert!(said.contains("claviger migrate"), "{said}");
    site.succeed(&["migrate", "--config", "claviger.toml"]);

    let config = ["--config", "claviger.toml"];
    let api = ["apis", "add", "https://api.example.com", "--name", "Orders", "--scope", "orders:read=see your orders"];
    site.succeed(&[&api[..], &config].concat());
    let client = ["clients", "add", "importer", "--name", "Importer", "--grant", "client_credentials", "--scope", "orders:read"];
    let said = site.succeed(&[&client[..], &config].concat());
    let secret = said.trim().rsplit(' ').next().unwrap();

    let mut running = site.serve().await;
    let answer = site.machine_token(&format!("importer:{secret}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let claims = claims(answer.json()["access_token"].as_str().unwrap());
    assert_eq!((&claims["sub"], &claims["aud"]), (&"client:importer".into(), &"https://api.example.com".into()));
    running.terminate();
    assert_eq!(running.exit_code().await, Some(0));
    let log = site.log(&running);
    assert!(!log.contains(secret) && !log.contains("ERROR"), "{log}");
}

#[tokio::test]
async fn a_key_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    let site = Site::configured();
    site.succeed(&["migrate", "--config", "claviger.toml"]);
    let kid = site.succeed(&["keys", "list", "--config", "claviger.toml"]).split(' ').next().unwrap().to_owned();
    let key = site.path(&format!("keys/{kid}.pem"));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let said = site.run(&["serve", "--config", "claviger.toml"]).failed();
    let (_, command) = said.trim().split_once("; run: ").unwrap();
    assert_eq!(command, format!("chmod 600 keys/{kid}.pem"));
    assert!(!said.contains("PRIVATE KEY"), "{said}");
    assert!(site.command("sh").args(["-c", command]).status().unwrap().success());
    let _running = site.serve().await;
}

#[tokio::test]
async fn the_environment_alone_can_configure_a_server() {
    let site = Site::new();
    let secret = site.path("database-url");
    std::fs::write(&secret, "sqlite://elsewhere.db\n").unwrap();
    let variables = [
        ("CLAVIGER_ISSUER", site.issuer.as_str()),
        ("CLAVIGER_DATABASE_URL_FILE", secret.to_str().unwrap()),
        ("CLAVIGER_KEYS_FOLDER", "made"),
    ];
    site.run_with(&["migrate"], &variables, "").succeeded();
    assert!(site.path("elsewhere.db").exists());
    let said = site.run_with(&["users", "list"], &variables, "").succeeded();
    assert_eq!(said.trim(), "");
}
