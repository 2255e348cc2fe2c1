//! A place with a certificate authority of its own, a server's certificate from it, and clients that believe it.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::tls::TlsInfo;
use reqwest::{Certificate, ClientBuilder};
use time::OffsetDateTime;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::binary::program::Site;

pub const DAY: Duration = Duration::from_hours(24);

/// A certificate authority.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
#[derive(Clone)]
pub struct Issued {
    pub certificate: String,
    pub key: String,
    pub der: Vec<u8>,
}

impl Authority {
    pub fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::<String>::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for `name`, from a day ago until so many days from now.
    pub fn issue(&self, name: &str, days: i64) -> Issued {
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let now = OffsetDateTime::from_unix_timestamp(claviger::clock::Clock::system().now().seconds()).unwrap();
        (parameters.not_before, parameters.not_after) = (now - 100 * DAY, now + time::Duration::days(days));
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.0).unwrap();
        Issued { certificate: certificate.pem(), key: key.serialize_pem(), der: certificate.der().to_vec() }
    }

    /// Its own certificate, in PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A client that believes this authority and no other, with a connection of its own for each request.
    pub fn client(&self, adjust: impl FnOnce(ClientBuilder) -> ClientBuilder) -> reqwest::Client {
        let own = Certificate::from_pem(self.pem().as_bytes()).unwrap();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        adjust(client.tls_certs_only([own]).tls_info(true).pool_max_idle_per_host(0)).build().unwrap()
    }

    /// A connection to a server of this machine, ready for requests.
    pub async fn connect(&self, port: u16) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let client = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        TlsConnector::from(Arc::new(client)).connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap()
    }
}

/// A configured server with a certificate of `authority`.
pub struct Secured {
    pub site: Site,
    pub authority: Authority,
    pub first: Issued,
}

impl Secured {
    /// With these settings of the sections `[server]` and `[tls]`.
    pub fn with(server: &str, tls: &str) -> Self {
        Self::at("", server, tls)
    }

    /// The issuer has this path.
    pub fn below(path: &str) -> Self {
        Self::at(path, "", "")
    }

    fn at(path: &str, server: &str, tls: &str) -> Self {
        let authority = Authority::new();
        let mut site = Site::configured();
        site.issuer = format!("https://localhost:{}{path}", site.port);
        site.http = authority.client(|client| client);
        let text = format!(
            "issuer = \"{}\"\n[server]\nlisten = [\"127.0.0.1:{}\"]\n{server}[database]\nurl = \"sqlite://claviger.db\"\n\
             migrate_on_start = true\n[tls]\ncertificate_file = \"cert.pem\"\nkey_file = \"key.pem\"\n{tls}[log]\nlevel = \"debug\"\n",
            site.issuer, site.port
        );
        fs::write(site.path("claviger.toml"), text).unwrap();
        let first = authority.issue("localhost", 90);
        let secured = Self { site, authority, first };
        secured.put(&secured.first);
        secured
    }

    pub fn new() -> Self {
        Self::with("", "")
    }

    /// Puts a certificate and its key where the server reads them.
    pub fn put(&self, issued: &Issued) {
        fs::write(self.site.path("key.pem"), &issued.key).unwrap();
        fs::write(self.site.path("cert.pem"), &issued.certificate).unwrap();
    }

    /// The certificate that the server shows on a new connection.
    pub async fn shown(&self) -> Vec<u8> {
        let answer = self.site.http.get(self.site.url("/health/live")).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.extensions().get::<TlsInfo>().unwrap().peer_certificate().unwrap().to_vec()
    }
}
