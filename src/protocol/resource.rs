//! Resource indicators (RFC 8707): the URI that names an API, in requests as `resource`, in tokens as `aud`.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::protocol::explanation::{Explanation, Fact};
use crate::protocol::params::Params;

/// The identifier of an API: an absolute URI without a fragment (RFC 8707 §2). Kept as it was registered, because tokens carry
/// it so; compared without regard to the case of scheme and host and to a lone trailing slash, because URL libraries add one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Resource(String);

/// The most resources that one request may name.
const MOST: usize = 20;

/// Why something is no resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResource {
    /// The text is no absolute URI, or has a fragment (RFC 8707 §2).
    #[error("is not an absolute URI without a fragment")]
    Malformed(String),
    /// One request names more than anybody needs.
    #[error("there are more than {MOST} resources")]
    TooMany,
}

impl InvalidResource {
    /// What was expected.
    #[must_use]
    pub fn explain(&self) -> Explanation {
        let fact = Fact::of("resource").expected(format!("absolute URIs without a fragment, {MOST} at most"));
        Explanation::of(match self {
            Self::Malformed(text) => fact.came(text),
            Self::TooMany => fact.came("more"),
        })
    }
}

impl Resource {
    /// Reads an API's identifier.
    pub fn parse(text: &str) -> Result<Self, InvalidResource> {
        let malformed = || InvalidResource::Malformed(text.chars().take(200).collect());
        let url = Url::parse(text).map_err(|_| malformed())?;
        if url.fragment().is_some() || text.len() > 500 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(malformed());
        }
        Ok(Self(text.to_owned()))
    }

    /// Reads the `resource` parameters of a request (RFC 8707 §2): 20 at most.
    pub fn parse_all(params: &Params) -> Result<Vec<Self>, InvalidResource> {
        let all: Vec<Self> = params.all("resource").map(Self::parse).collect::<Result<_, _>>()?;
        if all.len() > MOST { Err(InvalidResource::TooMany) } else { Ok(all) }
    }

    /// The identifier as it was registered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether two identifiers name the same API.
    #[must_use]
    pub fn names_the_same_as(&self, other: &Self) -> bool {
        self.0 == other.0 || self.normal() == other.normal()
    }

    fn normal(&self) -> String {
        let normal = Url::parse(&self.0).map_or_else(|_| self.0.clone(), String::from);
        normal.strip_suffix('/').map_or_else(|| normal.clone(), str::to_owned)
    }
}

impl TryFrom<String> for Resource {
    type Error = InvalidResource;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Resource> for String {
    fn from(resource: Resource) -> Self {
        resource.0
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_slash_and_the_case_of_the_host_make_no_difference() {
        let api = Resource::parse("https://mcp.example").unwrap();
        for same in ["https://mcp.example/", "HTTPS://MCP.example", "https://mcp.example"] {
            assert!(api.names_the_same_as(&Resource::parse(same).unwrap()), "{same}");
        }
        for other in ["https://mcp.example/x", "https://mcp.example.evil.example", "http://mcp.example"] {
            assert!(!api.names_the_same_as(&Resource::parse(other).unwrap()), "{other}");
        }
    }

    #[test]
    fn a_fragment_or_a_relative_reference_is_refused() {
        for bad in ["https://mcp.example#a", "mcp", "/mcp", "", "https://mcp.example/a b"] {
            assert_eq!(Resource::parse(bad), Err(InvalidResource::Malformed(bad.to_owned())), "{bad}");
        }
    }
}
