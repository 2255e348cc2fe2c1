//! Managing clients, people and APIs: the rules and the writing, shared by everything that manages.

pub mod apis;
pub mod clients;
pub mod users;

use crate::identity::user::WeakPassword;

/// Why a change is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// What is to be stored contradicts itself or a specification; one sentence each.
    #[error("{}", .0.join("\n"))]
    Invalid(Vec<String>),
    /// There is one of that name already.
    #[error("{0} exists already")]
    AlreadyThere(String),
    /// There is none of that name.
    #[error("there is no {0}")]
    NotFound(String),
    /// The password is refused.
    #[error("the password {0}")]
    Weak(#[from] WeakPassword),
    /// Too many passwords are being hashed.
    #[error("the server is busy; try again in a moment")]
    Busy,
}
