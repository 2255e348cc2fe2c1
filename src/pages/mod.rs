//! How people speak to us: one page per file, HTML that needs no script (but for the documentation, and for what is all script), templates compiled in.

mod account;
mod api_keys;
mod assets;
mod check_session;
mod client_logo;
mod consent;
pub mod docs;
mod home;
mod login;
mod logout;
mod post;
mod provider;
mod provider_links;
pub mod views;
mod visit;
pub mod why;
mod words;

use std::sync::Arc;

use poem::{EndpointExt, IntoEndpoint, Route, get, post as posted};

use crate::flow::Server;

/// The pages and their methods, for `Allow` (RFC 9110 §10.2.1).
pub const METHODS: [(&str, &str); 21] = [
    ("/", "GET, HEAD"),
    ("/login", "GET, HEAD, POST"),
    ("/login/with/:provider", "POST"),
    ("/login/callback/:provider", "GET"),
    ("/consent", "GET, HEAD, POST"),
    ("/logout", "GET, POST"),
    ("/logout/done", "GET, HEAD"),
    ("/check-session", "GET, HEAD"),
    ("/account", "GET, HEAD"),
    ("/account/sessions/revoke", "POST"),
    ("/account/apps/revoke", "POST"),
    ("/account/keys", "POST"),
    ("/account/keys/revoke", "POST"),
    ("/account/password", "POST"),
    ("/account/providers/link", "POST"),
    ("/account/providers/unlink", "POST"),
    ("/client-logo/:client", "GET, HEAD"),
    ("/assets/claviger.css", "GET, HEAD"),
    ("/assets/claviger.svg", "GET, HEAD"),
    ("/assets/signed-out.js", "GET, HEAD"),
    ("/assets/check-session.js", "GET, HEAD"),
];

/// The pages of a server, with or without a link to its documentation.
#[must_use]
pub fn routes(route: Route, server: &Arc<Server>, documented: bool) -> Route {
    let page = |endpoint: poem::RouteMethod| endpoint.into_endpoint().data(server.clone());
    route
        .at("/", page(get(home::home.data(home::Documented(documented)))))
        .at("/login", page(get(login::login).post(login::sign_in)))
        .at("/login/with/:provider", page(posted(provider::with)))
        .at("/login/callback/:provider", page(get(provider::callback)))
        .at("/consent", page(get(consent::consent).post(consent::answer)))
        .at("/logout", page(get(logout::logout).post(logout::answer)))
        .at("/logout/done", page(get(logout::done)))
        .at("/check-session", page(get(check_session::check_session)))
        .at("/account", page(get(account::account)))
        .at("/account/sessions/revoke", page(posted(account::end_session)))
        .at("/account/apps/revoke", page(posted(account::withdraw)))
        .at("/account/keys", page(posted(api_keys::make)))
        .at("/account/keys/revoke", page(posted(api_keys::revoke)))
        .at("/account/password", page(posted(account::change_password)))
        .at("/account/providers/link", page(posted(provider_links::link)))
        .at("/account/providers/unlink", page(posted(provider_links::unlink)))
        .at("/client-logo/:client", page(get(client_logo::client_logo)))
        .at("/assets/claviger.css", page(get(assets::stylesheet)))
        .at("/assets/claviger.svg", page(get(assets::logo)))
        .at("/assets/signed-out.js", page(get(assets::signed_out)))
        .at("/assets/check-session.js", page(get(assets::check_session)))
}
