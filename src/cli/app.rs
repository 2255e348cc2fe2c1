//! The whole of what is served: machines' endpoints, people's pages, and what stands before both.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use poem::{Endpoint, EndpointExt, Route};

use crate::flow::Server;
use crate::http;
use crate::pages;
use crate::protocol::client::ClientId;
use crate::web::cors::Cors;
use crate::web::fallback::Fallback;
use crate::web::form::BodyTimeout;
use crate::web::headers::Hardened;
use crate::web::host::OwnHost;
use crate::web::mount::Mount;
use crate::web::trace::Trace;
use crate::web::why::Why;

/// What the server has to know of where it runs.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The proxies that may say whom they ask for.
    pub trusted_proxies: Vec<IpNet>,
    /// The time that a request's body has to arrive; ten seconds where none is given.
    pub body_timeout: Option<Duration>,
    /// Whether requests for another host than the issuer's are refused, as on a developer's machine.
    pub own_host_only: bool,
    /// The client of the documentation; where there is none, there is no documentation.
    pub docs: Option<ClientId>,
    /// Whether everybody is shown why a request is refused, as on a developer's machine.
    pub shows_why: bool,
}

/// The endpoint of a server.
pub fn endpoint(server: &Arc<Server>, surroundings: &Surroundings) -> impl Endpoint + 'static {
    let issuer = server.issuer().clone();
    let documented = surroundings.docs.is_some();
    let routes = http::routes(pages::routes(Route::new(), server, documented), server);
    let routes = match &surroundings.docs {
        Some(client) => http::docs_routes(pages::docs::routes(routes, server, client), server),
        None => routes,
    };
    let why = Why::new(server.recorder().clone());
    let (routes, why) =
        if surroundings.shows_why { (pages::why::routes(routes, server), why.shown_at(issuer.clone())) } else { (routes, why) };
    let known = Arc::new(Addresses::new(addresses(documented, surroundings.shows_why)));
    let registry = server.clone();
    let is_registered = move |origin: String| {
        let server = registry.clone();
        async move {
            server.allows_origin(&origin).await.unwrap_or_else(|failure| {
                tracing::error!(%failure, "an origin can't be looked up");
                false
            })
        }
    };
    let timeout = BodyTimeout(surroundings.body_timeout.unwrap_or(Duration::from_secs(10)));
    routes
        .with(Fallback::new(move |path: &str| known.methods(path)))
        .with(Cors::new(is_registered))
        .with_if(surroundings.own_host_only, OwnHost::new(issuer.clone(), is_page))
        .with(Mount::new(issuer.clone()))
        .with(Hardened::new(&issuer))
        .with(Trace::new(issuer, server.random().clone(), &surroundings.trusted_proxies).telling(why))
        .data(timeout)
}

/// Every address of the server, with the methods that it takes.
fn addresses(documented: bool, shows_why: bool) -> impl Iterator<Item = (&'static str, &'static str)> {
    let docs = http::DOCS_METHODS.iter().chain(&pages::docs::METHODS).filter(move |_| documented);
    let why = pages::why::METHODS.iter().filter(move |_| shows_why);
    http::methods().chain(&pages::METHODS).chain(docs).chain(why).copied()
}

/// Addresses, each with the methods that it takes (RFC 9110 §10.2.1). Every request looks here.
struct Addresses {
    /// Those that are spelled out.
    exact: HashMap<&'static str, &'static str>,
    /// Those with a place for a name.
    patterns: Vec<(&'static str, &'static str)>,
}

impl Addresses {
    fn new(all: impl Iterator<Item = (&'static str, &'static str)>) -> Self {
        let (patterns, exact): (Vec<_>, Vec<_>) = all.partition(|(address, _)| address.contains(':'));
        Self { exact: exact.into_iter().collect(), patterns }
    }

    /// The methods that a path takes.
    fn methods(&self, path: &str) -> Option<&'static str> {
        let pattern = || self.patterns.iter().find(|(address, _)| is_at(address, path)).map(|(_, methods)| *methods);
        self.exact.get(path).copied().or_else(pattern)
    }
}

/// Whether a path is an address, in which `:name` stands for any one segment.
fn is_at(address: &str, path: &str) -> bool {
    let segments = |text: &str| text.split('/').count();
    segments(address) == segments(path)
        && address
            .split('/')
            .zip(path.split('/'))
            .all(|(known, segment)| known == segment || (known.starts_with(':') && !segment.is_empty()))
}

/// Whether a path is one that people open in their browser.
fn is_page(path: &str) -> bool {
    let pages = pages::METHODS.iter().chain(&pages::docs::METHODS).chain(&pages::why::METHODS);
    path == "/authorize" || pages.into_iter().any(|(known, _)| is_at(known, path))
}
