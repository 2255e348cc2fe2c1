//! The person signs in to a client of the suite, in either way that it has clients, and out again.

use claviger::clock::Clock;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::actors::{ASSERTION_TYPE, Answer, Browser, Keys, Page};
use crate::binary::program::eventually;
use crate::certification::registering::{and, register, request};
use crate::certification::{PASSWORD, Run};

const SCOPE: &str = "openid profile email address phone offline_access";

/// What the suite looks for when a client asked for all of `SCOPE`.
const CLAIMS: [&str; 20] = [
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
    "email",
    "email_verified",
    "address",
    "phone_number",
    "phone_number_verified",
];

impl Run {
    /// Where a module sends a person: without a proof key.
    fn authorization_url(&self, client: &str, more: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("client_id", client).append_pair("redirect_uri", &self.suite.at("callback")).extend_pairs(more);
        let query = query.append_pair("state", "s-._~").append_pair("nonce", "n-._~").finish();
        format!("{}?{query}", self.endpoint("authorization_endpoint"))
    }

    /// Carol signs in and allows what is asked for.
    async fn sign_in(&self, browser: &mut Browser<'_>, client: &str, more: &[(&str, &str)]) -> Page {
        let url = self.authorization_url(client, &[&[("response_type", "code"), ("scope", SCOPE)], more].concat());
        let page = browser.log_in(&url, "carol", PASSWORD).await;
        assert!(browser.is_at(&page, "/consent"), "{}: {}", page.url, page.body);
        browser.submit(&page, &[], "consent-allow").await
    }

    async fn token(&self, basic: Option<&str>, form: &[(&str, &str)]) -> Value {
        let answer = self.secured.site.post("/token", basic, form).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// The same for a client that signs who it is, with no more in it than the suite has.
    async fn token_for_signed(&self, keys: &Keys, client: &str, audience: &str, form: &[(&str, &str)]) -> Value {
        let (now, jti) = (Clock::system().now().seconds(), format!("for {audience}"));
        let claims = json!({"iss": client, "sub": client, "aud": audience, "jti": jti, "iat": now, "nbf": now, "exp": now + 60});
        let assertion = keys.sign_with_header(&json!({"alg": "RS256", "kid": "RS256"}), &claims);
        let credentials = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &*assertion)];
        self.token(None, &[form, &credentials].concat()).await
    }
}

#[tokio::test]
async fn a_client_that_registered_finds_every_claim_of_the_person() {
    let (run, keys) = (Run::start().await, Keys::new());
    run.suite.publishes("jwks", keys.public());
    let more = json!({"jwks": null, "jwks_uri": run.suite.at("jwks"), "grant_types": ["authorization_code", "refresh_token"]});
    let made = register(&run, &and(request(&run, &keys, "code", "private_key_jwt"), more)).await.json();
    let client = made["client_id"].as_str().unwrap();
    let site = &run.secured.site;
    let mut browser = Browser::at(&site.issuer, &site.http);
    let refused = browser.open(&run.authorization_url(client, &[("scope", "openid")])).await;
    let told = (refused.left, refused.parameter("error"), refused.parameter("state"));
    assert_eq!(told, (true, Some("invalid_request".to_owned()), Some("s-._~".to_owned())), "nobody is signed in: {}", refused.body);

    let back = run.sign_in(&mut browser, client, &[("prompt", "consent")]).await;
    let (code, callback) = (back.code(), run.suite.at("callback"));
    let form = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", &*callback)];
    let tokens = run.token_for_signed(&keys, client, run.endpoint("token_endpoint"), &form).await;
    assert!(run.suite.was_called_at("jwks"));
    let access_token = tokens["access_token"].as_str().unwrap();
    let answer = site.http.get(run.endpoint("userinfo_endpoint")).bearer_auth(access_token).send().await.unwrap();
    let person = Answer::of(answer).await.json();
    for claim in CLAIMS {
        assert!(run.promised("claims_supported").contains(&claim), "{claim} is not promised");
        assert!(person.get(claim).is_some_and(|value| !value.is_null() && value != "" && *value != json!({})), "{claim}: {person}");
    }
    // One module puts the issuer into its assertions.
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    let again = run.token_for_signed(&keys, client, run.endpoint("issuer"), &form).await;
    assert!(again["id_token"].is_string(), "{again}");
}

#[tokio::test]
async fn the_clients_of_the_file_sign_the_person_in_and_out() {
    let run = Run::start().await;
    let site = &run.secured.site;
    let (callback, bye) = (run.suite.at("callback"), run.suite.at("post_logout_redirect"));
    let clients: Vec<&str> = run.secrets.keys().map(String::as_str).collect();
    assert_eq!(clients, ["conformance-back", "conformance-front", "conformance-one", "conformance-post", "conformance-two"]);
    for (client, secret) in &run.secrets {
        let mut browser = Browser::at(&site.issuer, &site.http);
        let code = run.sign_in(&mut browser, client, &[]).await.code();
        let form = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", &*callback)];
        let (basic, posted) = (format!("{client}:{secret}"), [("client_id", client.as_str()), ("client_secret", secret.as_str())]);
        let tokens = match client.as_str() {
            "conformance-post" => run.token(None, &[&form[..], &posted].concat()).await,
            _ => run.token(Some(&basic), &form).await,
        };
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("id_token_hint", tokens["id_token"].as_str().unwrap())
            .append_pair("post_logout_redirect_uri", &bye)
            .append_pair("state", "<\"&>")
            .finish();
        let page = browser.open(&format!("{}?{query}", run.endpoint("end_session_endpoint"))).await;
        if client == "conformance-front" {
            assert!(page.body.contains(&format!("src=\"{}?iss=", run.suite.at("frontchannel_logout"))), "{}", page.body);
        } else {
            assert!(page.left && page.url.as_str().starts_with(&bye), "{client}: {}: {}", page.url, page.body);
            assert_eq!(page.parameter("state").as_deref(), Some("<\"&>"));
        }
        if client == "conformance-back" {
            eventually("the suite to be told", async || run.suite.was_called_at("backchannel_logout").then_some(())).await;
        }
    }
}
