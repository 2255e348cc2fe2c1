//! A certificate and the key that it is for, as they stand in their files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{CipherSuite, Error, InconsistentKeys, ServerConfig};
use zeroize::Zeroizing;

use super::certificate::{Flaw, Validity, flaws};
use crate::config;
use crate::config::tls::TlsVersion;
use crate::protocol::issuer::Issuer;
use crate::protocol::time::Timestamp;

/// A certificate with those that lead to its authority, and its key.
pub struct Pair(Arc<CertifiedKey>);

/// Why a certificate and its key can't be used. It names the file and never what is in it.
#[derive(Debug, thiserror::Error)]
pub enum PairFailure {
    /// There are none in the configuration.
    #[error("neither tls.certificate_file nor tls.key_file is set")]
    Unset,
    /// A file can't be read.
    #[error("{setting}: {path} can't be read: {error}")]
    Unreadable {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The first file has no certificate.
    #[error("tls.certificate_file: {path} holds no certificate in PEM form")]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The first file has something that is no certificate.
    #[error("tls.certificate_file: {path} holds something that is no certificate")]
    BadCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The second file has no key.
    #[error("tls.key_file: {path} holds no private key in PEM form, or one with a passphrase")]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The second file has a key of a kind that TLS can't sign with.
    #[error("tls.key_file: {path} holds no key that TLS can be spoken with: RSA of 2048 bits or more, ECDSA on a NIST curve, Ed25519")]
    BadKey {
        /// The file.
        path: PathBuf,
    },
    /// Each is fine, but they don't belong together.
    #[error("tls: the certificate in {certificate} is not for the key in {key}; the server's own certificate has to come first")]
    Mismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// The TLS library wants none of the suites that were chosen.
    #[error("TLS can't be set up: {0}")]
    Tls(Error),
}

impl Pair {
    /// Reads both files.
    pub fn read(settings: &config::Tls) -> Result<Self, PairFailure> {
        let files = settings.files().ok_or(PairFailure::Unset)?;
        let (certificate, key) = (files.certificate.to_path_buf(), files.key.to_path_buf());
        let chain = CertificateDer::pem_slice_iter(&read("tls.certificate_file", &certificate)?).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|_| PairFailure::BadCertificate { path: certificate.clone() })?;
        if chain.is_empty() {
            return Err(PairFailure::NoCertificate { path: certificate });
        }
        let private = PrivateKeyDer::from_pem_slice(&read("tls.key_file", &key)?).map_err(|problem| match problem {
            pem::Error::NoItemsFound => PairFailure::NoKey { path: key.clone() },
            _ => PairFailure::BadKey { path: key.clone() },
        })?;
        let private = aws_lc_rs::default_provider().key_provider.load_private_key(private);
        let pair = CertifiedKey::new(chain, private.map_err(|_| PairFailure::BadKey { path: key.clone() })?);
        match pair.keys_match() {
            Ok(()) => Ok(Self(Arc::new(pair))),
            Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Err(PairFailure::Mismatch { certificate, key }),
            Err(_) => Err(PairFailure::BadCertificate { path: certificate }),
        }
    }

    /// What accepts connections with it: TLS 1.2 and 1.3 at most, with forward secrecy and authenticated encryption alone (RFC 9325 §3.1,
    /// §4.2), no compression, no renegotiation, no early data, HTTP/1.1 and nothing else (RFC 7301).
    pub(super) fn server(&self, settings: &config::Tls) -> Result<ServerConfig, PairFailure> {
        let chosen: Vec<_> = settings.suites().map(|suite| CipherSuite::from(suite.number())).collect();
        let mut provider = aws_lc_rs::default_provider();
        provider.cipher_suites.retain(|suite| chosen.contains(&suite.suite()));
        let versions: &[_] = if settings.minimum_version == TlsVersion::Tls12 { &[&TLS12, &TLS13] } else { &[&TLS13] };
        let mut server = ServerConfig::builder_with_provider(Arc::<CryptoProvider>::new(provider))
            .with_protocol_versions(versions)
            .map_err(PairFailure::Tls)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(&self.0))));
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(server)
    }

    /// The server's own certificate.
    pub(super) fn certificate(&self) -> Option<&CertificateDer<'static>> {
        self.0.cert.first()
    }

    /// What is wrong with the certificate, for a server of that name at that time.
    #[must_use]
    pub fn flaws(&self, issuer: &Issuer, now: Timestamp) -> Vec<Flaw> {
        self.certificate().map(|certificate| flaws(certificate, issuer, now)).unwrap_or_default()
    }

    /// When the certificate holds.
    #[must_use]
    pub fn validity(&self) -> Option<Validity> {
        self.certificate().and_then(Validity::of)
    }
}

fn read(setting: &'static str, path: &Path) -> Result<Zeroizing<Vec<u8>>, PairFailure> {
    let read = std::fs::read(path).map_err(|error| PairFailure::Unreadable { setting, path: path.to_path_buf(), error })?;
    Ok(Zeroizing::new(read))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tls::CipherSuite as Chosen;

    #[test]
    fn the_suites_to_choose_from_are_those_that_can_be_spoken() {
        let spoken: Vec<u16> = aws_lc_rs::ALL_CIPHER_SUITES.iter().map(|suite| u16::from(suite.suite())).collect();
        assert_eq!(Chosen::ALL.map(Chosen::number).to_vec(), spoken);
    }
}
