//! What else can be known about people than the standard claims: attributes, each with a type.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::identity::group::{DESCRIPTION_RULE, is_description};
use crate::protocol::problem::Problem;
use crate::protocol::words::words;

words! {
    /// What the values of an attribute are.
    AttributeType {
        /// A text.
        String = "string",
        /// A whole number.
        Integer = "integer",
        /// A number.
        Number = "number",
        /// Yes or no.
        Boolean = "boolean",
        /// A list of texts.
        Strings = "strings",
    }
}

/// An attribute that people can have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Its name. It can't be changed.
    pub name: String,
    /// What its values are. It can't be changed.
    #[serde(rename = "type")]
    pub kind: AttributeType,
    /// What it is, for people.
    #[serde(default)]
    pub description: String,
}

impl AttributeType {
    /// Whether a value is of this type.
    #[must_use]
    pub fn admits(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Integer => value.is_i64(),
            Self::Number => value.is_i64() || value.is_f64(),
            Self::Boolean => value.is_boolean(),
            Self::Strings => value.as_array().is_some_and(|values| values.iter().all(Value::is_string)),
        }
    }
}

impl Attribute {
    /// Everything that is wrong with it.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !(1..=64).contains(&self.name.len()) || !self.name.bytes().all(allowed) {
            problems.push(Problem::new("name", "must be 1 to 64 of the characters a-z 0-9 _"));
        }
        if !is_description(&self.description) {
            problems.push(Problem::new("description", DESCRIPTION_RULE));
        }
        problems
    }
}

/// Everything that is wrong with a person's attributes, if these are the attributes that there are.
#[must_use]
pub fn problems(values: &Map<String, Value>, known: &[Attribute]) -> Vec<Problem> {
    let problem = |(name, value): (&String, &Value)| {
        let field = format!("attributes.{name}");
        match known.iter().find(|attribute| attribute.name == *name) {
            None => Some(Problem::new(field, "there is no such attribute")),
            Some(attribute) if !attribute.kind.admits(value) => {
                Some(Problem::new(field, format!("must be of the type {}", attribute.kind)))
            }
            Some(_) => None,
        }
    };
    values.iter().filter_map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_has_the_type_of_its_attribute() {
        let attribute = |name: &str, kind| Attribute { name: name.to_owned(), kind, description: String::new() };
        let known = [attribute("desk", AttributeType::Integer), attribute("teams", AttributeType::Strings)];
        let wrong = |values: Value| -> Vec<String> {
            problems(values.as_object().unwrap(), &known).into_iter().map(|problem| problem.to_string()).collect()
        };
        assert!(wrong(json!({"desk": 7, "teams": ["a", "b"]})).is_empty());
        let expected = [
            "attributes.car: there is no such attribute",
            "attributes.desk: must be of the type integer",
            "attributes.teams: must be of the type strings",
        ];
        assert_eq!(wrong(json!({"desk": 7.5, "teams": ["a", 1], "car": "red"})), expected);
    }

    #[test]
    fn each_type_admits_its_own_values_alone() {
        let values = [json!("a"), json!(1), json!(1.5), json!(true), json!(["a"]), json!([1]), json!({}), json!(null)];
        let admitted = |kind: AttributeType| values.iter().map(|value| kind.admits(value)).collect::<Vec<_>>();
        assert_eq!(admitted(AttributeType::String), [true, false, false, false, false, false, false, false]);
        assert_eq!(admitted(AttributeType::Integer), [false, true, false, false, false, false, false, false]);
        assert_eq!(admitted(AttributeType::Number), [false, true, true, false, false, false, false, false]);
        assert_eq!(admitted(AttributeType::Boolean), [false, false, false, true, false, false, false, false]);
        assert_eq!(admitted(AttributeType::Strings), [false, false, false, false, true, false, false, false]);
    }
}
