//! Every command explains itself, with an example, and the reference is the one that is committed.

use crate::binary::program::Site;

/// The subcommands that a help text lists.
fn subcommands(help: &str) -> Vec<String> {
    let Some((_, rest)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let names = rest.lines().take_while(|line| line.starts_with("  ")).filter(|line| !line.starts_with("   "));
    names.map(|line| line.split_whitespace().next().unwrap().to_owned()).filter(|name| name != "help").collect()
}

#[test]
fn the_help_of_every_command_has_an_example() {
    let site = Site::new();
    let (mut waiting, mut seen) = (vec![Vec::new()], Vec::new());
    while let Some(command) = waiting.pop() {
        let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let help = site.succeed(&arguments);
        let (_, example) = help.split_once("\nExample").unwrap_or_else(|| panic!("{command:?} has no example: {help}"));
        assert!(example.contains(&["  claviger".to_owned()].into_iter().chain(command.clone()).collect::<Vec<_>>().join(" ")), "{example}");
        waiting.extend(subcommands(&help).into_iter().map(|name| [command.clone(), vec![name]].concat()));
        seen.push(command.join(" "));
    }
    seen.sort();
    for command in [
        "",
        "apply",
        "check",
        "clients rotate-secret",
        "dev",
        "export",
        "health",
        "keys rotate",
        "migrate",
        "reference",
        "serve",
        "users add",
    ] {
        assert!(seen.iter().any(|known| known == command), "{command}: {seen:?}");
    }
    assert!(seen.len() >= 30, "{seen:?}");
}

#[test]
fn a_mistyped_command_says_what_there_is() {
    let site = Site::new();
    for arguments in [&["sevre"][..], &["dev", "--prot", "1"], &["dev", "--port", "0"], &["users"], &["clients", "add"]] {
        let outcome = site.run(arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(outcome.stderr.contains("Usage: claviger") || outcome.stderr.contains("--help"), "{outcome:?}");
    }
    assert!(site.run(&["--version"]).succeeded().starts_with(concat!("claviger ", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn the_openapi_document_is_the_committed_one() {
    let committed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json")).unwrap();
    assert_eq!(Site::new().succeed(&["openapi"]), committed, "run scripts/generate");
}

#[test]
fn the_reference_is_the_committed_one() {
    let committed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md")).unwrap();
    assert_eq!(Site::new().succeed(&["reference"]), committed, "run scripts/generate");
}
