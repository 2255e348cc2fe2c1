//! What another provider says about a person and about their sign-in there, in our tokens.

use std::time::Duration;

use claviger::flow::manage::{Expected, Reach};
use claviger::protocol::client::ClientId;
use claviger::protocol::resource::Resource;
use serde_json::{Value, json};

use crate::actors::{Browser, Liar, Octo, Page, RelyingParty, TestServer, provider};

/// Signs in at GitHub and allows what is asked for.
async fn through_github(server: &TestServer, browser: &mut Browser<'_>, url: &str) -> Page {
    let away = browser.open(url).await;
    assert!(away.left, "still at {}: {}", away.url, away.body);
    let decide = away.url.as_str().replace("/login/oauth/authorize?", "/login/oauth/decide?");
    let answer = server.http.get(format!("{decide}&authorize=1")).send().await.unwrap();
    let page = browser.open(answer.headers()["location"].to_str().unwrap()).await;
    if page.left { page } else { browser.submit(&page, &[], "consent-allow").await }
}

async fn rule(server: &TestServer, client: &str, rules: Value) {
    let id = ClientId::parse(client).unwrap();
    server.server.patch_client(Reach::Everything, &id, &Expected::Anything, &json!({"claims": rules})).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_rule_puts_what_the_provider_says_into_tokens() {
    let octo = Octo::start().await;
    let server = TestServer::start_with_providers(vec![provider("github", &octo.url, &json!({}))]).await;
    let everywhere = ["access_token", "id_token", "userinfo"];
    let rules = json!([
        {"claim": "company", "from": "profile"},
        {"claim": "github_login", "from": "profile", "name": "login", "into": everywhere},
        {"claim": "node", "from": "profile", "name": "node_id"},
        {"claim": "writes", "from": "profile", "name": "login", "when": {"scope": "items:write"}},
    ]);
    rule(&server, "demo-web", rules).await;
    let items = Resource::parse("http://localhost:8000").unwrap();
    let of_api = json!({"claims": [{"claim": "place", "from": "profile", "name": "location"}]});
    server.server.patch_api(&items, &Expected::Anything, &of_api).await.unwrap().unwrap();

    let app = RelyingParty::demo_web(&server);
    let url = app.authorization_url("openid items:read", "provider=work");
    let page = through_github(&server, &mut Browser::new(&server), &url).await;
    let tokens = app.redeem(&page.code()).await;
    let access = tokens.access_claims();
    assert_eq!(
        (&access["company"], &access["github_login"], &access["place"]),
        (&json!("GitHub"), &json!("octocat"), &json!("San Francisco"))
    );
    assert_eq!((access.get("node"), access.get("writes")), (None, None), "what is not kept, and what was not asked for");
    assert_eq!((&tokens.id_claims()["github_login"], tokens.id_claims().get("company")), (&json!("octocat"), None));
    let told = server.userinfo(tokens.access()).await.json();
    assert_eq!((&told["github_login"], told.get("company")), (&json!("octocat"), None));
    let introspected = server.introspect(tokens.access()).await;
    assert_eq!((&introspected["company"], &introspected["place"]), (&json!("GitHub"), &json!("San Francisco")));

    // They have moved on: the next sign-in tells it, and so does the next token of the one before.
    octo.change(|state| {
        state.user["company"] = "Tentacles & Co".into();
        state.user["location"] = Value::Null;
    });
    server.clock.advance(Duration::from_mins(1));
    let page = through_github(&server, &mut Browser::new(&server), &url).await;
    let again = app.redeem(&page.code()).await.access_claims();
    assert_eq!((&again["sub"], &again["company"], again.get("place")), (&access["sub"], &json!("Tentacles & Co"), None));
    assert_eq!(app.refresh(tokens.refresh()).await.access_claims()["company"], json!("Tentacles & Co"));

    // Who came by a password has no such profile.
    let alice = app.sign_in(&mut Browser::new(&server), "openid items:read").await.access_claims();
    assert_eq!((alice.get("company"), alice.get("github_login"), alice.get("place")), (None, None, None));
}

/// What the tokens say of somebody about whose sign-in the provider says this.
async fn tokens_of(liar: &Liar, server: &TestServer, says: Value) -> (Value, Value) {
    let mut claims = json!({"sub": "octavia", "name": "Octavia"});
    claims.as_object_mut().unwrap().extend(says.as_object().unwrap().clone());
    liar.says(claims);
    let app = RelyingParty::demo_web(server);
    let mut browser = Browser::new(server);
    let away = browser.open(&app.authorization_url("openid offline_access", "provider=work")).await;
    let page = browser.open(&Liar::back(&away, &[])).await;
    let page = if page.left { page } else { browser.submit(&page, &[], "consent-allow").await };
    let tokens = app.redeem(&page.code()).await;
    let refreshed = app.refresh(tokens.refresh()).await;
    for claim in ["acr", "amr", "idp"] {
        assert_eq!(tokens.id_claims()[claim], refreshed.id_claims()[claim], "{claim}");
        assert_eq!(tokens.id_claims()[claim], tokens.access_claims()[claim], "{claim}");
    }
    (tokens.id_claims(), server.userinfo(tokens.access()).await.json())
}

#[tokio::test]
async fn how_they_signed_in_there_reaches_the_id_token() {
    let liar = Liar::start().await;
    let server = TestServer::start_with_providers(vec![provider("oidc", &liar.issuer, &json!({}))]).await;
    let (id, told) = tokens_of(&liar, &server, json!({"acr": "urn:example:gold", "amr": ["otp", "hwk"]})).await;
    assert_eq!((&id["acr"], &id["amr"], &id["idp"]), (&json!("urn:example:gold"), &json!(["fed", "otp", "hwk"]), &json!("work")));
    assert_eq!((told.get("acr"), told.get("amr")), (None, None), "it is about the sign-in and not about the person");
    let (undated, _) = tokens_of(&liar, &server, json!({"auth_time": null})).await;
    assert_eq!(undated.get("undated"), None, "it is nobody's claim");
    let (id, _) = tokens_of(&liar, &server, json!({"acr": "0"})).await;
    assert_eq!((&id["acr"], &id["amr"]), (&json!("0"), &json!(["fed"])));
    // What is no name of a class or of a method is not passed on, and nobody is kept out by it.
    let odd =
        [json!({"acr": "a b", "amr": ["\u{1b}[2J", "fed"]}), json!({"acr": "", "amr": [""]}), json!({"acr": "x".repeat(101)}), json!({})];
    for odd in odd {
        let (id, _) = tokens_of(&liar, &server, odd.clone()).await;
        assert_eq!((id.get("acr"), &id["amr"]), (None, &json!(["fed"])), "{odd}");
    }
}
