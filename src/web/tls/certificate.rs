//! What a certificate says of itself: from when to when it holds, and for which names.

use std::fmt;
use std::time::Duration;

use tokio_rustls::rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{CertificateError, Error, RootCertStore};
use url::Url;

use crate::protocol::issuer::Issuer;
use crate::protocol::time::Timestamp;

/// The time before its end from which on a certificate should have been replaced.
const SOON: Duration = Duration::from_hours(14 * 24);
/// The last moment that a certificate can name, 9999-12-31T23:59:59Z (RFC 5280 §4.1.2.5): "it has no end".
const NO_END: u64 = 253_402_300_799;

/// When a certificate holds (RFC 5280 §4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Not before this moment.
    pub begins: Timestamp,
    /// Not after this moment; none where it has no end.
    pub ends: Option<Timestamp>,
}

/// What is wrong with a certificate that can be used all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It has ended.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// It ends within fourteen days.
    EndsSoon {
        /// When.
        at: Timestamp,
    },
    /// It holds from a later moment on.
    NotYet {
        /// From when.
        from: Timestamp,
    },
    /// It is for other names than the host of the issuer.
    NotForHost {
        /// The host.
        host: String,
    },
}

impl Flaw {
    /// Whether clients refuse the certificate for it.
    #[must_use]
    pub const fn is_fatal(&self) -> bool {
        !matches!(self, Self::EndsSoon { .. })
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired { at } => write!(formatter, "has ended at {at}: clients refuse it. Replace it; the server notices."),
            Self::EndsSoon { at } => write!(formatter, "ends at {at}, in less than fourteen days. Replace it; the server notices."),
            Self::NotYet { from } => write!(formatter, "is not valid before {from}: clients refuse it. Is the clock right?"),
            Self::NotForHost { host } => write!(formatter, "is not for {host}, the host of the issuer: clients refuse it."),
        }
    }
}

impl Validity {
    /// Reads it. The library tells a moment of a certificate to whoever asks about one on its other side.
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let begins = match refusal(certificate, 0)? {
            CertificateError::NotValidYetContext { not_before, .. } => timestamp(not_before),
            _ => Timestamp::from_seconds(0),
        };
        let ends = match refusal(certificate, NO_END)? {
            CertificateError::ExpiredContext { not_after, .. } => Some(timestamp(not_after)),
            _ => None,
        };
        Some(Self { begins, ends })
    }
}

/// Why a certificate would not be believed at that moment by somebody who knows no authority; the dates are looked at first.
fn refusal(certificate: &CertificateDer<'_>, moment: u64) -> Option<CertificateError> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    let moment = UnixTime::since_unix_epoch(Duration::from_secs(moment));
    match verify_server_cert_signed_by_trust_anchor(&parsed, &RootCertStore::empty(), &[], moment, &[]) {
        Err(Error::InvalidCertificate(problem)) => Some(problem),
        _ => None,
    }
}

/// What is wrong with a certificate, for a server of that name at that time.
pub(super) fn flaws(certificate: &CertificateDer<'_>, issuer: &Issuer, now: Timestamp) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    if let Some(Validity { begins, ends }) = Validity::of(certificate) {
        if now < begins {
            flaws.push(Flaw::NotYet { from: begins });
        }
        match ends {
            Some(at) if at < now => flaws.push(Flaw::Expired { at }),
            Some(at) if at < now + SOON => flaws.push(Flaw::EndsSoon { at }),
            _ => {}
        }
    }
    if let Some(host) = host(issuer)
        && !is_for(certificate, &host)
    {
        flaws.push(Flaw::NotForHost { host });
    }
    flaws
}

/// The host of the issuer, an IPv6 address without its brackets.
pub(super) fn host(issuer: &Issuer) -> Option<String> {
    let url = Url::parse(issuer.as_str()).ok()?;
    Some(url.host_str()?.trim_matches(['[', ']']).to_owned())
}

/// Whether the certificate names that host (RFC 9525 §6.3).
fn is_for(certificate: &CertificateDer<'_>, host: &str) -> bool {
    let Ok(name) = ServerName::try_from(host) else { return false };
    ParsedCertificate::try_from(certificate).is_ok_and(|parsed| verify_server_name(&parsed, &name).is_ok())
}

fn timestamp(moment: UnixTime) -> Timestamp {
    Timestamp::from_seconds(i64::try_from(moment.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21T12:00:00Z.
    const NOW: Timestamp = Timestamp::from_seconds(1_795_262_400);
    const DAY: Duration = Duration::from_hours(24);

    fn certificate(names: &[&str], begins: Timestamp, ends: Timestamp) -> CertificateDer<'static> {
        let mut parameters = rcgen::CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        let moment = |at: Timestamp| time::OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap();
        (parameters.not_before, parameters.not_after) = (moment(begins), moment(ends));
        parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().clone()
    }

    fn found(names: &[&str], begins: Timestamp, ends: Timestamp, issuer: &str) -> Vec<Flaw> {
        flaws(&certificate(names, begins, ends), &Issuer::parse(issuer).unwrap(), NOW)
    }

    #[test]
    fn a_certificate_tells_when_it_holds() {
        let read = Validity::of(&certificate(&["a.example"], NOW - DAY, NOW + DAY));
        assert_eq!(read, Some(Validity { begins: NOW - DAY, ends: Some(NOW + DAY) }));
        let endless = Timestamp::from_seconds(253_402_300_799);
        assert_eq!(Validity::of(&certificate(&["a.example"], NOW, endless)).unwrap().ends, None);
    }

    #[test]
    fn the_end_of_a_certificate_is_announced_fourteen_days_before() {
        let ending = |ends| found(&["a.example"], NOW - DAY, ends, "https://a.example");
        assert_eq!(ending(NOW + SOON), []);
        let soon = NOW + SOON - Duration::from_secs(1);
        assert_eq!(ending(soon), [Flaw::EndsSoon { at: soon }]);
        assert_eq!(ending(NOW), [Flaw::EndsSoon { at: NOW }], "it holds at its last moment");
        let past = NOW - Duration::from_secs(1);
        assert_eq!(ending(past), [Flaw::Expired { at: past }]);
        let early = NOW + Duration::from_secs(1);
        assert_eq!(found(&["a.example"], early, NOW + SOON, "https://a.example"), [Flaw::NotYet { from: early }]);
    }

    #[test]
    fn a_certificate_is_for_the_host_of_the_issuer_or_said_not_to_be() {
        let names = ["login.example.com", "*.wild.example", "127.0.0.1", "::1"];
        let flaws = |issuer| found(&names, NOW - DAY, NOW + SOON, issuer);
        for fine in [
            "https://login.example.com",
            "https://login.example.com:8443",
            "https://a.wild.example",
            "https://127.0.0.1",
            "https://[::1]:8443",
        ] {
            assert_eq!(flaws(fine), [], "{fine}");
        }
        for (other, host) in
            [("https://example.com", "example.com"), ("https://a.b.wild.example", "a.b.wild.example"), ("https://127.0.0.2", "127.0.0.2")]
        {
            assert_eq!(flaws(other), [Flaw::NotForHost { host: host.to_owned() }], "{other}");
        }
    }
}
