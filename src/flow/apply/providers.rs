//! The other identity providers of a file.

use secrecy::SecretString;

use crate::flow::apply::document::{Document, Entry};
use crate::flow::apply::plan::{Extent, Found, keep};
use crate::flow::apply::step::Step;
use crate::flow::manage::providers::is_elsewhere;
use crate::identity::provider::Provider;
use crate::protocol::problem::Problem;

/// The steps for the providers; or what is missing. Those that the file does not name go where everything is meant.
pub(super) fn steps(document: &Document, found: &Found, extent: Extent) -> Result<Vec<Step>, Vec<Problem>> {
    let (mut steps, mut problems) = (Vec::new(), Vec::new());
    for entry in &document.providers {
        match step(entry, found, extent) {
            Ok(step) => steps.extend(step),
            Err(problem) => problems.push(problem),
        }
    }
    if extent == Extent::Everything {
        let is_named = |name| document.providers.iter().any(|entry| entry.thing.name == name);
        let unnamed = found.providers.iter().filter(|stored| !is_named(stored.provider.name.clone()));
        steps.extend(unnamed.map(|stored| Step::DeleteProvider(Box::new(stored.clone()))));
    }
    if problems.is_empty() { Ok(steps) } else { Err(problems) }
}

fn step(entry: &Entry<Provider, SecretString>, found: &Found, extent: Extent) -> Result<Option<Step>, Problem> {
    let wanted = &entry.thing;
    let Some(before) = found.providers.iter().find(|stored| stored.provider.name == wanted.name) else {
        return match &entry.given {
            Some(secret) => Ok(Some(Step::AddProvider(Box::new(wanted.clone()), secret.clone()))),
            None => {
                Err(Problem::new(format!("{}: client_secret", entry.place), "is missing: a new provider needs it, or client_secret_file"))
            }
        };
    };
    let after = match extent {
        Extent::Named | Extent::Everything => wanted.clone(),
        Extent::Missing => keep(&before.provider, wanted, &entry.with_issuer),
    };
    let elsewhere = is_elsewhere(&before.provider, &after);
    if elsewhere && entry.given.is_none() {
        let reason = "is needed again, because the one that is known was given for another provider";
        return Err(Problem::new(format!("{}: client_secret", entry.place), reason));
    }
    let is_other = elsewhere || (extent != Extent::Missing && found.other_secrets.contains(wanted.name.as_str()));
    let secret = entry.given.clone().filter(|_| is_other);
    let same = after == before.provider && secret.is_none();
    Ok((!same).then(|| Step::ChangeProvider { before: Box::new(before.clone()), after: Box::new(after), secret }))
}
