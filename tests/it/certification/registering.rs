//! The registrations that the suite's modules make, and those that they want to see refused.

use reqwest::Method;
use serde_json::{Value, json};

use crate::actors::{Answer, Keys};
use crate::certification::Run;

/// What every registration of the suite says: a scope and a proof key are not among it, and the key has no identifier.
pub fn request(run: &Run, keys: &Keys, response_type: &str, method: &str) -> Value {
    let words: Vec<&str> = response_type.split(' ').collect();
    let code = words.contains(&"code").then_some("authorization_code");
    let implicit = (words != ["code"]).then_some("implicit");
    let mut key = keys.public()["keys"][1].clone();
    key.as_object_mut().unwrap().remove("kid");
    (key["alg"], key["use"]) = (json!("RS256"), json!("sig"));
    json!({
        "client_name": "OIDF Conformance Test kYTx0a7ZpQw2",
        "grant_types": code.into_iter().chain(implicit).collect::<Vec<_>>(),
        "jwks": {"keys": [key]},
        "token_endpoint_auth_method": method,
        "response_types": [response_type],
        "redirect_uris": [run.suite.at("callback")],
        "contacts": ["certification@oidf.org"],
    })
}

/// A request with members added, exchanged, or as `null` taken out.
pub fn and(mut request: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("no object: {more}") };
    request.as_object_mut().unwrap().extend(more);
    request.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    request
}

pub async fn register(run: &Run, request: &Value) -> Answer {
    let answer = run.ask(Method::POST, run.endpoint("registration_endpoint"), None, Some(request)).await;
    assert_eq!(answer.header("content-type"), Some("application/json"), "{request}: {}", answer.body);
    answer
}

/// Registers as a module does before it begins, reads what is registered, and deletes it as a module does in the end.
async fn assert_comes_and_goes(run: &Run, request: &Value) {
    let answer = register(run, request).await;
    assert_eq!(answer.status, 201, "{request}: {}", answer.body);
    let made = answer.json();
    let method = request["token_endpoint_auth_method"].as_str().unwrap();
    assert_eq!(made.get("client_secret").is_some(), method.starts_with("client_secret"), "{made}");
    let (place, token) = (made["registration_client_uri"].as_str().unwrap(), made["registration_access_token"].as_str());
    assert!(place.starts_with("https://"), "{place}");
    let read = run.ask(Method::GET, place, token, None).await;
    assert_eq!((read.status.as_u16(), read.header("content-type")), (200, Some("application/json")), "{}", read.body);
    for (name, value) in request.as_object().unwrap() {
        assert_eq!((&made[name], &read.json()[name]), (value, value), "{name}");
    }
    let gone = run.ask(Method::DELETE, place, token, None).await;
    assert_eq!(gone.status, 204, "{}", gone.body);
}

#[tokio::test]
async fn every_response_type_registers_by_every_way_to_authenticate() {
    let (run, keys) = (Run::start().await, Keys::new());
    for response_type in ["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"] {
        assert!(run.promised("response_types_supported").contains(&response_type), "{}", run.metadata);
        for method in run.promised("token_endpoint_auth_methods_supported") {
            assert_comes_and_goes(&run, &request(&run, &keys, response_type, method)).await;
        }
    }
}

#[tokio::test]
async fn what_single_modules_register_is_kept_or_refused_as_they_expect() {
    let (run, keys) = (Run::start().await, Keys::new());
    let at = |name: &str| run.suite.at(name);
    let usual = request(&run, &keys, "code", "private_key_jwt");
    run.suite.publishes("redirect_uris.json", json!([at("callback")]));
    for more in [
        json!({"jwks": null, "jwks_uri": at("jwks")}),
        json!({"grant_types": ["authorization_code", "refresh_token"]}),
        json!({"redirect_uris": [at("callback?bar=foo")]}),
        json!({"redirect_uris": [at("callback"), "https://example.org/redirect"]}),
        json!({"id_token_signed_response_alg": "RS256"}),
        json!({"userinfo_signed_response_alg": "RS256"}),
        json!({"request_uris": [at(&format!("requesturi/{}", "a1B".repeat(32)))]}),
        json!({"request_uris": [at(&format!("requesturi/{}", "a1B".repeat(32)))], "request_object_signing_alg": "RS256"}),
        json!({"logo_uri": run.suite.base.replace("/test/a/claviger", "/images/openid.png")}),
        json!({"policy_uri": "https://openid.net/wordpress-content/uploads/2018/06/OpenID-Connect-Conformance-Profiles.pdf"}),
        json!({"tos_uri": "https://openid.net/wordpress-content/uploads/2018/06/OpenID-Connect-Conformance-Profiles.pdf"}),
        json!({"subject_type": "pairwise", "sector_identifier_uri": at("redirect_uris.json")}),
        json!({"initiate_login_uri": at("initiate_login")}),
        json!({"post_logout_redirect_uris": [at("post_logout_redirect")]}),
        json!({"frontchannel_logout_uri": at("frontchannel_logout"), "frontchannel_logout_session_required": true}),
        json!({"backchannel_logout_uri": at("backchannel_logout"), "backchannel_logout_session_required": true}),
    ] {
        assert_comes_and_goes(&run, &and(usual.clone(), more)).await;
    }
    assert!(run.suite.was_called_at("redirect_uris.json"), "the sector was looked at");

    run.suite.publishes("redirect_uris.json", json!(["https://example.com/op"]));
    for (more, code) in [
        (json!({"redirect_uris": [at("callback#foobar")]}), "invalid_redirect_uri"),
        (json!({"subject_type": "pairwise", "sector_identifier_uri": at("redirect_uris.json")}), "invalid_client_metadata"),
        (json!({"initiate_login_uri": at("initiate_login").replace("https:", "http:")}), "invalid_client_metadata"),
    ] {
        register(&run, &and(usual.clone(), more)).await.assert_error(400, code);
    }
}
