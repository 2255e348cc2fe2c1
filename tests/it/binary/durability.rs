//! What was acknowledged survives a power failure: SIGKILL right after the answer.

use crate::actors::Browser;
use crate::binary::program::Site;

#[tokio::test]
async fn an_acknowledged_grant_survives_kill_9() {
    let site = Site::new();
    let running = site.dev_with_keys().await;
    let first = site.alices_tokens().await;
    running.kill();

    let running = site.dev().await;
    let answer = site.refresh(first["refresh_token"].as_str().unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    // And so do rotations, one after the other.
    let mut tokens = answer.json();
    for _ in 0..10 {
        tokens = site.refresh(tokens["refresh_token"].as_str().unwrap()).await.json();
    }
    running.kill();

    let _running = site.dev().await;
    let answer = site.refresh(tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    // The very first token was spent long ago: whoever presents it now has stolen it.
    let stolen = site.refresh(first["refresh_token"].as_str().unwrap()).await;
    stolen.assert_error(400, "invalid_grant");
    site.refresh(answer.json()["refresh_token"].as_str().unwrap()).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_spent_code_stays_spent_and_people_stay_signed_in() {
    let site = Site::new();
    let running = site.dev_with_keys().await;
    let printed = site.stdout(&running);
    let url = printed.lines().find_map(|line| line.strip_prefix("  ").filter(|line| line.contains("/authorize?"))).unwrap();
    let verifier = printed.split("code_verifier=").nth(1).unwrap().split(' ').next().unwrap();
    let mut browser = Browser::at(&site.issuer, &site.http);
    let code = browser.log_in_and_consent(url).await.code();
    let redeem = [
        ("grant_type", "authorization_code"),
        ("redirect_uri", "http://localhost:3000/callback"),
        ("code_verifier", verifier),
        ("code", &code),
    ];
    let client = Some("demo-web:demo-web-secret");
    let tokens = site.post("/token", client, &redeem).await.json();
    let access = tokens["access_token"].as_str().unwrap();
    running.kill();

    let _running = site.dev().await;
    assert_eq!(browser.open("/account").await.url.path(), "/account");
    assert!(site.is_active(access).await);
    site.post("/token", client, &redeem).await.assert_error(400, "invalid_grant");
    assert!(!site.is_active(access).await, "the replay has revoked what the code gave");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    site.post("/token", client, &refresh).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_second_start_changes_nothing() {
    let site = Site::new();
    let mut running = site.dev_with_keys().await;
    let list = |what: &str| site.succeed(&[what, "list", "--data", "data"]);
    let before = ["users", "clients", "apis", "keys"].map(list);
    site.succeed(&["users", "disable", "bob", "--data", "data"]);
    site.succeed(&["clients", "disable", "demo-native", "--data", "data"]);
    running.terminate();
    assert_eq!(running.exit_code().await, Some(0));

    let _running = site.dev().await;
    let after = ["users", "clients", "apis", "keys"].map(list);
    assert_eq!(before[2..], after[2..]);
    let changed = |before: &str, after: &str| {
        let lines = before.lines().zip(after.lines()).filter(|(before, after)| before != after);
        lines.map(|(_, after)| after.split_whitespace().next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((changed(&before[0], &after[0]), changed(&before[1], &after[1])), (vec!["bob".to_owned()], vec!["demo-native".to_owned()]));
}
