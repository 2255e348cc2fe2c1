//! How two descriptions differ, in lines for people: `field: old → new`, and of a list what came and what went.

use toml::{Table, Value};

/// The members of something new that differ from their defaults.
pub(super) fn new(members: &Table, defaults: &Table, identity: &str) -> Vec<String> {
    let members = without_defaults(members, defaults);
    members.iter().filter(|(name, _)| name.as_str() != identity).flat_map(|(name, value)| leaves(name, value)).collect()
}

/// The members that change.
pub(super) fn changed(before: &Table, after: &Table) -> Vec<String> {
    let mut lines = Vec::new();
    tables("", before, after, &mut lines);
    lines
}

/// The members that are not as they would be if they were left out.
pub(super) fn without_defaults(members: &Table, defaults: &Table) -> Table {
    let own = |(name, value): (&String, &Value)| {
        let value = match (value, defaults.get(name)) {
            (Value::Table(members), Some(Value::Table(defaults))) => {
                let left = without_defaults(members, defaults);
                if left.is_empty() { None } else { Some(Value::Table(left)) }
            }
            (value, default) if default == Some(value) => None,
            // A table without members is not the same as none.
            (value, _) => Some(value.clone()),
        };
        Some((name.clone(), value?))
    };
    members.iter().filter_map(own).collect()
}

fn leaves(field: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Table(members) if !members.is_empty() => {
            members.iter().flat_map(|(name, value)| leaves(&format!("{field}.{name}"), value)).collect()
        }
        Value::Array(elements) if elements.iter().any(Value::is_table) => {
            elements.iter().map(|element| format!("{field}: {}", shown(element))).collect()
        }
        value => vec![format!("{field}: {}", shown(value))],
    }
}

fn tables(field: &str, before: &Table, after: &Table, lines: &mut Vec<String>) {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    for name in after.keys().chain(gone) {
        let field = if field.is_empty() { name.clone() } else { format!("{field}.{name}") };
        match (before.get(name), after.get(name)) {
            (before, after) if before == after => {}
            (Some(Value::Table(before)), Some(Value::Table(after))) => tables(&field, before, after, lines),
            (Some(Value::Array(before)), Some(Value::Array(after))) => arrays(&field, before, after, lines),
            (before, after) => {
                let word = |value: Option<&Value>| value.map_or_else(|| "unset".to_owned(), shown);
                lines.push(format!("{field}: {} → {}", word(before), word(after)));
            }
        }
    }
}

fn arrays(field: &str, before: &[Value], after: &[Value], lines: &mut Vec<String>) {
    let has = |elements: &[Value], wanted: &Value| elements.iter().any(|element| label(element) == label(wanted));
    let start = lines.len();
    lines.extend(before.iter().filter(|element| !has(after, element)).map(|element| format!("{field}: - {}", shown(element))));
    for element in after {
        match (before.iter().find(|known| label(known) == label(element)), element) {
            (None, _) => lines.push(format!("{field}: + {}", shown(element))),
            (Some(Value::Table(before)), Value::Table(after)) => tables(&format!("{field}[{}]", label(element)), before, after, lines),
            (Some(_), _) => {}
        }
    }
    if lines.len() == start {
        lines.push(format!("{field}: in another order"));
    }
}

/// What an element is known by: its name, if it has one.
fn label(element: &Value) -> String {
    // A claim rule has the name of its source, too, which others may share.
    let name = element.get("name").filter(|_| element.get("claim").is_none()).and_then(Value::as_str);
    name.map_or_else(|| shown(element), str::to_owned)
}

/// A value on one line, in which nothing can move the cursor of a terminal.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Array(elements) => format!("[{}]", elements.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Table(members) if members.is_empty() => "{}".to_owned(),
        Value::Table(members) => {
            let members = members.iter().map(|(name, value)| format!("{name} = {}", shown(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(text: &str) -> Table {
        text.parse().unwrap()
    }

    #[test]
    fn a_change_is_shown_field_by_field_and_lists_by_element() {
        let before = "name = 'A'\nuris = ['a', 'b']\nenabled = true\nlifetimes = { access = 1, id = 2 }\nsame = 1\n\
                      scopes = [{ name = 'r', description = 'x' }, { name = 'w' }]\norder = [1, 2]";
        let after = "name = 'B'\nuris = ['c', 'a']\nenabled = false\nlifetimes = { access = 1, id = 3 }\nsame = 1\n\
                     scopes = [{ name = 'r', description = 'y' }, { name = 'd' }]\norder = [2, 1]\nnew = 'n'";
        let expected = [
            "name: \"A\" → \"B\"",
            "uris: - \"b\"",
            "uris: + \"c\"",
            "enabled: true → false",
            "lifetimes.id: 2 → 3",
            "scopes: - { name = \"w\" }",
            "scopes[r].description: \"x\" → \"y\"",
            "scopes: + { name = \"d\" }",
            "order: in another order",
            "new: unset → \"n\"",
        ];
        assert_eq!(changed(&members(before), &members(after)), expected);
        assert_eq!(changed(&members("a = 1"), &members("")), ["a: 1 → unset"]);
        assert_eq!(changed(&members(before), &members(before)), [""; 0]);
    }

    #[test]
    fn something_new_is_shown_without_what_it_would_be_anyway() {
        let defaults = members("enabled = true\nlifetimes = { access = 1, id = 2 }\nuris = []");
        let shop = members("id = 'shop'\nenabled = true\nlifetimes = { access = 1, id = 3 }\nuris = ['a', 'b']\nscopes = [{ name = 'r' }]");
        let expected = ["lifetimes.id: 3", "uris: [\"a\", \"b\"]", "scopes: { name = \"r\" }"];
        assert_eq!(new(&shop, &defaults, "id"), expected);
        assert_eq!(new(&members("lifetimes = {}\naddress = {}"), &defaults, "id"), ["address: {}"], "a table without members is not none");
    }

    #[test]
    fn what_is_shown_cannot_move_the_cursor() {
        let lines = changed(&members("a = 'x'"), &members("a = \"\\u001b[2J\\nb\\u009b\""));
        assert_eq!(lines, ["a: \"x\" → \"\\u{1b}[2J\\nb\\u{9b}\""]);
    }
}
