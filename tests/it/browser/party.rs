//! A browser application over https, with oidc-client-ts: it signs in, renews when told, signs out, and watches the session.

use poem::web::{Data, Html};
use poem::{EndpointExt, Response, Route, Server, get, handler};

use crate::binary::tls::port::TlsPort;
use crate::binary::tls::site::Issued;
use crate::examples::folder;

pub struct Party {
    pub port: u16,
}

impl Party {
    /// Starts it as a client of the issuer; it ends with the test's runtime.
    pub async fn start(issuer: &str, client_id: &str, certificate: &Issued) -> Self {
        let library = folder("spa").join("node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js");
        let library = std::fs::read_to_string(&library)
            .unwrap_or_else(|error| panic!("{}: {error}: run npm ci in examples/spa, or scripts/test, which does", library.display()));
        let page = include_str!("party.html").replace("{issuer}", issuer).replace("{client_id}", client_id);
        let acceptor = TlsPort::bind(certificate);
        let port = acceptor.number;
        let routes = Route::new().at("/oidc-client-ts.js", get(script)).at("/*", get(html));
        let routes = routes.data(Page(page)).data(Library(library));
        tokio::spawn(Server::new_with_acceptor(acceptor).run(routes));
        Self { port }
    }
}

#[derive(Clone)]
struct Page(String);

#[derive(Clone)]
struct Library(String);

#[handler]
fn html(Data(page): Data<&Page>) -> Html<String> {
    Html(page.0.clone())
}

#[handler]
fn script(Data(library): Data<&Library>) -> Response {
    Response::builder().content_type("text/javascript").body(library.0.clone())
}
