//! Clients that register themselves and mean ill: metadata that would reach inside, privileges, others' registrations, and people sent on to
//! wherever the client likes (RFC 7591 §5, RFC 7592 §5, RFC 9700 §4.11.2).

use claviger::flow::manage::Expected;
use claviger::protocol::client::{ClientId, GrantType, ResponseType};
use claviger::protocol::client_metadata::ClientMetadata;
use claviger::protocol::registration::Policy;
use claviger::protocol::scope::Scope;
use reqwest::Method;
use serde_json::{Value, json};

use crate::actors::registrant::{CALLBACK, Registrant, open, plain, plain_and, register, send};
use crate::actors::{Answer, Browser, Keys, RelyingParty, TestServer};
use crate::attacks::looks;

#[tokio::test]
async fn no_address_that_leads_elsewhere_or_inside_is_registered() {
    let server = TestServer::start_registering(open()).await;
    for uri in [
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "blob:https://stranger.example/x",
        "file:///etc/passwd",
        "http://evil.example/callback",
        "https://evil.example/callback#x",
        "https://*.example/callback",
        "https://stranger.example@evil.example/",
        "//evil.example",
        "com.example.app:/cb",
    ] {
        for application in ["web", "native"] {
            if (uri, application) != ("com.example.app:/cb", "native") {
                let body = json!({"redirect_uris": [CALLBACK, uri], "application_type": application});
                register(&server, &body, None).await.assert_error(400, "invalid_redirect_uri");
                let body = plain_and(json!({"post_logout_redirect_uris": [uri], "application_type": application}));
                register(&server, &body, None).await.assert_error(400, "invalid_client_metadata");
            }
        }
    }
    for uri in ["http://127.0.0.1/jwks", "http://[::1]/", "http://169.254.169.254/", "http://0x7f000001/", "ftp://x.example/", "x"] {
        register(&server, &plain_and(json!({"jwks_uri": uri})), None).await.assert_error(400, "invalid_client_metadata");
    }
}

#[tokio::test]
async fn secret_keys_and_kinds_beyond_the_policy_are_not_registered() {
    let server = TestServer::start_registering(open()).await;
    for more in [
        json!({"jwks": {"keys": [{"kty": "oct", "k": "hunter2"}]}}),
        json!({"jwks": {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "d": "hunter2"}]}}),
        json!({"token_endpoint_auth_method": "hunter2"}),
        json!({"grant_types": ["implicit"], "response_types": ["id_token"]}),
        json!({"grant_types": ["password"]}),
        json!({"grant_types": ["client_credentials"]}),
        json!({"response_types": ["code id_token"]}),
    ] {
        let answer = register(&server, &plain_and(more), None).await;
        answer.assert_error(400, "invalid_client_metadata");
        assert!(!answer.body.contains("hunter2"), "{}", answer.body);
        let why = server.why(answer.trace_id()).await;
        assert!(!format!("{why:?}").contains("hunter2"), "{why:?}");
    }
    let long = plain_and(json!({"client_name": "x".repeat(1_000_000)}));
    assert_eq!(register(&server, &long, None).await.status, 413);
}

#[tokio::test]
async fn no_privilege_is_given_for_the_asking() {
    let scope = Scope::parse("openid items:read clients:write users:write").unwrap();
    let server = TestServer::start_registering(Policy { scope, ..open() }).await;
    let cunning = plain_and(json!({
        "client_id": "demo-web", "client_secret": "demo-web-secret", "first_party": true, "roles": ["admin"], "pkce": "optional",
        "lifetimes": {"access_token": 86400}, "cors_origins": ["https://evil.example"], "scope": "openid clients:write users:write",
        "registered_by": "operator", "registration_access_token": "mine", "software_statement": "eyJhbGciOiJub25lIn0.e30.",
    }));
    let client = Registrant::new(&server, &cunning).await;
    assert_ne!(client.id, "demo-web");
    let stored = server.server.client(&ClientId::parse(&client.id).unwrap()).await.unwrap().unwrap();
    assert_eq!(stored.allowed_scope.to_string(), "openid", "the server's own API is no stranger's, whatever the policy says");
    assert!(!stored.first_party && stored.roles.is_empty() && stored.cors_origins.is_empty() && stored.pkce.as_str() == "required");
    assert_eq!(stored.lifetimes.access_token, 600);
}

#[tokio::test]
async fn another_clients_token_opens_nothing_and_tells_nothing() {
    let server = TestServer::start_registering(open()).await;
    let (mine, theirs) = (Registrant::new(&server, &plain()).await, Registrant::new(&server, &plain()).await);
    let gone = Registrant::new(&server, &plain()).await;
    assert_eq!(gone.delete().await.status, 204);
    let machine = server.machine_token("items:read").await;
    let put = plain_and(json!({"client_id": theirs.id}));
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body: Option<&Value> = (method == Method::PUT).then_some(&put);
        let ask = async |id: &str, token: &str| send(&server, method.clone(), &format!("/register/{id}"), Some(token), body).await;
        let refused = ask(&theirs.id, &mine.token).await;
        refused.assert_error(401, "invalid_token");
        let of_registered: Vec<Answer> = vec![
            ask("demo-web", &mine.token).await,
            ask("nobody", &mine.token).await,
            ask("%00", &mine.token).await,
            ask(&gone.id, &gone.token).await,
            ask(&theirs.id, &machine).await,
            ask(&theirs.id, "clv_reg_x").await,
        ];
        for other in of_registered {
            assert_eq!(looks(&other), looks(&refused), "{method}");
        }
    }
    assert_eq!(theirs.get().await.status, 200);
}

/// Nobody has signed in: people are not sent on to a stranger without their own click.
#[tokio::test]
async fn a_mistake_of_a_stranger_takes_nobody_to_them_without_a_click() {
    let policy = Policy {
        grant_types: [GrantType::AuthorizationCode, GrantType::Implicit].into(),
        response_types: ResponseType::ALL.iter().copied().collect(),
        ..open()
    };
    let server = TestServer::start_registering(policy).await;
    let name = "Bank <script>alert(1)</script>";
    let stranger = json!({"client_name": name, "request_uris": ["https://127.0.0.1:9/object"]});
    let keys = json!({"jwks": Keys::new().public()});
    let mut stranger = plain_and(stranger);
    stranger.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    let stranger = Registrant::new(&server, &stranger).await.relying_party();
    for (extra, code) in [
        ("request_uri=https://127.0.0.1:9/object", "invalid_request_uri"),
        ("scope=nonsense", "invalid_request"),
        ("prompt=evil", "invalid_request"),
        ("response_mode=form_post&request=x", "invalid_request_object"),
    ] {
        let url = stranger.authorization_url("openid", extra);
        let page = Browser::new(&server).open(&url).await;
        assert!(!page.left && page.status == 400, "{extra}: {}", page.url);
        assert!(page.body.contains(&format!(">{code}<")) && page.body.contains("Continue to stranger.example"), "{}", page.body);
        assert!(!page.body.contains("<script"), "{}", page.body);
        assert!(page.body.contains(CALLBACK), "the way on is there, for a click: {}", page.body);
    }
    let silent = Browser::new(&server).open(&stranger.authorization_url("openid", "prompt=none")).await;
    assert_eq!((silent.left, silent.parameter("error").as_deref()), (true, Some("login_required")), "nobody can be asked");
    let mut browser = Browser::new(&server);
    browser.log_in("/login", "alice", "wonderland").await;
    let known = browser.open(&stranger.authorization_url("openid", "prompt=evil")).await;
    assert_eq!((known.left, known.parameter("error").as_deref()), (true, Some("invalid_request")), "they have signed in here");
    let ours = RelyingParty::demo_web(&server).authorization_url("openid", "prompt=evil");
    assert!(Browser::new(&server).open(&ours).await.left, "the operator's own clients are answered at once");
}

/// Whoever registers a client signs in to it once, and has a hint that is ours: it sends nobody on who has not signed in here.
#[tokio::test]
async fn a_sign_out_takes_nobody_to_a_stranger_without_a_click() {
    const BYE: &str = "https://stranger.example/bye?to=evil";
    let server = TestServer::start_registering(open()).await;
    let stranger = Registrant::new(&server, &plain_and(json!({"post_logout_redirect_uris": [BYE]}))).await.relying_party();
    let mut attacker = Browser::new(&server);
    let hint = stranger.sign_in(&mut attacker, "openid").await.text("id_token").to_owned();
    let link = server.url(&format!("/logout?id_token_hint={hint}&state=x&post_logout_redirect_uri={BYE}"));
    let page = Browser::new(&server).send(&link.parse().unwrap(), None).await;
    assert_eq!((page.status.as_u16(), page.header("location"), page.header("refresh")), (200, None, None));
    assert!(page.body.contains("Continue to stranger.example") && !page.body.contains("<script"), "{}", page.body);
    assert!(page.body.contains(&format!("id=\"continue\" href=\"{BYE}&#38;state=x\"")), "the way on is there, for a click: {}", page.body);

    let back = attacker.open(&link).await;
    assert_eq!((back.left, back.url.as_str()), (true, &*format!("{BYE}&state=x")), "whose session it is goes on at once");
    let spa = RelyingParty::demo_spa(&server);
    let ours = spa.sign_in(&mut Browser::new(&server), "openid").await;
    let link = format!("/logout?id_token_hint={}&post_logout_redirect_uri=http://localhost:5173/", ours.text("id_token"));
    assert!(Browser::new(&server).open(&link).await.left, "the operator's own clients get people back at once");
}

/// What another sector calls people is for those alone to whom its redirect URIs lead, also when a session is over.
#[tokio::test]
async fn nobody_hears_by_a_back_channel_what_another_sector_calls_people() {
    let server = TestServer::start_registering(open()).await;
    let told_at = |subject_type: &str, redirect_uri: &str, uri: &str| json!({"subject_type": subject_type, "redirect_uris": [redirect_uri], "backchannel_logout_uri": uri});
    let (evil, bank) = ("https://evil.example/b", "https://bank.example/callback");
    register(&server, &told_at("pairwise", bank, evil), None).await.assert_error(400, "invalid_client_metadata");
    Registrant::new(&server, &told_at("public", bank, evil)).await;
    let own = Registrant::new(&server, &told_at("pairwise", "https://evil.example/callback", evil)).await;
    own.put(told_at("pairwise", bank, evil)).await.assert_error(400, "invalid_client_metadata");
    own.put(told_at("pairwise", "https://evil.example/other", evil)).await;
}

#[tokio::test]
async fn no_client_that_registered_itself_is_ever_first_party() {
    let server = TestServer::start_registering(open()).await;
    let client = Registrant::new(&server, &plain()).await;
    let id = ClientId::parse(&client.id).unwrap();
    let mine = |metadata| Ok(ClientMetadata { first_party: true, ..metadata });
    let refused = server.server.change_client(&id, &Expected::Anything, mine).await.unwrap().unwrap_err();
    assert!(refused.to_string().starts_with("first_party: "), "{refused}");
}
