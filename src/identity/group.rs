//! Groups of people. A group gives its roles to everybody in it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::protocol::problem::Problem;
use crate::protocol::role::{ROLE_RULE, is_role};

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name, which also stands in tokens. It can't be changed.
    pub name: String,
    /// What it is, for people.
    #[serde(default)]
    pub description: String,
    /// What everybody in it is here.
    #[serde(default)]
    pub roles: BTreeSet<String>,
}

impl Group {
    /// Everything that is wrong with it.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !is_role(&self.name) {
            problems.push(Problem::new("name", ROLE_RULE));
        }
        if !is_description(&self.description) {
            problems.push(Problem::new("description", DESCRIPTION_RULE));
        }
        problems.extend(self.roles.iter().filter(|role| !is_role(role)).map(|role| Problem::new("roles", format!("{role:?} {ROLE_RULE}"))));
        problems
    }
}

/// What a description must be, for whoever chose another one.
pub(super) const DESCRIPTION_RULE: &str = "must have at most 200 characters on one line";

pub(super) fn is_description(text: &str) -> bool {
    text.chars().count() <= 200 && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_of_a_group_is_told_at_once() {
        let group = Group { name: "the group".to_owned(), description: "a\nb".to_owned(), roles: ["no role".to_owned()].into() };
        let fields: Vec<String> = group.problems().into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["name", "description", "roles"]);
        assert_eq!(Group { name: "hatters".to_owned(), ..Group::default() }.problems(), []);
    }
}
