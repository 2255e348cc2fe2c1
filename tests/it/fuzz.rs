//! The fuzz targets are complete, and fuzz what is shipped. `scripts/test fuzz` runs them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> Table {
    fs::read_to_string(root().join(path)).unwrap().parse().unwrap()
}

/// The names in a folder, without what follows a dot.
fn names(folder: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_target_is_built_and_has_seeds() {
    let targets = names(&root().join("fuzz/fuzz_targets"));
    let bins = read("fuzz/Cargo.toml")["bin"].as_array().unwrap().clone();
    let built: BTreeSet<String> = bins.iter().map(|bin| bin["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(built, targets, "each has its [[bin]] in fuzz/Cargo.toml");
    assert_eq!(names(&root().join("fuzz/corpus")), targets, "each has a folder in fuzz/corpus");
    for target in targets {
        let seeds = fs::read_dir(root().join("fuzz/corpus").join(&target)).unwrap();
        let sizes: Vec<u64> = seeds.map(|seed| seed.unwrap().metadata().unwrap().len()).collect();
        assert!((1..=20).contains(&sizes.len()) && sizes.iter().all(|size| *size <= 4096), "few and small: {target}: {sizes:?}");
    }
}

#[test]
fn what_is_fuzzed_uses_the_libraries_that_are_shipped() {
    let (ours, theirs) = (read("Cargo.toml"), read("fuzz/Cargo.toml"));
    let (locked, theirs_locked) = (read("Cargo.lock"), read("fuzz/Cargo.lock"));
    let versions = |lock: &Table, name: &str| -> BTreeSet<String> {
        let packages = lock["package"].as_array().unwrap().iter();
        packages.filter(|package| package["name"].as_str() == Some(name)).map(|package| package["version"].to_string()).collect()
    };
    for (name, asked) in theirs["dependencies"].as_table().unwrap().iter().filter(|(name, _)| *name != "libfuzzer-sys") {
        assert_eq!(ours["dependencies"].get(name), Some::<&Value>(asked), "{name} in fuzz/Cargo.toml is as in Cargo.toml");
        let theirs = versions(&theirs_locked, name);
        assert!(
            theirs.is_subset(&versions(&locked, name)),
            "{name} {theirs:?}: cargo update --manifest-path fuzz/Cargo.toml {name} --precise, and the version of Cargo.lock"
        );
    }
}
