//! How far whoever manages may go: nobody gives to others, or takes over from them, what they may not do here themselves. Otherwise the right to
//! change clients, or people, would be every right.

use std::collections::BTreeSet;

use crate::flow::catalog::own_scopes;
use crate::flow::manage::Refused;
use crate::identity::user::ADMIN;
use crate::protocol::scope::Scope;

/// How far somebody may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Wherever they like: they have the machine.
    Everything,
    /// As far as these scopes of our own API.
    Within(Scope),
}

impl Reach {
    /// Whether a client with this scope is within it. Whoever makes or changes a client can act as it.
    pub fn client(&self, scope: &Scope) -> Result<(), Refused> {
        self.all_of(|name| scope.contains(name))
    }

    /// Whether a person with these roles is within it. Whoever sets a person's password can act as they do.
    pub fn person(&self, roles: &BTreeSet<String>) -> Result<(), Refused> {
        self.all_of(|_| roles.contains(ADMIN))
    }

    fn all_of(&self, is_theirs: impl Fn(&str) -> bool) -> Result<(), Refused> {
        let Self::Within(scope) = self else { return Ok(()) };
        match own_scopes().find(|(name, _)| is_theirs(name) && !scope.contains(name)) {
            Some((beyond, _)) => Err(Refused::Beyond(beyond)),
            None => Ok(()),
        }
    }
}
