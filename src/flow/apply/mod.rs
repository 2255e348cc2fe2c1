//! Making clients, APIs, people, groups and attributes what a file says (`claviger apply`), and writing that file (`claviger export`): read the file and what is
//! stored, compare, show, carry out. `examples/demo.toml` is such a file, with every member.
//!
//! Nothing is changed while anything is wrong with the file. Each change is made only if what it changes is still as it was when it was
//! compared; otherwise everything is compared again, for as long as there is less and less to do. So any number of these may run at once,
//! beside a server.

mod apis;
mod carry_out;
mod diff;
mod document;
mod export;
mod people;
mod plan;
mod providers;
mod secret;
mod shape;
mod step;
#[cfg(test)]
mod tests;
mod warnings;
mod written;

use std::ops::ControlFlow;
use std::path::Path;

use secrecy::ExposeSecret;

use crate::flow::apply::document::{Entry, Rules};
use crate::flow::apply::plan::Found;
use crate::flow::manage::users::NewPassword;
use crate::flow::manage::{ATTEMPTS, Refused};
use crate::flow::{Failure, Server, catalog};
use crate::identity::user::PasswordHash;
use crate::password::PasswordFailure;
use crate::protocol::chosen_secret::ChosenSecret;
use crate::protocol::client::{Client, ClientId};
use crate::protocol::problem::Problem;
use crate::protocol::token::Token;

pub use document::{Document, Strength};
pub use plan::Extent;
pub use step::{Kind, Secret, Step};

impl Server {
    /// Reads a file. Its `…_file` members are relative to `folder`, and its `{issuer}` is ours.
    #[must_use]
    pub fn read_document(&self, text: &str, folder: &Path, strength: Strength) -> Document {
        let (password_minimum, passwords) = (self.settings.password_minimum, &self.passwords);
        Document::read(text, &Rules { issuer: &self.issuer, folder, strength, password_minimum, passwords })
    }

    /// What would change, in this order; or everything that is wrong with the file.
    pub async fn plan(&self, document: &Document, extent: Extent) -> Result<Result<Vec<Step>, Vec<Problem>>, Failure> {
        let found = self.found(document, extent).await?;
        let planned = plan::plan(document, &found, extent, &self.issuer);
        let unoffered = self.unoffered_in(document, &found, extent);
        let steps = match planned {
            Ok(steps) if unoffered.is_empty() => steps,
            planned => return Ok(Err(planned.err().into_iter().flatten().chain(unoffered).collect())),
        };
        let mut problems = Vec::new();
        for step in &steps {
            let checked = match step {
                Step::AddClient(client, _) => self.check_sector(None, client).await,
                Step::ChangeClient { before, after, .. } => self.check_sector(Some(before), after).await,
                _ => Ok(()),
            };
            problems.extend(checked.err().into_iter().flatten().map(|problem| of_step(step, &problem)));
        }
        Ok(if problems.is_empty() { Ok(steps) } else { Err(problems) })
    }

    /// What clients of a file ask for and this server does not offer.
    fn unoffered_in(&self, document: &Document, found: &Found, extent: Extent) -> Vec<Problem> {
        let of_entry = |entry: &Entry<Client, ChosenSecret>| {
            let before = found.clients.iter().find(|client| client.id == entry.thing.id);
            let is_left = extent == Extent::Missing && before.is_some();
            let problems = if is_left { Vec::new() } else { self.unoffered(&entry.thing, before) };
            problems
                .into_iter()
                .map(|problem| Problem::new(format!("{}: {}", entry.place, problem.field), problem.reason))
                .collect::<Vec<_>>()
        };
        document.clients.iter().flat_map(of_entry).collect()
    }

    /// What of a plan the operator may not have meant: it deletes `docs`, the client of the documentation, or people who came from other
    /// providers, or leaves nobody who is an admin.
    pub async fn warnings(&self, steps: &[Step], docs: Option<&ClientId>) -> Result<Vec<String>, Failure> {
        let (users, groups) = (self.store.users().list().await?, self.groups().await?);
        let from_providers = self.store.identities().owners().await?;
        Ok(warnings::of(steps, docs, &warnings::Stored { users, groups, from_providers }))
    }

    /// Changes what has to change, and tells of each change as soon as it is made, with the secret that was generated for it. Where something
    /// is refused after all, because of what somebody else changed meanwhile, it stops there, and also where `tell` says so.
    pub async fn apply(
        &self,
        document: &Document,
        extent: Extent,
        mut tell: impl FnMut(&Step, Option<&Token>) -> ControlFlow<()>,
    ) -> Result<Result<(), Vec<Problem>>, Failure> {
        let (mut fewest, mut tries) = (usize::MAX, 0);
        'compare: while tries < ATTEMPTS {
            let steps = match self.plan(document, extent).await? {
                Ok(steps) => steps,
                Err(problems) => return Ok(Err(problems)),
            };
            // Whoever made the steps that are gone, we or others with the same file: there is less to do, and it will come to an end.
            tries = if steps.len() < fewest { 1 } else { tries + 1 };
            fewest = fewest.min(steps.len());
            for step in steps {
                match self.carry_out(&step).await? {
                    Ok(secret) if tell(&step, secret.as_ref()).is_break() => return Ok(Ok(())),
                    Ok(_) => {}
                    Err(Refused::Outdated | Refused::AlreadyThere(_) | Refused::NotFound(_)) => continue 'compare,
                    Err(Refused::Invalid(problems)) => {
                        return Ok(Err(problems.iter().map(|problem| of_step(&step, problem)).collect()));
                    }
                    Err(refused) => return Ok(Err(vec![Problem::new(step.subject(), refused)])),
                }
            }
            return Ok(Ok(()));
        }
        Ok(Err(vec![Problem::new("others", "change the same things again and again; try once more when they are done")]))
    }

    async fn found(&self, document: &Document, extent: Extent) -> Result<Found, Failure> {
        let mut users = Vec::new();
        if extent == Extent::Everything {
            users = self.store.users().list().await?;
        } else {
            for entry in &document.users {
                users.extend(self.store.users().find_by_username(&entry.thing.0).await?);
            }
        }
        let mut found = Found {
            attributes: self.attributes().await?,
            groups: self.groups().await?,
            clients: self.store.clients().list().await?,
            apis: self.store.apis().list().await?,
            own_api: catalog::own_api(&self.issuer),
            users,
            providers: self.store.providers().list().await?,
            from_providers: [].into(),
            other_secrets: [].into(),
            other_passwords: [].into(),
        };
        for Entry { thing: (username, _), .. } in document.users.iter().filter(|entry| entry.given.is_some() && extent != Extent::Missing) {
            let Some(user) = found.users.iter().find(|user| user.username == *username && user.password.is_none()) else { continue };
            if !self.store.identities().of_user(&user.subject).await?.is_empty() {
                found.from_providers.insert(username.clone());
            }
        }
        for entry in document.users.iter().filter(|_| extent != Extent::Missing) {
            let (Some(NewPassword::Text(text) | NewPassword::AnyText(text)), username) = (&entry.given, &entry.thing.0) else { continue };
            let Some(user) = found.users.iter().find(|user| user.username == *username) else { continue };
            let stored = user.password.as_ref().map(PasswordHash::as_phc);
            let matches = match self.passwords.verify(text, stored).await {
                Ok(verification) => verification.matches,
                // What can't be compared with anything is replaced.
                Err(PasswordFailure::UnusableHash(_)) => false,
                Err(failure) => return Err(failure.into()),
            };
            if !matches {
                found.other_passwords.insert(username.clone());
            }
        }
        for entry in &document.providers {
            let stored = found.providers.iter().find(|stored| stored.provider.name == entry.thing.name);
            let (Some(stored), Some(given)) = (stored, &entry.given) else { continue };
            // One that can't be opened is replaced.
            if self.opened_secret(stored).is_none_or(|known| known.expose_secret() != given.expose_secret()) {
                found.other_secrets.insert(stored.provider.name.to_string());
            }
        }
        Ok(found)
    }
}

/// A problem of what a step is about.
fn of_step(step: &Step, problem: &Problem) -> Problem {
    Problem::new(format!("{}: {}", step.subject(), problem.field), &problem.reason)
}
