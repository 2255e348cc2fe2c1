//! `/why/{trace_id}`: why a request was refused. On a developer's machine alone: `error_uri` (RFC 6749 §5.2) leads here.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::web::{Data, Path};
use poem::{EndpointExt, IntoEndpoint, Request, Response, Route, get, handler};

use crate::flow::Server;
use crate::pages::visit::{page, sorry};
use crate::protocol::trace_id::TraceId;
use crate::web::answer::refused_page;
use crate::web::refusal::Refused;
use crate::web::views::WhyPage;

/// The page and its methods, for `Allow` (RFC 9110 §10.2.1).
pub const METHODS: [(&str, &str); 1] = [(ADDRESS, "GET, HEAD")];

const ADDRESS: &str = "/why/:trace_id";

/// Adds the page to `route`.
#[must_use]
pub fn routes(route: Route, server: &Arc<Server>) -> Route {
    route.at(ADDRESS, get(why).into_endpoint().data(server.clone()))
}

#[handler]
async fn why(request: &Request, Path(trace_id): Path<String>, server: Data<&Arc<Server>>) -> Response {
    let not_found = |description| refused_page(Refused { description, ..Refused::of(StatusCode::NOT_FOUND) }, request);
    let Ok(trace_id) = TraceId::parse(&trace_id) else {
        return not_found("A trace id is 32 hexadecimal digits, as in the Trace-Id header of an answer.");
    };
    match server.refusal(&trace_id).await {
        Ok(Some(why)) => page(&WhyPage { root: server.issuer().path(), why: &why }),
        Ok(None) => not_found("Nothing is known about this request: it was not refused, or that is too long ago."),
        Err(failure) => sorry(&failure, request),
    }
}
