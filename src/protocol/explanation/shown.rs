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
/// What parameters begin after, and values end before, where they are percent-encoded: `?`, `&`, `#`.
const ENDS: [&str; 3] = ["3f", "26", "23"];
/// Characters of such a one, encoded a few times over.
const LONGEST_ENCODED: usize = 13;
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
    let last = text.split_at(text.ceil_char_boundary(text.len().saturating_sub(LONGEST_ENCODED))).1;
    last.rfind('%').is_some_and(|at| ENDS.iter().any(|code| after_encoded(last.split_at(at).1, code) == Some("")))
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

/// The same for a parameter whose value is nobody's business. It may stand in a URL that is a parameter itself, and be encoded with it.
fn parameter(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
    let (name, after) = text.split_at(end);
    if !SECRET_PARAMETERS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return None;
    }
    let (value, encoded) = match after.strip_prefix('=') {
        Some(value) => (value, false),
        None => (after_encoded(after, "3d")?, true),
    };
    let ends = |rest: &str| {
        rest.starts_with(|letter: char| matches!(letter, '&' | '#' | ';') || letter.is_whitespace())
            || encoded && ENDS.iter().any(|code| after_encoded(rest, code).is_some())
    };
    Some((text.split_at(text.len() - value.len()).0, from(value, ends).unwrap_or_default()))
}

/// The same for what stands before the host in `://user:password@host`, or in the same encoded.
fn user_information(text: &str) -> Option<(&str, &str)> {
    let (after, encoded) = match text.strip_prefix("://") {
        Some(after) => (after, false),
        None => (["3a", "2f", "2f"].iter().try_fold(text, |text, code| after_encoded(text, code))?, true),
    };
    let is = |rest: &str, plain: &[char], codes: &[&str]| {
        rest.starts_with(plain) || encoded && codes.iter().any(|code| after_encoded(rest, code).is_some())
    };
    let behind = from(after, |rest| is(rest, &['/', '?', '#', '\\'], &["2f", "3f", "23", "5c"])).unwrap_or_default();
    let authority = after.split_at(after.len() - behind.len()).0;
    let at = authority.char_indices().map(|(at, _)| at).rfind(|at| is(authority.split_at(*at).1, &['@'], &["40"]))?;
    Some((text.split_at(text.len() - after.len()).0, after.split_at(at).1))
}

/// The rest of a text from where it begins as it should.
fn from(text: &str, begins: impl Fn(&str) -> bool) -> Option<&str> {
    text.char_indices().map(|(at, _)| text.split_at(at).1).find(|rest| begins(rest))
}

/// What follows a character that was percent-encoded, once (`%3d`) or more often (`%253D`).
fn after_encoded<'a>(text: &'a str, code: &str) -> Option<&'a str> {
    let mut rest = text.strip_prefix('%')?;
    while let Some(again) = rest.strip_prefix("25") {
        rest = again;
    }
    let (first, after) = rest.split_at_checked(code.len())?;
    first.eq_ignore_ascii_case(code).then_some(after)
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
        assert_eq!(shown("/cb?token=abc%26def%3Fghi%23jkl&x=1"), "/cb?token=***&x=1");
        assert_eq!(shown("?a=%253Fb%2526code%253Dhunter2%2526x"), "?a=%253Fb%2526code%253D***%2526x");
        assert_eq!(shown("next=https%3A%2F%2Fuser%3Ahunter2%40host%2Fcb"), "next=https%3A%2F%2F***%40host%2Fcb");
        assert_eq!(shown("https%253a%252f%252fhunter2%2540host"), "https%253a%252f%252f***%2540host");
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
