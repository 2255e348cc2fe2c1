//! How a person proved who they are, as tokens say it: `amr`, `acr` (OpenID Connect Core §2) and `idp`.

use serde::{Deserialize, Serialize};

/// With a password (RFC 8176 §2).
pub const PASSWORD: &str = "pwd";
/// By another identity provider. RFC 8176 has no value for that; this is the one that is in use elsewhere.
pub const FEDERATED: &str = "fed";

/// The class of a sign-in with one factor of our own, such as a password: the lowest at which somebody is known at all, as the levels of
/// ISO/IEC 29115 that OpenID Connect Core §2 names begin with.
pub const ONE_FACTOR: &str = "1";

/// How a person proved who they are. Nothing is known about what was remembered before this was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// The methods: `pwd`, or `fed` and whatever the other provider says of itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The class of it: ours, or what the other provider states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// The name of the other provider, as it is called here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idp: Option<String>,
    /// Whether the other provider does not say when: it may have been long before they came from there, and is no recent sign-in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undated: bool,
}

impl Authentication {
    /// It as clients are told, in claims.
    #[must_use]
    pub fn told(&self) -> Self {
        Self { undated: false, ..self.clone() }
    }

    /// With a password.
    #[must_use]
    pub fn by_password() -> Self {
        Self { amr: vec![PASSWORD.to_owned()], acr: Some(ONE_FACTOR.to_owned()), idp: None, undated: false }
    }

    /// By another provider, with what it says of itself. Of that, only what looks like a value of these claims is passed on.
    #[must_use]
    pub fn by_provider(name: &str, amr: &[String], acr: Option<&str>) -> Self {
        let is_value = |text: &str| (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        let theirs = amr.iter().filter(|method| is_value(method) && *method != FEDERATED).take(10).cloned();
        Self {
            amr: std::iter::once(FEDERATED.to_owned()).chain(theirs).collect(),
            acr: acr.filter(|class| is_value(class)).map(str::to_owned),
            idp: Some(name.to_owned()),
            undated: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_provider_says_of_itself_stands_behind_that_it_was_one() {
        let said = ["pwd", "mfa", "fed", "", "with space", "\u{1}"].map(str::to_owned);
        let authentication = Authentication::by_provider("work", &said, Some("urn:example:gold"));
        assert_eq!(authentication.amr, ["fed", "pwd", "mfa"]);
        assert_eq!((authentication.acr.as_deref(), authentication.idp.as_deref()), (Some("urn:example:gold"), Some("work")));
        let many = vec!["x".to_owned(); 1000];
        assert_eq!(Authentication::by_provider("work", &many, Some(&"x".repeat(101))).amr.len(), 11);
        assert_eq!(Authentication::by_provider("work", &[], Some("a b")).acr, None);
    }
}
