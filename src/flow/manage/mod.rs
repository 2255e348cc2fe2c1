//! Managing clients, people, groups, attributes, APIs, keys and sessions: the rules and the writing, shared by everything that manages. Whether a caller may do so
//! is for [`permission`] to say.

pub mod api_keys;
pub mod apis;
pub mod attributes;
pub mod clients;
pub mod groups;
pub mod initial_access_tokens;
pub mod keys;
mod page;
pub mod permission;
pub mod providers;
mod reach;
pub mod sessions;
pub mod users;
mod version;

pub use page::{LARGEST_PAGE, Page, PageRequest};
pub use reach::Reach;
pub use version::{Expected, Version};

pub use crate::store::{ClientFilter, UserFilter};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::protocol::problem::Problem;

/// How often a change starts over after another one changed the same thing first.
pub(super) const ATTEMPTS: u32 = 5;

/// Why a change is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// What is to be stored contradicts itself or a specification.
    #[error("{}", .0.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<Problem>),
    /// There is one of that name already.
    #[error("{0} exists already")]
    AlreadyThere(String),
    /// There is none of that name.
    #[error("there is no {0}")]
    NotFound(String),
    /// It is not as the caller last saw it.
    #[error("it was changed meanwhile")]
    Outdated,
    /// What is asked for does not go together with how things are.
    #[error("{0}")]
    Conflict(&'static str),
    /// It would give away, or take over, more than whoever asks may do.
    #[error("it takes the scope {needed}")]
    Beyond {
        /// The scope of our own API that it takes, word by word.
        needed: String,
        /// The client that asked.
        client: String,
    },
    /// Too many passwords are being hashed.
    #[error("the server is busy; try again in a moment")]
    Busy,
}

impl Refused {
    /// There is no thing of this kind and name. The name may have come with a request: it is shown in printable characters.
    #[must_use]
    pub fn not_found(kind: &str, name: impl std::fmt::Display) -> Self {
        Self::NotFound(format!("{kind} {}", name.to_string().escape_default()))
    }

    pub(in crate::flow) fn field(field: &str, reason: impl std::fmt::Display) -> Self {
        Self::Invalid(vec![Problem::new(field, reason)])
    }
}

/// A description with the changes of a merge patch (RFC 7396): members that the patch leaves out stay, `null` takes one out.
fn patched<T: Serialize + DeserializeOwned>(description: &T, patch: &Value) -> Result<T, Refused> {
    let mut changed = serde_json::to_value(description).map_err(|problem| Refused::field("", problem))?;
    json_patch::merge(&mut changed, patch);
    read(changed)
}

/// Reads a description from JSON. What is wrong is said with the field that it is wrong with.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, Refused> {
    serde_path_to_error::deserialize(value).map_err(|problem| {
        let path = problem.path().to_string();
        let field = if path == "." { String::new() } else { path };
        Refused::Invalid(vec![Problem::new(field, problem.into_inner())])
    })
}
