//! Redirection URIs: which a client may register and which registered one a request means (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1).

pub mod unregistered;

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::protocol::application_type::ApplicationType;
use crate::protocol::issuer::is_loopback;

/// A registered redirection URI, kept as it was written: requests are compared with it character by character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

/// Why a text can't be registered as a redirection URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRedirectUri {
    /// Not an absolute URI, or not in a form that every parser reads alike.
    #[error("is not an absolute URI in its plain form")]
    NotAUri,
    /// RFC 6749 §3.1.2: no fragment.
    #[error("must have no fragment (#…)")]
    Fragment,
    /// A user or password in it only serves to disguise the host.
    #[error("must have no user or password before the host")]
    UserInformation,
    /// `http` for a host that is not this machine.
    #[error("must use https; http is for loopback hosts only")]
    NotHttps,
    /// RFC 8252 §7.1: a private-use scheme is a reversed domain name, for native applications only.
    #[error("has a scheme that is neither https nor, for a native application, a reversed domain name such as com.example.app")]
    Scheme,
}

impl RedirectUri {
    /// Checks what a client of `application` wants to register.
    pub fn register(text: &str, application: ApplicationType) -> Result<Self, InvalidRedirectUri> {
        let plain =
            |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}' | b'*');
        if text.is_empty() || text.len() > 2000 || !text.bytes().all(plain) {
            return Err(InvalidRedirectUri::NotAUri);
        }
        let url = Url::parse(text).map_err(|_| InvalidRedirectUri::NotAUri)?;
        if url.fragment().is_some() {
            return Err(InvalidRedirectUri::Fragment);
        }
        if text.split(['/', '?']).nth(2).is_some_and(|authority| authority.contains('@')) || !url.username().is_empty() {
            return Err(InvalidRedirectUri::UserInformation);
        }
        match url.scheme() {
            "https" if url.has_host() => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(InvalidRedirectUri::NotHttps),
            scheme if application == ApplicationType::Native && scheme.contains('.') => return Ok(Self(text.to_owned())),
            _ => return Err(InvalidRedirectUri::Scheme),
        }
        // Dot segments, an upper-case host or a default port would be read differently by different parsers.
        let normal = url.as_str();
        if normal != text && normal.strip_suffix('/') != Some(text) {
            return Err(InvalidRedirectUri::NotAUri);
        }
        Ok(Self(text.to_owned()))
    }

    /// The URI as it was registered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request's `presented` URI is this one: the same characters, but that a loopback literal stands for all its ports
    /// (RFC 8252 §7.3), and for a native application `localhost` does, too.
    #[must_use]
    pub fn matches(&self, presented: &str, application: ApplicationType) -> bool {
        if self.0 == presented {
            return true;
        }
        let any_port: &[&str] = match application {
            ApplicationType::Web => &["http://127.0.0.1", "http://[::1]"],
            ApplicationType::Native => &["http://127.0.0.1", "http://[::1]", "http://localhost"],
        };
        any_port.iter().any(|host| {
            let (Some(mine), Some(theirs)) = (self.0.strip_prefix(host), presented.strip_prefix(host)) else { return false };
            let (Some(mine), Some(theirs)) = (after_port(mine), after_port(theirs)) else { return false };
            mine == theirs
        })
    }

    /// Whether the person's own machine receives the answer, so that any program there could pose as the client (RFC 8252 §8.6).
    #[must_use]
    pub fn stays_on_the_machine(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| url.scheme() != "https" && (url.scheme() != "http" || is_loopback(&url)))
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What follows the host and an optional port; `None` when something else follows the host.
fn after_port(rest: &str) -> Option<&str> {
    let after = rest.strip_prefix(':').map_or(Some(rest), |port_on| {
        let digits = port_on.bytes().take_while(u8::is_ascii_digit).count();
        let (port, after) = port_on.split_at(digits);
        port.parse::<u16>().is_ok_and(|port| port > 0).then_some(after)
    })?;
    (after.is_empty() || after.starts_with(['/', '?'])).then_some(after)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn web(text: &str) -> Result<RedirectUri, InvalidRedirectUri> {
        RedirectUri::register(text, ApplicationType::Web)
    }

    #[test]
    fn only_https_loopback_and_reversed_domains_are_registered() {
        for good in [
            "https://app.example/cb",
            "https://app.example",
            "https://app.example/cb?x=1",
            "http://localhost:3000/cb",
            "http://127.0.0.1/cb",
        ] {
            assert_eq!(web(good).map(|uri| uri.to_string()), Ok(good.to_owned()));
        }
        assert!(RedirectUri::register("com.example.app:/cb", ApplicationType::Native).is_ok());
        for (bad, why) in [
            ("http://evil.example/cb", InvalidRedirectUri::NotHttps),
            ("http://localhost.evil.example/cb", InvalidRedirectUri::NotHttps),
            ("https://app.example/cb#frag", InvalidRedirectUri::Fragment),
            ("https://app.example@evil.example/cb", InvalidRedirectUri::UserInformation),
            ("https://a@b@evil.example/cb", InvalidRedirectUri::UserInformation),
            ("https://@evil.example/cb", InvalidRedirectUri::UserInformation),
            (r"https://app.example\@evil.example", InvalidRedirectUri::NotAUri),
            ("https://app.example/cb/../evil", InvalidRedirectUri::NotAUri),
            ("https://*.example/cb", InvalidRedirectUri::NotAUri),
            ("https://app.example:443/cb", InvalidRedirectUri::NotAUri),
            ("/cb", InvalidRedirectUri::NotAUri),
            ("com.example.app:/cb", InvalidRedirectUri::Scheme),
        ] {
            assert_eq!(web(bad), Err(why), "{bad}");
        }
        for script in ["JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "blob:https://a.example/x", "file:///etc/passwd"] {
            for application in [ApplicationType::Web, ApplicationType::Native] {
                assert_eq!(RedirectUri::register(script, application), Err(InvalidRedirectUri::Scheme), "{script}");
            }
        }
    }

    #[test]
    fn a_request_means_it_only_character_by_character() {
        let uri = web("https://app.example/cb").unwrap();
        assert!(uri.matches("https://app.example/cb", ApplicationType::Web));
        for other in [
            "https://app.example/cb/",
            "https://app.example/CB",
            "https://app.example/cb?x=1",
            "https://app.example/c%62",
            "https://app.example/cb ",
            "https://app.example:443/cb",
            "https://app.example/cb/../evil",
            "https://app.example/cb/..;/evil",
            "https://app.example/cb/%2e%2e%2fevil",
            "https://app.example.evil.example/cb",
            "https://appXexample/cb",
        ] {
            assert!(!uri.matches(other, ApplicationType::Native), "{other}");
        }
    }

    #[test]
    fn a_loopback_literal_stands_for_all_its_ports_and_for_nothing_else() {
        let uri = web("http://127.0.0.1/cb").unwrap();
        assert!(uri.matches("http://127.0.0.1:49152/cb", ApplicationType::Web));
        for other in [
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:8@evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.1:80/cb/",
            "http://127.0.0.1:/cb",
        ] {
            assert!(!uri.matches(other, ApplicationType::Native), "{other}");
        }
        let named = web("http://localhost:3000/cb").unwrap();
        assert!(!named.matches("http://localhost:3001/cb", ApplicationType::Web));
        assert!(named.matches("http://localhost:3001/cb", ApplicationType::Native));
        assert!(!named.matches("http://localhost.evil.example:3001/cb", ApplicationType::Native));
    }

    proptest! {
        #[test]
        fn what_is_registered_is_read_alike_by_every_parser(
            text in r"(https|http|com\.example)://?(app\.example|localhost|127\.0\.0\.1|a@b)(:[0-9]{1,5})?(/[a-z.%@#?]{0,8}){0,2}"
        ) {
            for application in [ApplicationType::Web, ApplicationType::Native] {
                let Ok(uri) = RedirectUri::register(&text, application) else { continue };
                prop_assert!(uri.matches(&text, application));
                let url = Url::parse(&text).unwrap();
                prop_assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none());
                prop_assert!(!url.scheme().starts_with("http") || url.as_str().trim_end_matches('/') == text.trim_end_matches('/'));
            }
        }

        #[test]
        fn what_is_presented_differs_in_the_port_of_this_machine_at_most(
            host in r"http://(127\.0\.0\.1|\[::1\]|localhost)|https://app\.example", port: u16, path in r"/[a-z]{0,3}(\?[a-z]{0,3})?",
            noise in "[a-z:@/.?#]{0,3}"
        ) {
            let registered = web(&format!("{host}{path}")).unwrap();
            let presented = format!("{host}:{port}{noise}{path}");
            let any_port = host.starts_with("http://") && port > 0 && noise.is_empty();
            prop_assert_eq!(registered.matches(&presented, ApplicationType::Native), any_port);
            let longer = format!("{host}{noise}x{path}");
            prop_assert!(!registered.matches(&longer, ApplicationType::Native));
        }
    }
}
