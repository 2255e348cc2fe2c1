//! `/api/v1/clients`.

use claviger::protocol::jose::SigningAlgorithm;
use reqwest::Method;
use serde_json::json;

use super::{Manager, assert_problem};
use crate::actors::TestServer;

const TOKEN: [(&str, &str); 1] = [("grant_type", "client_credentials")];

#[tokio::test]
async fn a_client_is_registered_changed_and_deleted() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let new = json!({"client_id": "importer", "client_name": "Importer", "grant_types": ["client_credentials"], "scope": "items:read"});
    let made = alice.post("/clients", &new).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.header("location"), Some(server.url("/api/v1/clients/importer").as_str()));
    let secret = made.json()["client_secret"].as_str().unwrap().to_owned();
    let basic = format!("importer:{secret}");
    assert_eq!(server.token(Some(&basic), &TOKEN).await.status, 200);

    let found = alice.get("/clients/importer").await;
    assert_eq!((found.status.as_u16(), found.header("etag")), (200, made.header("etag")));
    assert!(!found.body.contains(&secret) && !found.body.contains("client_secret\""), "{}", found.body);
    let shown = found.json();
    assert_eq!((&shown["client_name"], &shown["pkce"], &shown["enabled"]), (&json!("Importer"), &json!("required"), &json!(true)));
    assert_eq!(shown["refresh_token_rotation"], "on");
    let kept = alice.patch("/clients/importer", &json!({"refresh_token_rotation": "off"})).await;
    assert_eq!((kept.status.as_u16(), &kept.json()["refresh_token_rotation"]), (200, &json!("off")));
    assert_eq!(shown["default_scope"], "items:read");

    let renamed = alice.patch("/clients/importer", &json!({"client_name": "Renamed", "lifetimes": {"access_token": 60}})).await;
    assert_eq!(renamed.status, 200, "{}", renamed.body);
    assert_eq!(
        renamed.json()["lifetimes"],
        json!({"access_token": 60, "id_token": 600, "refresh_token_idle": 1_209_600, "refresh_token_absolute": 7_776_000})
    );
    assert_eq!(server.token(Some(&basic), &TOKEN).await.json()["expires_in"], 60, "it counts at once");

    assert_eq!(alice.patch("/clients/importer", &json!({"enabled": false})).await.status, 200);
    server.token(Some(&basic), &TOKEN).await.assert_error(401, "invalid_client");
    assert_eq!(alice.delete("/clients/importer").await.status, 204);
    assert_problem(&alice.get("/clients/importer").await, 404);
    assert_problem(&alice.delete("/clients/importer").await, 404);
}

#[tokio::test]
async fn a_client_says_how_it_is_told_that_somebody_signed_out() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let rules = json!({
        "frontchannel_logout_uri": "https://shop.example/bye?x=1", "frontchannel_logout_session_required": true,
        "backchannel_logout_uri": "https://backend.shop.example/bye", "backchannel_logout_session_required": true,
        "logout_revokes": "everything"
    });
    let with = |more: &serde_json::Value| {
        let mut new = json!({"client_id": "shop", "client_name": "Shop", "redirect_uris": ["https://shop.example/cb"]});
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        new
    };
    for (field, wrong) in [
        ("frontchannel_logout_uri", json!("https://other.example/bye")),
        ("frontchannel_logout_uri", json!("https://shop.example:8443/bye")),
        ("frontchannel_logout_uri", json!("http://shop.example/bye")),
        ("frontchannel_logout_uri", json!("https://shop.example/bye#x")),
        ("backchannel_logout_uri", json!("http://shop.example/bye")),
        ("backchannel_logout_uri", json!("https://shop.example/bye#x")),
        ("backchannel_logout_uri", json!("https://u:p@shop.example/bye")),
        ("backchannel_logout_session_required", json!("yes")),
        ("logout_revokes", json!("some")),
        ("refresh_token_rotation", json!("sometimes")),
    ] {
        let refused = alice.post("/clients", &with(&json!({field: wrong}))).await;
        assert_problem(&refused, 422);
        assert!(refused.body.contains(field), "{}", refused.body);
    }
    let made = alice.post("/clients", &with(&json!({}))).await.json();
    assert_eq!((&made["logout_revokes"], &made["frontchannel_logout_session_required"]), (&json!("session"), &json!(false)));
    assert_eq!(alice.patch("/clients/shop", &rules).await.status, 200);
    let shown = alice.get("/clients/shop").await.json();
    for (member, value) in rules.as_object().unwrap() {
        assert_eq!(&shown[member], value);
    }
    let moved = alice.patch("/clients/shop", &json!({"redirect_uris": ["https://moved.example/cb"]})).await;
    assert_problem(&moved, 422);
    let none = alice.patch("/clients/shop", &json!({"frontchannel_logout_uri": null, "backchannel_logout_uri": null})).await;
    assert!(!none.body.contains("logout_uri\""), "{}", none.body);
}

#[tokio::test]
async fn a_client_that_signs_has_keys_or_a_secret() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": "one", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let with = |id: &str, method: &str, more: serde_json::Value| {
        let mut new =
            json!({"client_id": id, "client_name": id, "grant_types": ["client_credentials"], "token_endpoint_auth_method": method});
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        new
    };
    let rules =
        json!({"token_endpoint_auth_signing_alg": "EdDSA", "assertion_audience": "issuer_or_token_endpoint", "jwks": {"keys": [jwk]}});
    let made = alice.post("/clients", &with("signer", "private_key_jwt", rules.clone())).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert!(!made.body.contains("client_secret\""), "{}", made.body);
    let shown = alice.get("/clients/signer").await.json();
    for (member, value) in rules.as_object().unwrap() {
        assert_eq!(&shown[member], value);
    }
    assert_problem(&alice.post("/clients/signer/secrets", &json!({})).await, 409);
    let moved = alice.patch("/clients/signer", &json!({"jwks": null, "jwks_uri": "https://signer.example/jwks.json"})).await;
    assert_eq!(moved.json()["jwks_uri"], "https://signer.example/jwks.json", "{}", moved.body);
    assert!(moved.json().get("jwks").is_none(), "{}", moved.body);
    let hasher = alice.post("/clients", &with("hasher", "client_secret_jwt", json!({}))).await.json();
    assert!(hasher["client_secret"].as_str().unwrap().starts_with("clv_cs_"));

    let mut private = jwk.clone();
    private["d"] = json!("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    for (method, more, field) in [
        ("private_key_jwt", json!({}), "jwks"),
        ("private_key_jwt", json!({"jwks": {"keys": []}}), "jwks"),
        ("private_key_jwt", json!({"jwks": {"keys": [private]}}), "jwks"),
        ("private_key_jwt", json!({"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}}), "jwks"),
        ("private_key_jwt", json!({"jwks": {"keys": [jwk, jwk]}}), "jwks"),
        ("private_key_jwt", json!({"jwks": {"keys": [jwk]}, "jwks_uri": "https://a.example/"}), "jwks_uri"),
        ("private_key_jwt", json!({"jwks_uri": "http://a.example/jwks"}), "jwks_uri"),
        (
            "private_key_jwt",
            json!({"jwks": {"keys": [jwk]}, "token_endpoint_auth_signing_alg": "HS256"}),
            "token_endpoint_auth_signing_alg",
        ),
        ("private_key_jwt", json!({"jwks": {"keys": [jwk]}, "token_endpoint_auth_signing_alg": "none"}), "token_endpoint_auth_signing_alg"),
        ("client_secret_jwt", json!({"token_endpoint_auth_signing_alg": "ES256"}), "token_endpoint_auth_signing_alg"),
        ("client_secret_jwt", json!({"assertion_audience": "anybody"}), "assertion_audience"),
    ] {
        let refused = assert_problem(&alice.post("/clients", &with("other", method, more.clone())).await, 422);
        assert_eq!(refused, [field], "{more}");
    }
}

#[tokio::test]
async fn a_client_says_how_its_people_sign_in() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let rules = json!({
        "default_max_age": 300, "require_auth_time": true, "default_acr_values": ["urn:b", "urn:a"], "initiate_login_uri": "https://shop.example/login?from=us"
    });
    let changed = alice.patch("/clients/demo-web", &rules).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let shown = alice.get("/clients/demo-web").await.json();
    for (member, value) in rules.as_object().unwrap() {
        assert_eq!(&shown[member], value);
    }
    for (wrong, field) in [
        (json!({"default_max_age": -1}), "default_max_age"),
        (json!({"default_max_age": 0.5}), "default_max_age"),
        (json!({"default_acr_values": ["a b"]}), "default_acr_values[0]"),
        (json!({"default_acr_values": ["a", ""]}), "default_acr_values[1]"),
        (json!({"default_acr_values": vec!["a"; 21]}), "default_acr_values"),
        (json!({"initiate_login_uri": "http://shop.example/login"}), "initiate_login_uri"),
        (json!({"initiate_login_uri": "http://localhost/login"}), "initiate_login_uri"),
        (json!({"initiate_login_uri": "javascript:alert(1)"}), "initiate_login_uri"),
        (json!({"initiate_login_uri": "https://shop.example/#x"}), "initiate_login_uri"),
    ] {
        assert_eq!(assert_problem(&alice.patch("/clients/demo-web", &wrong).await, 422), [field], "{wrong}");
    }
    let none = json!({"default_max_age": null, "require_auth_time": null, "default_acr_values": null, "initiate_login_uri": null});
    let shown = alice.patch("/clients/demo-web", &none).await.json();
    assert_eq!((&shown["require_auth_time"], &shown["default_acr_values"]), (&json!(false), &json!([])));
    assert!(shown.get("default_max_age").is_none() && shown.get("initiate_login_uri").is_none());
}

#[tokio::test]
async fn a_client_says_what_people_shall_know_of_it() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let about = json!({
        "logo_uri": "https://shop.example/logo.png", "client_uri": "https://shop.example/", "policy_uri": "https://shop.example/privacy#all",
        "tos_uri": "https://shop.example/terms?lang=en", "contacts": ["help@shop.example", "<b>Zoë</b>"]
    });
    let changed = alice.patch("/clients/demo-web", &about).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let shown = alice.get("/clients/demo-web").await.json();
    for (member, value) in about.as_object().unwrap() {
        assert_eq!(&shown[member], value);
    }
    for field in ["logo_uri", "client_uri", "policy_uri", "tos_uri"] {
        for wrong in
            ["http://shop.example/", "javascript:alert(1)", "data:image/png;base64,AAAA", "https://user@shop.example/", "/logo.png", ""]
        {
            let refused = alice.patch("/clients/demo-web", &json!({ field: wrong })).await;
            assert_eq!(assert_problem(&refused, 422), [field], "{wrong}");
        }
    }
    for (wrong, field) in [(json!(["a", "b\nc"]), "contacts[1]"), (json!(vec!["a"; 11]), "contacts"), (json!([""]), "contacts[0]")] {
        assert_eq!(assert_problem(&alice.patch("/clients/demo-web", &json!({ "contacts": wrong })).await, 422), [field]);
    }
}

#[tokio::test]
async fn nobody_undoes_what_another_changed_meanwhile() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let seen = alice.get("/clients/demo-spa").await.header("etag").unwrap().to_owned();
    let rename = |name: &str| json!({ "client_name": name });
    let ask = |version: Option<String>, name: &str| {
        let (alice, body) = (&alice, rename(name));
        async move { alice.ask(Method::PATCH, "/clients/demo-spa", version.as_deref(), Some(&body)).await }
    };
    assert_problem(&ask(None, "without").await, 428);
    let first = ask(Some(seen.clone()), "first").await;
    assert_eq!(first.status, 200);
    assert_ne!(first.header("etag"), Some(seen.as_str()));
    assert_problem(&ask(Some(seen.clone()), "second").await, 412);
    assert_problem(&ask(Some(format!("W/{}", first.header("etag").unwrap())), "weak").await, 412);
    assert_problem(&ask(Some(", ,".to_owned()), "no tag").await, 400);
    assert_problem(&alice.ask(Method::DELETE, "/clients/demo-spa", Some(&seen), None).await, 412);
    assert_eq!(alice.get("/clients/demo-spa").await.json()["client_name"], "first");
    let either = format!("{seen}, {}", first.header("etag").unwrap());
    assert_eq!(ask(Some(either), "third").await.status, 200);
    assert_eq!(ask(Some("*".to_owned()), "fourth").await.status, 200);
}

#[tokio::test]
async fn a_client_changes_over_from_one_secret_to_the_next() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let made = alice.post("/clients/demo-m2m/secrets", &json!({})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let new = made.json();
    let basic = format!("demo-m2m:{}", new["client_secret"].as_str().unwrap());
    for works in ["demo-m2m:demo-m2m-secret", &basic] {
        assert_eq!(server.token(Some(works), &TOKEN).await.status, 200);
    }
    assert_problem(&alice.post("/clients/demo-m2m/secrets", &json!({})).await, 409);

    let secrets = alice.get("/clients/demo-m2m").await.json()["secrets"].as_array().unwrap().clone();
    let old = secrets.iter().find(|secret| secret["id"] != new["id"]).unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(alice.delete(&format!("/clients/demo-m2m/secrets/{old}")).await.status, 204);
    server.token(Some("demo-m2m:demo-m2m-secret"), &TOKEN).await.assert_error(401, "invalid_client");
    assert_eq!(server.token(Some(&basic), &TOKEN).await.status, 200);
    for unknown in [old.as_str(), "%00", "%25", "a%2Fb"] {
        assert_problem(&alice.delete(&format!("/clients/demo-m2m/secrets/{unknown}")).await, 404);
    }
    assert_problem(&alice.post("/clients/demo-spa/secrets", &json!({})).await, 409);
    assert_problem(&alice.post("/clients/nobody/secrets", &json!({})).await, 404);
}

#[tokio::test]
async fn what_is_wrong_is_told_field_by_field() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let good = json!({"client_id": "shop", "client_name": "Shop", "redirect_uris": ["https://shop.example/cb"], "scope": "openid"});
    let with = |field: &str, value: serde_json::Value| {
        let mut changed = good.clone();
        changed[field] = value;
        changed
    };
    for (body, field) in [
        (with("client_id", json!("a b")), "client_id"),
        (with("client_id", json!("a\u{0}b")), "client_id"),
        (with("client_id", json!("x".repeat(10_000))), "client_id"),
        (with("client_name", json!("")), "client_name"),
        (with("client_name", json!(7)), "client_name"),
        (with("redirect_uris", json!(["https://shop.example/cb", "JaVaScRiPt:alert(1)"])), "redirect_uris[1]"),
        (with("redirect_uris", json!(["http://evil.example/cb"])), "redirect_uris[0]"),
        (with("redirect_uris", json!([])), "redirect_uris"),
        (with("post_logout_redirect_uris", json!(["https://shop.example/#x"])), "post_logout_redirect_uris[0]"),
        (with("cors_origins", json!(["https://shop.example/"])), "cors_origins[0]"),
        (with("grant_types", json!(["magic"])), "grant_types[0]"),
        (with("response_types", json!(["code", "id_token"])), "response_types"),
        (with("response_types", json!(["none"])), "response_types[0]"),
        (with("token_endpoint_auth_method", json!("none_at_all")), "token_endpoint_auth_method"),
        (with("pkce", json!("plain")), "pkce"),
        (with("scope", json!("a\"b")), "scope"),
        (with("default_scope", json!("email")), "default_scope"),
        (with("lifetimes", json!({"access_token": 1})), "lifetimes.access_token"),
        (with("lifetimes", json!({"access_token": -1})), "lifetimes.access_token"),
        (with("client_secret", json!("chosen by the caller")), "client_secret"),
        (with("sekret", json!(1)), "sekret"),
    ] {
        let fields = assert_problem(&alice.post("/clients", &body).await, 422);
        assert!(fields.iter().any(|named| named == field), "{field}: {fields:?}");
    }
    // OpenID Connect Registration §2: tokens go to no address that anybody on the way could read.
    let mut plain = with("grant_types", json!(["authorization_code", "implicit"]));
    plain["redirect_uris"] = json!(["http://localhost:3000/cb"]);
    assert!(assert_problem(&alice.post("/clients", &plain).await, 422).iter().any(|named| named == "redirect_uris"));
    let twice = with("client_id", json!("demo-web"));
    assert_problem(&alice.post("/clients", &twice).await, 409);
    let moved = alice.patch("/clients/demo-spa", &json!({"client_id": "other"})).await;
    assert_eq!(assert_problem(&moved, 422), ["client_id"]);
    let unproven = alice.patch("/clients/demo-spa", &json!({"pkce": "optional"})).await;
    assert_eq!(assert_problem(&unproven, 422), ["pkce"], "a public client can't be let off");
    let kept = alice.patch("/clients/demo-spa", &json!({"refresh_token_rotation": "off"})).await;
    assert_eq!(assert_problem(&kept, 422), ["refresh_token_rotation"]);
}

#[tokio::test]
async fn clients_are_listed_page_by_page() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let all = alice.get("/clients").await.json();
    let ids = |list: &serde_json::Value| -> Vec<String> {
        list["items"].as_array().unwrap().iter().map(|client| client["client_id"].as_str().unwrap().to_owned()).collect()
    };
    let all_ids = ids(&all);
    assert_eq!(all["next"], json!(null));
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = alice.get(&format!("/clients?limit=2{cursor}")).await.json();
        assert!(ids(&page).len() <= 2);
        seen.extend(ids(&page));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, all_ids);
    assert_eq!(ids(&alice.get("/clients?q=M2M").await.json()), ["demo-m2m"]);
    assert!(ids(&alice.get("/clients?enabled=false").await.json()).is_empty());
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=1000", "limit"),
        ("limit=x", "limit"),
        ("cursor='", "cursor"),
        ("enabled=yes", "enabled"),
        ("q=a&q=b", ""),
    ] {
        assert_eq!(assert_problem(&alice.get(&format!("/clients?{query}")).await, 422), [field], "{query}");
    }
    for strange in ["q=%25", "q=%00", "q=%5C", "q=' OR 1=1 --", "cursor=4pyT"] {
        assert_eq!(alice.get(&format!("/clients?{strange}")).await.status, 200, "{strange}");
    }
}

#[tokio::test]
async fn two_secrets_at_most_are_alive_also_when_many_ask_at_once() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    let body = json!({});
    let answers = futures_util::future::join_all((0..10).map(|_| alice.post("/clients/demo-m2m/secrets", &body))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.status == 409));
    assert_eq!(alice.get("/clients/demo-m2m").await.json()["secrets"].as_array().unwrap().len(), 2);
}

/// Conformance: 63
#[tokio::test]
async fn what_a_client_is_told_is_signed_as_it_registers() {
    let server = TestServer::start_offering(&[SigningAlgorithm::Rs256, SigningAlgorithm::Es384]).await;
    let alice = Manager::alice(&server).await;
    let new = |more: serde_json::Value| {
        let mut new = json!({"client_id": "app", "client_name": "App", "redirect_uris": ["https://app.example/cb"], "scope": "openid"});
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        new
    };
    for wrong in ["none", "HS256", "ES512", "rs256", ""] {
        for member in ["id_token_signed_response_alg", "userinfo_signed_response_alg"] {
            let refused = alice.post("/clients", &new(json!({ member: wrong }))).await;
            assert_problem(&refused, 422);
            assert!(refused.body.contains(member), "{}", refused.body);
        }
    }
    let refused =
        alice.post("/clients", &new(json!({"id_token_signed_response_alg": "PS256", "userinfo_signed_response_alg": "EdDSA"}))).await;
    assert_problem(&refused, 422);
    for member in ["id_token_signed_response_alg", "userinfo_signed_response_alg"] {
        assert!(refused.body.contains(member), "both at once: {}", refused.body);
    }
    let made = alice.post("/clients", &new(json!({}))).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.json()["id_token_signed_response_alg"], "RS256");
    assert!(made.json().get("userinfo_signed_response_alg").is_none());
    let changed = alice.patch("/clients/app", &json!({"userinfo_signed_response_alg": "ES384"})).await;
    assert_eq!(changed.json()["userinfo_signed_response_alg"], "ES384", "{}", changed.body);
    let keys = server.get("/.well-known/jwks.json").await;
    assert!(keys.body.contains("\"P-384\""), "its keys are published before anything is signed: {}", keys.body);
    assert_problem(&alice.patch("/clients/app", &json!({"id_token_signed_response_alg": "EdDSA"})).await, 422);
    let back = alice.patch("/clients/app", &json!({"userinfo_signed_response_alg": null})).await;
    assert!(back.json().get("userinfo_signed_response_alg").is_none(), "{}", back.body);
}

/// Conformance: 63
#[tokio::test]
async fn what_a_client_is_told_is_encrypted_if_it_has_a_key_for_that() {
    let server = TestServer::start().await;
    let alice = Manager::alice(&server).await;
    // RFC 8037 Appendix A.6.
    let jwk = json!({"kty": "OKP", "crv": "X25519", "kid": "one", "use": "enc", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"});
    let new = |more: serde_json::Value| {
        let mut new = json!({"client_id": "app", "client_name": "App", "redirect_uris": ["https://app.example/cb"], "scope": "openid"});
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        new
    };
    for (wrong, field) in [
        (json!({"id_token_encrypted_response_enc": "A128GCM"}), "id_token_encrypted_response_enc"),
        (json!({"userinfo_encrypted_response_enc": "A128CBC-HS256"}), "userinfo_encrypted_response_enc"),
        (json!({"id_token_encrypted_response_alg": "ECDH-ES"}), "id_token_encrypted_response_alg"),
        (json!({"userinfo_encrypted_response_alg": "RSA-OAEP-256", "jwks": {"keys": [jwk]}}), "userinfo_encrypted_response_alg"),
        (json!({"id_token_encrypted_response_alg": "RSA1_5", "jwks": {"keys": [jwk]}}), "id_token_encrypted_response_alg"),
        (json!({"id_token_encrypted_response_alg": "dir"}), "id_token_encrypted_response_alg"),
        (
            json!({"id_token_encrypted_response_alg": "ECDH-ES", "id_token_encrypted_response_enc": "A192GCM", "jwks": {"keys": [jwk]}}),
            "id_token_encrypted_response_enc",
        ),
    ] {
        assert_eq!(assert_problem(&alice.post("/clients", &new(wrong.clone())).await, 422), [field], "{wrong}");
    }
    let good = json!({"id_token_encrypted_response_alg": "ECDH-ES+A256KW", "userinfo_encrypted_response_alg": "ECDH-ES",
                      "userinfo_encrypted_response_enc": "A256GCM", "jwks": {"keys": [jwk]}});
    let made = alice.post("/clients", &new(good)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.json()["id_token_encrypted_response_enc"], "A128CBC-HS256");
    assert_eq!(made.json()["userinfo_encrypted_response_enc"], "A256GCM");
    assert_eq!(assert_problem(&alice.patch("/clients/app", &json!({"jwks": null})).await, 422).len(), 2);
    let there = json!({"jwks": null, "jwks_uri": "https://app.example/jwks.json"});
    assert_eq!(alice.patch("/clients/app", &there).await.status, 200, "what is there is not known yet");
}
