//! `/api/v1/providers`.

use serde_json::json;

use super::{Manager, assert_problem};
use crate::actors::{Browser, RelyingParty, TestServer};

#[tokio::test]
async fn a_provider_is_declared_used_changed_and_removed() {
    let server = TestServer::start_with_providers(Vec::new()).await;
    let alice = Manager::alice(&server).await;
    let new = json!({
        "name": "github", "kind": "github", "issuer": "https://octo.ghe.com", "client_id": "broker", "client_secret": "broker-secret",
    });
    let made = alice.post("/providers", &new).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.header("location"), Some(server.url("/api/v1/providers/github").as_str()));
    let found = alice.get("/providers/github").await;
    assert_eq!((&found.json()["kind"], &found.json()["create_accounts"]), (&json!("github"), &json!(false)));
    assert!(!made.body.contains("secret") && !found.body.contains("secret"), "it is never shown");
    assert_problem(&alice.post("/providers", &new).await, 409);

    let url = RelyingParty::demo_web(&server).authorization_url("openid", "provider=github");
    let away = Browser::new(&server).open(&url).await;
    assert!(away.left && away.url.as_str().starts_with("https://octo.ghe.com/"), "{}", away.url);

    let changed = alice.patch("/providers/github", &json!({"display_name": "Octo", "enabled": false})).await;
    assert_eq!(changed.json()["display_name"], "Octo", "{}", changed.body);
    assert_eq!(Browser::new(&server).open(&url).await.status, 400);
    let listed = alice.get("/providers?q=OCTO").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(assert_problem(&alice.patch("/providers/github", &json!({"name": "other"})).await, 422), ["name"]);
    assert_eq!(alice.delete("/providers/github").await.status, 204);
    assert_problem(&alice.get("/providers/github").await, 404);
    assert_problem(&alice.get("/providers/A%2Fb").await, 404);
}

#[tokio::test]
async fn what_is_wrong_with_a_provider_is_told_field_by_field() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    for (body, field) in [
        (json!({"name": "A", "kind": "google", "client_id": "a", "client_secret": "s"}), "name"),
        (json!({"name": "a", "kind": "aol", "client_id": "a", "client_secret": "s"}), "kind"),
        (json!({"name": "a", "kind": "google", "client_id": "a"}), "client_secret"),
        (json!({"name": "a", "kind": "microsoft", "client_id": "a", "client_secret": "s", "tenant": "common"}), "tenant"),
        (json!({"name": "a", "kind": "oidc", "client_id": "a", "client_secret": "s", "issuer": "http://idp.example"}), "issuer"),
    ] {
        assert_eq!(assert_problem(&alice.post("/providers", &body).await, 422), [field], "{body}");
    }
}

#[tokio::test]
async fn nobody_gives_by_a_provider_what_they_may_not_do_themselves() {
    let server = TestServer::start().await;
    let half = Manager::with(&server, "alice", "wonderland", "providers:read providers:write").await;
    let admins = json!({"name": "a", "kind": "google", "client_id": "a", "client_secret": "s", "roles": ["admin"]});
    assert_problem(&half.post("/providers", &admins).await, 403);
    let nobody = json!({"name": "a", "kind": "google", "client_id": "a", "client_secret": "s"});
    assert_eq!(half.post("/providers", &nobody).await.status, 201);
    assert_problem(&half.patch("/providers/a", &json!({"roles": ["admin"]})).await, 403);
}

#[tokio::test]
async fn a_secret_is_never_sent_to_whoever_is_put_in_its_providers_place() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let new = json!({"name": "a", "kind": "oidc", "issuer": "https://idp.example", "client_id": "a", "client_secret": "s"});
    assert_eq!(alice.post("/providers", &new).await.status, 201);
    let elsewhere = json!({"issuer": "https://evil.example"});
    assert_eq!(assert_problem(&alice.patch("/providers/a", &elsewhere).await, 422), ["client_secret"]);
    assert_eq!(alice.get("/providers/a").await.json()["issuer"], "https://idp.example");
    let with_another = json!({"issuer": "https://evil.example", "client_secret": "another"});
    assert_eq!(alice.patch("/providers/a", &with_another).await.status, 200);
}

#[tokio::test]
async fn who_a_provider_is_decides_only_who_may_do_everything() {
    let server = TestServer::start().await;
    let half = Manager::with(&server, "alice", "wonderland", "providers:read providers:write").await;
    let new = json!({"name": "a", "kind": "oidc", "issuer": "https://idp.example", "client_id": "a", "client_secret": "s"});
    assert_eq!(half.post("/providers", &new).await.status, 201);
    for change in [json!({"issuer": "https://evil.example", "client_secret": "s"}), json!({"client_id": "b"})] {
        assert_problem(&half.patch("/providers/a", &change).await, 403);
    }
    assert_problem(&half.delete("/providers/a").await, 403);
    assert_eq!(half.patch("/providers/a", &json!({"enabled": false})).await.status, 200);
}

#[tokio::test]
async fn nobody_lets_this_machines_network_be_asked_over_http() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let mut new = json!({"name": "a", "kind": "oidc", "issuer": "https://idp.example", "client_id": "a", "client_secret": "s"});
    assert_eq!(alice.post("/providers", &new).await.status, 201);
    let inside = json!({"allowed_private_hosts": ["169.254.169.254"]});
    assert_eq!(assert_problem(&alice.patch("/providers/a", &inside).await, 422), ["allowed_private_hosts"]);
    (new["name"], new["allowed_private_hosts"]) = ("b".into(), json!(["10.0.0.1"]));
    assert_eq!(assert_problem(&alice.post("/providers", &new).await, 422), ["allowed_private_hosts"]);
}
