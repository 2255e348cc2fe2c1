//! Claim rules as the document describes them, for clients and APIs alike.

use poem_openapi::types::Any;
use poem_openapi::{Enum, Object};
use serde_json::Value;

/// Where a claim's value comes from.
#[derive(Enum)]
#[oai(rename = "ClaimSource", rename_all = "lowercase")]
pub(super) enum Source {
    /// The rule itself.
    Constant,
    /// An attribute of the person.
    Attribute,
    /// A standard claim of the person.
    Claim,
    /// The roles of the person, or of the client that acts for itself.
    Roles,
    /// The person's groups.
    Groups,
    /// What a provider that the person can sign in with says about them.
    Profile,
}

/// What claims are put into.
#[derive(Enum)]
#[oai(rename = "ClaimTarget", rename_all = "snake_case")]
pub(super) enum Target {
    /// The access token, and what introspection says about it.
    AccessToken,
    /// The ID token.
    IdToken,
    /// The userinfo answer.
    Userinfo,
}

/// When a rule counts: all that is said has to hold.
#[derive(Object)]
#[oai(rename = "ClaimCondition", skip_serializing_if_is_none)]
pub(super) struct Condition {
    /// This word stands in the granted scope.
    scope: Option<String>,
    /// The person, or the client that acts for itself, has this role.
    role: Option<String>,
    /// The person is in this group.
    group: Option<String>,
}

/// One claim that is put into tokens beside what the specifications put there. Claims of the specifications can't be overridden.
#[derive(Object)]
#[oai(rename = "ClaimRule", skip_serializing_if_is_none)]
pub(super) struct Rule {
    /// The claim's name in the token.
    claim: String,
    /// Where its value comes from.
    from: Source,
    /// Which attribute, standard claim or member of the profile it is; the claim's own name when left out.
    name: Option<String>,
    /// Of which provider the profile is; of the one that the person came from last when left out.
    provider: Option<String>,
    /// The value, of a constant.
    value: Option<Any<Value>>,
    /// What it is put into; the access token when left out. An API's claims go nowhere else.
    into: Option<Vec<Target>>,
    /// When it is.
    when: Option<Condition>,
}

impl Rule {
    /// A rule for the examples of the document.
    pub(super) fn example() -> Self {
        Self { claim: "department".to_owned(), from: Source::Attribute, name: None, provider: None, value: None, into: None, when: None }
    }
}
