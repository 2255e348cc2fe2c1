//! A port that speaks TLS, for servers of others: what poem's own has a feature for that this project does not want.

use std::io::Result;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use http::uri::Scheme;
use poem::listener::{Acceptor, TcpAcceptor};
use poem::web::{LocalAddr, RemoteAddr};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

use crate::binary::tls::site::Issued;

pub struct TlsPort {
    tcp: TcpAcceptor,
    tls: TlsAcceptor,
    pub number: u16,
}

impl TlsPort {
    /// A free one of this machine, with this certificate.
    pub fn bind(certificate: &Issued) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let number = listener.local_addr().unwrap().port();
        Self { tcp: TcpAcceptor::from_std(listener).unwrap(), tls: believable(certificate), number }
    }
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

impl Acceptor for TlsPort {
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
