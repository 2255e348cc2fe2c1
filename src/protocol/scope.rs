//! Scopes (RFC 6749 §3.3): words that name what an access token is good for.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Words that one request may ask for.
const MOST_WORDS: usize = 100;
/// Characters of one word.
const LONGEST_WORD: usize = 100;

/// One scope word: printable ASCII but space, `"` and `\` (RFC 6749 §3.3, `scope-token`), at most 100 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScopeToken(String);

/// A set of scope words. Their order carries no meaning (RFC 6749 §3.3); they are written in alphabetical order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scope(BTreeSet<ScopeToken>);

/// A text is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScope {
    /// A word has a character that no scope word may have, or is too long.
    #[error("{0:?} is no scope word: up to 100 printable ASCII characters without space, quote and backslash")]
    Word(String),
    /// There are more words than one request may ask for.
    #[error("more than {MOST_WORDS} scope words")]
    TooMany,
}

impl ScopeToken {
    /// Reads one scope word.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        if text.is_empty() || text.len() > LONGEST_WORD || !text.bytes().all(allowed) {
            return Err(InvalidScope::Word(text.chars().take(LONGEST_WORD).collect()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Scope {
    /// Reads a space-delimited list.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        let mut words = BTreeSet::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            words.insert(ScopeToken::parse(word)?);
            if words.len() > MOST_WORDS {
                return Err(InvalidScope::TooMany);
            }
        }
        Ok(Self(words))
    }

    /// Whether it has no word at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it has this word.
    #[must_use]
    pub fn contains(&self, word: &str) -> bool {
        self.0.iter().any(|token| token.0 == word)
    }

    /// Whether every word of it stands in `other`.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The words that stand in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// The words that stand in one of them.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// The words of it that `keep` keeps.
    #[must_use]
    pub fn filter(&self, mut keep: impl FnMut(&ScopeToken) -> bool) -> Self {
        Self(self.0.iter().filter(|word| keep(word)).cloned().collect())
    }

    /// The words, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &ScopeToken> {
        self.0.iter()
    }
}

impl FromIterator<ScopeToken> for Scope {
    fn from_iter<T: IntoIterator<Item = ScopeToken>>(words: T) -> Self {
        Self(words.into_iter().collect())
    }
}

impl TryFrom<String> for ScopeToken {
    type Error = InvalidScope;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<ScopeToken> for String {
    fn from(word: ScopeToken) -> Self {
        word.0
    }
}

impl fmt::Display for ScopeToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.0.iter().enumerate() {
            write!(formatter, "{}{word}", if index == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_printable_ascii_without_quote_and_backslash() {
        assert_eq!(Scope::parse("b a  b").unwrap().to_string(), "a b");
        for bad in ["a\0b", "a\"", "a\\", "ä", "a\tb"] {
            assert!(Scope::parse(bad).is_err(), "{bad:?}");
        }
        let many = (0..=MOST_WORDS).map(|number| number.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(Scope::parse(&many), Err(InvalidScope::TooMany));
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(text in "[a-z:.]{1,5}( [a-z:.]{1,5}){0,9}") {
            let scope = Scope::parse(&text).unwrap();
            prop_assert_eq!(Scope::parse(&scope.to_string()).unwrap(), scope);
        }

        #[test]
        fn narrowing_never_widens(one in "[a-c]( [a-c]){0,3}", other in "[a-c]( [a-c]){0,3}") {
            let (one, other) = (Scope::parse(&one).unwrap(), Scope::parse(&other).unwrap());
            prop_assert!(one.and(&other).is_within(&one) && one.and(&other).is_within(&other));
        }
    }
}
