//! Addresses of a client's own that browsers, or we for them, are sent to.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// An https URL of a client's own. People may be sent there, so that no scheme can be a script.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebUri(String);

/// The text is no such URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an https URL without user information, in its plain form")]
pub struct InvalidWebUri;

impl WebUri {
    /// Reads the URL: as every parser would, or not at all.
    pub fn parse(text: &str) -> Result<Self, InvalidWebUri> {
        let url = Url::parse(text).map_err(|_| InvalidWebUri)?;
        let is_plain =
            text.len() <= 2000 && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>'));
        let is_own = url.scheme() == "https" && url.host_str().is_some() && url.username().is_empty() && url.password().is_none();
        // `https:a.example` is read as `https://a.example` by some.
        let is_whole = text.get(..8).is_some_and(|head| head.eq_ignore_ascii_case("https://"));
        if is_plain && is_own && is_whole { Ok(Self(text.to_owned())) } else { Err(InvalidWebUri) }
    }

    /// The URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for WebUri {
    type Error = InvalidWebUri;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<WebUri> for String {
    fn from(uri: WebUri) -> Self {
        uri.0
    }
}

impl fmt::Display for WebUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_leads_anywhere() {
        for good in ["https://a.example", "https://a.example:8443/terms?lang=en#privacy", "HTTPS://A.example/"] {
            assert_eq!(WebUri::parse(good).map(|uri| uri.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "a.example",
            "//a.example/",
            "http://a.example/",
            "http://localhost/",
            "https://",
            "https:a.example",
            "https:/a.example",
            "https://user@a.example/",
            "https://user:secret@a.example/",
            "https://a.example/ x",
            "https://a.example/\n",
            "https://a.example\\@b.example/",
            "https://a.example/\"onload=x",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)//https://a.example",
            "data:text/html,x",
            "file:///etc/passwd",
        ] {
            assert_eq!(WebUri::parse(bad), Err(InvalidWebUri), "{bad:?}");
        }
    }
}
