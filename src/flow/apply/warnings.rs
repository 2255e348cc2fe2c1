//! What the operator may not have meant: steps that take away what this server is used by.

use std::collections::BTreeSet;

use crate::flow::apply::step::Step;
use crate::identity::account::Account;
use crate::identity::group::Group;
use crate::identity::user::User;
use crate::protocol::client::ClientId;
use crate::protocol::role::ADMIN;
use crate::protocol::subject::Subject;

/// Everybody.
pub(super) struct Stored {
    pub(super) users: Vec<User>,
    pub(super) groups: Vec<Group>,
    /// Those of the people whose account somebody from another provider opens.
    pub(super) from_providers: BTreeSet<Subject>,
}

/// The sentences for `steps`. `docs` is the client of the documentation, where there is documentation.
pub(super) fn of(steps: &[Step], docs: Option<&ClientId>, stored: &Stored) -> Vec<String> {
    let Stored { users, groups, from_providers } = stored;
    let mut warnings = Vec::new();
    let strangers = steps.iter().filter(|step| matches!(step, Step::DeleteUser(user) if from_providers.contains(&user.subject))).count();
    if strangers > 0 {
        warnings.push(format!(
            "{strangers} of the people to delete came from other providers, or linked one. Nobody writes them into a file before they come: \
             start from what `claviger export` prints"
        ));
    }
    let is_docs = |step: &&Step| matches!(step, Step::DeleteClient(client) if docs == Some(&client.id));
    if let Some(step) = steps.iter().find(is_docs) {
        warnings.push(format!("{} is the client of the documentation (docs.client_id): nobody will get tokens at /docs", step.subject()));
    }
    let admins: Vec<&User> = users.iter().filter(|user| user.enabled && user.has_role(ADMIN) && user.password.is_some()).collect();
    if !admins.is_empty() && !some_admin_is_left(steps, users, groups) {
        let names: Vec<&str> = admins.iter().map(|admin| admin.username.as_str()).collect();
        warnings.push(format!(
            "nobody will have the role {ADMIN} and a password any more (until now: {}): nobody can sign in to manage this server",
            names.join(", ")
        ));
    }
    warnings
}

/// Whether somebody can sign in as an admin after these steps.
fn some_admin_is_left(steps: &[Step], users: &[User], groups: &[Group]) -> bool {
    let gives_admin = |name: &str| {
        let changed = steps.iter().find_map(|step| match step {
            Step::AddGroup(group) | Step::ChangeGroup { after: group, .. } if group.name == name => Some(group.roles.contains(ADMIN)),
            Step::DeleteGroup(group) if group.name == name => Some(false),
            _ => None,
        });
        changed.unwrap_or_else(|| groups.iter().any(|group| group.name == name && group.roles.contains(ADMIN)))
    };
    let is_admin =
        |account: &Account| account.enabled && (account.roles.contains(ADMIN) || account.groups.iter().any(|group| gives_admin(group)));
    let of_steps = steps.iter().any(|step| match step {
        Step::AddUser(account, password) => is_admin(account) && password.is_some(),
        Step::ChangeUser { before, after, password } => is_admin(after) && (before.password.is_some() || password.is_some()),
        _ => false,
    });
    let is_touched = |user: &User| {
        steps
            .iter()
            .any(|step| matches!(step, Step::DeleteUser(other) | Step::ChangeUser { before: other, .. } if other.subject == user.subject))
    };
    of_steps || users.iter().any(|user| user.password.is_some() && is_admin(&Account::of(user)) && !is_touched(user))
}
