//! Files that are made from the source and committed: a stale one fails. `scripts/generate` makes them anew.

use std::path::Path;

/// Asserts that a file is as it was made of the source now; makes it anew when that is wanted.
#[track_caller]
pub fn assert_fresh(file: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("CLAVIGER_TEST_GENERATE").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == made, "{file} is stale: run scripts/generate and commit it");
}

#[test]
fn the_openapi_document_is_fresh() {
    let document = claviger::http::document().unwrap();
    assert_fresh("openapi/openapi.json", &format!("{}\n", serde_json::to_string_pretty(&document).unwrap()));
}

#[test]
fn the_configuration_reference_is_fresh() {
    assert_fresh("docs/configuration.md", &format!("{}\n", claviger::config::reference().trim_end()));
}
