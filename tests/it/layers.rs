//! The layer test: one crate does not keep its modules apart, so this does. Every file below `src/` belongs to a layer, and no layer
//! mentions one above it or a library that belongs to another. `CONTRIBUTING.md` says what the layers are for.

use std::fs;
use std::io;
use std::path::Path;

/// Every layer, lowest first, with the other layers and the libraries that it may not mention.
const LAYERS: &[(&str, &[&str], &[&str])] = &[
    (
        "protocol",
        &[
            "identity", "config", "clock", "random", "signing", "password", "outbound", "upstream", "store", "flow", "web", "http",
            "pages", "cli",
        ],
        PURE,
    ),
    (
        "identity",
        &["config", "clock", "random", "signing", "password", "outbound", "upstream", "store", "flow", "web", "http", "pages", "cli"],
        PURE,
    ),
    ("config", &["clock", "random", "signing", "password", "outbound", "upstream", "store", "flow", "web", "http", "pages", "cli"], &[]),
    (
        "clock",
        &["identity", "config", "random", "signing", "password", "outbound", "upstream", "store", "flow", "web", "http", "pages", "cli"],
        &[],
    ),
    (
        "random",
        &["identity", "config", "clock", "signing", "password", "outbound", "upstream", "store", "flow", "web", "http", "pages", "cli"],
        &[],
    ),
    ("signing", &["password", "outbound", "upstream", "store", "flow", "web", "http", "pages", "cli"], &[]),
    ("password", &["signing", "outbound", "upstream", "store", "flow", "web", "http", "pages", "cli"], &[]),
    ("outbound", &["identity", "clock", "random", "signing", "password", "upstream", "store", "flow", "web", "http", "pages", "cli"], &[]),
    ("upstream", &["signing", "password", "store", "flow", "web", "http", "pages", "cli"], &[]),
    ("store", &["signing", "password", "outbound", "upstream", "flow", "web", "http", "pages", "cli"], &[]),
    ("flow", &["web", "http", "pages", "cli"], &["http::", "hyper::"]),
    ("web", &["store", "http", "pages", "cli"], &[]),
    ("http", &["store", "pages", "cli"], &[]),
    ("pages", &["store", "http", "cli"], &[]),
    ("cli", &[], &[]),
];

/// What a layer without input, output, clock or randomness may not mention, besides what [`OWNED`] keeps from it.
const PURE: &[&str] = &["tokio::", "std::{", "std::env", "std::fs", "std::net", "std::process"];

/// Libraries with few users, and the layers that may mention them.
const OWNED: &[(&str, &[&str])] = &[
    ("jsonwebtoken", &["signing"]),
    ("rsa::", &["signing"]),
    ("argon2::", &["password"]),
    ("rand::", &["random"]),
    ("sea_orm", &["store"]),
    ("claviger_migrations", &["store"]),
    ("poem_openapi", &["http"]),
    ("poem::", &["web", "http", "pages", "cli"]),
    ("openidconnect", &["upstream"]),
    ("oauth2::", &["upstream"]),
    // Who else speaks to other machines does it through `outbound`; `cli` asks its own server whether it is well. `web` accepts connections.
    ("tokio_rustls", &["outbound", "web"]),
    ("webpki_roots", &["outbound"]),
    ("hyper::client", &["outbound", "cli"]),
];

#[test]
fn every_layer_keeps_to_itself() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for entry in fs::read_dir(root.join("src"))? {
        let path = entry?.path();
        let layer = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !["lib", "main"].contains(&layer.as_str()) {
            check(root, &path, &layer, &mut found)?;
        }
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
    Ok(())
}

#[test]
fn a_planted_violation_is_found() {
    let planted =
        "//! `crate::store` is only named here.\nuse crate::store::Store;\nlet url = \"http://a\"; jsonwebtoken::encode(); // poem::\n";
    assert_eq!(violations("flow", planted), ["3: flow may not mention jsonwebtoken"]);
    assert_eq!(violations("http", planted), ["2: http may not mention crate::store", "3: http may not mention jsonwebtoken"]);
    assert_eq!(violations("cli", "use crate::{flow, web};\n"), ["1: cli may not mention crate::{"]);
    assert_eq!(violations("protocol", "use super::flow;\nuse std::fs::File;\n").len(), 2);
    assert_eq!(violations("web", "use poem::Request;\nuse crate::flow::storeroom;\n"), [""; 0]);
    assert_eq!(violations("cellar", ""), ["1: cellar is no layer: give it its place in tests/it/layers.rs"]);
}

/// Adds what is wrong with the file, or with every file of the folder, `path`, as `file:line: what`.
fn check(root: &Path, path: &Path, layer: &str, found: &mut Vec<String>) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            check(root, &entry?.path(), layer, found)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let file = path.strip_prefix(root).unwrap_or(path).display();
        found.extend(violations(layer, &fs::read_to_string(path)?).into_iter().map(|violation| format!("{file}:{violation}")));
    }
    Ok(())
}

/// What `source` mentions although it belongs to `layer`, as `line: what`. Comments may mention anything.
fn violations(layer: &str, source: &str) -> Vec<String> {
    let Some((_, layers, libraries)) = LAYERS.iter().find(|(name, ..)| *name == layer) else {
        return vec![format!("1: {layer} is no layer: give it its place in tests/it/layers.rs")];
    };
    let mut forbidden = vec!["crate::{".to_owned()];
    forbidden.extend(layers.iter().flat_map(|name| [format!("crate::{name}"), format!("super::{name}")]));
    forbidden.extend(libraries.iter().map(|name| (*name).to_owned()));
    forbidden.extend(OWNED.iter().filter(|(_, owners)| !owners.contains(&layer)).map(|(name, _)| (*name).to_owned()));
    source
        .lines()
        .zip(1..)
        .map(|(line, number)| (line.trim_start().split(" // ").next().unwrap_or_default(), number))
        .filter(|(code, _)| !code.starts_with("//"))
        .flat_map(|(code, number)| forbidden.iter().filter(|name| mentions(code, name)).map(move |name| (number, name)))
        .map(|(number, name)| format!("{number}: {layer} may not mention {name}"))
        .collect()
}

/// Whether `code` has `name` as a path of its own: `rsa::` is neither in `key::rsa::` nor in `universa::`, `crate::http` not in `crate::https`.
fn mentions(code: &str, name: &str) -> bool {
    let inside = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back().is_some_and(|letter| inside(letter) || letter == ':');
        let after = name.ends_with(inside) && code[at + name.len()..].starts_with(inside);
        !before && !after
    })
}
