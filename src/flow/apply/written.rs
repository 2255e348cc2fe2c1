//! The entries of the file as they are written, but for the issuer, which is put in.

use std::collections::BTreeSet;
use std::ops::BitOr;

use toml::{Table, Value};

use crate::protocol::issuer::Issuer;
use crate::protocol::problem::Problem;
use crate::protocol::resource::Resource;

/// What the file writes where this server's issuer shall stand.
pub(super) const ISSUER: &str = "{issuer}";

/// What a file may name.
const KINDS: &str = "[[attribute]], [[group]], [[client]], [[api]], [[user]] and [[provider]]";

/// A file as it is written.
#[derive(Default)]
pub(super) struct File {
    pub(super) attributes: Vec<Written>,
    pub(super) groups: Vec<Written>,
    pub(super) clients: Vec<Written>,
    pub(super) apis: Vec<Written>,
    pub(super) users: Vec<Written>,
    pub(super) providers: Vec<Written>,
    /// What is wrong so far.
    pub(super) problems: Vec<Problem>,
}

/// An entry as it is written.
pub(super) struct Written {
    /// Where it stands, such as `client[2] "shop"`.
    pub(super) place: String,
    pub(super) members: Table,
    /// The members in which the issuer stands.
    pub(super) with_issuer: BTreeSet<String>,
}

/// Reads a file's entries. Those of a kind have different identities.
pub(super) fn read(text: &str, issuer: &Issuer) -> File {
    let mut file = File::default();
    let root = match text.parse::<Table>() {
        Ok(root) => root,
        Err(error) => {
            // The error's own `Display` quotes the line, which may hold a password: only its message is passed on.
            let at = line_and_column(text, error.span().map_or(0, |span| span.start));
            file.problems.push(Problem::new(at, error.message().replace('\n', ", ")));
            return file;
        }
    };
    for (kind, value) in root {
        match kind.as_str() {
            "attribute" => file.attributes = entries("attribute", "name", value, issuer, &mut file.problems),
            "group" => file.groups = entries("group", "name", value, issuer, &mut file.problems),
            "client" => file.clients = entries("client", "client_id", value, issuer, &mut file.problems),
            "api" => file.apis = entries("api", "identifier", value, issuer, &mut file.problems),
            "provider" => file.providers = entries("provider", "name", value, issuer, &mut file.problems),
            "user" => file.users = entries("user", "username", value, issuer, &mut file.problems),
            other => file.problems.push(Problem::new(other, format!("is not known here; there are {KINDS}"))),
        }
    }
    file
}

fn entries(kind: &str, identity: &str, value: Value, issuer: &Issuer, problems: &mut Vec<Problem>) -> Vec<Written> {
    let Value::Array(values) = value else {
        problems.push(Problem::new(kind, format!("is a list: write [[{kind}]] above each one")));
        return Vec::new();
    };
    let (mut entries, mut seen) = (Vec::new(), Vec::<(String, String)>::new());
    for (index, value) in values.into_iter().enumerate() {
        let mut place = format!("{kind}[{index}]");
        let Value::Table(mut members) = value else {
            problems.push(Problem::new(place, format!("must be a table: write [[{kind}]] above its members")));
            continue;
        };
        let with_issuer = members.iter_mut().filter_map(|(name, value)| fill_in(value, issuer).then(|| name.clone())).collect();
        if let Some(name) = members.get(identity).and_then(Value::as_str) {
            let labelled = format!("{place} {name:?}");
            if let Some((first, _)) = seen.iter().find(|(_, other)| names_the_same(kind, name, other)) {
                problems.push(Problem::new(format!("{labelled}: {identity}"), format!("is that of {first} already")));
            }
            seen.push((place, name.to_owned()));
            place = labelled;
        }
        entries.push(Written { place, members, with_issuer });
    }
    entries
}

/// Line and column of a byte, as editors count them.
fn line_and_column(text: &str, byte: usize) -> String {
    let before = text.get(..byte).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}")
}

/// Puts the issuer in, and tells whether there was anything to put it into. A date without quotes becomes text on the way.
fn fill_in(value: &mut Value, issuer: &Issuer) -> bool {
    match value {
        Value::String(text) if text.contains(ISSUER) => {
            *text = text.replace(ISSUER, issuer.as_str());
            true
        }
        Value::Datetime(date) => {
            *value = Value::String(date.to_string());
            false
        }
        Value::Array(elements) => elements.iter_mut().map(|element| fill_in(element, issuer)).fold(false, BitOr::bitor),
        Value::Table(members) => members.iter_mut().map(|(_, member)| fill_in(member, issuer)).fold(false, BitOr::bitor),
        _ => false,
    }
}

fn names_the_same(kind: &str, one: &str, other: &str) -> bool {
    match kind {
        "api" => match (Resource::parse(one), Resource::parse(other)) {
            (Ok(one), Ok(other)) => one.names_the_same_as(&other),
            _ => false,
        },
        "user" => one.to_lowercase() == other.to_lowercase(),
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_for(issuer: &str, text: &str) -> File {
        read(text, &Issuer::parse(issuer).unwrap())
    }

    #[test]
    fn the_issuer_is_put_in_wherever_it_stands_and_the_member_is_remembered() {
        let text =
            "[[user]]\nusername = 'a'\nclaims = { profile = '{issuer}/a', address = { formatted = 'x {issuer} y' } }\nbirth = 1999-01-02";
        let file = read_for("https://id.example", text);
        let [user] = file.users.as_slice() else { panic!("one") };
        assert_eq!(user.members["claims"]["profile"].as_str(), Some("https://id.example/a"));
        assert_eq!(user.members["claims"]["address"]["formatted"].as_str(), Some("x https://id.example y"));
        assert_eq!(user.members["birth"].as_str(), Some("1999-01-02"), "a date is text");
        assert_eq!(user.with_issuer, ["claims".to_owned()].into());
    }

    #[test]
    fn what_is_no_file_of_ours_is_told_with_its_place() {
        let problems = |text| read_for("https://id.example", text).problems.iter().map(ToString::to_string).collect::<Vec<_>>();
        let syntax = problems("[[client]]\nclient_secret = 'hunter2\n");
        assert_eq!(syntax.len(), 1);
        assert!(syntax[0].starts_with("line 2, column ") && !syntax[0].contains("hunter2"), "{syntax:?}");
        let text = "pepole = 1\n[client]\nclient_id = 'a'\n[[api]]\nidentifier = 'https://a.example'\n[[api]]\n\
                    identifier = 'https://A.example/'\n[[user]]\nusername = 'x'\n[[user]]\nusername = 'X'";
        let expected = [
            "pepole: is not known here; there are [[attribute]], [[group]], [[client]], [[api]], [[user]] and [[provider]]",
            "client: is a list: write [[client]] above each one",
            "api[1] \"https://A.example/\": identifier: is that of api[0] already",
            "user[1] \"X\": username: is that of user[0] already",
        ];
        assert_eq!(problems(text), expected);
    }
}
