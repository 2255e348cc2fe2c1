//! How machines speak to us: one endpoint per file, each with its form or its parameters, its reply, and a handler of a few lines. The
//! OpenAPI document is made of them.

mod authorize;
mod bearer;
mod form;
mod health;
mod introspect;
mod metadata;
mod reply;
mod revoke;
mod token;
mod userinfo;

use std::sync::Arc;

use poem::{IntoEndpoint, Route};
use poem_openapi::OpenApiService;

use crate::flow::Server;

/// The endpoints and their methods, for `Allow` (RFC 9110 §10.2.1).
pub const METHODS: [(&str, &str); 11] = [
    ("/authorize", "GET, POST"),
    ("/token", "POST"),
    ("/introspect", "POST"),
    ("/revoke", "POST"),
    ("/userinfo", "GET, HEAD, POST"),
    ("/me", "GET, HEAD"),
    ("/.well-known/openid-configuration", "GET, HEAD"),
    ("/.well-known/oauth-authorization-server", "GET, HEAD"),
    ("/.well-known/jwks.json", "GET, HEAD"),
    ("/health/live", "GET, HEAD"),
    ("/health/ready", "GET, HEAD"),
];

type Apis = (authorize::Api, token::Api, introspect::Api, revoke::Api, userinfo::Api, metadata::Api, health::Api);

fn apis(server: &Arc<Server>) -> Apis {
    (
        authorize::Api(server.clone()),
        token::Api(server.clone()),
        introspect::Api(server.clone()),
        revoke::Api(server.clone()),
        userinfo::Api(server.clone()),
        metadata::Api(server.clone()),
        health::Api(server.clone()),
    )
}

fn service(server: &Arc<Server>) -> OpenApiService<Apis, ()> {
    OpenApiService::new(apis(server), "Claviger", env!("CARGO_PKG_VERSION"))
        .description("An OAuth 2 and OpenID Connect authorization server.")
        .url_prefix("")
}

/// The OpenAPI document of these endpoints, as JSON; the same for every server.
#[must_use]
pub fn document(server: &Arc<Server>) -> String {
    service(server).spec()
}

/// Adds the endpoints of a server to `route`.
#[must_use]
pub fn routes(route: Route, server: &Arc<Server>) -> Route {
    let service = Arc::new(service(server).into_endpoint());
    METHODS.iter().fold(route, |route, (path, _)| route.at(path, service.clone()))
}
