//! What nobody can read is not said to be done: a disk that is full ends a command, a reader that went away does not.

use std::fs::File;
use std::process::{Output, Stdio};

use crate::binary::program::Site;

const CONFIG: [&str; 2] = ["--config", "claviger.toml"];

/// Runs a command whose output goes to a full disk, and gives what it says of that.
fn fail_on_a_full_disk(site: &Site, arguments: &[&str]) -> String {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output: Output = site.command(env!("CARGO_BIN_EXE_claviger")).args(arguments).stdout(full).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    assert!(said.contains("standard output can't be written to: No space left on device"), "{arguments:?}: {said}");
    said
}

#[test]
fn a_result_that_can_t_be_written_is_a_failure() {
    let site = Site::configured();
    site.succeed(&["migrate", "--config", "claviger.toml"]);
    for arguments in
        [&["export", CONFIG[0], CONFIG[1]][..], &["check", CONFIG[0], CONFIG[1]], &["reference"], &["openapi"], &["--help"], &["--version"]]
    {
        fail_on_a_full_disk(&site, arguments);
    }
}

#[test]
fn a_secret_that_can_t_be_shown_is_told_of_and_no_other_is_made() {
    let site = Site::configured();
    site.succeed(&["migrate", "--config", "claviger.toml"]);
    let lost = |client: &str| {
        format!("the client {client} has its secret, but it can't be shown: standard output can't be written to: No space left on device")
    };
    let add = ["clients", "add", "shop", "--name", "Shop", "--redirect-uri", "https://shop.example/callback"];
    let said = fail_on_a_full_disk(&site, &[&add[..], &CONFIG].concat());
    assert!(said.contains(&lost("shop")) && said.contains("`claviger clients rotate-secret shop`"), "{said}");
    let said = fail_on_a_full_disk(&site, &[&["clients", "rotate-secret", "shop"][..], &CONFIG].concat());
    assert!(said.contains(&lost("shop")), "{said}");

    let machine = |id: &str| format!("[[client]]\nclient_id = \"{id}\"\nclient_name = \"M\"\ngrant_types = [\"client_credentials\"]\n");
    std::fs::write(site.path("machines.toml"), machine("one") + &machine("two")).unwrap();
    let said = fail_on_a_full_disk(&site, &[&["apply", "machines.toml"][..], &CONFIG].concat());
    assert!(said.contains(&lost("one")) && !said.contains("two"), "{said}");
    let clients = site.succeed(&[&["clients", "list"][..], &CONFIG].concat());
    assert!(clients.contains("one") && !clients.contains("two"), "it stopped: {clients}");
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let site = Site::new();
    let mut child =
        site.command(env!("CARGO_BIN_EXE_claviger")).arg("reference").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}
