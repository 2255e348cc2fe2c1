//! `claviger apply`: clients, APIs and people become what a file says.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::cli::output::{SecretOf, Trouble, complain, say, say_secret};
use crate::cli::place::Place;
use crate::flow::Server;
use crate::flow::apply::{Document, Extent, Kind, Step, Strength};
use crate::protocol::client::ClientId;
use crate::protocol::token::Token;

/// Make clients, APIs and people what a file says
///
/// Creates and changes what the file names and leaves the rest alone; a second run changes nothing. It prints what it adds (+), changes (~)
/// and deletes (-), field by field. Nothing is changed while anything is wrong with the file: everything that is wrong is said at once, and
/// the exit status is 1. A server that runs notices within a second.
#[derive(Args)]
#[command(
    after_help = "Example:\n  claviger apply shop.toml --dry-run --config claviger.toml\n\nThe file: examples/demo.toml has every member, \
                  docs/managing.md explains it, and `claviger export` writes one."
)]
pub(super) struct Arguments {
    /// The file, in TOML; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Change nothing; the exit status is 2 when something would change
    #[arg(long)]
    dry_run: bool,
    /// Delete every client, API and person that the file does not name
    #[arg(long)]
    prune: bool,
    /// Let in secrets and passwords that are too short, and hashes that are too cheap: for demo data, where nobody else can reach the server
    #[arg(long)]
    allow_weak_secrets: bool,
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Trouble> {
    let (text, name) = read(&arguments.file)?;
    let folder = arguments.file.parent().unwrap_or(Path::new(""));
    let server = arguments.place.server().await?;
    let strength = if arguments.allow_weak_secrets || arguments.place.is_dev() { Strength::Any } else { Strength::Strong };
    let document = server.read_document(&text, folder, strength);
    if arguments.allow_weak_secrets {
        warn_of_weak_secrets(&document);
    }
    for place in &document.outdated_hashes {
        complain(&format!(
            "note: {name}: {place}: password_hash is not as this server would make it (cost, salt or length). It is renewed when they sign in, and \
             the next apply would set it back and sign them out: hash it as this server does, or take it out of the file once it is in."
        ));
    }
    let extent = if arguments.prune { Extent::Everything } else { Extent::Named };
    if arguments.prune {
        warn_of_losses(&server, &document, arguments.place.config()?.docs.client().as_ref()).await?;
    }
    let mut shown = Shown::default();
    let outcome = if arguments.dry_run {
        let planned = server.plan(&document, extent).await;
        planned.map(|planned| planned.map(|steps| steps.iter().take_while(|step| shown.show(step, None).is_continue()).for_each(drop)))
    } else {
        server.apply(&document, extent, |step, secret| shown.show(step, secret)).await
    };
    server.close().await;
    let mut lines: Vec<String> = match outcome {
        Ok(Ok(())) => Vec::new(),
        Ok(Err(problems)) => problems.iter().map(|problem| format!("{name}: {problem}")).collect(),
        Err(failure) => vec![failure.to_string()],
    };
    lines.extend(shown.trouble.as_ref().map(ToString::to_string));
    if !lines.is_empty() {
        lines.extend((shown.any() && !arguments.dry_run).then(|| "It stopped there; what is listed above is done.".to_owned()));
        return Err(Trouble::new(lines.join("\n")));
    }
    say(shown.summary(arguments.dry_run))?;
    Ok(if arguments.dry_run && shown.any() { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

/// The text of the file, and what to call it.
fn read(file: &Path) -> Result<(String, String), Trouble> {
    let (text, name) = if file == Path::new("-") {
        let mut text = String::new();
        (std::io::stdin().read_to_string(&mut text).map(|_| text), "standard input".to_owned())
    } else {
        (std::fs::read_to_string(file), file.display().to_string())
    };
    let text = text.map_err(|error| Trouble::new(format!("{name} can't be read: {error}")))?;
    Ok((text, name))
}

fn warn_of_weak_secrets(document: &Document) {
    complain(
        "WARNING: --allow-weak-secrets lets in client secrets of fewer than 32 characters, passwords that are shorter than this server asks \
         for, and hashes that are cheap to guess. Anyone could find them out: never use it where others can reach the server.",
    );
    for place in &document.weak {
        complain(&format!("WARNING: let in although it is weak: {place}"));
    }
}

/// Pruning takes away what nobody thought of.
async fn warn_of_losses(server: &Server, document: &Document, docs: Option<&ClientId>) -> Result<(), Trouble> {
    if let Ok(steps) = server.plan(document, Extent::Everything).await? {
        for warning in server.warnings(&steps, docs).await? {
            complain(&format!("WARNING: {warning}"));
        }
    }
    Ok(())
}

/// How much was, or would be, changed; and why the rest could not be shown.
#[derive(Default)]
struct Shown {
    added: usize,
    changed: usize,
    deleted: usize,
    trouble: Option<Trouble>,
}

impl Shown {
    /// Shows a step. There are no more to make where it can't be shown: whoever reads would miss them, and their secrets would be lost.
    fn show(&mut self, step: &Step, secret: Option<&Token>) -> ControlFlow<()> {
        match step.kind() {
            Kind::Add => self.added += 1,
            Kind::Change => self.changed += 1,
            Kind::Delete => self.deleted += 1,
        }
        let said = match (secret, step) {
            (Some(secret), Step::AddClient(client, _) | Step::ChangeClient { before: client, .. }) => {
                say_secret(&format!("{step}\n    its secret, shown this once"), secret, SecretOf::Client(&client.id))
            }
            _ => say(step),
        };
        self.trouble = said.err();
        if self.trouble.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    const fn any(&self) -> bool {
        self.added + self.changed + self.deleted > 0
    }

    fn summary(&self, dry_run: bool) -> String {
        let Self { added, changed, deleted, .. } = self;
        match (self.any(), dry_run) {
            (false, _) => "Nothing to change.".to_owned(),
            (true, true) => format!("{added} to add, {changed} to change, {deleted} to delete. Nothing is changed yet."),
            (true, false) => format!("{added} added, {changed} changed, {deleted} deleted."),
        }
    }
}
