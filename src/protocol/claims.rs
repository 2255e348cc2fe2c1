//! The standard claims about a person (OpenID Connect Core §5.1) and the scopes that release them (§5.4).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::protocol::scope::Scope;

/// The standard claims of a person; only those that have a value are ever sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandardClaims {
    /// The full name as it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Given names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Surnames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Middle names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// The casual name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// The name to be called by; the username when nothing else is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    /// URL of a profile page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// URL of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// URL of a web page or blog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Gender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// Birthday, `YYYY-MM-DD`, `0000-MM-DD` or `YYYY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
    /// Time zone name, such as `Europe/Paris`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<String>,
    /// Language tag, such as `en-GB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether we made sure that the e-mail address is theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// Telephone number, `+` and digits (E.164).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Whether we made sure that the telephone number is theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_verified: Option<bool>,
    /// Postal address (§5.1.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// A postal address (OpenID Connect Core §5.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The whole address as it stands on a letter, lines parted by newlines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    /// Street and house number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// State, province or region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// The claims that a scope releases (OpenID Connect Core §5.4), with the scope's meaning in words.
pub struct ClaimScope {
    /// The scope word.
    pub name: &'static str,
    /// What it releases, for the consent page.
    pub description: &'static str,
    /// The claims.
    pub claims: &'static [&'static str],
}

/// The scopes of OpenID Connect Core §5.4 and §11, and two of our own, for roles and groups. `offline_access` releases no claims.
pub const CLAIM_SCOPES: [ClaimScope; 8] = [
    ClaimScope { name: "openid", description: "know who you are, by an identifier", claims: &["sub"] },
    ClaimScope {
        name: "profile",
        description: "see your profile: name, picture, birthday, language and the like",
        claims: &[
            "name",
            "family_name",
            "given_name",
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
        ],
    },
    ClaimScope { name: "email", description: "see your e-mail address", claims: &["email", "email_verified"] },
    ClaimScope { name: "address", description: "see your postal address", claims: &["address"] },
    ClaimScope { name: "phone", description: "see your telephone number", claims: &["phone_number", "phone_number_verified"] },
    ClaimScope { name: "roles", description: "see what you are here: your roles", claims: &["roles"] },
    ClaimScope { name: "groups", description: "see which groups you are in", claims: &["groups"] },
    ClaimScope { name: "offline_access", description: "keep this access while you are signed out", claims: &[] },
];

/// Whether a scope releases claims about a person.
#[must_use]
pub fn is_about_people(word: &str) -> bool {
    CLAIM_SCOPES.iter().any(|scope| scope.name == word && !scope.claims.is_empty())
}

impl StandardClaims {
    /// The claims that have a value and that `scope` releases, as a JSON object's members.
    #[must_use]
    pub fn released_by(&self, scope: &Scope) -> Map<String, Value> {
        let Ok(Value::Object(mut all)) = serde_json::to_value(self) else { return Map::new() };
        all.retain(|claim, _| CLAIM_SCOPES.iter().any(|known| scope.contains(known.name) && known.claims.contains(&claim.as_str())));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_releases_its_own_claims_and_only_those_with_a_value() {
        let claims = StandardClaims {
            name: Some("Alice".into()),
            email: Some("a@example.com".into()),
            email_verified: Some(false),
            ..StandardClaims::default()
        };
        let released = claims.released_by(&Scope::parse("openid email").unwrap());
        assert_eq!(Value::Object(released), serde_json::json!({"email": "a@example.com", "email_verified": false}));
        assert!(claims.released_by(&Scope::parse("openid address phone").unwrap()).is_empty());
    }
}
