//! Whether all clients know a person by the same `sub`, or each sector by its own (OpenID Connect Core §8, Registration §2, §5).

use std::fmt;

use url::Url;

use crate::protocol::application_type::ApplicationType;
use crate::protocol::client::ClientId;
use crate::protocol::issuer::is_loopback;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::words::words;

words! {
    /// What a client's `sub` of a person is (OpenID Connect Core §8, `subject_type`).
    SubjectType {
        /// The same for all clients.
        Public = "public",
        /// Another one for each sector, so that clients of different sectors can't find out that they know the same person.
        Pairwise = "pairwise",
    }
}

/// By which `sub` a client knows people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectRules {
    /// What kind it is of.
    pub kind: SubjectType,
    /// The document that lists the redirection URIs of all clients of the client's sector, if the client names one.
    pub sector_identifier_uri: Option<SectorIdentifierUri>,
}

impl Default for SubjectRules {
    fn default() -> Self {
        Self { kind: SubjectType::Public, sector_identifier_uri: None }
    }
}

/// A URL of a JSON array of redirection URIs, whose host names a sector (OpenID Connect Registration §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectorIdentifierUri {
    text: String,
    host: String,
}

/// The text is no URL where such a document could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an https URL without user information and fragment")]
pub struct InvalidSectorIdentifierUri;

/// Whom clients share their `sub` of a person with: all that have the same one. Two sectors are the same if their texts are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sector(String);

/// Why nobody can tell which sector a client is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSector {
    /// OpenID Connect Core §8.1: several hosts need a document that lists them.
    #[error("is needed for pairwise subjects: the redirect_uris have several hosts (OpenID Connect Core section 8.1)")]
    SeveralHosts,
    /// What stands for every device is nobody's own.
    #[error("is needed for pairwise subjects: the redirect_uris of a native application name no host that is its own")]
    NoHost,
}

/// What is wrong with the document behind a `sector_identifier_uri`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SectorMisfit {
    /// Not a list of texts.
    #[error("does not lead to a JSON array of URIs (OpenID Connect Registration section 5)")]
    NoList,
    /// A redirection URI of the client is not in it.
    #[error("the document there does not list {0} (OpenID Connect Registration section 5)")]
    Unlisted(String),
}

impl SectorIdentifierUri {
    /// Reads the URL. Without https it can only be on this machine, where the operator has to have allowed it.
    pub fn parse(text: &str) -> Result<Self, InvalidSectorIdentifierUri> {
        let url = Url::parse(text).map_err(|_| InvalidSectorIdentifierUri)?;
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic())
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
            && text.len() <= 2000;
        let is_private = url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url);
        match url.host_str() {
            Some(host) if is_plain && is_private => Ok(Self { text: text.to_owned(), host: host.to_owned() }),
            _ => Err(InvalidSectorIdentifierUri),
        }
    }

    /// The URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Sector {
    /// A sector as it was stored.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The sector as text, the same for all its clients.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A sector of one client alone.
    #[must_use]
    pub fn of_client(client: &ClientId) -> Self {
        // No host has a colon outside brackets.
        Self(format!("client:{client}"))
    }
}

impl fmt::Display for Sector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl SubjectRules {
    /// The sector of a client (OpenID Connect Core §8.1): the host of its `sector_identifier_uri`, or else the one host of its redirection
    /// URIs; `None` if it has none of either, and is a sector by itself.
    pub fn sector(&self, redirect_uris: &[RedirectUri], application: ApplicationType) -> Result<Option<Sector>, NoSector> {
        if let Some(uri) = &self.sector_identifier_uri {
            return Ok(Some(Sector(uri.host.clone())));
        }
        let mut hosts = redirect_uris.iter().map(|uri| own_host(uri, application));
        let Some(first) = hosts.next() else { return Ok(None) };
        if hosts.any(|other| other != first) {
            return Err(NoSector::SeveralHosts);
        }
        first.map(|host| Some(Sector(host))).ok_or(NoSector::NoHost)
    }
}

/// The host of a redirection URI, unless it is everybody's: what every native application may use (RFC 8252 §7.1, §7.3) names no sector.
fn own_host(uri: &RedirectUri, application: ApplicationType) -> Option<String> {
    let url = Url::parse(uri.as_str()).ok()?;
    let is_everybodys = application == ApplicationType::Native && (url.scheme() != "https" || is_loopback(&url));
    url.host_str().filter(|_| !is_everybodys).map(str::to_owned)
}

/// Whether a sector's document lists all of a client's redirection URIs (OpenID Connect Registration §5).
pub fn check_listed(document: &[u8], redirect_uris: &[RedirectUri]) -> Result<(), SectorMisfit> {
    let listed: Vec<String> = serde_json::from_slice(document).map_err(|_| SectorMisfit::NoList)?;
    match redirect_uris.iter().find(|uri| !listed.iter().any(|known| known == uri.as_str())) {
        None => Ok(()),
        Some(missing) => Err(SectorMisfit::Unlisted(missing.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uris(texts: &[&str], application: ApplicationType) -> Vec<RedirectUri> {
        texts.iter().map(|text| RedirectUri::register(text, application).unwrap()).collect()
    }

    fn sector(uri: Option<&str>, texts: &[&str], application: ApplicationType) -> Result<Option<String>, NoSector> {
        let sector_identifier_uri = uri.map(|uri| SectorIdentifierUri::parse(uri).unwrap());
        let rules = SubjectRules { kind: SubjectType::Pairwise, sector_identifier_uri };
        rules.sector(&uris(texts, application), application).map(|sector| sector.map(|sector| sector.to_string()))
    }

    #[test]
    fn a_sector_is_the_host_of_the_document_or_else_the_one_host_of_the_redirect_uris() {
        use ApplicationType::{Native, Web};
        let found = |host: &str| Ok(Some(host.to_owned()));
        assert_eq!(sector(None, &["https://a.example/cb", "https://a.example:8443/other"], Web), found("a.example"));
        assert_eq!(
            sector(Some("https://S.example:444/uris.json"), &["https://a.example/cb", "https://b.example/cb"], Web),
            found("s.example")
        );
        assert_eq!(sector(None, &["https://a.example/cb", "https://b.example/cb"], Web), Err(NoSector::SeveralHosts));
        assert_eq!(sector(None, &["https://a.example/cb", "https://www.a.example/cb"], Web), Err(NoSector::SeveralHosts));
        assert_eq!(sector(None, &[], Web), Ok(None));
        assert_eq!(sector(None, &["http://localhost:3000/cb"], Web), found("localhost"));
        assert_eq!(sector(None, &["https://a.example/app"], Native), found("a.example"));
        for everybodys in ["http://127.0.0.1/cb", "http://localhost/cb", "com.example.app:/cb", "com.example.app://host/cb"] {
            assert_eq!(sector(None, &[everybodys], Native), Err(NoSector::NoHost), "{everybodys}");
        }
        assert_eq!(sector(None, &["https://a.example/app", "com.example.app:/cb"], Native), Err(NoSector::SeveralHosts));
    }

    #[test]
    fn the_document_is_behind_an_https_url() {
        for wrong in ["http://a.example/", "https://", "https://u@a.example/", "https://a.example/#x", "file:///etc/passwd", "a", ""] {
            assert_eq!(SectorIdentifierUri::parse(wrong), Err(InvalidSectorIdentifierUri), "{wrong}");
        }
    }

    #[test]
    fn the_document_lists_every_redirect_uri_as_it_is_written() {
        let theirs = uris(&["https://a.example/cb", "https://b.example/cb"], ApplicationType::Web);
        let check = |document: &str| check_listed(document.as_bytes(), &theirs);
        assert_eq!(check(r#"["https://x.example", "https://b.example/cb", "https://a.example/cb"]"#), Ok(()));
        let missing = Err(SectorMisfit::Unlisted("https://b.example/cb".to_owned()));
        for lacking in [r#"["https://a.example/cb"]"#, r#"["https://a.example/cb", "https://b.example/CB", "https://b.example/cb/"]"#] {
            assert_eq!(check(lacking), missing, "{lacking}");
        }
        for none in ["", "{}", r#"{"redirect_uris": []}"#, "[1]", r#"["https://a.example/cb", null]"#, "\u{feff}[]", "<h1>x</h1>"] {
            assert_eq!(check(none), Err(SectorMisfit::NoList), "{none}");
        }
    }
}
