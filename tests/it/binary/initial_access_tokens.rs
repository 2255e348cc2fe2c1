//! `claviger initial-access-tokens`, and what a running server makes of it; a registration by it as the commands show it.

use serde_json::json;

use crate::binary::program::Site;

const DATA: [&str; 2] = ["--data", "data"];

#[tokio::test]
async fn a_token_is_shown_once_registers_so_many_clients_and_ends_when_it_is_revoked() {
    let site = Site::new();
    let running = site.dev().await;
    let command = |arguments: &[&str]| site.succeed(&[&["initial-access-tokens"], arguments, &DATA].concat());
    let made = |said: &str| {
        let (id, token) =
            said.strip_prefix("Made the initial access token ").unwrap().trim_end().split_once(".\nIt is shown this once: ").unwrap();
        (id.to_owned(), token.to_owned())
    };
    let (id, token) = made(&command(&["add", "test system", "--uses", "2", "--days", "1"]));
    let register = async |token: &str| {
        let body = json!({"redirect_uris": ["https://stranger.example/callback"], "client_name": "Stranger"});
        let request = site.http.post(site.url("/register")).bearer_auth(token).header("content-type", "application/json");
        request.body(body.to_string()).send().await.unwrap()
    };
    let answer = register(&token).await;
    assert_eq!(answer.status(), 201);
    let client: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let client = client["client_id"].as_str().unwrap();
    let list = command(&["list"]);
    let line = list.lines().find(|line| line.starts_with(&id)).unwrap();
    assert!(line.contains("  1  until ") && line.ends_with("test system") && !list.contains("clv_iat_"), "{list}");
    assert!(command(&["revoke", &id]).contains(&id) && !command(&["list"]).contains(&id));
    assert_eq!(register(&token).await.status(), 401);

    let themselves = site.succeed(&[&["clients", "list", "--registered-by", "self"][..], &DATA].concat());
    assert!(themselves.contains(client) && themselves.contains("registered itself") && !themselves.contains("demo-web"), "{themselves}");
    assert!(!site.succeed(&[&["clients", "list", "--registered-by", "operator"][..], &DATA].concat()).contains(client));
    let shown = site.succeed(&[&["clients", "show", client][..], &DATA].concat());
    assert!(shown.contains("self, kept until") && !shown.contains("clv_reg_"), "{shown}");
    site.succeed(&[&["clients", "delete", client][..], &DATA].concat());
    drop(running);
}
