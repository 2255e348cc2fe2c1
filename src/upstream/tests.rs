//! What providers are asked for whose addresses are fixed, and which no test of the whole server reaches.

use openidconnect::core::CoreJsonWebKeySet;
use serde_json::json;

use super::*;
use crate::outbound::Limits;

const ISSUER: &str = "https://accounts.google.com";

fn google() -> Registered {
    let declared = json!({"name": "google", "kind": "google", "client_id": "our-id.apps.googleusercontent.com"});
    let provider: Provider = serde_json::from_value(declared).unwrap();
    provider.check().unwrap();
    Registered { provider, secret: SecretString::from("our-secret") }
}

fn errand() -> Errand {
    Errand {
        redirect_uri: "https://login.example.com/login/callback/google".to_owned(),
        state: "a-state".to_owned(),
        nonce: "a-nonce".to_owned(),
        verifier: "a-verifier-that-is-long-enough-for-the-specification".to_owned(),
        login: false,
        select_account: false,
        max_age: None,
        under_way: Duration::ZERO,
        login_hint: None,
    }
}

/// What is asked with nothing known yet about anybody, and no way to find out.
fn knowing_nothing() -> Upstream {
    let limits = Limits { total: Duration::ZERO, ..Limits::default() };
    Upstream::new(Outbound::new(None, limits).unwrap(), Clock::standing_at(Timestamp::from_seconds(1_795_262_400)))
}

/// The same with what Google publishes.
async fn knowing_google() -> Upstream {
    let published = json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
        "token_endpoint": "https://oauth2.googleapis.com/token",
        "userinfo_endpoint": "https://openidconnect.googleapis.com/v1/userinfo",
        "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
        "response_types_supported": ["code", "token", "id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let metadata: discovery::Metadata = serde_json::from_value(published).unwrap();
    let upstream = knowing_nothing();
    let key = ("google".to_owned(), ISSUER.to_owned());
    upstream.known.insert(key, Arc::new(metadata.set_jwks(CoreJsonWebKeySet::new(Vec::new())))).await;
    upstream
}

/// A parameter of the address that somebody is sent to with this errand.
async fn sent(errand: &Errand, name: &str) -> Option<String> {
    let url = Url::parse(&knowing_google().await.depart(&google(), errand).await.unwrap()).unwrap();
    assert!(url.as_str().starts_with("https://accounts.google.com/o/oauth2/v2/auth?"), "{url}");
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn google_is_asked_as_any_openid_provider() {
    let errand = Errand { login_hint: Some("alice@example.com".to_owned()), ..errand() };
    for (name, expected) in [
        ("client_id", "our-id.apps.googleusercontent.com"),
        ("redirect_uri", "https://login.example.com/login/callback/google"),
        ("response_type", "code"),
        ("scope", "openid profile email"),
        ("state", "a-state"),
        ("nonce", "a-nonce"),
        ("code_challenge_method", "S256"),
        ("login_hint", "alice@example.com"),
    ] {
        assert_eq!(sent(&errand, name).await.as_deref(), Some(expected), "{name}");
    }
    assert_eq!((sent(&errand, "prompt").await, sent(&errand, "max_age").await), (None, None));
}

#[tokio::test]
async fn google_which_knows_no_prompt_login_is_asked_for_an_account_instead() {
    for (login, select_account) in [(true, false), (false, true), (true, true)] {
        let errand = Errand { login, select_account, ..errand() };
        assert_eq!(sent(&errand, "prompt").await.as_deref(), Some("select_account"), "{errand:?}");
        assert_eq!(sent(&errand, "max_age").await, None, "it gives no auth_time");
    }
}

#[tokio::test]
async fn nobody_is_sent_to_google_where_a_recent_sign_in_has_to_be_shown() {
    for max_age in [0, 60, u64::MAX] {
        for upstream in [knowing_google().await, knowing_nothing()] {
            let errand = Errand { max_age: Some(max_age), login: max_age == 0, ..errand() };
            assert_eq!(upstream.depart(&google(), &errand).await, Err(Trouble::NotFresh(max_age)), "nothing is asked, either");
        }
    }
}
