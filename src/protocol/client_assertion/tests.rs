use crate::protocol::jose::NotTheirs;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;
use crate::protocol::client::GrantType;
use crate::protocol::samples;

const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

fn claims() -> Value {
    json!({"iss": "app", "sub": "app", "aud": "https://id.example", "exp": 1_000_060, "iat": 1_000_000, "jti": "1"})
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    claims[name] = value.into();
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn read_as(assertion_type: &str, header: &Value, claims: &Value, more: &[(&str, &str)]) -> Result<Assertion, Reason> {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let jwt = format!("{}.{}.c2lnbmF0dXJl", encode(header), encode(claims));
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("client_assertion", &jwt).append_pair("client_assertion_type", assertion_type).extend_pairs(more);
    Assertion::read(&Params::parse(form.finish().as_bytes()).unwrap())
}

fn read(claims: &Value) -> Result<Assertion, Reason> {
    read_as(ASSERTION_TYPE, &json!({"alg": "ES256"}), claims, &[])
}

fn client(assertions: AssertionRules) -> Client {
    let app = samples::confidential_client(&[GrantType::ClientCredentials], "", "");
    Client { auth_method: AuthMethod::PrivateKeyJwt, assertions, ..app }
}

fn check(claims: &Value) -> Result<SingleUse, Reason> {
    read(claims)?.check(&client(AssertionRules::default()), &samples::issuer(), NOW)
}

#[test]
fn a_good_assertion_is_good_once_until_it_ends() {
    assert_eq!(check(&claims()), Ok(SingleUse { jti: "1".into(), until: Timestamp::from_seconds(1_000_120) }));
    assert_eq!(check(&with("exp", 1_000_060.5)).unwrap().until.seconds(), 1_000_120);
    assert!(check(&without("iat")).is_ok());
}

#[test]
fn an_assertion_of_another_type_is_refused() {
    let (es256, good) = (json!({"alg": "ES256"}), claims());
    let saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
    assert_eq!(read_as(saml, &es256, &good, &[]).err(), Some(Reason::Type(Some(saml.into()))));
    let lone = Params::parse(b"client_assertion=x").unwrap();
    assert_eq!(Assertion::read(&lone).err(), Some(Reason::Type(None)));
    let typed = |typ: &str| read_as(ASSERTION_TYPE, &json!({"alg": "ES256", "typ": typ}), &good, &[]).err();
    for typ in ["JWT", "client-authentication+jwt", "application/client-authentication+jwt"] {
        assert_eq!(typed(typ), None, "{typ}");
    }
    for typ in ["at+jwt", "dpop+jwt", "oauth-authz-req+jwt", "application/logout+jwt"] {
        assert!(matches!(typed(typ), Some(Reason::OtherToken(_))), "{typ}");
    }
}

#[test]
fn issuer_and_subject_are_the_client() {
    assert!(matches!(read(&with("sub", "other")).err(), Some(Reason::TwoNames { .. })));
    assert_eq!(read(&without("sub")).err(), Some(Reason::Missing("sub")));
    assert_eq!(read(&without("iss")).err(), Some(Reason::Missing("iss")));
    assert_eq!(read(&with("iss", 1)).err(), Some(Reason::Missing("iss")));
    let named = |id: &str| read_as(ASSERTION_TYPE, &json!({"alg": "ES256"}), &claims(), &[("client_id", id)]).err();
    assert_eq!(named("app"), None);
    assert!(matches!(named("other"), Some(Reason::OtherClient { .. })));
    let odd = json!({"iss": "a b", "sub": "a b"});
    assert_eq!(read(&odd).err(), Some(Reason::NoClient("a b".into())));
}

#[test]
fn the_audience_is_the_issuer_alone() {
    let (issuer, endpoint) = ("https://id.example", "https://id.example/token");
    let wider = AssertionRules { audience: AssertionAudience::IssuerOrTokenEndpoint, ..AssertionRules::default() };
    for (audience, strict, wide) in [
        (json!(issuer), true, true),
        (json!(endpoint), false, true),
        (json!([issuer]), false, true),
        (json!([endpoint, "https://other.example"]), false, true),
        (json!("https://id.example/"), false, false),
        (json!("https://other.example"), false, false),
        (json!(["https://other.example"]), false, false),
        (json!([]), false, false),
        (json!({"https://id.example": 1}), false, false),
        (Value::Null, false, false),
    ] {
        assert_eq!(check(&with("aud", audience.clone())).is_ok(), strict, "{audience}");
        let widely = read(&with("aud", audience.clone())).unwrap().check(&client(wider), &samples::issuer(), NOW);
        assert_eq!(widely.is_ok(), wide, "{audience}");
    }
    assert_eq!(check(&without("aud")), Err(Reason::Missing("aud")));
}

#[test]
fn it_is_over_soon() {
    assert_eq!(check(&without("exp")), Err(Reason::Missing("exp")));
    for bad in [json!("1000060"), json!(true), json!(null), json!([1])] {
        assert_eq!(check(&with("exp", bad)), Err(Reason::NoTime("exp")));
    }
    assert!(matches!(check(&with("exp", 1_000_000)), Err(Reason::Over { .. })));
    assert!(matches!(check(&with("exp", 1_000_000 - 3600)), Err(Reason::Over { .. })));
    assert!(check(&with("exp", 1_000_300)).is_ok());
    assert!(matches!(check(&with("exp", 1_000_361)), Err(Reason::TooLong { .. })));
    assert!(matches!(check(&with("exp", i64::MAX)), Err(Reason::TooLong { .. })));
}

/// Conformance: 49
#[test]
fn clocks_may_differ_a_little() {
    for name in ["iat", "nbf"] {
        assert!(check(&with(name, 1_000_010)).is_ok());
        assert!(matches!(check(&with(name, 1_000_061)), Err(Reason::TooEarly { .. })), "{name}");
        assert_eq!(check(&with(name, "soon")), Err(Reason::NoTime(name)));
    }
}

#[test]
fn it_has_a_name() {
    for nameless in [without("jti"), with("jti", ""), with("jti", 1)] {
        assert_eq!(check(&nameless), Err(Reason::Missing("jti")));
    }
    assert_eq!(check(&with("jti", "x".repeat(513))), Err(Reason::LongName));
}

#[test]
fn the_algorithm_is_the_registered_one() {
    let signed = |alg: &str| read_as(ASSERTION_TYPE, &json!({"alg": alg}), &claims(), &[]);
    let registered = client(AssertionRules { algorithm: Some(Algorithm::Es256), ..AssertionRules::default() });
    let check = |alg: &str| signed(alg).unwrap().check(&registered, &samples::issuer(), NOW);
    assert!(check("ES256").is_ok());
    assert_eq!(check("RS256"), Err(Reason::Algorithm { registered: Algorithm::Es256, used: Algorithm::Rs256 }));
    assert!(matches!(signed("none").err(), Some(Reason::NotSigned(_))));
    assert_eq!(signed("HS256").unwrap().method(), AuthMethod::SecretJwt);
    assert_eq!(signed("EdDSA").unwrap().method(), AuthMethod::PrivateKeyJwt);
}

#[test]
fn every_reason_is_explained() {
    for reason in [
        Reason::Type(None),
        Reason::Missing("jti"),
        Reason::NotSigned(crate::protocol::jose::NotSigned::Algorithm(Some("none".into()))),
        check(&with("aud", "https://id.example/token")).unwrap_err(),
        check(&with("exp", 1)).unwrap_err(),
        check(&with("exp", 2_000_000)).unwrap_err(),
        check(&with("iat", 2_000_000)).unwrap_err(),
        Reason::NotTheirs(NotTheirs::UnknownKey { kid: Some("../x".into()), algorithm: Algorithm::Es256, known: vec!["a".into()] }),
        Reason::Used("1".into()),
    ] {
        let explanation = reason.explain();
        let fact = explanation.facts.first().unwrap();
        assert!(fact.what_was_expected().is_some() || fact.rule().is_some(), "{reason:?}");
    }
}
