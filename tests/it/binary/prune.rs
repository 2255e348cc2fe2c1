//! `claviger apply --prune`: what the file does not name goes, but never everything, and never unnoticed what this server is used by.

use crate::binary::apply::{SECRET, given};
use crate::binary::program::Site;

#[test]
fn what_is_not_named_stays_unless_it_is_pruned() {
    let site = Site::migrated();
    site.apply(&given(SECRET), &[]).succeeded();
    let only = "[[client]]\nclient_id = \"shop\"\nclient_name = \"Shop\"\nredirect_uris = [\"https://shop.example/callback\"]\n";
    site.apply(only, &[]).succeeded();
    assert!(site.export().contains("importer"), "it stays");
    let expected = format!(
        "- api {}/orders\n- user carol\n- client importer\n0 to add, 0 to change, 3 to delete. Nothing is changed yet.\n",
        site.issuer
    );
    let planned = site.apply(only, &["--prune", "--dry-run"]);
    assert_eq!((planned.code, planned.stdout), (Some(2), expected));
    assert!(site.apply(only, &["--prune"]).succeeded().ends_with("0 added, 0 changed, 3 deleted.\n"));
    let left = site.export();
    assert!(left.contains("shop") && !left.contains("importer") && !left.contains("[[api]]") && !left.contains("[[user]]"), "{left}");
    assert_eq!(site.apply(only, &["--prune"]).succeeded(), "Nothing to change.\n");
}

#[test]
fn pruning_warns_of_the_documentation_and_the_last_admin() {
    let site = Site::migrated();
    site.configure("sqlite://claviger.db", "[docs]\nenabled = true\n");
    let docs = "[[client]]\nclient_id = \"claviger-docs\"\nclient_name = \"Docs\"\ntoken_endpoint_auth_method = \"none\"\n\
                redirect_uris = [\"{issuer}/docs/oauth2-redirect.html\"]\n";
    let admin = "[[user]]\nusername = \"ada\"\nroles = [\"admin\"]\npassword = \"a password of ada's\"\n";
    let other = "[[user]]\nusername = \"bea\"\nroles = [\"admin\"]\n";
    let password = "password = \"a password of bea's\"\n";
    site.apply(&[docs, admin, "[[user]]\nusername = \"carl\"\n"].concat(), &[]).succeeded();
    for kept in [[docs, admin, ""], [docs, other, password]] {
        assert_eq!(site.apply(&kept.concat(), &["--prune", "--dry-run"]).stderr, "");
    }
    let locked_out = site.apply(&[docs, other].concat(), &["--prune", "--dry-run"]).stderr;
    assert!(locked_out.contains("nobody can sign in to manage this server"), "an admin without a password: {locked_out}");
    let only = "[[user]]\nusername = \"carl\"\n";
    let demoted = &[only, "[[user]]\nusername = \"ada\"\n"].concat();
    for (text, flags) in
        [(demoted, &["--prune", "--dry-run"][..]), (&only.to_owned(), &["--prune", "--dry-run"]), (&only.to_owned(), &["--prune"])]
    {
        let outcome = site.apply(text, flags);
        let warnings: Vec<&str> = outcome.stderr.lines().collect();
        let [documentation, admins] = warnings.as_slice() else { panic!("{outcome:?}") };
        assert!(documentation.starts_with("claviger: WARNING: client claviger-docs is the client of the documentation"), "{outcome:?}");
        assert!(
            admins.starts_with("claviger: WARNING: nobody will have the role admin and a password any more (until now: ada)"),
            "{outcome:?}"
        );
    }
    let outcome = site.apply(only, &["--prune"]);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("Nothing to change.\n", ""));
}

#[test]
fn a_file_that_names_nothing_prunes_nothing() {
    let site = Site::migrated();
    site.apply(&given(SECRET), &[]).succeeded();
    let before = site.export();
    for text in ["", "# All of it is gone.\n", "client = []\nuser = []\n"] {
        for flags in [&["--prune"][..], &["--prune", "--dry-run"]] {
            let said = site.apply(text, flags).failed();
            assert_eq!(said, "claviger: orders.toml: names nothing: --prune would delete everything\n", "{text:?}");
        }
        assert_eq!(site.apply(text, &[]).succeeded(), "Nothing to change.\n", "without --prune there is nothing to do");
    }
    assert_eq!(site.export(), before);
}
