//! How far whoever manages may go: nobody gives to others, or takes over from them, what they may not do here themselves. Otherwise the right to
//! change clients, or people, would be every right.

use std::collections::BTreeSet;

use crate::flow::catalog::own_scopes;
use crate::flow::manage::Refused;
use crate::flow::manage::permission::Permitted;
use crate::protocol::role::ADMIN;
use crate::protocol::scope::Scope;

/// How far somebody may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach<'a> {
    /// Wherever they like: they have the machine.
    Everything,
    /// As far as what they may do here themselves.
    Of(&'a Permitted),
}

impl Reach<'_> {
    /// Whether a client with this scope and these roles is within it. Whoever makes or changes a client can act as it.
    pub fn client(self, scope: &Scope, roles: &BTreeSet<String>) -> Result<(), Refused> {
        self.all_of(|name| scope.contains(name) || roles.contains(ADMIN))
    }

    /// Whether a person with these roles is within it. Whoever sets a person's password can act as they do.
    pub fn person(self, roles: &BTreeSet<String>) -> Result<(), Refused> {
        self.all_of(|_| roles.contains(ADMIN))
    }

    /// Whether anybody at all is within it, those who may do everything among them.
    pub fn anybody(self) -> Result<(), Refused> {
        self.all_of(|_| true)
    }

    fn all_of(self, is_theirs: impl Fn(&str) -> bool) -> Result<(), Refused> {
        let Self::Of(by) = self else { return Ok(()) };
        let theirs: Vec<&str> = own_scopes().map(|(name, _)| name).filter(|name| is_theirs(name)).collect();
        if theirs.iter().all(|name| by.scope.contains(name)) {
            return Ok(());
        }
        let needed: BTreeSet<&str> = theirs.into_iter().chain([by.needed]).collect();
        let needed = needed.into_iter().collect::<Vec<_>>().join(" ");
        tracing::warn!(target: "claviger::security", by = by.subject, client = by.client, needed, "tried to manage what may do more than they may");
        Err(Refused::Beyond { needed, client: by.client.clone() })
    }
}
