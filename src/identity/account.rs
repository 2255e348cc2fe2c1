//! A person's account as it is described by whoever manages it, in the management API and in the file of `claviger apply`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::identity::user::{User, Username};
use crate::protocol::claims::StandardClaims;
use crate::protocol::problem::Problem;
use crate::protocol::role::{ROLE_RULE, is_role};

/// Bytes that a person's claims, and their attributes, may have in JSON: they stand in answers and, some of them, in tokens.
const MOST_CLAIMS: usize = 16 * 1024;

/// What can be chosen about an account, but for its password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Account {
    /// What they sign in with. It can't be changed.
    pub username: String,
    /// What we know about them (OpenID Connect Core §5.1).
    pub claims: StandardClaims,
    /// What else we know about them, by the names of the attributes.
    pub attributes: Map<String, Value>,
    /// What they are here.
    pub roles: BTreeSet<String>,
    /// The groups that they are in.
    pub groups: BTreeSet<String>,
    /// Whether they can sign in.
    pub enabled: bool,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            username: String::new(),
            claims: StandardClaims::default(),
            attributes: Map::new(),
            roles: BTreeSet::new(),
            groups: BTreeSet::new(),
            enabled: true,
        }
    }
}

impl Account {
    /// How a person's account would be described.
    #[must_use]
    pub fn of(user: &User) -> Self {
        Self {
            username: user.username.to_string(),
            claims: user.claims.clone(),
            attributes: user.attributes.clone(),
            roles: user.roles.clone(),
            groups: user.group_names(),
            enabled: user.enabled,
        }
    }

    /// The username, if nothing is wrong with the description by itself; otherwise everything that is.
    pub fn check(&self) -> Result<Username, Vec<Problem>> {
        let mut problems = Vec::new();
        let username = Username::parse(&self.username).map_err(|problem| problems.push(Problem::new("username", problem)));
        problems.extend(self.roles.iter().filter(|role| !is_role(role)).map(|role| Problem::new("roles", format!("{role:?} {ROLE_RULE}"))));
        for (field, json) in [("claims", serde_json::to_string(&self.claims)), ("attributes", serde_json::to_string(&self.attributes))] {
            if json.map_or(usize::MAX, |text| text.len()) > MOST_CLAIMS {
                problems.push(Problem::new(field, "must have at most 16 KiB"));
            }
        }
        match username {
            Ok(username) if problems.is_empty() => Ok(username),
            _ => Err(problems),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_of_an_account_is_told_at_once() {
        let claims = StandardClaims { name: Some("x".repeat(MOST_CLAIMS)), ..StandardClaims::default() };
        let roles = ["no role".to_owned()].into();
        let account = Account { username: "a b".to_owned(), claims, roles, ..Account::default() };
        let fields: Vec<String> = account.check().unwrap_err().into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["username", "roles", "claims"]);
        assert_eq!(Account { username: "Alice".to_owned(), ..Account::default() }.check(), Ok(Username::parse("alice").unwrap()));
    }
}
