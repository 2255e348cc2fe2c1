//! `claviger users`: passwords come from standard input and are shown nowhere.

use crate::binary::program::{Outcome, Site};

const SECRET: &str = "correct horse battery staple";

fn users(site: &Site, arguments: &[&str], input: &str) -> Outcome {
    site.run_with(&[&["users"], arguments, &["--data", "data"]].concat(), &[], input)
}

async fn can_sign_in(site: &Site, username: &str, password: &str) -> bool {
    let form = [("grant_type", "password"), ("client_id", "demo-password"), ("username", username), ("password", password)];
    let answer = site.post("/token", None, &form).await;
    if answer.status != 200 {
        answer.assert_error(400, "invalid_grant");
    }
    answer.status == 200
}

#[tokio::test]
async fn an_admin_is_added_with_a_password_from_standard_input() {
    let site = Site::new();
    let running = site.dev_with_keys().await;
    let add = ["add", "carol", "--role", "admin", "--name", "Carol Carroll", "--email", "carol@example.com"];
    let said = users(&site, &add, &format!("{SECRET}\n")).succeeded();
    assert!(said.starts_with("Added carol with the subject "), "{said}");
    assert!(can_sign_in(&site, "carol", SECRET).await);

    let shown = users(&site, &["show", "carol"], "").succeeded();
    for words in ["admin", "Carol Carroll", "carol@example.com"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(shown.lines().any(|line| line.split_whitespace().eq(["providers", "-"])), "{shown}");
    let listed = users(&site, &["list"], "").succeeded();
    assert!(listed.lines().any(|line| line.starts_with("carol ") && line.contains(" admin ")), "{listed}");
    for text in [said, shown, listed, site.log(&running)] {
        assert!(!text.contains(SECRET) && !text.contains("$argon2"), "{text}");
    }
    let twice = users(&site, &add, SECRET).failed();
    assert!(twice.contains("user carol exists already"), "{twice}");
}

#[tokio::test]
async fn a_weak_password_is_refused_with_the_rule() {
    let site = Site::new();
    let _running = site.dev_with_keys().await;
    for (password, rule) in [
        ("short", "password: must have at least 8 characters"),
        ("christopher", "password: must not be the username"),
        ("", "there is no password on standard input"),
        ("\n", "there is no password on standard input"),
    ] {
        let said = users(&site, &["add", "christopher"], password).failed();
        assert!(said.contains(rule), "{said}");
        assert!(users(&site, &["show", "christopher"], "").failed().contains("there is no user christopher"));
    }
    let said = users(&site, &["add", "two words"], SECRET).failed();
    assert!(said.contains("username: must have 1 to 128 characters and no white space"), "{said}");
}

#[tokio::test]
async fn what_is_changed_counts_on_the_running_server_at_once() {
    let site = Site::new();
    let _running = site.dev_with_keys().await;
    let tokens = site.alices_tokens().await;
    let refresh_token = tokens["refresh_token"].as_str().unwrap();

    users(&site, &["password", "alice"], SECRET).succeeded();
    site.refresh(refresh_token).await.assert_error(400, "invalid_grant");
    assert!(!can_sign_in(&site, "alice", "wonderland").await);
    assert!(can_sign_in(&site, "alice", SECRET).await);
    assert!(users(&site, &["password", "alice"], "short").failed().contains("at least 8 characters"));

    users(&site, &["disable", "alice"], "").succeeded();
    assert!(!can_sign_in(&site, "alice", SECRET).await);
    users(&site, &["enable", "alice"], "").succeeded();
    assert!(can_sign_in(&site, "alice", SECRET).await);

    users(&site, &["roles", "bob", "--role", "editor", "--role", "author"], "").succeeded();
    let listed = users(&site, &["list"], "").succeeded();
    assert!(listed.lines().any(|line| line.starts_with("bob ") && line.contains("author,editor")), "{listed}");
    users(&site, &["delete", "bob"], "").succeeded();
    assert!(!can_sign_in(&site, "bob", "builder").await);
    assert!(users(&site, &["delete", "bob"], "").failed().contains("there is no user bob"));
}
