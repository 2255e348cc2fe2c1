//! `/docs`: the API, explained and ready to try with Swagger UI, and the page that a sign-in there returns to. An operator switches both on.

mod files;

use std::sync::Arc;

use poem::http::StatusCode;
use poem::web::Data;
use poem::{EndpointExt, Response, Route, get, handler};

use self::files::{BUNDLE, LICENSES, STYLE};
use crate::flow::Server;
use crate::pages::assets::asset;
use crate::pages::views::{DocsPage, DocsReturnPage};
use crate::protocol::client::ClientId;
use crate::web::answer::rendered;
use crate::web::headers::Page;

/// The page that a sign-in returns to.
const RETURN: &str = "/docs/oauth2-redirect.html";

/// What the Authorize button asks for unless told otherwise. Whoever may not have all of it gets the rest.
const PRESELECTED: &str = "openid profile clients:read";

/// The paths and their methods, for `Allow` (RFC 9110 §10.2.1).
pub const METHODS: [(&str, &str); 8] = [
    ("/docs", "GET, HEAD"),
    ("/docs/docs.css", "GET, HEAD"),
    ("/docs/docs.js", "GET, HEAD"),
    (RETURN, "GET, HEAD"),
    ("/docs/oauth2-redirect.js", "GET, HEAD"),
    (BUNDLE, "GET, HEAD"),
    (STYLE, "GET, HEAD"),
    (LICENSES, "GET, HEAD"),
];

/// Adds the pages to `route`; people get their tokens there by `client`.
#[must_use]
pub fn routes(route: Route, server: &Arc<Server>, client: &ClientId) -> Route {
    let route = route
        .at("/docs", get(docs).data(server.clone()).data(client.clone()))
        .at("/docs/docs.css", get(style))
        .at("/docs/docs.js", get(script))
        .at(RETURN, get(returned).data(server.clone()))
        .at("/docs/oauth2-redirect.js", get(return_script));
    files::routes(route)
}

#[handler]
async fn docs(server: Data<&Arc<Server>>, client: Data<&ClientId>) -> Response {
    let page = DocsPage {
        root: server.issuer().path(),
        client_id: client.as_str(),
        scopes: PRESELECTED,
        redirect_url: &server.issuer().url(RETURN),
        bundle: BUNDLE,
        style: STYLE,
        licenses: LICENSES,
    };
    rendered(StatusCode::OK, &page, Page::Docs)
}

#[handler]
fn returned(Data(server): Data<&Arc<Server>>) -> Response {
    let page = DocsReturnPage { root: server.issuer().path(), issuer: server.issuer().as_str() };
    rendered(StatusCode::OK, &page, Page::DocsReturn)
}

#[handler]
fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("docs.css"))
}

#[handler]
fn script() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("docs.js"))
}

#[handler]
fn return_script() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("oauth2-redirect.js"))
}
