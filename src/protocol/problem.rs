//! What is wrong with something that is to be stored: which of its fields, and why.

use std::fmt;

/// What is wrong with one field of a client, an API or an account, in words for whoever manages it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field, as it stands in the management API and in the file of `claviger apply`, such as `redirect_uris[1]`.
    pub field: String,
    /// What is wrong with it: the end of a sentence that begins with the field.
    pub reason: String,
}

impl Problem {
    /// A problem of a field.
    #[must_use]
    pub fn new(field: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self { field: field.into(), reason: reason.to_string() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.field, self.reason)
    }
}
