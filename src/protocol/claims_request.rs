//! Single claims that a client asks for (OpenID Connect Core §5.5): the parameter `claims`.
//!
//! It widens nothing that a client may have: a claim is given only where the client may ask for the scope that releases it, and the person
//! is asked as if the client had asked for that scope.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::protocol::claims::CLAIM_SCOPES;
use crate::protocol::scope::Scope;

/// The most values of one claim that are looked at.
const MOST_VALUES: usize = 50;

/// What the parameter asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimsRequest {
    /// The claims about the person, by the place where they are wanted.
    pub claims: AskedClaims,
    /// The only values of `sub` that the client takes; any when there are none (§5.5.1). One list for each place that names some.
    subjects: Vec<Vec<String>>,
    /// The only classes of sign-in that the client takes (§5.5.1.1, an essential `acr` with values).
    classes: Option<Vec<String>>,
}

/// Which claims about a person are wanted where, beside those that scopes release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedClaims {
    /// At the userinfo endpoint.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub userinfo: BTreeSet<String>,
    /// In the ID token.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub id_token: BTreeSet<String>,
}

/// The text is no JSON object whose members are objects (§5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a JSON object with the members userinfo and id_token, of which each claim is null or an object")]
pub struct Malformed;

impl ClaimsRequest {
    /// Reads the parameter. What is unknown in it is ignored, as §5.5 has it: members, claims, and what is said of a claim.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let Ok(Value::Object(places)) = serde_json::from_str(text) else { return Err(Malformed) };
        let mut asked = Self::default();
        asked.claims.userinfo = asked.read(places.get("userinfo"))?;
        asked.claims.id_token = asked.read(places.get("id_token"))?;
        if let Some(class) = places.get("id_token").and_then(|place| place.get("acr"))
            && class.get("essential").and_then(Value::as_bool) == Some(true)
        {
            asked.classes = values(class);
        }
        Ok(asked)
    }

    /// The claims about a person that one place names.
    fn read(&mut self, place: Option<&Value>) -> Result<BTreeSet<String>, Malformed> {
        let claims: &Map<String, Value> = match place {
            None | Some(Value::Null) => return Ok(BTreeSet::new()),
            Some(Value::Object(claims)) => claims,
            Some(_) => return Err(Malformed),
        };
        if claims.values().any(|said| !matches!(said, Value::Null | Value::Object(_))) {
            return Err(Malformed);
        }
        self.subjects.extend(claims.get("sub").and_then(values));
        Ok(claims.keys().filter(|claim| scope_of(claim).is_some()).cloned().collect())
    }

    /// Whether the client takes the person whom it knows by this `sub` (§5.5.1: otherwise nobody is signed in for it).
    #[must_use]
    pub fn takes(&self, subject: &str) -> bool {
        self.subjects.iter().all(|values| values.iter().any(|value| value == subject))
    }

    /// Whom it takes, for the operator.
    #[must_use]
    pub fn subjects(&self) -> Vec<&str> {
        self.subjects.iter().flatten().map(String::as_str).collect()
    }

    /// The classes of sign-in that it takes, if it does not take this one (§5.5.1.1).
    #[must_use]
    pub fn missed_classes(&self, class: Option<&str>) -> Option<&[String]> {
        self.classes.as_deref().filter(|classes| !class.is_some_and(|class| classes.iter().any(|wanted| wanted == class)))
    }
}

impl AskedClaims {
    /// Those that a client with these scopes may have.
    #[must_use]
    pub fn within(&self, scope: &Scope) -> Self {
        let may_have = |claims: &BTreeSet<String>| {
            claims.iter().filter(|claim| scope_of(claim).is_some_and(|word| scope.contains(word))).cloned().collect()
        };
        Self { userinfo: may_have(&self.userinfo), id_token: may_have(&self.id_token) }
    }

    /// Whether this word is a scope that would release one of them.
    #[must_use]
    pub fn need(&self, word: &str) -> bool {
        self.userinfo.union(&self.id_token).any(|claim| scope_of(claim) == Some(word))
    }

    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }
}

/// The scope that releases a claim about a person.
fn scope_of(claim: &str) -> Option<&'static str> {
    CLAIM_SCOPES.iter().find(|scope| scope.name != "openid" && scope.claims.contains(&claim)).map(|scope| scope.name)
}

/// The values that are wanted of a claim, if it is said: one, or one of several (§5.5.1).
fn values(said: &Value) -> Option<Vec<String>> {
    let several = match said.get("values") {
        Some(Value::Array(several)) => several.iter().take(MOST_VALUES).collect(),
        _ => Vec::new(),
    };
    let wanted: Vec<&Value> = said.get("value").into_iter().chain(several).collect();
    if wanted.is_empty() { None } else { Some(wanted.into_iter().filter_map(Value::as_str).map(str::to_owned).collect()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(claims: &BTreeSet<String>) -> Vec<&str> {
        claims.iter().map(String::as_str).collect()
    }

    /// The example of OpenID Connect Core §5.5.
    #[test]
    fn the_example_of_the_specification_is_understood() {
        let asked = ClaimsRequest::parse(
            r#"{"userinfo": {"given_name": {"essential": true}, "nickname": null, "email": {"essential": true},
                "email_verified": {"essential": true}, "picture": null, "http://example.info/claims/groups": null},
                "id_token": {"auth_time": {"essential": true}, "acr": {"values": ["urn:mace:incommon:iap:silver"]}}}"#,
        )
        .unwrap();
        assert_eq!(names(&asked.claims.userinfo), ["email", "email_verified", "given_name", "nickname", "picture"]);
        assert!(asked.claims.id_token.is_empty());
        // A class that is not essential is a wish.
        assert_eq!(asked.missed_classes(None), None);
        assert!(asked.takes("anybody"));
        let email_alone = asked.claims.within(&Scope::parse("openid email").unwrap());
        assert_eq!(names(&email_alone.userinfo), ["email", "email_verified"]);
        assert!(email_alone.need("email") && !email_alone.need("profile"));
    }

    #[test]
    fn a_value_of_sub_names_the_only_person_and_an_essential_class_the_only_sign_in() {
        let asked = ClaimsRequest::parse(
            r#"{"id_token": {"sub": {"value": "alice"}, "acr": {"essential": true, "values": ["gold", "silver"]}}, "userinfo": {"sub": {"values": ["alice", "bob"]}}}"#,
        )
        .unwrap();
        assert!(asked.takes("alice") && !asked.takes("bob") && !asked.takes("carol"));
        assert_eq!(asked.missed_classes(Some("silver")), None);
        assert_eq!(asked.missed_classes(Some("1")), Some(&["gold".to_owned(), "silver".to_owned()][..]));
        assert!(asked.missed_classes(None).is_some());
        // A value that no sub can have is nobody's.
        assert!(!ClaimsRequest::parse(r#"{"id_token": {"sub": {"value": 7}}}"#).unwrap().takes("7"));
    }

    #[test]
    fn what_is_no_object_of_objects_is_refused_and_what_is_unknown_is_ignored() {
        for bad in ["", "1", "[]", "null", "{", r#"{"userinfo": 1}"#, r#"{"id_token": {"name": true}}"#, r#"{"userinfo": ["name"]}"#] {
            assert_eq!(ClaimsRequest::parse(bad), Err(Malformed), "{bad}");
        }
        for nothing in
            ["{}", r#"{"userinfo": null}"#, r#"{"verified_claims": 3}"#, r#"{"id_token": {"sub": null, "acr": null, "x": null}}"#]
        {
            assert_eq!(ClaimsRequest::parse(nothing), Ok(ClaimsRequest::default()), "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_nothing_is_asked_for_that_no_scope_releases(text in r#"[{}\[\]":,a-z_0-9 ]{0,80}"#) {
            if let Ok(asked) = ClaimsRequest::parse(&text) {
                prop_assert!(asked.claims.userinfo.iter().all(|claim| scope_of(claim).is_some()));
            }
        }
    }
}
