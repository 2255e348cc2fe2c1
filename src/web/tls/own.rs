//! Speaking TLS to our own server, for whoever asks it whether it is well. No authority is asked: the certificate has to be the very one of
//! the file, whoever signed it, whatever it names and however old it is.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use super::certificate::host;
use super::pair::Pair;
use crate::protocol::issuer::Issuer;

/// What speaks TLS to the server of this machine.
pub struct Connector {
    tls: TlsConnector,
    name: ServerName<'static>,
}

impl Connector {
    /// One that believes a server with the certificate of `pair`. Without one, as when the files are broken and the server keeps what it
    /// had before, it believes whoever listens, as it does where no TLS is spoken.
    pub fn new(pair: Option<&Pair>, issuer: &Issuer) -> io::Result<Self> {
        let provider = aws_lc_rs::default_provider();
        let known =
            Known { certificate: pair.and_then(Pair::certificate).cloned(), algorithms: provider.signature_verification_algorithms };
        let client = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(known))
            .with_no_client_auth();
        let name = host(issuer).and_then(|host| ServerName::try_from(host).ok()).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Self { tls: TlsConnector::from(Arc::new(client)), name })
    }

    /// Speaks TLS on `stream`.
    pub async fn connect<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> io::Result<TlsStream<S>> {
        self.tls.connect(self.name.clone(), stream).await
    }
}

/// Whether a failed handshake failed because the server showed another certificate.
#[must_use]
pub fn showed_another(error: &io::Error) -> bool {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    matches!(tls, Some(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)))
}

/// The one certificate that is believed.
#[derive(Debug)]
struct Known {
    certificate: Option<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.certificate.as_ref().is_none_or(|known| known == shown) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
