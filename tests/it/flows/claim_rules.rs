//! What clients and APIs want in tokens beside what the specifications put there, and where roles and groups are told.

use claviger::flow::manage::{Expected, Reach};
use claviger::identity::group::Group;
use claviger::identity::user::Username;
use claviger::protocol::client::ClientId;
use serde_json::{Value, json};

use crate::actors::{Browser, RelyingParty, TestServer, claims};

/// A server where alice is in the group `writers`, which gives her the role `editor`.
async fn server() -> TestServer {
    let server = TestServer::start().await;
    let writers = Group { name: "writers".to_owned(), description: String::new(), roles: ["writer".to_owned()].into() };
    server.server.add_group(Reach::Everything, writers).await.unwrap().unwrap();
    server.server.set_groups(&Username::parse("alice").unwrap(), &["writers".to_owned()]).await.unwrap().unwrap();
    server
}

async fn change(server: &TestServer, client: &str, patch: Value) {
    let id = ClientId::parse(client).unwrap();
    server.server.patch_client(Reach::Everything, &id, &Expected::Anything, &patch).await.unwrap().unwrap();
}

#[tokio::test]
async fn roles_and_groups_reach_tokens_userinfo_introspection_and_me() {
    let server = server().await;
    server.allow("demo-web", "roles groups").await;
    let web = RelyingParty::demo_web(&server);
    let tokens = web.sign_in(&mut Browser::new(&server), "openid roles groups items:read").await;
    let (roles, groups) = (json!(["admin", "writer"]), json!(["writers"]));
    let introspected = server.introspect(tokens.access()).await;
    let userinfo = server.userinfo(tokens.access()).await.json();
    for told in [tokens.access_claims(), tokens.id_claims(), introspected, userinfo] {
        assert_eq!((&told["roles"], &told["groups"]), (&roles, &groups), "{told}");
    }
    let plain = web.sign_in(&mut Browser::new(&server), "openid items:read").await;
    let userinfo = server.userinfo(plain.access()).await.json();
    for told in [plain.id_claims(), userinfo] {
        assert_eq!((told.get("roles"), told.get("groups")), (None, None), "no scope released them: {told}");
    }
    let me = server.request(reqwest::Method::GET, "/me").bearer_auth(plain.access()).send().await.unwrap();
    let me: Value = serde_json::from_str(&me.text().await.unwrap()).unwrap();
    assert_eq!((&me["roles"], &me["groups"]), (&roles, &groups));
}

#[tokio::test]
async fn a_role_of_a_group_opens_a_scope_and_goes_with_the_group() {
    let server = server().await;
    let scopes = json!({"scopes": [{"name": "items:read"}, {"name": "items:write", "role": "writer"}]});
    let items = claviger::protocol::resource::Resource::parse("http://localhost:8000").unwrap();
    server.server.patch_api(&items, &Expected::Anything, &scopes).await.unwrap().unwrap();
    let tokens = crate::actors::Tokens(server.alices_tokens("openid items:read items:write").await);
    assert_eq!(tokens.text("scope"), "items:read items:write openid");
    server.server.delete_group(Reach::Everything, "writers", &Expected::Anything).await.unwrap().unwrap();
    let refreshed = RelyingParty::new(&server, "demo-password", "").refresh(tokens.refresh()).await;
    assert_eq!(refreshed.text("scope"), "items:read openid");
    assert_eq!(refreshed.access_claims()["roles"], json!(["admin"]));
}

#[tokio::test]
async fn rules_of_a_client_and_of_an_api_fill_its_tokens() {
    let server = server().await;
    let rules = json!([
        {"claim": "tenant", "from": "constant", "value": {"id": 7}, "into": ["access_token", "id_token", "userinfo"]},
        {"claim": "permissions", "from": "roles", "when": {"scope": "items:read", "group": "writers"}},
        {"claim": "email", "from": "claim", "into": ["id_token"]},
        {"claim": "level", "from": "constant", "value": "client"},
    ]);
    change(&server, "demo-web", json!({"claims": rules})).await;
    let items = claviger::protocol::resource::Resource::parse("http://localhost:8000").unwrap();
    let of_api =
        json!({"claims": [{"claim": "level", "from": "constant", "value": "api"}, {"claim": "plan", "from": "constant", "value": "gold"}]});
    server.server.patch_api(&items, &Expected::Anything, &of_api).await.unwrap().unwrap();

    let web = RelyingParty::demo_web(&server);
    let tokens = web.sign_in(&mut Browser::new(&server), "openid items:read").await;
    let access = tokens.access_claims();
    assert_eq!((&access["tenant"], &access["permissions"], access.get("email")), (&json!({"id": 7}), &json!(["admin", "writer"]), None));
    assert_eq!(
        (&access["level"], &access["plan"]),
        (&json!("api"), &json!("gold")),
        "what the API says is not for a client to say otherwise"
    );
    let id = tokens.id_claims();
    assert_eq!((&id["tenant"], &id["email"], id.get("level")), (&json!({"id": 7}), &json!("alice@example.com"), None));
    assert_eq!(server.userinfo(tokens.access()).await.json()["tenant"], json!({"id": 7}));
    let introspected = server.introspect(tokens.access()).await;
    assert_eq!((&introspected["plan"], &introspected["permissions"]), (&json!("gold"), &json!(["admin", "writer"])));

    let refreshed = web.refresh(web.sign_in(&mut Browser::new(&server), "openid items:read").await.refresh()).await;
    assert_eq!(refreshed.access_claims()["tenant"], json!({"id": 7}));
    let identity = web.sign_in(&mut Browser::new(&server), "openid").await;
    assert_eq!((identity.access_claims().get("plan"), identity.access_claims().get("permissions")), (None, None), "it is not for that API");
}

#[tokio::test]
async fn a_machine_has_roles_of_its_own() {
    let server = server().await;
    let rules = json!([{"claim": "kind", "from": "constant", "value": "importer", "when": {"role": "importer"}}, {"claim": "badge", "from": "attribute"}]);
    change(&server, "demo-m2m", json!({"roles": ["importer"], "claims": rules})).await;
    let token = claims(&server.machine_token("items:read").await);
    assert_eq!(
        (&token["roles"], &token["kind"], token.get("badge"), token.get("groups")),
        (&json!(["importer"]), &json!("importer"), None, None)
    );
}

#[tokio::test]
async fn no_rule_overrides_what_the_specifications_say() {
    let server = server().await;
    let id = ClientId::parse("demo-web").unwrap();
    for claim in ["iss", "sub", "aud", "exp", "scope", "client_id", "roles", "groups", "nonce", "active", "email_verified"] {
        let patch = json!({"claims": [{"claim": claim, "from": "constant", "value": true, "into": ["access_token", "id_token"]}]});
        let refused = server.server.patch_client(Reach::Everything, &id, &Expected::Anything, &patch).await.unwrap();
        assert!(refused.is_err(), "{claim}");
    }
}
