//! Tokens straight from the authorization endpoint (OpenID Connect Core §3.2, §3.3), for clients that registered for them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger::protocol::client::{AuthMethod, ResponseType};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::actors::{Browser, Page, RelyingParty, TestServer, claims, hybrid_client};

/// The left half of a hash, as ID tokens bind what stands beside them.
fn half(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..16])
}

async fn answer(server: &TestServer, app: &RelyingParty<'_>, response_type: &str, extra: &str) -> Page {
    let url = app.authorization_url_for(response_type, "openid email items:read", extra);
    let page = Browser::new(server).log_in_and_consent(&url).await;
    assert!(page.left || page.field("state").is_some(), "still at {}: {}", page.url, page.body);
    page
}

/// Conformance: 17, 18, 28, 44
#[tokio::test]
async fn each_response_type_gives_what_it_says_and_binds_it() {
    let server = TestServer::start().await;
    let app = hybrid_client(&server).await;
    for response_type in ResponseType::ALL {
        // Words may come in any order.
        let words: Vec<&str> = response_type.as_str().rsplit(' ').collect();
        let page = answer(&server, &app, &words.join(" "), "nonce=n-1").await;
        assert_eq!(
            page.url.query(),
            (*response_type == ResponseType::Code).then_some(page.url.query().unwrap_or_default()),
            "{}",
            page.url
        );
        assert_eq!(page.url.fragment().is_some(), *response_type != ResponseType::Code, "{response_type}: {}", page.url);
        assert_eq!(page.parameter("state").as_deref(), Some("state-1"));
        assert_eq!(page.parameter("iss").as_deref(), Some(server.issuer.as_str()));
        let [code, token, id_token] = ["code", "access_token", "id_token"].map(|name| page.parameter(name));
        assert_eq!(
            (code.is_some(), token.is_some(), id_token.is_some()),
            (response_type.has_code(), response_type.has_token(), response_type.has_id_token()),
            "{response_type}: {}",
            page.url
        );
        assert_eq!(page.parameter("token_type").as_deref(), token.is_some().then_some("Bearer"));
        assert_eq!(page.parameter("expires_in").as_deref(), token.is_some().then_some("600"));
        if let Some(id_token) = &id_token {
            let id = claims(id_token);
            assert_eq!((&id["nonce"], &id["aud"]), (&json!("n-1"), &json!("hybrid")));
            assert_eq!(id.get("at_hash"), token.as_deref().map(|token| json!(half(token))).as_ref(), "{response_type}");
            assert_eq!(id.get("c_hash"), code.as_deref().map(|code| json!(half(code))).as_ref(), "{response_type}");
            // Only where no access token comes of it, the claims are in here.
            let has_claims = id.get("email").is_some();
            assert_eq!(has_claims, *response_type == ResponseType::IdToken, "{response_type}: {id}");
        }
        if let Some(token) = &token {
            assert_eq!(server.userinfo(token).await.json()["email"], json!("alice@example.com"), "{response_type}");
            assert!(server.is_active(token).await);
        }
        if let Some(code) = &code {
            let tokens = app.redeem(code).await;
            assert_eq!(tokens.id_claims()["nonce"], json!("n-1"));
            if let Some(id_token) = &id_token {
                for claim in ["iss", "sub", "aud", "auth_time", "sid"] {
                    assert_eq!(tokens.id_claims()[claim], claims(id_token)[claim], "{claim}");
                }
            }
        }
    }
}

/// Conformance: 18, 19
#[tokio::test]
async fn every_response_mode_carries_them_but_the_query() {
    let server = TestServer::start().await;
    let app = hybrid_client(&server).await;
    for response_type in ResponseType::ALL {
        let page = answer(&server, &app, response_type.as_str(), "nonce=n&response_mode=form_post").await;
        assert!(!page.left && page.body.contains(r#"action="https://hybrid.example/callback""#), "{}", page.body);
        for (name, is_there) in
            [("code", response_type.has_code()), ("access_token", response_type.has_token()), ("id_token", response_type.has_id_token())]
        {
            assert_eq!(page.field(name).is_some(), is_there, "{response_type} {name}");
        }
        if *response_type == ResponseType::Code {
            continue;
        }
        let url = app.authorization_url_for(response_type.as_str(), "openid", "nonce=n&response_mode=query");
        let page = Browser::new(&server).open(&url).await;
        assert_eq!(page.parameter("error").as_deref(), Some("invalid_request"), "{response_type}: {}", page.url);
        assert_eq!(page.url.query(), None, "{}", page.url);
    }
}

/// Conformance: 16
#[tokio::test]
async fn an_id_token_from_here_needs_a_nonce_and_openid() {
    let server = TestServer::start().await;
    let app = hybrid_client(&server).await;
    for response_type in ResponseType::ALL {
        let page = Browser::new(&server).open(&app.authorization_url_for(response_type.as_str(), "openid", "")).await;
        let error = page.parameter("error");
        assert_eq!(error.as_deref(), response_type.has_id_token().then_some("invalid_request"), "{response_type}: {}", page.url);
        let url = app.authorization_url_for(response_type.as_str(), "items:read", "nonce=n");
        let page = Browser::new(&server).log_in_and_consent(&url).await;
        let error = page.parameter("error");
        assert_eq!(error.as_deref(), response_type.has_id_token().then_some("invalid_request"), "{response_type}: {}", page.url);
    }
}

/// Conformance: 17
#[tokio::test]
async fn a_client_that_did_not_register_for_it_gets_none() {
    let server = TestServer::start().await;
    let web = RelyingParty::demo_web(&server);
    for response_type in ResponseType::ALL.iter().filter(|known| **known != ResponseType::Code) {
        let page = Browser::new(&server).open(&web.authorization_url_for(response_type.as_str(), "openid", "nonce=n")).await;
        assert_eq!(page.parameter("error").as_deref(), Some("unsupported_response_type"), "{response_type}: {}", page.url);
        assert!(page.url.fragment().is_some_and(|fragment| fragment.contains("state=state-1")), "{}", page.url);
    }
    let page = Browser::new(&server).open(&web.authorization_url_for("token", "openid", "nonce=n")).await;
    assert_eq!(page.parameter("error").as_deref(), Some("unsupported_response_type"), "an access token alone is nobody's");
    server.token(Some("demo-web:demo-web-secret"), &[("grant_type", "implicit")]).await.assert_error(400, "unsupported_grant_type");
}

#[tokio::test]
async fn a_public_client_needs_a_proof_key_for_a_code_and_for_nothing_else() {
    let server = TestServer::start().await;
    let mut app = hybrid_client(&server).await;
    server
        .register("public-hybrid", |client| {
            client.auth_method = AuthMethod::None;
            client.secrets.clear();
            client.grant_types =
                [claviger::protocol::client::GrantType::AuthorizationCode, claviger::protocol::client::GrantType::Implicit].into();
            client.response_types = ResponseType::ALL.iter().copied().collect();
            client.redirect_uris =
                vec![claviger::protocol::redirect_uri::RedirectUri::register(app.redirect_uri, client.application_type).unwrap()];
        })
        .await;
    app.client = "public-hybrid";
    for response_type in ResponseType::ALL {
        let url = app.authorization_url_for(response_type.as_str(), "openid", "nonce=n");
        let without = url.split('&').filter(|part| !part.starts_with("code_challenge")).collect::<Vec<_>>().join("&");
        let page = Browser::new(&server).open(&without).await;
        assert_eq!(
            page.parameter("error").as_deref(),
            response_type.has_code().then_some("invalid_request"),
            "{response_type}: {}",
            page.url
        );
    }
}

#[tokio::test]
async fn a_replayed_code_takes_the_token_beside_it_along() {
    let server = TestServer::start().await;
    let app = hybrid_client(&server).await;
    let page = answer(&server, &app, "code token", "").await;
    let (code, token) = (page.code(), page.parameter("access_token").unwrap());
    app.redeem(&code).await;
    assert!(server.is_active(&token).await);
    app.try_redeem(&code).await.assert_error(400, "invalid_grant");
    assert!(!server.is_active(&token).await);
}

#[tokio::test]
async fn access_while_the_person_is_away_needs_a_code() {
    let server = TestServer::start().await;
    let app = hybrid_client(&server).await;
    for response_type in [ResponseType::IdTokenToken, ResponseType::CodeToken] {
        let url = app.authorization_url_for(response_type.as_str(), "openid offline_access", "nonce=n&prompt=consent");
        let page = Browser::new(&server).log_in_and_consent(&url).await;
        let scope = page.parameter("scope").unwrap();
        assert_eq!(scope.contains("offline_access"), response_type.has_code(), "{response_type}: {scope}");
    }
}

#[tokio::test]
async fn signing_out_ends_a_token_that_came_through_the_browser() {
    let server = TestServer::start().await;
    let app = hybrid_client(&server).await;
    let mut browser = Browser::new(&server);
    let page = browser.log_in_and_consent(&app.authorization_url_for("id_token token", "openid items:read", "nonce=n")).await;
    let token = page.parameter("access_token").unwrap();
    assert!(server.is_active(&token).await);
    let page = browser.open("/logout").await;
    browser.submit(&page, &[], "logout-yes").await;
    assert!(!server.is_active(&token).await);
}

#[tokio::test]
async fn without_a_word_of_the_person_it_works_silently_once_they_allowed_it() {
    let server = TestServer::start().await;
    let app = hybrid_client(&server).await;
    let mut browser = Browser::new(&server);
    let url = app.authorization_url_for("id_token", "openid", "nonce=n-1");
    browser.log_in_and_consent(&url).await;
    let silent = browser.open(&app.authorization_url_for("id_token", "openid", "nonce=n-2&prompt=none")).await;
    assert_eq!(claims(&silent.parameter("id_token").unwrap())["nonce"], json!("n-2"));
    let nobody = Browser::new(&server).open(&app.authorization_url_for("id_token", "openid", "nonce=n&prompt=none")).await;
    assert_eq!(nobody.parameter("error").as_deref(), Some("login_required"));
    assert!(nobody.url.fragment().is_some() && nobody.url.query().is_none(), "{}", nobody.url);
}
