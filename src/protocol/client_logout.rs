//! What a client registered about signing out (OpenID Connect Front-Channel Logout §2, OpenID Connect Back-Channel Logout §2.2), and what
//! becomes of its refresh tokens then (§2.7).

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::protocol::issuer::is_loopback;
use crate::protocol::problem::Problem;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::subject::SessionId;
use crate::protocol::words::words;

words! {
    /// Which refresh tokens end when a person signs out of the session in which they were given.
    LogoutRevokes {
        /// All but those that were granted `offline_access` (OpenID Connect Back-Channel Logout §2.7).
        Session = "session",
        /// All of them.
        Everything = "everything",
        /// None: nothing that the client gets depends on the session.
        Nothing = "nothing",
    }
}

/// A URL of a client that is told that a person signed out: https, or http on a loopback host; without user information and fragment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogoutUri(String);

/// The text is no URL that can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an https URL (http is for loopback hosts only) with a plain host, without user, password and fragment")]
pub struct InvalidLogoutUri;

impl LogoutUri {
    /// Reads the URL.
    pub fn parse(text: &str) -> Result<Self, InvalidLogoutUri> {
        let url = Url::parse(text).map_err(|_| InvalidLogoutUri)?;
        let plain =
            |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'\'' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}');
        // The host ends in a content security policy, where some of the characters that a host may have mean something.
        let is_host = match url.host() {
            Some(Host::Domain(name)) => name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')),
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
            None => false,
        };
        let is_safe = url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url);
        let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        if is_safe && is_host && is_bare && text.len() <= 2000 && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidLogoutUri)
        }
    }

    /// The URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its web origin (RFC 6454 §6.2).
    #[must_use]
    pub fn origin(&self) -> String {
        origin(&self.0)
    }

    fn has_ipv6_host(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| matches!(url.host(), Some(Host::Ipv6(_))))
    }

    /// The URL with what tells the client whose session is over (OpenID Connect Front-Channel Logout §3).
    #[must_use]
    pub fn about(&self, issuer: &str, session: &SessionId) -> String {
        let told =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("iss", issuer).append_pair("sid", session.as_str()).finish();
        format!("{}{}{told}", self.0, if self.0.contains('?') { '&' } else { '?' })
    }
}

impl TryFrom<String> for LogoutUri {
    type Error = InvalidLogoutUri;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<LogoutUri> for String {
    fn from(uri: LogoutUri) -> Self {
        uri.0
    }
}

impl fmt::Display for LogoutUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn origin(uri: &str) -> String {
    Url::parse(uri).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

/// What a client registered about signing out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientLogout {
    /// The page that is loaded in a frame of our own when a person signs out.
    pub front_channel: Option<LogoutUri>,
    /// Whether that page needs `iss` and `sid`. It always gets them.
    pub front_channel_session_required: bool,
    /// Where a logout token is posted when a session ends.
    pub back_channel: Option<LogoutUri>,
    /// Whether that token needs a `sid`. It always has one.
    pub back_channel_session_required: bool,
    /// Which of its refresh tokens end.
    pub revokes: LogoutRevokes,
}

impl Default for ClientLogout {
    fn default() -> Self {
        Self {
            front_channel: None,
            front_channel_session_required: false,
            back_channel: None,
            back_channel_session_required: false,
            revokes: LogoutRevokes::Session,
        }
    }
}

impl ClientLogout {
    /// What contradicts the rest of the registration.
    #[must_use]
    pub fn problems(&self, redirect_uris: &[RedirectUri]) -> Vec<Problem> {
        // OpenID Connect Front-Channel Logout §2: the page is where the client is, so that the frame is nobody else's.
        let is_elsewhere = |uri: &LogoutUri| !redirect_uris.iter().any(|redirect_uri| origin(redirect_uri.as_str()) == uri.origin());
        let Some(uri) = &self.front_channel else { return Vec::new() };
        let wrong = [
            (is_elsewhere(uri), "must have the scheme, host and port of one of the redirect_uris"),
            // Content Security Policy Level 3 §2.3.1: the host of a source is a name or an IPv4 address.
            (
                uri.has_ipv6_host(),
                "must not have an IPv6 address for a host, which no content security policy can let into a frame; use a name",
            ),
        ];
        wrong.into_iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, reason)| Problem::new("frontchannel_logout_uri", reason)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::application_type::ApplicationType;

    #[test]
    fn a_logout_uri_is_https_or_loopback_and_plain() {
        for good in [
            "https://app.example/bye",
            "https://app.example/bye?x=1",
            "http://localhost:3000/bye",
            "http://[::1]/",
            "https://10.0.0.1:8443/b",
        ] {
            assert_eq!(LogoutUri::parse(good).map(String::from), Ok(good.to_owned()));
        }
        for bad in [
            "http://app.example/bye",
            "http://localhost.evil.example/",
            "https://app.example/bye#x",
            "https://user@app.example/bye",
            "https://a.example;script-src/bye",
            "https://a.example,b.example/bye",
            "https://app.example/\"><script>",
            "https://app.example/a b",
            "javascript:alert(1)",
            "data:text/html,x",
            "/bye",
            "",
        ] {
            assert_eq!(LogoutUri::parse(bad), Err(InvalidLogoutUri), "{bad}");
        }
    }

    #[test]
    fn the_client_is_told_whose_session_is_over_beside_what_it_registered() {
        let about = |uri| LogoutUri::parse(uri).unwrap().about("https://id.example", &SessionId::new("s1"));
        assert_eq!(about("https://app.example/bye"), "https://app.example/bye?iss=https%3A%2F%2Fid.example&sid=s1");
        assert_eq!(about("https://app.example/bye?x=1"), "https://app.example/bye?x=1&iss=https%3A%2F%2Fid.example&sid=s1");
    }

    #[test]
    fn a_frame_is_where_the_client_is() {
        let redirect_uris = ["https://app.example/cb", "http://localhost:3000/cb", "http://[::1]:3000/cb", "com.example.app:/cb"]
            .map(|uri| RedirectUri::register(uri, ApplicationType::Native).unwrap());
        let problems = |uri| {
            let logout = ClientLogout { front_channel: Some(LogoutUri::parse(uri).unwrap()), ..ClientLogout::default() };
            logout.problems(&redirect_uris).len()
        };
        assert_eq!((problems("https://app.example/bye"), problems("http://localhost:3000/bye")), (0, 0));
        for elsewhere in
            ["https://app.example:8443/bye", "https://www.app.example/bye", "http://localhost:3001/bye", "https://localhost:3000/bye"]
        {
            assert_eq!(problems(elsewhere), 1, "{elsewhere}");
        }
        assert_eq!(problems("http://[::1]:3000/bye"), 1, "the policy of the page around the frame can't name it");
    }
}
