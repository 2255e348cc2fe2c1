//! Whether this server speaks TLS itself, and how.

use std::path::{Path, PathBuf};

use super::kind::{automatic_or, list, one_of, parsed, path};
use super::problem::Problem;
use super::settings::{Presence, settings};

settings! {
    /// TLS of this server's own: with a certificate and its key, all of its ports speak HTTPS. Without them it speaks plain HTTP, for a proxy
    /// in front of it. The files are read again when they change.
    pub Tls "tls"

    /// A PEM file with the server's certificate, followed by those that lead to its authority: `auto` for none.
    certificate_file: Option<PathBuf> = automatic_or(path("the path of a PEM file")), Presence::Default("auto");

    /// A PEM file with the private key of the certificate, without a passphrase: `auto` for none.
    key_file: Option<PathBuf> = automatic_or(path("the path of a PEM file")), Presence::Default("auto");

    /// The oldest version of TLS that is spoken.
    minimum_version: TlsVersion = one_of(&[("1.2", TlsVersion::Tls12), ("1.3", TlsVersion::Tls13)]), Presence::Default("1.2");

    /// The cipher suites that are spoken, by the names that IANA gives them; empty for all that there are. None of them is weak
    /// (RFC 9325 §4.2).
    cipher_suites: Vec<CipherSuite> = list(
        "a list of cipher suites such as TLS_AES_128_GCM_SHA256",
        parsed("the name of a cipher suite", CipherSuite::parse),
    ), Presence::Default("");
}

/// A version of TLS that may still be spoken (RFC 9325 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

/// A cipher suite that may still be spoken: the keys are ephemeral and what is sent is authenticated (RFC 9325 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CipherSuite {
    name: &'static str,
    number: u16,
    version: TlsVersion,
}

const fn suite(name: &'static str, number: u16, version: TlsVersion) -> CipherSuite {
    CipherSuite { name, number, version }
}

/// What is no suite that may be spoken; `Display` lists those that may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of {}", CipherSuite::ALL.map(CipherSuite::name).join(", "))]
pub struct UnknownCipherSuite;

impl CipherSuite {
    /// Every one of them.
    pub const ALL: [Self; 9] = [
        suite("TLS_AES_256_GCM_SHA384", 0x1302, TlsVersion::Tls13),
        suite("TLS_AES_128_GCM_SHA256", 0x1301, TlsVersion::Tls13),
        suite("TLS_CHACHA20_POLY1305_SHA256", 0x1303, TlsVersion::Tls13),
        suite("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 0xc02c, TlsVersion::Tls12),
        suite("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xc02b, TlsVersion::Tls12),
        suite("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca9, TlsVersion::Tls12),
        suite("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 0xc030, TlsVersion::Tls12),
        suite("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xc02f, TlsVersion::Tls12),
        suite("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca8, TlsVersion::Tls12),
    ];

    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, UnknownCipherSuite> {
        Self::ALL.into_iter().find(|suite| suite.name == text).ok_or(UnknownCipherSuite)
    }

    /// The name in IANA's registry of TLS parameters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The number in IANA's registry of TLS parameters.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.number
    }
}

/// Where a certificate and its key are.
#[derive(Clone, Copy, Debug)]
pub struct TlsFiles<'a> {
    /// The certificate, and those that lead to its authority.
    pub certificate: &'a Path,
    /// The private key of the certificate.
    pub key: &'a Path,
}

impl Tls {
    /// The certificate and its key, where TLS is spoken.
    #[must_use]
    pub fn files(&self) -> Option<TlsFiles<'_>> {
        Some(TlsFiles { certificate: self.certificate_file.as_deref()?, key: self.key_file.as_deref()? })
    }

    /// The suites that are spoken.
    pub fn suites(&self) -> impl Iterator<Item = CipherSuite> {
        let chosen = |suite: &CipherSuite| self.cipher_suites.is_empty() || self.cipher_suites.contains(suite);
        CipherSuite::ALL.into_iter().filter(move |suite| chosen(suite) && suite.version >= self.minimum_version)
    }

    pub(super) fn contradiction(&self) -> Option<Problem> {
        match (&self.certificate_file, &self.key_file) {
            (Some(_), None) => Some(Problem::new("tls.key_file", "is missing: a certificate is of no use without its key")),
            (None, Some(_)) => Some(Problem::new("tls.certificate_file", "is missing: a key is of no use without its certificate")),
            _ if self.suites().next().is_none() => {
                Some(Problem::new("tls.cipher_suites", "has none of TLS 1.3, the only version that tls.minimum_version leaves"))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_weak_is_refused_with_what_there_is() {
        for weak in [
            "TLS_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
            "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_AES_128_CCM_SHA256",
            "ECDHE-RSA-AES128-GCM-SHA256",
            "",
        ] {
            let refused = CipherSuite::parse(weak).unwrap_err().to_string();
            assert!(refused.starts_with("must be one of TLS_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256, "), "{weak}: {refused}");
        }
        for suite in CipherSuite::ALL {
            assert_eq!(CipherSuite::parse(suite.name()), Ok(suite));
        }
    }
}
