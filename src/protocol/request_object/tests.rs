use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::protocol::client::GrantType;
use crate::protocol::refusal::{ErrorCode, Reason as _};
use crate::protocol::samples;

const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

fn client() -> Client {
    let client = samples::confidential_client(&[GrantType::AuthorizationCode], "openid", "openid");
    let uris = ["https://app.example/objects/1#old", "https://app.example/objects/2"].map(|uri| RequestUri::parse(uri).unwrap());
    Client { request_objects: RequestObjectRules { uris: uris.into(), ..RequestObjectRules::default() }, ..client }
}

fn issuer() -> Issuer {
    Issuer::parse("https://id.example").unwrap()
}

fn params(query: &str) -> Params {
    Params::parse(query.as_bytes()).unwrap()
}

fn signed(header: &Value, claims: &Value) -> String {
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", encode(&header.to_string()), encode(&claims.to_string()), encode("x"))
}

/// What is asked for with these claims in the object and this query around it.
fn asked(typ: Option<&str>, claims: &Value, around: &str) -> Result<Params, Reason> {
    let header = typ.map_or_else(|| json!({"alg": "ES256"}), |typ| json!({"alg": "ES256", "typ": typ}));
    let object = RequestObject::read(&signed(&header, claims), &client())?;
    object.request(&params(around), &client(), &issuer(), NOW, false)
}

fn refused(claims: &Value) -> Reason {
    asked(None, claims, "client_id=app&response_type=code").unwrap_err()
}

#[test]
fn an_object_comes_one_way_or_not_at_all() {
    assert_eq!(carried(&params("client_id=app"), &client()), Ok(Carried::Plainly));
    assert_eq!(carried(&params("request=a.b.c"), &client()), Ok(Carried::ByValue("a.b.c")));
    let both = params("request=a.b.c&request_uri=https%3A%2F%2Fapp.example%2Fobjects%2F2");
    assert_eq!(carried(&both, &client()), Err(Reason::Both));
    let strict = Client { request_objects: RequestObjectRules { required: true, ..RequestObjectRules::default() }, ..client() };
    assert_eq!(carried(&params("client_id=app"), &strict), Err(Reason::Required));
    assert_eq!(Reason::Required.code(), ErrorCode::InvalidRequest);
}

#[test]
fn only_a_registered_place_is_asked() {
    for known in ["https://app.example/objects/1", "https://app.example/objects/1%23new", "https://app.example/objects/2%23"] {
        assert!(matches!(carried(&params(&format!("request_uri={known}")), &client()), Ok(Carried::ByReference(_))), "{known}");
    }
    for unknown in [
        "https://app.example/objects/3",
        "https://app.example/objects/1?x",
        "https://app.example/objects/1/",
        "http://app.example/objects/1",
        "https://APP.example/objects/1",
        "https://app.example:443/objects/1",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "urn:ietf:params:oauth:request_uri:x",
        "%23",
    ] {
        let refused = carried(&params(&format!("request_uri={unknown}")), &client()).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidRequestUri, "{unknown}");
    }
    for wrong in ["http://app.example/o", "ftp://app.example/o", "https://a:b@app.example/o", "app.example", ""] {
        assert!(RequestUri::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn only_the_registered_algorithm_counts() {
    let read = |algorithm: &str, client: &Client| RequestObject::read(&signed(&json!({"alg": algorithm}), &json!({})), client).map(|_| ());
    let strict =
        Client { request_objects: RequestObjectRules { algorithm: Some(Algorithm::Ps256), ..RequestObjectRules::default() }, ..client() };
    assert!(read("ES256", &client()).is_ok() && read("PS256", &strict).is_ok());
    for (algorithm, client) in [("none", &client()), ("None", &client()), ("HS256", &client()), ("RS256", &strict), ("ES256", &strict)] {
        assert_eq!(read(algorithm, client).unwrap_err().code(), ErrorCode::InvalidRequestObject, "{algorithm}");
    }
}

#[test]
fn an_object_of_somebody_else_or_for_somebody_else_is_refused() {
    let good =
        json!({"iss": "app", "aud": ["https://x.example", "https://id.example"], "exp": 1_000_001, "iat": 1_000_060, "nbf": 1_000_060});
    assert!(asked(None, &good, "client_id=app&response_type=code").is_ok());
    assert!(asked(None, &json!({}), "client_id=app&response_type=code").is_ok(), "nothing of it has to be there");
    assert_eq!(refused(&json!({"iss": "other"})), Reason::OtherIssuer);
    assert_eq!(refused(&json!({"iss": 1})), Reason::OtherIssuer);
    for audience in [json!("https://x.example"), json!(["https://x.example"]), json!([]), json!("https://id.example/"), json!(7)] {
        assert!(matches!(refused(&json!({"aud": audience})), Reason::Audience { .. }), "{audience}");
    }
    assert!(matches!(refused(&json!({"exp": 1_000_000})), Reason::Over { .. }));
    assert!(matches!(refused(&json!({"nbf": 1_000_061})), Reason::TooEarly { name: "nbf", .. }));
    assert!(matches!(refused(&json!({"iat": 1_000_061})), Reason::TooEarly { name: "iat", .. }));
    assert_eq!(refused(&json!({"exp": "tomorrow"})), Reason::NoTime("exp"));
    assert_eq!(refused(&json!({"request": "a.b.c"})), Reason::Nested);
    assert_eq!(refused(&json!({"request_uri": "https://app.example/objects/2"})), Reason::Nested);
    for odd in [json!({"scope": ["openid"]}), json!({"state": {}}), json!({"resource": [1, {}]}), json!({"claims": [1]})] {
        assert!(matches!(refused(&odd), Reason::NoParameter(_)), "{odd}");
    }
}

#[test]
fn an_object_that_came_in_time_may_end_while_the_person_signs_in() {
    let object = RequestObject::read(&signed(&json!({"alg": "ES256"}), &json!({"exp": 999_999})), &client()).unwrap();
    let at = |is_known| object.request(&params("client_id=app"), &client(), &issuer(), NOW, is_known);
    assert!(at(false).is_err() && at(true).is_ok());
}

#[test]
fn no_other_token_passes_for_an_object() {
    for typ in ["at+jwt", "logout+jwt", "client-authentication+jwt", "dpop+jwt", ""] {
        assert!(matches!(asked(Some(typ), &json!({}), ""), Err(Reason::OtherToken(_))), "{typ}");
    }
    for typ in ["JWT", "oauth-authz-req+jwt", "application/oauth-authz-req+jwt"] {
        assert!(asked(Some(typ), &json!({}), "").is_ok(), "{typ}");
    }
    assert!(matches!(refused(&json!({"iss": "app", "sub": "app"})), Reason::OtherToken(_)), "an assertion that authenticates");
}

#[test]
fn what_stands_twice_agrees_or_the_object_wins() {
    let claims = json!({
        "client_id": "app", "response_type": "id_token code", "scope": "openid email", "redirect_uri": "https://app.example/in", "max_age": 60,
        "resource": ["https://a.example", "https://b.example"], "claims": {"userinfo": {"name": null}}, "nonce": null,
    });
    let around = "client_id=app&response_type=code+id_token&scope=openid&redirect_uri=https://app.example/out&state=s&nonce=n&resource=https://c.example&request=x";
    let asked = asked(None, &claims, around).unwrap();
    for (name, value) in [
        ("scope", "openid email"),
        ("redirect_uri", "https://app.example/in"),
        ("max_age", "60"),
        ("state", "s"),
        ("nonce", "n"),
        ("claims", r#"{"userinfo":{"name":null}}"#),
        ("client_id", "app"),
    ] {
        assert_eq!(asked.one(name), Ok(Some(value)), "{name}");
    }
    assert_eq!(asked.all("resource").collect::<Vec<_>>(), ["https://a.example", "https://b.example"]);
    assert_eq!((asked.get("request"), asked.get("iss"), asked.once_each()), (None, None, Ok(())));
    assert_eq!(refused(&json!({"client_id": "other"})), Reason::Disagrees("client_id"));
    assert_eq!(refused(&json!({"response_type": "id_token"})), Reason::Disagrees("response_type"));
    assert!(self::asked(None, &json!({"scope": "openid"}), "client_id=app&state=1&state=2").unwrap().once_each().is_err());
}

#[test]
fn an_object_of_rfc_9101_stands_alone() {
    let around = "client_id=app&response_type=code&scope=openid+email&state=s&request=x";
    let asked = asked(Some("oauth-authz-req+jwt"), &json!({"scope": "openid", "response_type": "code"}), around).unwrap();
    assert_eq!(asked, params("client_id=app&response_type=code&scope=openid"));
    // So does every object of a client that has to sign, whatever its type.
    let strict = Client { request_objects: RequestObjectRules { required: true, ..RequestObjectRules::default() }, ..client() };
    let object = RequestObject::read(&signed(&json!({"alg": "ES256"}), &json!({"response_type": "code"})), &strict).unwrap();
    assert_eq!(object.request(&params(around), &strict, &issuer(), NOW, false), Ok(params("client_id=app&response_type=code")));
}

proptest! {
    #[test]
    fn no_object_makes_it_panic_and_none_speaks_for_another_client(claims in r#"\{("[a-z_]{1,13}":("[a-z]{0,4}"|[0-9]{1,9}|null|\[\]|\{\}),?){0,6}\}"#) {
        if let Ok(claims) = serde_json::from_str::<Value>(&claims)
            && let Ok(asked) = asked(None, &claims, "client_id=app&response_type=code")
        {
            prop_assert!(asked.all("client_id").all(|id| id == "app"));
        }
    }
}
