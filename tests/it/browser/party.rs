//! A browser application over https, with oidc-client-ts: it signs in, renews when told, signs out, and watches the session.

use std::io::Result;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use http::uri::Scheme;
use poem::listener::{Acceptor, TcpAcceptor};
use poem::web::{Data, Html, LocalAddr, RemoteAddr};
use poem::{EndpointExt, Response, Route, Server, get, handler};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

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
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = Secured { tcp: TcpAcceptor::from_std(listener).unwrap(), tls: believable(certificate) };
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

fn believable(certificate: &Issued) -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_slice(certificate.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// What poem's own has a feature for that this project does not want.
struct Secured {
    tcp: TcpAcceptor,
    tls: TlsAcceptor,
}

impl Acceptor for Secured {
    type Io = TlsStream<TcpStream>;

    fn local_addr(&self) -> Vec<LocalAddr> {
        self.tcp.local_addr()
    }

    async fn accept(&mut self) -> Result<(Self::Io, LocalAddr, RemoteAddr, Scheme)> {
        loop {
            let (stream, local, remote, _) = self.tcp.accept().await?;
            // A browser also opens connections that it then does not use.
            if let Ok(stream) = self.tls.accept(stream).await {
                return Ok((stream, local, remote, Scheme::HTTPS));
            }
        }
    }
}
