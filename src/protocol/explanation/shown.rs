//! What may be shown of a text that a caller sent: plain characters, not too many, and nothing that could be a secret of somebody's.

use crate::protocol::token::TokenKind;

/// The most characters that are shown of one text.
pub(super) const LONGEST: usize = 200;
/// The most bytes of a text that are looked at: more than any text has that could be right.
const READ: usize = 4096;
/// Stands for what is left out because it may be a secret.
const HIDDEN: &str = "***";
/// Characters from which on something that begins like a JSON Web Token is taken for one.
const SHORTEST_JWT: usize = 20;
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

/// The text as it may be shown.
pub(super) fn shown(text: &str) -> String {
    bounded(visible(text), LONGEST)
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
        let begins_a_name = kept.ends_with(['?', '&', '#', ';', ' ', '\t', '\n', '{', '"', ',']) || kept.is_empty();
        let hidden = opaque_token(left)
            .or_else(|| jwt(left))
            .or_else(|| begins_a_name.then(|| parameter(left)).flatten())
            .or_else(|| password_before_host(left));
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

/// The same for a parameter whose value is nobody's business.
fn parameter(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
    let (name, after) = text.split_at(end);
    let secret = SECRET_PARAMETERS.iter().any(|known| known.eq_ignore_ascii_case(name));
    let value = secret.then(|| after.strip_prefix('=')).flatten()?;
    let value_end = value.find(|letter: char| matches!(letter, '&' | '#' | ';') || letter.is_whitespace()).unwrap_or(value.len());
    Some((text.split_at(end + 1).0, value.split_at(value_end).1))
}

/// The same for the password in `://user:password@host`.
fn password_before_host(text: &str) -> Option<(&str, &str)> {
    let authority = text.strip_prefix("://")?;
    let authority = authority.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let (user_information, _) = authority.rsplit_once('@')?;
    let colon = user_information.find(':')?;
    Some((text.split_at("://".len() + colon + 1).0, text.split_at("://".len() + user_information.len()).1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::token::{RANDOM_BYTES, Token};

    #[test]
    fn what_a_person_should_see_stays() {
        for plain in ["https://app.example/cb?x=1&y=2#z", "openid items:read", "", "decode=1&codex=2", "eyJ", "https://a@b@evil.example/cb"]
        {
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
        assert_eq!(shown("https://user:hunter2@app.example/cb:1"), "https://user:***@app.example/cb:1");
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
