//! `claviger check`: what is wrong and how to mend it.

use crate::binary::program::Site;

const CHECK: [&str; 3] = ["check", "--config", "claviger.toml"];

#[test]
fn a_sound_server_is_fine() {
    let site = Site::configured();
    site.succeed(&["migrate", "--config", "claviger.toml"]);
    let said = site.succeed(&CHECK);
    for part in ["configuration", "database", "keys", "clock", "outbound"] {
        assert!(said.lines().any(|line| line.starts_with("ok ") && line.contains(part)), "{part}: {said}");
    }
    assert!(!said.contains("problem"), "{said}");
    assert!(said.contains("warning  configuration: issuer is http"), "{said}");
}

#[test]
fn everything_that_is_wrong_is_said_with_what_to_do() {
    let site = Site::new();
    site.configure("sqlite://claviger.db", "");
    let outcome = site.run(&CHECK);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let problems: Vec<&str> = outcome.stdout.lines().filter(|line| line.starts_with("problem ")).collect();
    let [database] = problems.as_slice() else { panic!("{outcome:?}") };
    assert!(database.contains("there is no database claviger.db") && database.contains("run `claviger migrate`"), "{database}");
    assert!(outcome.stdout.contains("keys: none yet; the server makes them when it starts"), "{outcome:?}");
    assert!(outcome.stderr.contains("1 problem(s) found"), "{outcome:?}");
    assert!(!site.path("claviger.db").exists() && !site.path("keys").exists(), "looking makes nothing");
    std::fs::create_dir(site.path("keys")).unwrap();
    std::fs::write(site.path("keys/keyring.json"), "{").unwrap();
    let damaged = site.run(&CHECK);
    assert!(damaged.stdout.lines().any(|line| line.starts_with("problem  keys: ") && line.contains("is damaged")), "{damaged:?}");
}

#[test]
fn a_database_that_is_away_is_said_without_its_password() {
    let site = Site::configured();
    // Nobody listens there: the port is ours, and closed.
    site.configure(&format!("postgres://claviger:hunter2@127.0.0.1:{}/claviger", site.port), "");
    let outcome = site.run(&CHECK);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stdout.lines().any(|line| line.starts_with("problem  database: ")), "{outcome:?}");
    assert!(outcome.stdout.lines().any(|line| line.starts_with("ok       keys: ")), "one problem hides no other: {outcome:?}");
    assert!(!format!("{outcome:?}").contains("hunter2"), "{outcome:?}");
}

#[test]
fn a_broken_configuration_is_said() {
    let site = Site::configured();
    site.configure("sqlite://claviger.db", "colour = \"blue\"\n");
    let said = site.run(&CHECK).failed();
    assert!(said.contains("database.colour: is no setting"), "{said}");
}
