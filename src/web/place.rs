//! Where a redirection URI leads, as far as a person can judge it.

use std::fmt;

use url::{Host, Url};

use crate::protocol::issuer::is_loopback;

/// Where the browser goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A host on the network, with its port if it is an odd one.
    Site(String),
    /// Some program on the person's own machine (RFC 8252 §7.3).
    Device(String),
    /// A private-use scheme (RFC 8252 §7.1), which any app can claim.
    App(String),
}

impl Place {
    /// Where a redirection URI leads.
    #[must_use]
    pub fn of(redirect_uri: &str) -> Self {
        let Ok(url) = Url::parse(redirect_uri) else { return Self::App(redirect_uri.to_owned()) };
        let host = match url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => format!("[{address}]"),
            None => String::new(),
        };
        let host = url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        match url.scheme() {
            "http" | "https" if is_loopback(&url) => Self::Device(host),
            "http" | "https" => Self::Site(host),
            scheme => Self::App(scheme.to_owned()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Site(name) | Self::Device(name) | Self::App(name) => formatter.write_str(name),
        }
    }
}
