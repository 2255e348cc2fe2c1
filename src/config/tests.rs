//! A configuration as an operator meets it.

use super::*;
use std::fs;
use std::time::Duration;

use crate::protocol::jose::SigningAlgorithm;

/// What comes of a file and an environment; in problems the path of the file reads `FILE`.
fn load<T>(file: &str, environment: &[(&str, &str)], then: impl FnOnce(Result<Config, String>) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("claviger.toml");
    fs::write(&path, file).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let loaded = Config::load(Some(&path), environment);
    then(loaded.map_err(|problems| problems.to_string().replace(&path.display().to_string(), "FILE")))
}

fn accepted(file: &str, environment: &[(&str, &str)]) -> Config {
    load(file, environment, Result::unwrap)
}

fn refused(file: &str, environment: &[(&str, &str)]) -> String {
    load(file, environment, Result::unwrap_err)
}

const ISSUER: &str = "issuer = 'https://login.example.com'\n";

#[test]
fn an_issuer_is_enough() {
    let environment = [("CLAVIGER_ISSUER".to_owned(), "https://login.example.com".to_owned())];
    let config = Config::load(None, environment.into_iter()).unwrap();
    assert_eq!(config.issuer.as_str(), "https://login.example.com");
    assert_eq!(config.server.listen, ["127.0.0.1:8080".parse().unwrap()]);
    assert_eq!(config.server.header_timeout, Duration::from_secs(10));
    assert!(config.server.trusted_proxies.is_empty());
    assert!(!config.database.migrate_on_start);
    assert_eq!((config.password.memory_kib, config.password.iterations, config.password.parallelism), (19_456, 2, 1));
    assert_eq!((config.session.idle, config.session.absolute), (Duration::from_hours(8), Duration::from_hours(168)));
    assert_eq!(config.keys.rsa_bits, 2048);
    assert_eq!(config.keys.algorithms, SigningAlgorithm::ALL);
}

#[test]
fn what_clients_may_register_holds_together() {
    let config = accepted(
        &format!(
            "{ISSUER}[registration]\npolicy = 'open'\nresponse_types = ['code', 'token code id_token']\ngrant_types = ['authorization_code', 'implicit']\n"
        ),
        &[],
    );
    let policy = config.registration.policy();
    assert_eq!(
        (policy.response_types.len(), policy.grant_types.len(), policy.scope.to_string()),
        (2, 2, "email openid profile".to_owned())
    );
    assert!(!accepted(ISSUER, &[]).warnings().iter().any(|warning| warning.contains("registration")), "nobody registers unless it is said");
    let environment = [("CLAVIGER_REGISTRATION_RESPONSE_TYPES", "code, code id_token")];
    assert_eq!(
        refused(ISSUER, &environment),
        "registration.response_types: has code id_token, which needs implicit in registration.grant_types"
    );
    let refused = refused(ISSUER, &[("CLAVIGER_REGISTRATION_GRANT_TYPES", "magic"), ("CLAVIGER_REGISTRATION_SCOPE", "a\"b")]);
    assert_eq!(refused.lines().count(), 2, "{refused}");
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = format!("{ISSUER}[server]\nlisten = ['0.0.0.0:1', '[::]:2']\nmax_connections = 5\n[session]\nidle = '90m'\n");
    let config = accepted(&file, &[("CLAVIGER_SERVER_LISTEN", "127.0.0.1:3, [::1]:4"), ("CLAVIGER_SESSION_ABSOLUTE", "7200")]);
    assert_eq!(config.server.listen, ["127.0.0.1:3".parse().unwrap(), "[::1]:4".parse().unwrap()]);
    assert_eq!(config.server.max_connections, 5);
    assert_eq!((config.session.idle, config.session.absolute), (Duration::from_mins(90), Duration::from_hours(2)));
}

#[test]
fn every_problem_is_reported_at_once_and_says_where() {
    let file = "surprise = 1\n[server]\nlisten = ['nowhere']\nmax_connections = 0\n[keys]\nrsa_bits = 1024\ncolour = 'red'\n\
                [sessions]\nidle = 1\n[login]\naccount_failures = 50\naddress_failures = 20\n[log]\nformat = 3\n";
    let environment = [("CLAVIGER_SESSION_IDLE", "soon"), ("CLAVIGER_LOG_COLOUR", "1"), ("HOME", "/"), ("CLAVIGER_TEST_DATABASE", "x")];
    assert_eq!(
        refused(file, &environment).lines().collect::<Vec<_>>(),
        [
            "FILE: issuer: is missing; set it to an https:// URL such as https://login.example.com, here or as CLAVIGER_ISSUER",
            "FILE: server.listen: entry 1 must be an address with a port such as 127.0.0.1:8080 or [::]:8080",
            "FILE: server.max_connections: must be a whole number from 1 to 1000000",
            "FILE: keys.rsa_bits: must be one of 2048, 3072, 4096",
            "CLAVIGER_SESSION_IDLE: must be a time from 1m to 30d, in whole seconds or such as 90s, 10m, 8h, 7d",
            "FILE: log.format: must be one of text, json",
            "FILE: keys.colour: is no setting; [keys] has folder, rsa_bits, algorithms",
            "FILE: surprise: is no setting; outside a section there is only issuer",
            "FILE: sessions: is no section; there are server, tls, database, keys, password, login, session, log, docs, api_keys, registration, outbound",
            "CLAVIGER_LOG_COLOUR: is no setting; see the configuration reference for the names that there are",
            "login.address_failures: must not be less than login.account_failures, or one person locks out a whole network",
        ]
    );
}

#[test]
fn a_syntax_error_names_its_line_and_nothing_else_is_blamed_on_the_file() {
    let problems = refused("issuer = 'https://a.example'\n[server\n", &[("CLAVIGER_KEYS_RSA_BITS", "many")]);
    assert_eq!(problems.lines().count(), 2, "{problems}");
    assert!(problems.starts_with("FILE: line 2: ") && problems.contains("\nCLAVIGER_KEYS_RSA_BITS: "), "{problems}");
    assert!(!problems.contains("a.example"), "a line of the file could hold a password");
    let twice = refused(&format!("{ISSUER}[log]\nlevel = 'info'\nlevel = 'warn'\n"), &[]);
    assert!(twice.starts_with("FILE: line 4: "), "{twice:?}");
}

#[test]
fn a_file_that_is_not_there_is_a_problem() {
    let problems = Config::load(Some(Path::new("/nonexistent/claviger.toml")), [].into_iter()).unwrap_err();
    assert_eq!(problems.iter().count(), 1);
    assert!(problems.to_string().contains("/nonexistent/claviger.toml: cannot be read"), "{problems}");
}

#[test]
fn a_secret_may_come_from_a_file_and_never_shows() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("url");
    fs::write(&secret, "postgres://claviger:hunter2@db.example/claviger?sslmode=require\n").unwrap();
    let secret = secret.to_str().unwrap();
    let config = accepted(ISSUER, &[("CLAVIGER_DATABASE_URL_FILE", secret)]);
    assert_eq!(config.database.url.reveal(), "postgres://claviger:hunter2@db.example/claviger?sslmode=require");
    assert_eq!(config.database.url.to_string(), "postgres://db.example/claviger");
    assert!(!format!("{config:?}").contains("hunter2"));

    let both = refused(ISSUER, &[("CLAVIGER_DATABASE_URL_FILE", secret), ("CLAVIGER_DATABASE_URL", "mysql://:hunter2@x")]);
    assert_eq!(both, "CLAVIGER_DATABASE_URL: is given together with CLAVIGER_DATABASE_URL_FILE; keep one of them");
    let wrong = refused(ISSUER, &[("CLAVIGER_DATABASE_URL", "mysql://:hunter2@x")]);
    assert!(wrong.starts_with("CLAVIGER_DATABASE_URL: must ") && !wrong.contains("hunter2"), "{wrong:?}");
    let absent = refused(ISSUER, &[("CLAVIGER_DATABASE_URL_FILE", "/nonexistent/url")]);
    assert!(absent.starts_with("CLAVIGER_DATABASE_URL_FILE: cannot read /nonexistent/url: "), "{absent:?}");
    let plain = refused(ISSUER, &[("CLAVIGER_ISSUER_FILE", secret)]);
    assert!(plain.starts_with("CLAVIGER_ISSUER_FILE: is no setting"), "{plain:?}");
}

#[test]
fn a_wrong_type_is_refused_and_not_guessed() {
    for wrong in ["[server]\nmax_connections = '5'", "[database]\nmigrate_on_start = 'true'", "[server]\nlisten = 5", "server = 5"] {
        let problems = refused(&format!("{ISSUER}{wrong}\n"), &[]);
        assert_eq!(problems.lines().count(), 1, "{wrong}: {problems:?}");
    }
    assert_eq!(
        refused("issuer = 'http://login.example.com'", &[]),
        "FILE: issuer: must begin with https:// (http:// is for loopback hosts only)"
    );
}

#[test]
fn hosts_of_clients_keys_are_named_one_by_one() {
    let hosts = "[outbound]\nallowed_private_hosts = ['keys.internal', '10.0.0.7', '[::1]']\n";
    assert_eq!(accepted(&format!("{ISSUER}{hosts}"), &[]).outbound.allowed_private_hosts, ["keys.internal", "10.0.0.7", "[::1]"]);
    for wrong in ["https://keys.internal", "keys.internal:8443", "*.internal/x", ""] {
        let refused = refused(&format!("{ISSUER}[outbound]\nallowed_private_hosts = ['{wrong}']\n"), &[]);
        assert!(refused.contains("outbound.allowed_private_hosts: "), "{wrong}: {refused}");
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let session = refused(&format!("{ISSUER}[session]\nidle = '2d'\nabsolute = '1d'\n"), &[]);
    assert!(session.starts_with("session.idle: "), "{session:?}");
    let password = refused(&format!("{ISSUER}[password]\nmemory_kib = 16\nparallelism = 4\n"), &[]);
    assert!(password.starts_with("password.memory_kib: "), "{password:?}");
    let tls = refused(&format!("{ISSUER}[tls]\nkey_file = 'key.pem'\n"), &[]);
    assert!(tls.starts_with("tls.certificate_file: "), "{tls:?}");
    let tls = refused(&format!("{ISSUER}[tls]\nminimum_version = '1.3'\ncipher_suites = ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']\n"), &[]);
    assert!(tls.starts_with("tls.cipher_suites: "), "{tls:?}");
}

#[test]
fn a_version_of_tls_is_read_as_people_write_it() {
    for written in ["1.3", "'1.3'"] {
        let config = accepted(&format!("{ISSUER}[tls]\nminimum_version = {written}\n"), &[]);
        assert_eq!(config.tls.minimum_version, tls::TlsVersion::Tls13);
        assert!(config.tls.files().is_none() && config.tls.suites().all(|suite| suite.number() < 0x1304), "{written}");
    }
}

#[test]
fn providers_are_read_with_their_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "from a file\nand no more\n").unwrap();
    let file = format!(
        "{ISSUER}[[provider]]\nname = 'github'\nkind = 'github'\nclient_id = 'a'\nclient_secret = 'hunter2'\n\
         [[provider]]\nname = 'work'\nkind = 'oidc'\nissuer = 'https://idp.example'\nclient_id = 'b'\nclient_secret_file = '{}'\nenabled = false\n",
        secret.display()
    );
    let config = accepted(&file, &[]);
    let [github, work] = config.providers.as_slice() else { panic!("{:?}", config.providers) };
    assert_eq!((github.provider.label(), github.provider.enabled, github.provider.create_accounts), ("GitHub", true, false));
    assert_eq!(secrecy::ExposeSecret::expose_secret(&work.secret), "from a file");
    assert!(!format!("{config:?}").contains("hunter2"), "no secret reaches a log");
}

#[test]
fn what_is_wrong_with_providers_is_told_with_its_place_and_without_the_secret() {
    let file = format!(
        "{ISSUER}[[provider]]\nname = 'A'\nkind = 'github'\nclient_id = 'a'\nclient_secret = 'hunter2'\n\
         [[provider]]\nname = 'b'\nkind = 'oidc'\nclient_id = 'b'\n[[provider]]\nname = 'c'\nkind = 'google'\nclient_id = 'c'\n\
         client_secret = 'hunter2'\ncolour = 1\n[[provider]]\nname = 'd'\nkind = 'google'\nclient_id = 'd'\nclient_secret = 'hunter2'\n\
         [[provider]]\nname = 'd'\nkind = 'google'\nclient_id = 'd'\nclient_secret = 'hunter2'\n"
    );
    let said = refused(&file, &[]);
    let places =
        ["FILE: provider[0].name: must be 1 to 32", "FILE: provider[1].issuer: is missing", "FILE: provider[1].client_secret: is missing"];
    for place in places.into_iter().chain(["FILE: provider[2].colour: unknown field", "FILE: provider[4].name: is that of another"]) {
        assert!(said.contains(place), "{place}: {said}");
    }
    assert_eq!(said.lines().count(), 5, "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    assert!(refused(&format!("{ISSUER}[provider]\nname = 'a'\n"), &[]).contains("provider: is a list: write [[provider]]"));
}

#[test]
fn the_algorithms_of_signatures_are_known_ones_and_rs256_is_among_them() {
    let config = accepted(ISSUER, &[("CLAVIGER_KEYS_ALGORITHMS", "ES256, RS256")]);
    assert_eq!(config.keys.algorithms, [SigningAlgorithm::Es256, SigningAlgorithm::Rs256]);
    for (file, problem) in [
        ("algorithms = ['ES256']", "keys.algorithms: must have RS256 among them"),
        ("algorithms = []", "keys.algorithms: must have RS256 among them"),
        ("algorithms = ['RS256', 'none']", "FILE: keys.algorithms: entry 2 must be one of RS256, "),
        ("algorithms = ['HS256']", "FILE: keys.algorithms: entry 1 must be one of RS256, "),
    ] {
        let said = refused(&format!("{ISSUER}[keys]\n{file}\n"), &[]);
        assert!(said.starts_with(problem), "{said}");
    }
}
