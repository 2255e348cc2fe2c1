//! Reading one entry of the file as the description that it is: everything that has another form is told at once, not the first thing alone.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use toml::{Table, Value};

use crate::protocol::problem::Problem;

/// Reads an entry. What does not fit is told and left out, so that the rest can be looked at; there is nothing left to look at when
/// something is missing without which there is no description.
pub(super) fn read<T: DeserializeOwned>(entry: Table) -> (Option<T>, Vec<Problem>) {
    let mut left = Value::Table(entry);
    let (mut problems, mut gaps) = (Vec::new(), Gaps::default());
    loop {
        let error = match serde_path_to_error::deserialize::<_, T>(left.clone()) {
            Ok(description) => return (Some(description), problems),
            Err(error) => error,
        };
        let steps: Vec<&Segment> = error.path().iter().filter(|step| matches!(step, Segment::Seq { .. } | Segment::Map { .. })).collect();
        let problem = problem(gaps.place(&steps), error.inner().message());
        // What was told and left out is not missing.
        if !problems.iter().any(|told: &Problem| told.field == problem.field) {
            problems.push(problem);
        }
        let Some((last, parents)) = steps.split_last() else { return (None, problems) };
        if !take_out(&mut left, parents, last) {
            return (None, problems);
        }
        if matches!(last, Segment::Seq { .. }) {
            *gaps.0.entry(gaps.place(parents)).or_default() += 1;
        }
    }
}

/// What is wrong at a place, in serde's words; a member that is missing is named instead of what it is missing from.
fn problem(place: String, words: &str) -> Problem {
    match words.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        Some(member) if place.is_empty() => Problem::new(member, "is missing"),
        Some(member) => Problem::new(format!("{place}.{member}"), "is missing"),
        None => Problem::new(place, words),
    }
}

/// The member that a field stands in: `scopes` for `scopes[1].name`.
pub(super) fn member(field: &str) -> &str {
    field.split(['.', '[']).next().unwrap_or_default()
}

/// How many elements of a list were left out so far: those that follow stand further down in the file than in what is left.
#[derive(Default)]
struct Gaps(BTreeMap<String, usize>);

impl Gaps {
    /// Where something stands in the file, such as `scopes[1].name`.
    fn place(&self, steps: &[&Segment]) -> String {
        steps.iter().fold(String::new(), |place, step| match step {
            Segment::Seq { index } => format!("{place}[{}]", index + self.0.get(&place).unwrap_or(&0)),
            Segment::Map { key } if place.is_empty() => key.clone(),
            Segment::Map { key } => format!("{place}.{key}"),
            Segment::Enum { .. } | Segment::Unknown => place,
        })
    }
}

/// Takes out the element or member `last`; false when it is not there.
fn take_out(from: &mut Value, parents: &[&Segment], last: &Segment) -> bool {
    let parent = parents.iter().try_fold(from, |parent, step| match step {
        Segment::Seq { index } => parent.get_mut(*index),
        Segment::Map { key } => parent.get_mut(key.as_str()),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    match (parent, last) {
        (Some(Value::Array(elements)), Segment::Seq { index }) if *index < elements.len() => {
            elements.remove(*index);
            true
        }
        (Some(Value::Table(members)), Segment::Map { key }) => members.remove(key.as_str()).is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::api::Api;
    use crate::protocol::client_metadata::ClientMetadata;

    fn read_toml<T: DeserializeOwned>(text: &str) -> (Option<T>, Vec<String>) {
        let (description, problems) = read(text.parse().unwrap());
        (description, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn everything_that_has_another_form_is_told_with_its_place_in_the_file() {
        let (client, problems) = read_toml::<ClientMetadata>(
            "colour = 'red'\nclient_name = 'Shop'\ngrant_types = ['magic', 'password', 'spell', 'refresh_token']\n\
             enabled = 'yes'\nlifetimes = { access_token = -1, id_token = 60, tea = 1 }\nredirect_uris = ['a', 5, 'b', 6]",
        );
        let fields: Vec<&str> = problems.iter().map(|problem| problem.split(": ").next().unwrap()).collect();
        let expected = [
            "colour",
            "grant_types[0]",
            "grant_types[2]",
            "enabled",
            "lifetimes.access_token",
            "lifetimes.tea",
            "redirect_uris[1]",
            "redirect_uris[3]",
        ];
        assert_eq!(fields, expected, "{problems:?}");
        let client = client.unwrap();
        assert_eq!((client.client_name.as_str(), client.redirect_uris.as_slice()), ("Shop", ["a".to_owned(), "b".to_owned()].as_slice()));
    }

    #[test]
    fn an_element_that_lacks_something_is_told_beside_the_others() {
        let scopes = "identifier = 'https://a.example'\nscopes = [{ role = 'x' }, { name = 'a b' }, { name = 'c', tint = 1 }]";
        let (api, problems) = read_toml::<Api>(scopes);
        assert_eq!(api.unwrap().scopes.len(), 1);
        let fields: Vec<&str> = problems.iter().map(|problem| problem.split(": ").next().unwrap()).collect();
        assert_eq!(fields, ["scopes[0].name", "scopes[1].name", "scopes[2].tint"], "{problems:?}");
        assert_eq!(read_toml::<Api>("name = 'x'"), (None, vec!["identifier: is missing".to_owned()]));
    }
}
