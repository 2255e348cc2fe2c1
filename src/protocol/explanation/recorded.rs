//! What is kept of an answer that said no, or that gave less than was asked for, so that somebody can be told why.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use super::shown::bounded;
use super::{Explanation, Fact, LONGEST_NOTE, shown, visible};
use crate::protocol::refusal::Refusal;
use crate::protocol::time::Timestamp;
use crate::protocol::trace_id::TraceId;

/// What the operator is told about an answer, from where it was decided to where it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The error code and the sentence of the answer; `None` when it was no refusal.
    pub refused: Option<(&'static str, Cow<'static, str>)>,
    /// The reason, which the answer does not tell.
    pub reason: String,
    /// The facts behind it.
    pub explanation: Box<Explanation>,
}

/// Which request it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its name.
    pub trace_id: TraceId,
    /// Its method.
    pub method: String,
    /// Its path, without the query, which may carry codes, states and hints.
    pub path: String,
}

/// A request that was refused, or given less than it asked for, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// Names the request.
    pub trace_id: TraceId,
    /// When it was answered.
    pub at: Timestamp,
    /// Its method.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// Who asked: a client of ours, or what the request said about who it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The error code of the answer; `None` when it was no refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The sentence of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The reason, which the answer does not tell.
    pub reason: String,
    /// What was expected and what came.
    pub facts: Vec<Fact>,
    /// What to do about it, where that is obvious.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Report {
    /// The report of an answer that was no refusal, but less than was asked for.
    #[must_use]
    pub fn noted(reason: impl Into<String>, explanation: Explanation) -> Self {
        Self { refused: None, reason: reason.into(), explanation: Box::new(explanation) }
    }

    /// The same report, asked by `client` unless it is known already who asked.
    #[must_use]
    pub fn asked_by(self, client: &str) -> Self {
        Self { explanation: Box::new(self.explanation.asked_by(client)), ..self }
    }
}

impl From<Refusal> for Report {
    fn from(refusal: Refusal) -> Self {
        let refused = Some((refusal.code.as_str(), refusal.description.into()));
        Self { refused, reason: refusal.reason, explanation: refusal.explanation }
    }
}

impl Recorded {
    /// What is kept of `report`.
    #[must_use]
    pub fn new(asked: Asked, status: u16, at: Timestamp, report: Report) -> Self {
        let Explanation { client, facts, advice } = *report.explanation;
        let (code, description) = report.refused.unzip();
        Self {
            trace_id: asked.trace_id,
            at,
            method: shown(&asked.method),
            path: shown(&asked.path),
            status,
            client,
            code: code.map(str::to_owned),
            description: description.map(|description| bounded(visible(&description), LONGEST_NOTE)),
            reason: bounded(visible(&report.reason), LONGEST_NOTE),
            facts,
            advice: advice.map(|advice| bounded(visible(&advice), LONGEST_NOTE)),
        }
    }

    /// What happened, in one line.
    #[must_use]
    pub fn headline(&self) -> String {
        let (method, path, status) = (&self.method, &self.path, self.status);
        match &self.code {
            Some(code) => format!("{method} {path} was refused: {code} (status {status})"),
            None => format!("{method} {path} was answered (status {status}), but not as it was asked"),
        }
    }
}

/// For people with a terminal, several lines. A caret stands below the first character that differs.
impl fmt::Display for Recorded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.headline())?;
        let line = |out: &mut fmt::Formatter<'_>, name: &str, value: &str| writeln!(out, "  {name:<9} {value}");
        line(out, "at", &self.at.to_string())?;
        line(out, "trace", self.trace_id.as_str())?;
        if let Some(client) = &self.client {
            line(out, "client", client)?;
        }
        if let Some(description) = &self.description {
            line(out, "public", description)?;
        }
        line(out, "reason", &self.reason)?;
        for fact in &self.facts {
            writeln!(out, "\n{}", fact.what())?;
            if let Some(expected) = fact.what_was_expected() {
                line(out, "expected", expected)?;
                line(out, "came", fact.what_came().unwrap_or("(nothing)"))?;
            } else if let Some(came) = fact.what_came() {
                line(out, "came", came)?;
            }
            if let Some(at) = fact.differs_at() {
                writeln!(out, "{:width$}^", "", width = at + 12)?;
            }
            if let Some(rule) = fact.rule() {
                line(out, "note", rule)?;
            }
        }
        match &self.advice {
            Some(advice) => write!(out, "\nWhat to do: {advice}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::refusal::ErrorCode;

    fn recorded(path: &str, explanation: Explanation) -> Recorded {
        let asked = Asked { trace_id: TraceId::new([0xab; 16]), method: "GET".into(), path: path.into() };
        let refusal = Refusal::new(ErrorCode::InvalidRequest, "No.").because("a private reason").explained(explanation);
        Recorded::new(asked, 400, Timestamp::from_seconds(1_795_262_400), refusal.into())
    }

    #[test]
    fn a_person_sees_where_it_differs_and_what_to_do() {
        let facts = [
            Fact::compared("redirect_uri", "https://app.example/callback", "https://app.example/calback").note("every character counts"),
            Fact::of("state").expected("up to 1024 characters"),
            Fact::of("scope").came("nonsense"),
        ];
        let text = recorded("/authorize", Explanation::of_all(facts).advise("Mend it.").asked_by("app")).to_string();
        assert_eq!(
            text,
            "GET /authorize was refused: invalid_request (status 400)\n  \
             at        2026-11-21T12:00:00Z\n  \
             trace     abababababababababababababababab\n  \
             client    app\n  \
             public    No.\n  \
             reason    a private reason\n\n\
             redirect_uri\n  \
             expected  https://app.example/callback\n  \
             came      https://app.example/calback\n                                   \
             ^\n  \
             note      character 24: \"l\" was expected, \"b\" came; every character counts\n\n\
             state\n  \
             expected  up to 1024 characters\n  \
             came      (nothing)\n\n\
             scope\n  \
             came      nonsense\n\n\
             What to do: Mend it."
        );
        let (lines, caret) = (text.lines().collect::<Vec<_>>(), "           ".len() + 1);
        let came = lines.iter().find(|line| line.contains("calback")).unwrap();
        let below = lines.iter().find(|line| line.trim() == "^").unwrap();
        assert_eq!(came.chars().nth(below.len() - 1), Some('b'));
        assert!(below.len() > caret);
    }

    #[test]
    fn what_a_caller_wrote_into_method_and_path_is_harmless() {
        let recorded = recorded("/x/clv_code_abc\x1b[2J", Explanation::default());
        assert_eq!(recorded.path, r"/x/clv_code_***\u{1b}[2J");
    }
}
