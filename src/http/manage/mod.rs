//! The management API, below `/api/v1`: clients, people and their groups and attributes, APIs, keys, sessions, other identity providers, and why requests were refused. Guarded by the scopes of our own API; the rules are in
//! [`crate::flow::manage`].

mod api_keys;
mod apis;
mod attributes;
mod body;
mod clients;
mod groups;
mod initial_access_tokens;
mod keys;
mod precondition;
mod preview;
mod problem;
mod providers;
mod query;
mod refusals;
mod reply;
mod rules;
mod scopes;
mod sessions;
mod users;
mod words;

use std::fmt::Display;
use std::sync::Arc;

use crate::flow::Server;
use crate::flow::manage::permission::Permitted;
use crate::http::caller::{Bearer, Needs};
use crate::http::manage::problem::Problem;

pub(super) type Apis = (
    (clients::Api, initial_access_tokens::Api),
    (users::Api, groups::Api, attributes::Api, preview::Api),
    apis::Api,
    keys::Api,
    sessions::Api,
    api_keys::Api,
    (refusals::Api, providers::Api),
);

pub(super) fn apis(server: &Arc<Server>) -> Apis {
    (
        (clients::Api(server.clone()), initial_access_tokens::Api(server.clone())),
        (users::Api(server.clone()), groups::Api(server.clone()), attributes::Api(server.clone()), preview::Api(server.clone())),
        apis::Api(server.clone()),
        keys::Api(server.clone()),
        sessions::Api(server.clone()),
        api_keys::Api(server.clone()),
        (refusals::Api(server.clone()), providers::Api(server.clone())),
    )
}

/// The endpoints and their methods, for `Allow` (RFC 9110 §10.2.1).
pub(super) const METHODS: [(&str, &str); 26] = [
    ("/api/v1/clients", "GET, HEAD, POST"),
    ("/api/v1/clients/:id", "GET, HEAD, PATCH, DELETE"),
    ("/api/v1/clients/:id/secrets", "POST"),
    ("/api/v1/clients/:id/secrets/:secret", "DELETE"),
    ("/api/v1/initial-access-tokens", "GET, HEAD, POST"),
    ("/api/v1/initial-access-tokens/:id", "GET, HEAD, DELETE"),
    ("/api/v1/users", "GET, HEAD, POST"),
    ("/api/v1/users/:sub", "GET, HEAD, PATCH, DELETE"),
    ("/api/v1/groups", "GET, HEAD, POST"),
    ("/api/v1/groups/:name", "GET, HEAD, PATCH, DELETE"),
    ("/api/v1/attributes", "GET, HEAD, POST"),
    ("/api/v1/attributes/:name", "GET, HEAD, PATCH, DELETE"),
    ("/api/v1/preview", "GET, HEAD"),
    ("/api/v1/apis", "GET, HEAD, POST"),
    ("/api/v1/apis/:identifier", "GET, HEAD, PATCH, DELETE"),
    ("/api/v1/keys", "GET, HEAD"),
    ("/api/v1/keys/rotate", "POST"),
    ("/api/v1/keys/:kid", "GET, HEAD"),
    ("/api/v1/keys/:kid/disable", "POST"),
    ("/api/v1/sessions", "GET, HEAD"),
    ("/api/v1/sessions/:sid", "GET, HEAD, DELETE"),
    ("/api/v1/api-keys", "GET, HEAD, POST"),
    ("/api/v1/api-keys/:id", "GET, HEAD, DELETE"),
    ("/api/v1/refusals/:trace_id", "GET, HEAD"),
    ("/api/v1/providers", "GET, HEAD, POST"),
    ("/api/v1/providers/:name", "GET, HEAD, PATCH, DELETE"),
];

/// Who is permitted to do what the operation does.
async fn permit<Scope: Needs>(server: &Server, bearer: &Bearer<Scope>) -> Result<Permitted, Problem> {
    Ok(server.permit(&bearer.presented()?, Scope::SCOPE).await??)
}

/// Writes down who changed what.
fn audit(by: &Permitted, did: &'static str, what: impl Display) {
    tracing::info!(target: "claviger::audit", by = by.subject, client = by.client, did, %what);
}
