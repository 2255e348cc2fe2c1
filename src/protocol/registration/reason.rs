//! Why a registration is refused (RFC 7591 §3.2.2).

use std::fmt;

use crate::protocol::explanation::{Explanation, Fact};
use crate::protocol::problem::Problem;
use crate::protocol::refusal::{ErrorCode, Refusal};

/// The most characters of the sentence that the caller reads.
const LONGEST: usize = 1000;

/// What is wrong with a registration: every problem that was found, one at least. They name members and never what came for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(Vec<Problem>);

impl Reason {
    /// These problems.
    #[must_use]
    pub const fn of(problems: Vec<Problem>) -> Self {
        Self(problems)
    }

    /// What is wrong with one member.
    #[must_use]
    pub fn field(field: &str, reason: impl fmt::Display) -> Self {
        Self(vec![Problem::new(field, reason)])
    }

    /// The request is no JSON object.
    #[must_use]
    pub fn no_document(what: &str) -> Self {
        Self::field("body", what)
    }

    /// The error code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        let first = self.0.first().map(|problem| problem.field.as_str()).unwrap_or_default();
        if first.starts_with("redirect_uris") { ErrorCode::InvalidRedirectUri } else { ErrorCode::InvalidClientMetadata }
    }

    /// What is wrong, for the caller: plain ASCII without quote and backslash.
    #[must_use]
    pub fn description(&self) -> String {
        let spelled_out = self.to_string().replace('\n', "; ").replace('…', "...");
        let plain = |character: char| match character {
            '"' | '\\' => '\'',
            ' '..='~' => character,
            _ => '?',
        };
        spelled_out.chars().take(LONGEST).map(plain).collect()
    }

    /// The refusal, for the operator.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        let facts = self.0.iter().map(|problem| Fact::of("member").came(&problem.field).note(&problem.reason));
        let refusal = Refusal::new(self.code(), "The registration is refused.");
        refusal.because("something is wrong with what the client wants to register").explained(Explanation::of_all(facts))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "{problem}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_that_of_the_first_problem_and_the_sentence_names_all() {
        let both = Reason::of(vec![Problem::new("redirect_uris[1]", "must have no fragment (#…)"), Problem::new("jwks", "is \"odd\"")]);
        assert_eq!(both.code(), ErrorCode::InvalidRedirectUri);
        assert_eq!(both.description(), "redirect_uris[1]: must have no fragment (#...); jwks: is 'odd'");
        assert_eq!(Reason::field("jwks", "x").code(), ErrorCode::InvalidClientMetadata);
    }
}
