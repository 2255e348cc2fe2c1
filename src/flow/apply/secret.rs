//! The secrets of the file: they are taken out of an entry before anything else looks at it, so that no message can quote one.

use std::path::Path;

use secrecy::SecretString;
use toml::{Table, Value};
use zeroize::Zeroizing;

use crate::protocol::problem::Problem;

/// A secret or password that the file gives.
pub(super) struct Given {
    /// The member that gives it.
    pub(super) member: &'static str,
    /// It.
    pub(super) text: SecretString,
}

/// Takes the secret out of an entry, which has one of the members `names` at most. Those whose name ends in `_file` name a file, relative to
/// `folder`, of which the first line counts.
pub(super) fn take(entry: &mut Table, names: &[&'static str], folder: &Path) -> (Option<Given>, Vec<Problem>) {
    let mut found = names.iter().filter_map(|name| Some((*name, entry.remove(*name)?))).collect::<Vec<_>>().into_iter();
    let Some((member, value)) = found.next() else { return (None, Vec::new()) };
    let mut problems: Vec<Problem> =
        found.map(|(other, _)| Problem::new(other, format!("stands beside {member}; keep one of them"))).collect();
    let text = match value {
        Value::String(text) if member.ends_with("_file") => first_line(&folder.join(text)),
        Value::String(text) => Ok(SecretString::from(text)),
        _ => Err("must be text".to_owned()),
    };
    let given = text.map(|text| Given { member, text }).map_err(|reason| problems.push(Problem::new(member, reason)));
    (given.ok(), problems)
}

fn first_line(path: &Path) -> Result<SecretString, String> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| format!("{} can't be read: {error}", path.display()))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(SecretString::from(line)),
        _ => Err(format!("{} has nothing in its first line", path.display())),
    }
}
