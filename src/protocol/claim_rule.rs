//! Claims by rule: what an API or a client wants in its tokens beside what the specifications put there.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::protocol::claims::CLAIM_SCOPES;
use crate::protocol::client::ClientId;
use crate::protocol::problem::Problem;
use crate::protocol::resource::Resource;
use crate::protocol::scope::Scope;
use crate::protocol::words::words;

/// Claims that mean what a specification, or this server, says they mean: no rule gives them another meaning. Those of introspection
/// (RFC 7662 §2.2) are among them, because a token's claims are told there, too, and those that send a client elsewhere for claims (OpenID
/// Connect Core §5.6.2). Some who read tokens don't look at the case of letters, so neither does this.
const RESERVED: [&str; 37] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "client_id",
    "scope",
    "scp",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
    "cnf",
    "act",
    "may_act",
    "typ",
    "events",
    "sub_jwk",
    "sub_id",
    "active",
    "token_type",
    "username",
    "authorization_details",
    "idp",
    "roles",
    "groups",
    "entitlements",
    "_claim_names",
    "_claim_sources",
    "verified_claims",
];

/// Bytes that a constant may have in JSON.
const LONGEST_CONSTANT: usize = 1024;

/// The most rules of one client or API.
pub const MOST_RULES: usize = 50;

words! {
    /// Where a claim's value comes from.
    Source {
        /// The rule itself.
        Constant = "constant",
        /// An attribute of the person.
        Attribute = "attribute",
        /// A standard claim of the person (OpenID Connect Core §5.1).
        Claim = "claim",
        /// The roles of the person, or of the client that acts for itself.
        Roles = "roles",
        /// The person's groups.
        Groups = "groups",
        /// What a provider that the person can sign in with says about them.
        Profile = "profile",
    }
}

words! {
    /// What claims are put into.
    Target {
        /// The access token (RFC 9068), and what introspection says about it.
        AccessToken = "access_token",
        /// The ID token (OpenID Connect Core §2).
        IdToken = "id_token",
        /// The userinfo answer (OpenID Connect Core §5.3).
        Userinfo = "userinfo",
    }
}

/// When a rule counts: all that is said has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Condition {
    /// This word stands in the granted scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The person, or the client that acts for itself, has this role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The person is in this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// One claim that is put into tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimRule {
    /// The claim's name in the token.
    pub claim: String,
    /// Where its value comes from.
    pub from: Source,
    /// Which attribute, standard claim or member of the profile it is; the claim's own name when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of which provider the profile is; of the one that the person came from last when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The value, of a constant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// What it is put into; an API's claims go into access tokens alone.
    #[serde(default = "access_token")]
    pub into: BTreeSet<Target>,
    /// When it is.
    #[serde(default, skip_serializing_if = "Condition::is_empty")]
    pub when: Condition,
}

fn access_token() -> BTreeSet<Target> {
    [Target::AccessToken].into()
}

/// Whom a token speaks for, as far as rules look at it.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The person's standard claims, by their names; empty when a client acts for itself.
    pub claims: Map<String, Value>,
    /// The person's attributes.
    pub attributes: Map<String, Value>,
    /// What providers say about the person, by their names: the one that they came from last is the first.
    pub profiles: Vec<(String, Map<String, Value>)>,
    /// The roles of the person, or of the client that acts for itself.
    pub roles: BTreeSet<String>,
    /// The person's groups.
    pub groups: BTreeSet<String>,
    /// What is granted.
    pub scope: Scope,
}

/// A claim rule, and whose it is.
#[derive(Clone, Copy, Debug)]
pub enum OwnRule<'a> {
    /// An API's.
    Api(&'a Resource, &'a ClaimRule),
    /// A client's.
    Client(&'a ClientId, &'a ClaimRule),
}

impl<'a> OwnRule<'a> {
    /// The rule.
    #[must_use]
    pub const fn rule(self) -> &'a ClaimRule {
        match self {
            Self::Api(_, rule) | Self::Client(_, rule) => rule,
        }
    }

    /// Whether it is a client's rule for a claim that one of these APIs' rules are for: what an API says about a claim of its tokens is not for
    /// a client to say otherwise.
    #[must_use]
    pub fn is_the_apis(self, rules: &[Self]) -> bool {
        matches!(self, Self::Client(..))
            && rules.iter().any(|other| matches!(other, Self::Api(..)) && other.rule().claim == self.rule().claim)
    }
}

impl fmt::Display for OwnRule<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(identifier, _) => write!(formatter, "API {identifier}"),
            Self::Client(id, _) => write!(formatter, "client {id}"),
        }
    }
}

/// Why a rule gives nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// A word does not stand in the scope.
    Scope(String),
    /// A role is missing.
    Role(String),
    /// They are not in a group.
    Group(String),
    /// There is no value of this kind and name.
    NoValue(Source, String),
}

impl Condition {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl ClaimRule {
    /// What the value is called where it comes from.
    #[must_use]
    pub fn source_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.claim)
    }

    /// The claim's value; or why it has none.
    pub fn value(&self, facts: &Facts) -> Result<Value, Unmet> {
        let Condition { scope, role, group } = &self.when;
        if let Some(scope) = scope.as_ref().filter(|scope| !facts.scope.contains(scope)) {
            return Err(Unmet::Scope(scope.clone()));
        }
        if let Some(role) = role.as_ref().filter(|role| !facts.roles.contains(*role)) {
            return Err(Unmet::Role(role.clone()));
        }
        if let Some(group) = group.as_ref().filter(|group| !facts.groups.contains(*group)) {
            return Err(Unmet::Group(group.clone()));
        }
        let name = self.source_name();
        let list = |words: &BTreeSet<String>| (!words.is_empty()).then(|| words.iter().map(String::as_str).collect::<Value>());
        let found = match self.from {
            Source::Constant => self.value.clone(),
            Source::Attribute => facts.attributes.get(name).cloned(),
            Source::Claim => facts.claims.get(name).cloned(),
            Source::Profile => self.profile_in(facts).and_then(|profile| profile.get(name)).cloned(),
            Source::Roles => list(&facts.roles),
            Source::Groups => list(&facts.groups),
        };
        found.filter(|value| !value.is_null()).ok_or_else(|| Unmet::NoValue(self.from, name.to_owned()))
    }

    /// The profile that the rule looks at.
    fn profile_in<'a>(&self, facts: &'a Facts) -> Option<&'a Map<String, Value>> {
        let is_meant = |name: &str| self.provider.as_deref().is_none_or(|wanted| wanted == name);
        facts.profiles.iter().find(|(name, _)| is_meant(name)).map(|(_, profile)| profile)
    }

    /// Everything that is wrong with a rule whose claims may go `into` these, each problem with its member.
    fn problems(&self, into: &[Target]) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut check = |broken: bool, field: &str, reason: &str| {
            if broken {
                problems.push(Problem::new(field, reason));
            }
        };
        let is_name = |text: &str| (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        let is_reserved = RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(&self.claim));
        let is_standard = CLAIM_SCOPES.iter().flat_map(|scope| scope.claims).any(|standard| standard.eq_ignore_ascii_case(&self.claim));
        let itself = self.from == Source::Claim && self.source_name() == self.claim;
        check(!is_name(&self.claim), "claim", "must be 1 to 200 printable ASCII characters without a space");
        check(is_reserved, "claim", "is a claim of the specifications or of this server; choose another name");
        check(
            is_standard && !itself && !is_reserved,
            "claim",
            "is a standard claim: it can only come from the standard claim of the same name",
        );
        let takes_name = matches!(self.from, Source::Attribute | Source::Claim | Source::Profile);
        check(self.name.is_some() && !takes_name, "name", "goes with attribute, claim and profile alone");
        check(
            self.name.as_deref().is_some_and(|name| !is_name(name)),
            "name",
            "must be 1 to 200 printable ASCII characters without a space",
        );
        check(self.provider.is_some() && self.from != Source::Profile, "provider", "goes with profile alone");
        check(
            self.provider.as_deref().is_some_and(|provider| !is_name(provider)),
            "provider",
            "must be 1 to 200 printable ASCII characters without a space",
        );
        let known = CLAIM_SCOPES.iter().any(|scope| scope.claims.contains(&self.source_name()));
        check(self.from == Source::Claim && !known, "name", "is no standard claim");
        match &self.value {
            None => check(self.from == Source::Constant, "value", "is what a constant needs"),
            Some(value) => {
                check(self.from != Source::Constant, "value", "goes with a constant alone");
                check(!is_plain(value) || value.to_string().len() > LONGEST_CONSTANT, "value", PLAIN_RULE);
            }
        }
        check(self.into.is_empty(), "into", "must name something");
        check(!self.into.iter().all(|target| into.contains(target)), "into", "an API's claims go into access_token alone");
        problems
    }
}

/// What a constant must be, for whoever chose another one.
const PLAIN_RULE: &str = "must be something in at most 1024 bytes, without null and without whole numbers beyond 64 bits";

/// Whether a value can be written in every format that it is written in: TOML has no null, and no number beyond 64 bits.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Number(number) => number.is_i64() || !number.is_u64(),
        Value::Array(values) => values.iter().all(is_plain),
        Value::Object(members) => members.values().all(is_plain),
        Value::Bool(_) | Value::String(_) => true,
    }
}

/// Everything that is wrong with the rules of a client or an API whose claims may go `into` these.
#[must_use]
pub fn problems(rules: &[ClaimRule], into: &[Target]) -> Vec<Problem> {
    let of_one = |(index, rule): (usize, &ClaimRule)| {
        rule.problems(into).into_iter().map(move |problem| Problem::new(format!("claims[{index}].{}", problem.field), problem.reason))
    };
    let mut problems: Vec<Problem> = rules.iter().enumerate().flat_map(of_one).collect();
    if rules.len() > MOST_RULES {
        problems.push(Problem::new("claims", format!("must be {MOST_RULES} at most")));
    }
    problems
}

/// The claims that rules put into one kind of token. Of two rules for the same claim, the later one that has a value for it counts.
#[must_use]
pub fn ruled<'a>(rules: impl IntoIterator<Item = &'a ClaimRule>, target: Target, facts: &Facts) -> Map<String, Value> {
    let of_it = rules.into_iter().filter(|rule| rule.into.contains(&target));
    of_it.filter_map(|rule| Some((rule.claim.clone(), rule.value(facts).ok()?))).collect()
}

impl fmt::Display for Unmet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scope(word) => write!(formatter, "the scope lacks {word}"),
            Self::Role(role) => write!(formatter, "the role {role} is missing"),
            Self::Group(group) => write!(formatter, "the person is not in the group {group}"),
            Self::NoValue(Source::Roles, _) => formatter.write_str("there are no roles"),
            Self::NoValue(Source::Groups, _) => formatter.write_str("there are no groups"),
            Self::NoValue(source, name) => write!(formatter, "there is no {source} {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(value: Value) -> ClaimRule {
        serde_json::from_value(value).unwrap()
    }

    fn facts() -> Facts {
        let object = |value: Value| value.as_object().unwrap().clone();
        Facts {
            claims: object(json!({"email": "a@example.com"})),
            attributes: object(json!({"department": "tea", "badge": 7})),
            profiles: vec![
                ("hats".to_owned(), object(json!({"company": "Mad Hatter"}))),
                ("club".to_owned(), object(json!({"company": "Caucus Race", "member": 3}))),
            ],
            roles: ["editor".to_owned()].into(),
            groups: ["hatters".to_owned()].into(),
            scope: Scope::parse("openid items:read").unwrap(),
        }
    }

    #[test]
    fn a_claim_has_the_value_of_its_source_under_its_own_name() {
        let cases = [
            (json!({"claim": "tenant", "from": "constant", "value": {"id": 7}}), json!({"id": 7})),
            (json!({"claim": "department", "from": "attribute"}), json!("tea")),
            (json!({"claim": "https://example.com/dept", "from": "attribute", "name": "department"}), json!("tea")),
            (json!({"claim": "email", "from": "claim"}), json!("a@example.com")),
            (json!({"claim": "company", "from": "profile"}), json!("Mad Hatter")),
            (json!({"claim": "company", "from": "profile", "provider": "club"}), json!("Caucus Race")),
            (json!({"claim": "permissions", "from": "roles"}), json!(["editor"])),
            (json!({"claim": "teams", "from": "groups"}), json!(["hatters"])),
        ];
        for (described, value) in cases {
            assert_eq!(rule(described.clone()).value(&facts()), Ok(value), "{described}");
        }
        for of_another in
            [json!({"claim": "member", "from": "profile"}), json!({"claim": "company", "from": "profile", "provider": "other"})]
        {
            assert!(rule(of_another.clone()).value(&facts()).is_err(), "{of_another}");
        }
        let missing = rule(json!({"claim": "x", "from": "attribute", "name": "shoe_size"}));
        assert_eq!(missing.value(&facts()).unwrap_err().to_string(), "there is no attribute shoe_size");
    }

    #[test]
    fn a_rule_counts_when_all_that_it_asks_for_holds() {
        let when = |when: Value| rule(json!({"claim": "x", "from": "constant", "value": 1, "when": when})).value(&facts());
        assert_eq!(when(json!({"scope": "items:read", "role": "editor", "group": "hatters"})), Ok(json!(1)));
        assert_eq!(when(json!({"scope": "items:write", "role": "editor"})), Err(Unmet::Scope("items:write".to_owned())));
        assert_eq!(when(json!({"role": "admin"})), Err(Unmet::Role("admin".to_owned())));
        assert_eq!(when(json!({"group": "admins", "scope": "openid"})), Err(Unmet::Group("admins".to_owned())));
    }

    #[test]
    fn the_later_of_two_rules_that_has_a_value_counts() {
        let rules = [
            rule(json!({"claim": "level", "from": "constant", "value": 1})),
            rule(json!({"claim": "level", "from": "constant", "value": 2, "when": {"role": "editor"}})),
            rule(json!({"claim": "level", "from": "constant", "value": 3, "when": {"role": "admin"}})),
            rule(json!({"claim": "other", "from": "constant", "value": 4, "into": ["id_token"]})),
        ];
        assert_eq!(Value::Object(ruled(&rules, Target::AccessToken, &facts())), json!({"level": 2}));
        assert_eq!(Value::Object(ruled(&rules, Target::IdToken, &facts())), json!({"other": 4}));
    }

    #[test]
    fn no_rule_takes_a_claim_of_the_specifications() {
        let all = Target::ALL;
        for name in RESERVED {
            let taken = rule(json!({"claim": name, "from": "constant", "value": "me"}));
            assert!(taken.problems(all).iter().any(|problem| problem.field == "claim"), "{name}");
        }
        for (described, field) in [
            (json!({"claim": "email_verified", "from": "constant", "value": true}), "claim"),
            (json!({"claim": "Sub", "from": "constant", "value": "me"}), "claim"),
            (json!({"claim": "Email_Verified", "from": "claim", "name": "email_verified"}), "claim"),
            (json!({"claim": "x", "from": "constant", "value": {"a": [null]}}), "value"),
            (json!({"claim": "x", "from": "constant", "value": u64::MAX}), "value"),
            (json!({"claim": "email", "from": "attribute"}), "claim"),
            (json!({"claim": "email", "from": "claim", "name": "nickname"}), "claim"),
            (json!({"claim": "a b", "from": "roles"}), "claim"),
            (json!({"claim": "", "from": "roles"}), "claim"),
            (json!({"claim": "x", "from": "roles", "name": "y"}), "name"),
            (json!({"claim": "x", "from": "roles", "provider": "work"}), "provider"),
            (json!({"claim": "x", "from": "profile", "provider": "a b"}), "provider"),
            (json!({"claim": "x", "from": "claim"}), "name"),
            (json!({"claim": "x", "from": "constant"}), "value"),
            (json!({"claim": "x", "from": "constant", "value": "x".repeat(1025)}), "value"),
            (json!({"claim": "x", "from": "roles", "value": 1}), "value"),
            (json!({"claim": "x", "from": "roles", "into": []}), "into"),
        ] {
            let fields: Vec<String> = rule(described.clone()).problems(all).into_iter().map(|problem| problem.field).collect();
            assert_eq!(fields, [field], "{described}");
        }
        let of_client = rule(json!({"claim": "email", "from": "claim", "into": ["access_token", "id_token", "userinfo"]}));
        assert_eq!(of_client.problems(all), []);
        let fields: Vec<String> = problems(&[of_client], &[Target::AccessToken]).into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["claims[0].into"]);
    }
}
