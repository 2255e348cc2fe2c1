//! Explanations: what a rule expected and what came, for the operator and for nobody else. The rules make them, the answer never has them.
//!
//! A fact holds what may be shown and no more: everything that a caller sent is cut to a bearable length, stripped of whatever could be
//! a password, a code or a token, and written in printable ASCII, before it becomes part of a fact.

mod difference;
mod recorded;
mod shown;

use std::borrow::Cow;
use std::fmt::Display;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use recorded::{Asked, Recorded, Report};
pub use shown::{shown, stranger};

use self::difference::difference;
use self::shown::{bounded, visible};

/// The most facts of one explanation.
const MOST_FACTS: usize = 16;
/// The most characters of a note.
const LONGEST_NOTE: usize = 400;

/// Why an answer is as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// Who asked: a client of ours, or what the request said about who it is.
    pub client: Option<String>,
    /// What was expected and what came.
    pub facts: Vec<Fact>,
    /// What to do about it, where that is obvious.
    pub advice: Option<Cow<'static, str>>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    what: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    came: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    differs_at: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl Explanation {
    /// The explanation of one fact.
    #[must_use]
    pub fn of(fact: Fact) -> Self {
        Self::default().and(fact)
    }

    /// The explanation of some facts.
    #[must_use]
    pub fn of_all(facts: impl IntoIterator<Item = Fact>) -> Self {
        facts.into_iter().take(MOST_FACTS).fold(Self::default(), Self::and)
    }

    /// The same with one more fact. What is too much is left out, and said to be.
    #[must_use]
    pub fn and(mut self, fact: Fact) -> Self {
        match self.facts.len() {
            MOST_FACTS.. => {}
            length if length + 1 == MOST_FACTS => self.facts.push(Fact::of("more").note("there is more like this, which is not listed")),
            _ => self.facts.push(fact),
        }
        self
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn advise(self, advice: impl Into<Cow<'static, str>>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// The same, asked by `client` unless it is known already who asked.
    #[must_use]
    pub fn asked_by(self, client: &str) -> Self {
        Self { client: self.client.or_else(|| Some(shown(client))), ..self }
    }
}

impl Fact {
    /// A fact about `what`, such as the name of a parameter.
    #[must_use]
    pub const fn of(what: &'static str) -> Self {
        Self { what: Cow::Borrowed(what), expected: None, came: None, differs_at: None, note: None }
    }

    /// Two texts that have to be the same, compared to the character.
    #[must_use]
    pub fn compared(what: &'static str, expected: &str, came: &str) -> Self {
        let difference = difference(expected, came);
        let (expected, came) = (Some(difference.expected), Some(difference.came));
        Self { expected, came, differs_at: difference.at, note: difference.words, ..Self::of(what) }
    }

    /// What came and the rule behind it, in a line.
    #[must_use]
    pub fn told(&self) -> Option<String> {
        Some(format!("{}: {}", self.came.as_deref()?, self.note.as_deref()?))
    }

    /// What was expected. Where nothing came, [`Fact::came`] is left out.
    #[must_use]
    pub fn expected(self, expected: impl AsRef<str>) -> Self {
        Self { expected: Some(shown(expected.as_ref())), ..self }
    }

    /// What came.
    #[must_use]
    pub fn came(self, came: impl AsRef<str>) -> Self {
        Self { came: Some(shown(came.as_ref())), ..self }
    }

    /// What came, if anything did.
    #[must_use]
    pub fn came_if_any(self, came: Option<impl AsRef<str>>) -> Self {
        match came {
            Some(came) => self.came(came),
            None => self,
        }
    }

    /// The rule behind it; one more than there is already.
    #[must_use]
    pub fn note(self, note: impl Display) -> Self {
        let note = visible(&self.note.map_or_else(|| note.to_string(), |first| format!("{first}; {note}")));
        Self { note: Some(bounded(note, LONGEST_NOTE)), ..self }
    }

    /// What it is about.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What was expected, as it may be shown.
    #[must_use]
    pub fn what_was_expected(&self) -> Option<&str> {
        self.expected.as_deref()
    }

    /// What came, as it may be shown; `None` when nothing did.
    #[must_use]
    pub fn what_came(&self) -> Option<&str> {
        self.came.as_deref()
    }

    /// The first character of what came that is not as expected, counted from 0; the length of the text when it ends too early.
    #[must_use]
    pub const fn differs_at(&self) -> Option<usize> {
        self.differs_at
    }

    /// The rule behind it.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// What came, in three parts: what is as expected, the character that is not, and what follows; `None` when it was not compared.
    #[must_use]
    pub fn came_in_parts(&self) -> Option<(&str, &str, &str)> {
        let (came, at) = self.came.as_deref().zip(self.differs_at)?;
        let (same, rest) = came.split_at_checked(at)?;
        let (other, after) = rest.split_at_checked(rest.chars().next().map_or(0, char::len_utf8))?;
        Some((same, other, after))
    }
}

/// A list, for a fact.
#[must_use]
pub fn listed(items: impl IntoIterator<Item = impl Display>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

/// A length of time in words, to the second where that may matter.
#[must_use]
pub fn lasting(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min {} s", seconds / 60, seconds % 60),
        7200..172_800 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compared_text_is_parted_where_it_differs() {
        let fact = Fact::compared("redirect_uri", "https://a.example/cb", "https://a.example/CB?x").note("a rule");
        assert_eq!(fact.came_in_parts(), Some(("https://a.example/", "C", "B?x")));
        assert_eq!(fact.rule(), Some("character 19: \"c\" was expected, \"C\" came; a rule"));
        assert_eq!(Fact::compared("x", "ab", "a").came_in_parts(), Some(("a", "", "")));
        assert_eq!(Fact::of("x").came("a").came_in_parts(), None);
    }

    #[test]
    fn there_are_only_so_many_facts_and_each_only_so_long() {
        let long = "x".repeat(100_000);
        let fact = || Fact::compared("what", &long, &long.replace('x', "y")).note(&long).expected(&long);
        let explanation = Explanation::of_all((0..1000).map(|_| fact())).asked_by(&long);
        assert_eq!(explanation.facts.len(), MOST_FACTS);
        assert_eq!(explanation.facts.last().map(Fact::what), Some("more"));
        assert!(serde_json::to_string(&explanation.facts).unwrap().len() < 16_000);
        assert!(explanation.client.is_some_and(|client| client.len() < 210));
    }

    #[test]
    fn nothing_secret_gets_into_a_note() {
        assert_eq!(Fact::of("x").note("with clv_rt_abc and\x1b[0m").rule(), Some(r"with clv_rt_*** and\u{1b}[0m"));
    }
}
