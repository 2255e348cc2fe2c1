//! What has to change so that what is stored is what a file says: a comparison, without looking anywhere.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::Table;

use crate::flow::apply::document::{Document, Entry};
use crate::flow::apply::providers;
use crate::flow::apply::step::{Secret, Step};
use crate::flow::apply::{apis, people};
use crate::flow::manage::users::NewPassword;
use crate::identity::account::Account;
use crate::identity::attribute::Attribute;
use crate::identity::group::Group;
use crate::identity::user::{User, Username};
use crate::protocol::api::Api;
use crate::protocol::chosen_secret::ChosenSecret;
use crate::protocol::client::{AuthMethod, Client, ClientSecret};
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::issuer::Issuer;
use crate::protocol::problem::Problem;
use crate::store::StoredProvider;

/// How much a file has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What it names becomes as it says; the rest is left.
    Named,
    /// What it names becomes as it says; the rest is deleted.
    Everything,
    /// What it names is added if it is missing. What is there is left, but for the members in which this server's issuer stands.
    Missing,
}

/// What is stored, as far as it matters.
pub(super) struct Found {
    pub(super) attributes: Vec<Attribute>,
    pub(super) groups: Vec<Group>,
    pub(super) clients: Vec<Client>,
    /// But for our own.
    pub(super) apis: Vec<Api>,
    /// Our own.
    pub(super) own_api: Option<Api>,
    pub(super) users: Vec<User>,
    pub(super) providers: Vec<StoredProvider>,
    /// Who, of those that the file gives a password, has none and came from another provider.
    pub(super) from_providers: BTreeSet<Username>,
    /// Those whose secret is another one than the file gives.
    pub(super) other_secrets: BTreeSet<String>,
    /// Whose password is another one than the text that the file gives.
    pub(super) other_passwords: BTreeSet<Username>,
}

/// The steps, in an order in which each finds what it refers to; or everything that is wrong with the file.
pub(super) fn plan(document: &Document, found: &Found, extent: Extent, issuer: &Issuer) -> Result<Vec<Step>, Vec<Problem>> {
    let others = apis::problems(document, found, extent, issuer).into_iter().chain(people::problems(document, found, extent));
    let mut problems = document.problems_with(others.collect());
    // A file that was cut short or emptied by mistake must not cost everything.
    if extent == Extent::Everything && document.names_nothing() {
        problems.push(Problem::new("names nothing", "--prune would delete everything"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut steps = people::steps(document, found, extent);
    steps.extend(document.clients.iter().filter_map(|entry| client_step(entry, found, extent)));
    let unnamed = unnamed(document, found, extent);
    // What goes makes room for what comes: no two APIs share a scope.
    steps.extend(unnamed.apis.into_iter().map(Step::DeleteApi));
    steps.extend(apis::steps(document, found, extent)?);
    steps.extend(document.users.iter().filter_map(|entry| user_step(entry, found, extent)));
    steps.extend(providers::steps(document, found, extent)?);
    steps.extend(unnamed.users.into_iter().map(|user| Step::DeleteUser(Box::new(user))));
    steps.extend(unnamed.clients.into_iter().map(|client| Step::DeleteClient(Box::new(client))));
    steps.extend(people::deletions(document, found, extent));
    Ok(steps)
}

/// What is stored and goes, because the file does not name it.
#[derive(Default)]
struct Unnamed {
    clients: Vec<Client>,
    apis: Vec<Api>,
    users: Vec<User>,
}

fn unnamed(document: &Document, found: &Found, extent: Extent) -> Unnamed {
    if extent != Extent::Everything {
        return Unnamed::default();
    }
    let (clients, apis, users) = (&document.clients, &document.apis, &document.users);
    Unnamed {
        // Those that registered themselves are in no file.
        clients: found
            .clients
            .iter()
            .filter(|client| !client.registered_itself() && !clients.iter().any(|entry| entry.thing.id == client.id))
            .cloned()
            .collect(),
        apis: found.apis.iter().filter(|api| !apis.iter().any(|entry| entry.thing.identifier == api.identifier)).cloned().collect(),
        users: found.users.iter().filter(|user| !users.iter().any(|entry| entry.thing.0 == user.username)).cloned().collect(),
    }
}

fn client_step(entry: &Entry<Client, ChosenSecret>, found: &Found, extent: Extent) -> Option<Step> {
    let wanted = &entry.thing;
    let Some(before) = found.clients.iter().find(|client| client.id == wanted.id) else {
        let secret = match &entry.given {
            _ if !wanted.has_secret() => Secret::Keep,
            Some(given) => Secret::Given(given.clone()),
            None => Secret::Generated,
        };
        return Some(Step::AddClient(Box::new(wanted.clone()), secret));
    };
    let wanted = match extent {
        Extent::Named | Extent::Everything => wanted.clone(),
        Extent::Missing => {
            let kept = keep(&ClientMetadata::of(before).concise(), &ClientMetadata::of(wanted).concise(), &entry.with_issuer);
            kept.client().unwrap_or_else(|_| before.clone())
        }
    };
    let given = entry.given.as_ref().filter(|_| extent != Extent::Missing);
    let serves = |secret: &ClientSecret| wanted.auth_method != AuthMethod::SecretJwt || secret.sealed.is_some();
    let secret = match given {
        _ if !wanted.has_secret() && before.secrets.is_empty() => Secret::Keep,
        _ if !wanted.has_secret() => Secret::Withdrawn,
        Some(given) if before.secrets.iter().any(|secret| serves(secret) && secret.hash.matches(&given.hash())) => Secret::Keep,
        Some(given) => Secret::Given(given.clone()),
        // A client that is said to have one, and has none that serves, could never authenticate.
        None if !before.has_secret() || before.auth_method != wanted.auth_method && !before.secrets.iter().any(serves) => Secret::Generated,
        None => Secret::Keep,
    };
    let (secrets, registered_by) = (before.secrets.clone(), before.registered_by.clone());
    let after = Client { secrets, registered_by, created_at: before.created_at, updated_at: before.updated_at, ..wanted };
    let same = after == *before && secret == Secret::Keep;
    (!same).then(|| Step::ChangeClient { before: Box::new(before.clone()), after: Box::new(after), secret })
}

fn user_step(entry: &Entry<(Username, Account), NewPassword>, found: &Found, extent: Extent) -> Option<Step> {
    let (username, wanted) = &entry.thing;
    let Some(before) = found.users.iter().find(|user| user.username == *username) else {
        return Some(Step::AddUser(Box::new(wanted.clone()), entry.given.clone()));
    };
    let now = Account::of(before);
    let after = match extent {
        Extent::Named | Extent::Everything => wanted.clone(),
        Extent::Missing => keep(&now, wanted, &entry.with_issuer),
    };
    let is_another = |password: &NewPassword| match password {
        NewPassword::Hash(hash) => before.password.as_ref() != Some(hash),
        NewPassword::Text(_) | NewPassword::AnyText(_) => found.other_passwords.contains(username),
    };
    let password = entry.given.clone().filter(|password| extent != Extent::Missing && is_another(password));
    let same = after == now && password.is_none();
    (!same).then(|| Step::ChangeUser { before: Box::new(before.clone()), after: Box::new(after), password })
}

/// What is stored, with those `members` as the file has them.
pub(super) fn keep<T: Serialize + DeserializeOwned + Clone>(stored: &T, file: &T, members: &BTreeSet<String>) -> T {
    let merged = || {
        let (mut stored, file) = (Table::try_from(stored).ok()?, Table::try_from(file).ok()?);
        stored.extend(file.into_iter().filter(|(name, _)| members.contains(name)));
        stored.try_into().ok()
    };
    merged().unwrap_or_else(|| stored.clone())
}
