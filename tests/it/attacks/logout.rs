//! Signing people out who did not want it, or sending them somewhere by it (OpenID Connect RP-Initiated Logout §2, §3, §6).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::actors::{Answer, Browser, Keys, RelyingParty, TestServer};

const RETURN: &str = "http://localhost:5173/";

/// What is no proof of who is signed in here, each with what makes it none.
async fn worthless_hints(server: &TestServer, browser: &mut Browser<'_>) -> Vec<(&'static str, String)> {
    let spa = RelyingParty::demo_spa(server);
    let tokens = spa.sign_in(browser, "openid").await;
    let (hint, claims) = (tokens.text("id_token"), tokens.id_claims());
    let mut bobs = Browser::new(server);
    bobs.log_in("/login", "bob", "builder").await;
    let back = bobs.open(&spa.authorization_url("openid", "")).await;
    let code = if back.left { back.code() } else { bobs.submit(&back, &[], "consent-allow").await.code() };
    let bobs_hint = spa.redeem(&code).await.text("id_token").to_owned();
    let elsewhere = spa.sign_in(&mut Browser::new(server), "openid").await.text("id_token").to_owned();
    let key = server.get("/.well-known/jwks.json").await.json()["keys"][0].clone();
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = format!("{}.{}.", encode(&json!({"alg": "none", "typ": "JWT"})), encode(&claims));
    let (head, signature) = hint.rsplit_once('.').unwrap();
    vec![
        ("nothing", String::new()),
        ("no signature", unsigned),
        ("our public key as a secret", Keys::sign_with_secret(key["n"].as_str().unwrap().as_bytes(), &claims)),
        ("the client's secret", Keys::sign_with_secret(b"demo-web-secret", &claims)),
        (
            "a foreign key under the name of ours",
            Keys::new().sign_with_header(&json!({"alg": "RS256", "typ": "JWT", "kid": key["kid"]}), &claims),
        ),
        ("another signature", format!("{head}.{}", signature.chars().rev().collect::<String>())),
        ("an access token", tokens.access().to_owned()),
        ("another person", bobs_hint),
        ("another session", elsewhere),
    ]
}

/// Conformance: 65, 66
#[tokio::test]
async fn a_hint_that_proves_nothing_signs_nobody_out() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    for (what, hint) in worthless_hints(&server, &mut browser).await {
        for post in [false, true] {
            let form = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", RETURN), ("state", "s")];
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
            let url = if post {
                // From the attacker's page: without cookies.
                let request = server.http.post(server.url("/logout")).header("origin", "https://evil.example").form(&form);
                let answer = Answer::of(request.send().await.unwrap()).await;
                assert_eq!(answer.status, 303, "{what}");
                answer.header("location").unwrap().to_owned()
            } else {
                server.url(&format!("/logout?{query}"))
            };
            let asked = browser.open(&url).await;
            assert!(!asked.left && asked.body.contains("logout-yes"), "{what}: {}", asked.body);
            assert_eq!(browser.open("/account").await.url.path(), "/account", "{what}");
        }
    }
}

/// Conformance: 66
#[tokio::test]
async fn a_hint_for_another_client_leads_nowhere() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let (web, spa) = (RelyingParty::demo_web(&server), RelyingParty::demo_spa(&server));
    let webs = web.sign_in(&mut browser, "openid").await;
    spa.sign_in(&mut browser, "openid").await;
    let url = format!("/logout?client_id=demo-spa&id_token_hint={}&post_logout_redirect_uri=http://localhost:3000/", webs.text("id_token"));
    let asked = browser.open(&url).await;
    assert!(asked.body.contains("logout-yes"), "{}", asked.body);
    let gone = browser.submit(&asked, &[], "logout-yes").await;
    assert!(!gone.left && gone.body.contains("You are signed out."), "{}", gone.url);
}

/// Conformance: 66
#[tokio::test]
async fn who_is_not_signed_in_is_sent_nowhere_by_a_worthless_hint() {
    let server = TestServer::start().await;
    let hints = worthless_hints(&server, &mut Browser::new(&server)).await;
    for (what, hint) in hints.iter().filter(|(what, _)| !what.starts_with("another p") && *what != "another session") {
        let page = Browser::new(&server).open(&format!("/logout?id_token_hint={hint}&post_logout_redirect_uri={RETURN}")).await;
        assert!(!page.left && page.body.contains("You are signed out."), "{what}: {}", page.url);
    }
}
