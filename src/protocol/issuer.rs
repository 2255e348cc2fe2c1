//! The issuer identifier (RFC 8414 §2, OpenID Connect Discovery §3): the one URL that names this server.

use std::fmt;

use url::{Host, Url};

/// An issuer identifier: `https` (or `http` on a loopback host), without query, fragment, user information or trailing slash.
/// Kept as it was written: tokens, metadata and answers carry it byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Issuer(String);

/// Where the metadata of an issuer without a path is (RFC 8414 §3.1).
const OAUTH_METADATA: &str = "/.well-known/oauth-authorization-server";
/// The same by the older specification (OpenID Connect Discovery §4.1).
const OPENID_METADATA: &str = "/.well-known/openid-configuration";

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
    /// Its path has a segment that is empty, or a character that means something elsewhere: in a cookie, a page or a pattern.
    #[error("must have letters, digits, - . _ and ~ alone between the slashes of its path")]
    OddPath,
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
        let plain =
            |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        let issuer = Self(text.to_owned());
        if !issuer.path().split('/').skip(1).all(plain) {
            return Err(InvalidIssuer::OddPath);
        }
        Ok(issuer)
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

    /// Which of our own paths the path of a request is, such as `/token`; `None` when it is none of ours.
    ///
    /// It is [`Self::url`] turned round, but for the metadata, where there is a path. Each document is there at the places that are defined
    /// for it, and nowhere else:
    ///
    /// | place | defined by |
    /// |---|---|
    /// | `/tenant/.well-known/openid-configuration` | OpenID Connect Discovery §4.1, RFC 8414 §5 |
    /// | `/.well-known/openid-configuration/tenant` | RFC 8414 §5 |
    /// | `/.well-known/oauth-authorization-server/tenant` | RFC 8414 §3.1 |
    ///
    /// The issuer itself, with or without a slash at its end, is `/`.
    #[must_use]
    pub fn own_path<'a>(&self, requested: &'a str) -> Option<&'a str> {
        let root = self.path();
        if root.is_empty() {
            return Some(requested);
        }
        let below = requested.strip_prefix(root).filter(|below| below.is_empty() || below.starts_with('/'));
        match below {
            Some("") => Some("/"),
            // RFC 8414 §3.1: the path comes after the well-known part, not before it.
            Some(OAUTH_METADATA) => None,
            Some(below) => Some(below),
            None => requested.strip_suffix(root).filter(|document| [OAUTH_METADATA, OPENID_METADATA].contains(document)),
        }
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
        for odd in ["//a", "/a//b", "/a;Domain=example.org", "/a%20b", "/a,b", "/a'b", "/:name", "/*"] {
            assert_eq!(Issuer::parse(&format!("https://example.com{odd}")), Err(InvalidIssuer::OddPath), "{odd}");
        }
        assert_eq!(Issuer::parse("https://example.com/a/"), Err(InvalidIssuer::NotNormal));
        assert_eq!(Issuer::parse("https://example.com/a/../b"), Err(InvalidIssuer::NotNormal));
    }

    /// Conformance: 1, 2
    #[test]
    fn what_is_asked_for_is_found_below_the_issuer_and_the_metadata_beside_it() {
        for (issuer, requested, own) in [
            ("https://a.example", "/token", Some("/token")),
            ("https://a.example", "/", Some("/")),
            ("https://a.example/b", "/b/token", Some("/token")),
            ("https://a.example/b", "/b", Some("/")),
            ("https://a.example/b", "/b/", Some("/")),
            ("https://a.example/b", "/b/b/token", Some("/b/token")),
            ("https://a.example/b", "/token", None),
            ("https://a.example/b", "/", None),
            ("https://a.example/b", "/bc/token", None),
            ("https://a.example/b", "/B/token", None),
            ("https://a.example/b", "//b/token", None),
            ("https://a.example/b", "/b/.well-known/openid-configuration", Some(OPENID_METADATA)),
            ("https://a.example/b", "/.well-known/openid-configuration/b", Some(OPENID_METADATA)),
            ("https://a.example/b", "/.well-known/oauth-authorization-server/b", Some(OAUTH_METADATA)),
            ("https://a.example/b", "/b/.well-known/oauth-authorization-server", None),
            ("https://a.example/b", "/.well-known/oauth-authorization-server", None),
            ("https://a.example/b", "/.well-known/oauth-authorization-server/b/", None),
            ("https://a.example/b", "/.well-known/oauth-authorization-server/c/b", None),
            ("https://a.example/b", "/.well-known/jwks.json/b", None),
            ("https://a.example/b/c", "/.well-known/openid-configuration/b/c", Some(OPENID_METADATA)),
            ("https://a.example/b/c", "/b/.well-known/openid-configuration/c", None),
        ] {
            assert_eq!(Issuer::parse(issuer).unwrap().own_path(requested), own, "{requested} at {issuer}");
        }
    }

    #[test]
    fn its_parts_are_cut_where_they_meet() {
        let issuer = Issuer::parse("https://example.com:8443/tenant").unwrap();
        assert_eq!((issuer.origin(), issuer.path(), issuer.authority()), ("https://example.com:8443", "/tenant", "example.com:8443"));
        let bare = Issuer::parse("http://localhost:8080").unwrap();
        assert_eq!((bare.origin(), bare.path(), bare.url("/token").as_str()), ("http://localhost:8080", "", "http://localhost:8080/token"));
    }
}
