//! How machines speak to us: one endpoint per file, each with its form or its parameters, its reply, and a handler of a few lines. The
//! OpenAPI document is made of them.

mod authorize;
mod bearer;
mod caller;
mod document;
mod form;
mod health;
mod introspect;
mod manage;
mod metadata;
mod object;
mod parameter;
mod published;
mod register;
mod reply;
mod responses;
mod revoke;
mod section;
mod security;
mod token;
mod userinfo;

use std::collections::HashMap;
use std::sync::Arc;

use poem::endpoint::BoxEndpoint;
use poem::http::Method;
use poem::{EndpointExt, Route, RouteMethod, get};
use poem_openapi::OpenApi;

pub use self::document::document;
use crate::flow::Server;

/// The endpoints and their methods, for `Allow` (RFC 9110 §10.2.1).
const METHODS: [(&str, &str); 13] = [
    ("/authorize", "GET, POST"),
    ("/token", "POST"),
    ("/introspect", "POST"),
    ("/revoke", "POST"),
    ("/register", "POST"),
    ("/register/:id", "GET, HEAD, PUT, DELETE"),
    ("/userinfo", "GET, HEAD, POST"),
    ("/me", "GET, HEAD"),
    ("/.well-known/openid-configuration", "GET, HEAD"),
    ("/.well-known/oauth-authorization-server", "GET, HEAD"),
    ("/.well-known/jwks.json", "GET, HEAD"),
    ("/health/live", "GET, HEAD"),
    ("/health/ready", "GET, HEAD"),
];

/// The documentation's endpoint and its methods, where there is documentation.
pub const DOCS_METHODS: [(&str, &str); 1] = [("/openapi.json", "GET, HEAD")];

type Apis =
    (authorize::Api, token::Api, introspect::Api, revoke::Api, register::Api, userinfo::Api, metadata::Api, health::Api, manage::Apis);

fn apis(server: &Arc<Server>) -> Apis {
    (
        authorize::Api(server.clone()),
        token::Api(server.clone()),
        introspect::Api(server.clone()),
        revoke::Api(server.clone()),
        register::Api(server.clone()),
        userinfo::Api(server.clone()),
        metadata::Api(server.clone()),
        health::Api(server.clone()),
        manage::apis(server),
    )
}

/// All endpoints and their methods but for the documentation's; `:name` stands for any one segment.
pub fn methods() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    METHODS.iter().chain(&manage::METHODS)
}

/// Adds the endpoints of a server to `route`. They go there directly: poem-openapi's own service would describe all of them when the server
/// starts, and each request would pass through a second router.
#[must_use]
pub fn routes(route: Route, server: &Arc<Server>) -> Route {
    let mut endpoints = HashMap::new();
    apis(server).add_routes(&mut endpoints);
    let of_path = |methods: HashMap<Method, BoxEndpoint<'static>>| {
        methods.into_iter().fold(RouteMethod::new(), |methods, (method, endpoint)| methods.method(method, endpoint))
    };
    endpoints.into_iter().fold(route, |route, (path, methods)| route.at(path, of_path(methods)))
}

/// Adds the documentation's endpoint to `route`.
#[must_use]
pub fn docs_routes(route: Route, server: &Arc<Server>) -> Route {
    route.at("/openapi.json", get(document::served).data(server.clone()))
}
