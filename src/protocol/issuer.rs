//! The issuer identifier (RFC 8414 §2, OpenID Connect Discovery §3): the one URL that names this server.

use std::fmt;

use url::{Host, Url};

/// An issuer identifier: `https` (or `http` on a loopback host), without query, fragment, user information or trailing slash.
/// Kept as it was written: tokens, metadata and answers carry it byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Issuer(String);

/// Why a text is no issuer identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIssuer {
    /// Not an absolute URL with a host.
    #[error("is not an absolute URL with a host, such as https://login.example.com")]
    NotAUrl,
    /// `http` on a host that is not this machine.
    #[error("must begin with https:// (http:// is for loopback hosts only)")]
    NotHttps,
    /// It has a query, a fragment, a user or a password (OpenID Connect Discovery §3).
    #[error("must have no query, no fragment, no user and no password")]
    Decorated,
    /// It is not in the form that clients would compare it in.
    #[error("must be written in its normal form, without a trailing slash")]
    NotNormal,
}

impl Issuer {
    /// Reads an issuer identifier.
    pub fn parse(text: &str) -> Result<Self, InvalidIssuer> {
        let url = Url::parse(text).map_err(|_| InvalidIssuer::NotAUrl)?;
        if url.cannot_be_a_base() || url.host().is_none() {
            return Err(InvalidIssuer::NotAUrl);
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            _ => return Err(InvalidIssuer::NotHttps),
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidIssuer::Decorated);
        }
        if url.as_str().trim_end_matches('/') != text {
            return Err(InvalidIssuer::NotNormal);
        }
        Ok(Self(text.to_owned()))
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL of one of our own paths; `path` begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The path of the issuer, without a trailing slash: empty, or `/tenant`.
    #[must_use]
    pub fn path(&self) -> &str {
        let after_scheme = self.0.split_once("://").map_or("", |(_, rest)| rest);
        after_scheme.find('/').map_or("", |slash| after_scheme.split_at(slash).1)
    }

    /// The web origin of our own pages (RFC 6454 §6.2), to compare an `Origin` header with.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.0.strip_suffix(self.path()).unwrap_or(&self.0)
    }

    /// Host and port as a `Host` header would carry them.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.origin().split_once("://").map_or("", |(_, authority)| authority)
    }

    /// Whether people reach us by `https`, so that cookies can be `Secure`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Whether a URL's host is this machine: `localhost`, 127.0.0.0/8 or `[::1]`.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Conformance: 3
    #[test]
    fn an_issuer_is_https_or_loopback_and_plain() {
        for good in
            ["https://login.example.com", "https://example.com/tenant", "http://localhost:8080", "http://127.0.0.1:9", "http://[::1]:8080"]
        {
            assert_eq!(Issuer::parse(good).map(|issuer| issuer.to_string()), Ok(good.to_owned()));
        }
        assert_eq!(Issuer::parse("http://[::1]:80801"), Err(InvalidIssuer::NotAUrl));
        assert_eq!(Issuer::parse("http://example.com"), Err(InvalidIssuer::NotHttps));
        assert_eq!(Issuer::parse("https://example.com/"), Err(InvalidIssuer::NotNormal));
        assert_eq!(Issuer::parse("https://EXAMPLE.com"), Err(InvalidIssuer::NotNormal));
        assert_eq!(Issuer::parse("https://example.com:443"), Err(InvalidIssuer::NotNormal));
        assert_eq!(Issuer::parse("https://a@example.com"), Err(InvalidIssuer::Decorated));
        assert_eq!(Issuer::parse("https://example.com?x"), Err(InvalidIssuer::Decorated));
        assert_eq!(Issuer::parse("example.com"), Err(InvalidIssuer::NotAUrl));
    }

    #[test]
    fn its_parts_are_cut_where_they_meet() {
        let issuer = Issuer::parse("https://example.com:8443/tenant").unwrap();
        assert_eq!((issuer.origin(), issuer.path(), issuer.authority()), ("https://example.com:8443", "/tenant", "example.com:8443"));
        let bare = Issuer::parse("http://localhost:8080").unwrap();
        assert_eq!((bare.origin(), bare.path(), bare.url("/token").as_str()), ("http://localhost:8080", "", "http://localhost:8080/token"));
    }
}
