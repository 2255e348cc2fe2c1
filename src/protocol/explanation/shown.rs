//! What may be shown of a text that a caller sent: plain characters, not too many, and nothing that could be a secret of somebody's.

use crate::protocol::chosen_secret::SHORTEST_SECRET;
use crate::protocol::token::TokenKind;

/// The most characters that are shown of one text.
pub(super) const LONGEST: usize = 200;
/// The most bytes of a text that are looked at: more than any text has that could be right.
const READ: usize = 4096;
/// Stands for what is left out because it may be a secret.
const HIDDEN: &str = "***";
/// Characters of a long name that nobody has that are shown.
const STRANGER: usize = 8;
/// Characters from which on something that begins like a JSON Web Token is taken for one.
const SHORTEST_JWT: usize = 20;
/// What stands between a parameter and its value.
const EQUALS: [&str; 2] = ["=", "%3d"];
/// What parameters begin after, and values end before, where they are percent-encoded.
const ENDS: [&str; 3] = ["%3f", "%26", "%23"];
/// Parameters whose values are never shown, wherever they turn up: in a redirection URI, for example, that was copied from an address bar.
const SECRET_PARAMETERS: [&str; 20] = [
    "access_token",
    "api_key",
    "apikey",
    "assertion",
    "auth",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "id_token",
    "id_token_hint",
    "key",
    "nonce",
    "password",
    "passwd",
    "refresh_token",
    "secret",
    "session",
    "state",
    "token",
];

/// The text as it may be shown: up to 200 printable characters, without what could be a secret.
#[must_use]
pub fn shown(text: &str) -> String {
    bounded(visible(text), LONGEST)
}

/// A name that nobody has here. It may be a secret that was put into the wrong field: of one that is as long as a secret, its beginning says
/// enough.
#[must_use]
pub fn stranger(name: &str) -> String {
    if name.chars().count() < SHORTEST_SECRET { name.to_owned() } else { name.chars().take(STRANGER).chain(HIDDEN.chars()).collect() }
}

/// The text up to `longest` characters.
pub(super) fn bounded(text: String, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text,
        Some((end, _)) => format!("{}...", text.split_at(end).0),
    }
}

/// The text without secrets and in printable ASCII alone: what is something else can steer a terminal, or look like what it is not.
pub(super) fn visible(text: &str) -> String {
    let text = text.split_at(text.floor_char_boundary(READ)).0;
    let mut visible = String::new();
    for character in without_secrets(text).chars() {
        match character {
            ' '..='~' => visible.push(character),
            other => visible.extend(other.escape_default()),
        }
    }
    visible
}

fn without_secrets(text: &str) -> String {
    let mut left = text;
    let mut kept = String::new();
    while let Some(next) = left.chars().next() {
        let begins_a_name = kept.ends_with(['?', '&', '#', ';', ' ', '\t', '\n', '{', '"', ',']) || kept.is_empty() || ends_encoded(&kept);
        let hidden = opaque_token(left)
            .or_else(|| jwt(left))
            .or_else(|| begins_a_name.then(|| parameter(left)).flatten())
            .or_else(|| user_information(left));
        if let Some((prefix, rest)) = hidden {
            kept.push_str(prefix);
            kept.push_str(HIDDEN);
            left = rest;
        } else {
            kept.push(next);
            left = left.split_at(next.len_utf8()).1;
        }
    }
    kept
}

/// Whether the next character begins a name in a query that was percent-encoded.
fn ends_encoded(text: &str) -> bool {
    text.len().checked_sub(3).and_then(|start| text.get(start..)).is_some_and(|last| ENDS.iter().any(|end| last.eq_ignore_ascii_case(end)))
}

/// What stays of a token of ours at the begin of `text`, and what follows it.
fn opaque_token(text: &str) -> Option<(&str, &str)> {
    let kind = TokenKind::ALL.iter().find(|kind| text.starts_with(kind.prefix()))?;
    let (prefix, random) = text.split_at(kind.prefix().len());
    Some((prefix, random.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'))))
}

/// The same for a JSON Web Token, which always begins with `{"`.
fn jwt(text: &str) -> Option<(&str, &str)> {
    const BEGIN: &str = "eyJ";
    let after = text.strip_prefix(BEGIN)?;
    let rest = after.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'));
    (text.len() - rest.len() >= SHORTEST_JWT).then_some((BEGIN, rest))
}

/// The same for a parameter whose value is nobody's business. It may stand in a URL that is a parameter itself, once more encoded.
fn parameter(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
    let (name, after) = text.split_at(end);
    let secret = SECRET_PARAMETERS.iter().any(|known| known.eq_ignore_ascii_case(name));
    let value = secret.then(|| EQUALS.iter().find_map(|equals| begins_with(after, equals))).flatten()?;
    let value_end = value.char_indices().find(|(at, letter)| {
        let rest = value.split_at(*at).1;
        matches!(letter, '&' | '#' | ';') || letter.is_whitespace() || ENDS.iter().any(|end| begins_with(rest, end).is_some())
    });
    let rest = value_end.map_or("", |(at, _)| value.split_at(at).1);
    Some((text.split_at(text.len() - value.len()).0, rest))
}

/// The rest of a text that begins so, whatever the case.
fn begins_with<'a>(text: &'a str, beginning: &str) -> Option<&'a str> {
    let (first, rest) = text.split_at_checked(beginning.len())?;
    first.eq_ignore_ascii_case(beginning).then_some(rest)
}

/// The same for what stands before the host in `://user:password@host`.
fn user_information(text: &str) -> Option<(&str, &str)> {
    const BEGIN: &str = "://";
    let authority = text.strip_prefix(BEGIN)?;
    let authority = authority.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let (user_information, _) = authority.rsplit_once('@')?;
    Some((BEGIN, text.split_at(BEGIN.len() + user_information.len()).1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::token::{RANDOM_BYTES, Token};

    #[test]
    fn what_a_person_should_see_stays() {
        for plain in ["https://app.example/cb?x=1&y=2#z", "openid items:read", "", "decode=1&codex=2", "eyJ", "a@b.example"] {
            assert_eq!(shown(plain), plain);
        }
    }

    #[test]
    fn tokens_are_left_out_wherever_they_stand() {
        for kind in TokenKind::ALL {
            let token = Token::new(kind, [7; RANDOM_BYTES]);
            assert_eq!(shown(&format!("/x/{}?a", token.reveal())), format!("/x/{}***?a", kind.prefix()));
        }
        assert_eq!(shown("a eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln b"), "a eyJ*** b");
    }

    #[test]
    fn values_of_secret_parameters_and_passwords_in_addresses_are_left_out() {
        assert_eq!(shown("https://app.example/cb?a=1&code=abc&State=x#token=y"), "https://app.example/cb?a=1&code=***&State=***#token=***");
        assert_eq!(shown("password=hunter2 x"), "password=*** x");
        assert_eq!(shown("https://user:hunter2@app.example/cb:1"), "https://***@app.example/cb:1");
        assert_eq!(shown("https://hunter2@good.example@evil.example/cb"), "https://***@evil.example/cb");
        assert_eq!(
            shown("/a?next=https%3A%2F%2Fb%3Fx%3D1%26code%3dhunter2%26y%3D2"),
            "/a?next=https%3A%2F%2Fb%3Fx%3D1%26code%3d***%26y%3D2"
        );
        assert_eq!(shown("/cb%3FTOKEN%3Dhunter2 x"), "/cb%3FTOKEN%3D*** x");
    }

    #[test]
    fn a_secret_in_the_place_of_a_name_is_not_told() {
        assert_eq!(stranger("demo-wbe"), "demo-wbe");
        assert_eq!(stranger("correct horse battery staple twice"), "correct ***");
    }

    #[test]
    fn nothing_steers_a_terminal_or_looks_like_something_else() {
        assert_eq!(shown("a\x1b[2J\r\nb\u{202e}\u{430}\0"), r"a\u{1b}[2J\r\nb\u{202e}\u{430}\u{0}");
    }

    #[test]
    fn what_is_shown_is_bounded() {
        assert_eq!(shown(&"x".repeat(LONGEST)).len(), LONGEST);
        assert_eq!(shown(&"x".repeat(100_000)).len(), LONGEST + 3);
        assert_eq!(shown(&"é".repeat(100_000)).len(), LONGEST + 3);
    }

    proptest! {
        #[test]
        fn every_text_can_be_shown(text in ".{0,300}") {
            let shown = shown(&text);
            prop_assert!(shown.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && shown.len() <= LONGEST + 3);
        }
    }
}
