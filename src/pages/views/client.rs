//! What pages show of a client beside its name.

use crate::protocol::client::Client;
use crate::protocol::client_presentation::Presentation;
use crate::protocol::web_uri::WebUri;

/// What a client says about itself to people: its logo, which comes from us, and links to its own pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientAbout<'a> {
    /// Where we have its logo.
    pub logo: Option<String>,
    /// Its pages.
    pub links: Vec<ClientLink<'a>>,
    /// Whether nobody who runs this server has looked at it.
    pub registered_itself: bool,
}

/// A page of a client's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientLink<'a> {
    /// Names the link for robots.
    pub id: &'static str,
    /// What the page is, in words of ours.
    pub label: &'static str,
    /// Where it is: https.
    pub url: &'a str,
}

impl<'a> ClientAbout<'a> {
    /// What a client says about itself.
    #[must_use]
    pub fn of(client: &'a Client) -> Self {
        let link = |id, label, uri: &'a Option<WebUri>| uri.as_ref().map(|uri| ClientLink { id, label, url: uri.as_str() });
        let Presentation { home, policy, terms, .. } = &client.presentation;
        let links = [
            link("client-uri", "Website", home),
            link("client-policy", "Privacy policy", policy),
            link("client-terms", "Terms of service", terms),
        ];
        // A client identifier needs no escaping in a URL.
        let logo = client.presentation.logo.as_ref().map(|_| format!("/client-logo/{}", client.id));
        Self { logo, links: links.into_iter().flatten().collect(), registered_itself: client.registered_itself() }
    }
}
