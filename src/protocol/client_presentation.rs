//! What a client says about itself to people, beside its name (RFC 7591 §2, OpenID Connect Registration §2).

use serde::{Deserialize, Serialize};
use url::Url;

use crate::protocol::issuer::is_loopback;
use crate::protocol::problem::Problem;
use crate::protocol::web_uri::WebUri;

/// The most contacts of one client.
const MOST_CONTACTS: usize = 10;
/// The longest of them, in characters.
const LONGEST_CONTACT: usize = 200;

/// What a client says about itself to people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Presentation {
    /// Its logo, which people see by way of us alone (`logo_uri`).
    pub logo: Option<LogoUri>,
    /// Its home page (`client_uri`).
    pub home: Option<WebUri>,
    /// What it does with what it learns about people (`policy_uri`).
    pub policy: Option<WebUri>,
    /// What it asks people to agree to (`tos_uri`).
    pub terms: Option<WebUri>,
    /// How whoever manages this server reaches those who are responsible for it (`contacts`). No page shows them: words that a client chooses
    /// freely have no place where people type their password.
    pub contacts: Vec<String>,
}

/// The URL of a client's logo, which nobody but we ask for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogoUri(String);

/// The text is no URL where a logo could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an https URL without user information and fragment")]
pub struct InvalidLogoUri;

impl LogoUri {
    /// Reads the URL. Without https it can only be on this machine, where the operator has to have allowed it.
    pub fn parse(text: &str) -> Result<Self, InvalidLogoUri> {
        let url = Url::parse(text).map_err(|_| InvalidLogoUri)?;
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic())
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
            && url.host_str().is_some();
        let is_private = url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url);
        if is_plain && is_private && text.len() <= 2000 { Ok(Self(text.to_owned())) } else { Err(InvalidLogoUri) }
    }

    /// The URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for LogoUri {
    type Error = InvalidLogoUri;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<LogoUri> for String {
    fn from(uri: LogoUri) -> Self {
        uri.0
    }
}

impl Presentation {
    /// Everything that is wrong with it.
    pub(in crate::protocol) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.contacts.len() > MOST_CONTACTS {
            problems.push(Problem::new("contacts", format!("must have at most {MOST_CONTACTS}")));
        }
        for (index, contact) in self.contacts.iter().enumerate() {
            let length = contact.trim().chars().count();
            if length == 0 || contact.chars().count() > LONGEST_CONTACT || contact.chars().any(char::is_control) {
                let rule = format!("must have 1 to {LONGEST_CONTACT} characters on one line");
                problems.push(Problem::new(format!("contacts[{index}]"), rule));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_is_behind_https() {
        assert!(LogoUri::parse("https://a.example/logo.png?size=64").is_ok());
        for wrong in ["http://a.example/logo.png", "https://u@a.example/", "https://a.example/#x", "data:image/png;base64,AAAA", "logo.png"]
        {
            assert_eq!(LogoUri::parse(wrong), Err(InvalidLogoUri), "{wrong}");
        }
    }

    #[test]
    fn contacts_are_few_and_short() {
        let fields = |contacts: &[&str]| {
            let contacts = contacts.iter().map(|&contact| contact.to_owned()).collect();
            let problems = Presentation { contacts, ..Presentation::default() }.problems();
            problems.into_iter().map(|problem| problem.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(&["help@a.example", "https://a.example/help"]), [""; 0]);
        assert_eq!(fields(&["help@a.example", " ", "a\nb", &"x".repeat(201)]), ["contacts[1]", "contacts[2]", "contacts[3]"]);
        assert_eq!(fields(&["x"; 11]), ["contacts"]);
    }
}
