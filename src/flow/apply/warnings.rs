//! What the operator may not have meant: steps that take away what this server is used by.

use crate::flow::apply::step::Step;
use crate::identity::account::Account;
use crate::identity::user::User;
use crate::protocol::client::ClientId;
use crate::protocol::role::ADMIN;

/// The sentences for `steps`. `docs` is the client of the documentation, where there is documentation; `users` are all who are stored.
pub(super) fn of(steps: &[Step], docs: Option<&ClientId>, users: &[User]) -> Vec<String> {
    let mut warnings = Vec::new();
    let is_docs = |step: &&Step| matches!(step, Step::DeleteClient(client) if docs == Some(&client.id));
    if let Some(step) = steps.iter().find(is_docs) {
        warnings.push(format!("{} is the client of the documentation (docs.client_id): nobody will get tokens at /docs", step.subject()));
    }
    let admins: Vec<&User> = users.iter().filter(|user| user.enabled && user.has_role(ADMIN) && user.password.is_some()).collect();
    if !admins.is_empty() && !steps.iter().any(makes_admin) && admins.iter().all(|admin| steps.iter().any(|step| takes_from(step, admin))) {
        let names: Vec<&str> = admins.iter().map(|admin| admin.username.as_str()).collect();
        warnings.push(format!(
            "nobody will have the role {ADMIN} and a password any more (until now: {}): nobody can sign in to manage this server",
            names.join(", ")
        ));
    }
    warnings
}

/// Whether the step makes somebody an admin who can sign in.
fn makes_admin(step: &Step) -> bool {
    match step {
        Step::AddUser(account, password) => is_admin(account) && password.is_some(),
        Step::ChangeUser { before, after, password } => is_admin(after) && (before.password.is_some() || password.is_some()),
        _ => false,
    }
}

fn takes_from(step: &Step, admin: &User) -> bool {
    match step {
        Step::DeleteUser(user) => user.subject == admin.subject,
        Step::ChangeUser { before, after, .. } => before.subject == admin.subject && !is_admin(after),
        _ => false,
    }
}

fn is_admin(account: &Account) -> bool {
    account.enabled && account.roles.contains(ADMIN)
}
