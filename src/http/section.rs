//! The sections of the OpenAPI document.

use poem_openapi::Tags;

/// A section of the document.
#[derive(Tags)]
pub(super) enum Section {
    /// Signing in, tokens, and what becomes of them (RFC 6749, RFC 7009, RFC 7662).
    #[oai(rename = "Authorization and tokens")]
    Tokens,
    /// Clients that register themselves (RFC 7591, RFC 7592).
    #[oai(rename = "Client registration")]
    Registration,
    /// What everybody may know about this server (RFC 8414, OpenID Connect Discovery).
    Discovery,
    /// Whether this server runs.
    Health,
    /// Who a token speaks for (OpenID Connect Core §5.3).
    People,
    /// Managing the registered applications.
    Clients,
    /// Managing people's accounts.
    Users,
    /// Managing the APIs that tokens are made for.
    #[oai(rename = "APIs")]
    Apis,
    /// Managing the signing keys.
    Keys,
    /// Managing who is signed in here.
    Sessions,
    /// Managing the other identity providers that people may come from.
    Providers,
    /// Managing keys for what can't do OAuth.
    #[oai(rename = "API keys")]
    ApiKeys,
    /// Finding out why requests were refused.
    Refusals,
}

impl Section {
    /// All of them, in the order in which they are shown: what applications need first.
    pub(super) const ALL: [Self; 13] = [
        Self::Tokens,
        Self::People,
        Self::Discovery,
        Self::Registration,
        Self::Clients,
        Self::Users,
        Self::Apis,
        Self::Keys,
        Self::Sessions,
        Self::ApiKeys,
        Self::Providers,
        Self::Refusals,
        Self::Health,
    ];
}
