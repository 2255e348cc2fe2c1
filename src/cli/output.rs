//! What commands print. A reader that went away (`claviger clients list | head -1`) is no failure.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use crate::config::Problems;
use crate::flow::Failure;
use crate::flow::manage::Refused;
use crate::protocol::client::ClientId;
use crate::protocol::registration::InitialAccessTokenId;
use crate::protocol::subject::ApiKeyId;
use crate::protocol::token::Token;
use crate::signing::KeyFolderFailure;
use crate::store::StoreFailure;
use crate::web::listeners::BindProblem;
use crate::web::tls::PairFailure;

/// Prints a line of a command's result.
pub(super) fn say(line: impl Display) -> Result<(), Trouble> {
    said(print(line))
}

/// Prints the generated secret of a client after some words. It is shown this once, so nobody to read it is a failure as well.
pub(super) fn say_secret(words: &str, secret: &Token, of: SecretOf<'_>) -> Result<(), Trouble> {
    print(format_args!("{words}: {}", secret.reveal())).map_err(|error| {
        let (made, instead) = match of {
            SecretOf::Client(id) => {
                (format!("the client {id} has its secret"), format!("Make another one with `claviger clients rotate-secret {id}`."))
            }
            SecretOf::InitialAccessToken(id) => (
                format!("the initial access token {id} is made"),
                format!("Revoke it with `claviger initial-access-tokens revoke {id}`, and make another one."),
            ),
            SecretOf::ApiKey(id) => {
                (format!("the API key {id} is made"), format!("Revoke it with `claviger api-keys revoke {id}`, and make another one."))
            }
        };
        Trouble::new(format!("{made}, but it can't be shown: standard output can't be written to: {error}. {instead}"))
    })
}

/// What a secret belongs to that is shown this once.
#[derive(Clone, Copy)]
pub(super) enum SecretOf<'a> {
    /// A client.
    Client(&'a ClientId),
    /// An API key.
    ApiKey(&'a ApiKeyId),
    /// An initial access token.
    InitialAccessToken(&'a InitialAccessTokenId),
}

fn print(line: impl Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// What came of printing a result.
pub(super) fn said(printed: io::Result<()>) -> Result<(), Trouble> {
    match printed {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Trouble::new(format!(
            "standard output can't be written to: {error}. What it shows is not complete; what was changed stays changed."
        ))),
        _ => Ok(()),
    }
}

/// Prints what went wrong.
pub(super) fn complain(trouble: &str) {
    let _ = writeln!(io::stderr(), "claviger: {trouble}");
}

/// Why a command did not do what it should, with what to do about it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("{0}")]
    Config(#[from] Problems),
    #[error("{0}")]
    Store(#[from] StoreFailure),
    #[error("{0}")]
    Keys(#[from] KeyFolderFailure),
    #[error("{0}{hint}", hint = hint(.0))]
    Refused(#[from] Refused),
    #[error("{0}")]
    Failure(#[from] Failure),
    #[error("{0}")]
    Bind(#[from] BindProblem),
    #[error("{0}")]
    Certificate(#[from] PairFailure),
    #[error("{0}")]
    Other(String),
}

/// What to do about a refusal, where the refusal does not say it.
const fn hint(refused: &Refused) -> &'static str {
    match refused {
        Refused::NotFound(_) => "; the command `list` shows what there is",
        Refused::AlreadyThere(_) => "; the command `show` or `list` shows it",
        _ => "",
    }
}

impl Trouble {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self::Other(text.into())
    }
}

/// Rows in columns that line up.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A parser for a specification's word.
pub(super) fn word<T: Clone + Send + Sync + 'static>(parse: fn(&str) -> Option<T>) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| parse(text).ok_or_else(|| "it is not one of those that the help names".to_owned())
}
