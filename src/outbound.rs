//! The one HTTP client for URLs that somebody else had a say in: an identity provider's metadata, keys, tokens and profiles; a client's
//! keys, and where it is told that a session is over.
//!
//! It speaks https alone (http only with a host of this machine that the operator named), asks for a host's addresses once, looks at every
//! one of them, and connects to one that it has looked at: a name that says something else a moment later changes nothing. It follows no
//! redirection, keeps no cookies, takes no proxy and no credentials from the environment, reads no more than it must, and gives up in
//! seconds. What a server answered never stands in a failure, which ends in a log. A connection is for one request.

mod address;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use http::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};
use url::{Url, form_urlencoded};

use self::address::Reach;
use crate::protocol::issuer::is_loopback;

/// How much is waited for and read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until a connection is there, its encryption included.
    pub connect: Duration,
    /// Until the whole answer is there.
    pub total: Duration,
    /// Bytes of an answer's body.
    pub body: usize,
    /// Requests under way at once; more of them wait.
    pub parallel: usize,
    /// Requests under way at once to one host, so that a slow one keeps nobody from the others.
    pub parallel_to_one: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(10), body: 1024 * 1024, parallel: 32, parallel_to_one: 8 }
    }
}

/// The hosts that an operator named although their addresses are this machine's or somebody's own network's.
pub type PrivateHosts = BTreeSet<String>;

/// The client. Its clones share their limits.
#[derive(Clone)]
pub struct Outbound {
    tls: TlsConnector,
    slots: Arc<Semaphore>,
    slots_by_host: SlotsByHost,
    limits: Limits,
}

/// The certificates that the operator wants to be believed can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCertificates {
    /// No certificate in PEM.
    #[error("holds no certificate in PEM form")]
    None,
    /// One of them is none.
    #[error("holds something that is no certificate")]
    Malformed,
    /// The TLS library is not as it is expected to be.
    #[error("TLS can't be set up")]
    Tls,
}

/// Why there is no answer. It names the host, and nothing that came from there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundFailure {
    /// The URL has no host, or user information.
    #[error("the address is no URL that could be asked")]
    BadUrl,
    /// It is not https, and no host of this machine that the operator named.
    #[error("{host} would be asked without https, which is for hosts of this machine in allowed_private_hosts alone")]
    NotHttps {
        /// The host.
        host: String,
    },
    /// The host has no address.
    #[error("{host} has no address")]
    NoAddress {
        /// The host.
        host: String,
    },
    /// The host has an address that is not the Internet's.
    #[error("{host} has the address {address}, which is not the Internet's; if it is right, name the host in allowed_private_hosts")]
    PrivateAddress {
        /// The host.
        host: String,
        /// The address.
        address: IpAddr,
    },
    /// The host has an address where no server can be.
    #[error("{host} has the address {address}, where nothing is ever asked")]
    ForbiddenAddress {
        /// The host.
        host: String,
        /// The address.
        address: IpAddr,
    },
    /// Nobody answers there, or not in TLS that proves who it is.
    #[error("{host} can't be connected to: {reason}")]
    Unreachable {
        /// The host.
        host: String,
        /// Why, in words of ours or of the TLS library.
        reason: String,
    },
    /// It took too long.
    #[error("{host} did not answer in time")]
    TooSlow {
        /// The host.
        host: String,
    },
    /// The answer is longer than is read.
    #[error("{host} answered more than is read")]
    TooLong {
        /// The host.
        host: String,
    },
    /// The answer is no HTTP, or broke off.
    #[error("{host} broke off its answer, or speaks no HTTP")]
    Broken {
        /// The host.
        host: String,
    },
    /// There is no such document, or it is not for us.
    #[error("{host} answered with the status {status}")]
    Status {
        /// The host.
        host: String,
        /// The status.
        status: u16,
    },
    /// It wanted to lead elsewhere.
    #[error("{host} answered with a redirection, which is not followed")]
    Redirected {
        /// The host.
        host: String,
    },
}

/// How much of an answer is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Head,
    Whole,
}

/// Where a request goes, once that is allowed.
struct Target {
    host: String,
    port: u16,
    is_https: bool,
}

impl Outbound {
    /// A client that believes the certificate authorities of the web and, besides them, those in `authorities` (PEM).
    pub fn new(authorities: Option<&[u8]>, limits: Limits) -> Result<Self, BadCertificates> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(pem) = authorities {
            let own: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| BadCertificates::Malformed)?;
            if own.is_empty() {
                return Err(BadCertificates::None);
            }
            for certificate in own {
                roots.add(certificate).map_err(|_| BadCertificates::Malformed)?;
            }
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| BadCertificates::Tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self::bounded(TlsConnector::from(Arc::new(tls)), limits))
    }

    /// The same client with limits of its own: what one purpose waits for keeps no other one waiting.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self::bounded(self.tls.clone(), self.limits)
    }

    fn bounded(tls: TlsConnector, limits: Limits) -> Self {
        let slots = Arc::new(Semaphore::new(limits.parallel));
        Self { tls, slots, slots_by_host: SlotsByHost::default(), limits }
    }

    /// Sends a request and reads the whole answer. How long it waits for its turn is for the caller to bound. `private` are the hosts that may be somewhere private.
    pub async fn send(&self, request: Request<Vec<u8>>, private: &PrivateHosts) -> Result<Response<Vec<u8>>, OutboundFailure> {
        self.ask(request, private, Wanted::Whole).await
    }

    async fn ask(&self, request: Request<Vec<u8>>, private: &PrivateHosts, wanted: Wanted) -> Result<Response<Vec<u8>>, OutboundFailure> {
        let target = Target::of(request.uri(), private)?;
        let host = target.host.clone();
        // Neither semaphore is ever closed. Whoever waits for a slow host waits for that host's alone, and the time of a request begins with it.
        let to_one = self.slots_by_host.of(&host, self.limits.parallel_to_one);
        let _slot_there = to_one.acquire().await;
        let _slot = self.slots.acquire().await;
        let answer = async {
            let stream = timeout(self.limits.connect, self.connect(&target, private)).await;
            let stream = stream.map_err(|_| OutboundFailure::TooSlow { host: host.clone() })??;
            if target.is_https {
                let name = ServerName::try_from(target.host.trim_matches(['[', ']']).to_owned()).map_err(|_| OutboundFailure::BadUrl)?;
                let encrypted = timeout(self.limits.connect, self.tls.connect(name, stream)).await;
                let encrypted = encrypted.map_err(|_| OutboundFailure::TooSlow { host: host.clone() })?;
                self.exchange(encrypted.map_err(|error| unreachable_tls(&host, &error))?, request, &target, wanted).await
            } else {
                self.exchange(stream, request, &target, wanted).await
            }
        };
        timeout(self.limits.total, answer).await.map_err(|_| OutboundFailure::TooSlow { host: target.host.clone() })?
    }

    /// What a document says, such as a key set, if it is not longer than `most` bytes. How long it waits for its turn is for the caller to bound.
    pub async fn document(&self, url: &str, most: usize, private: &PrivateHosts) -> Result<Vec<u8>, OutboundFailure> {
        self.reading(most).fetch(url, "*/*", private).await
    }

    /// The bytes of something that is called a picture, if they are not more than `most`. How long it waits for its turn is for the caller to
    /// bound.
    pub async fn picture(&self, url: &str, most: usize, private: &PrivateHosts) -> Result<Vec<u8>, OutboundFailure> {
        self.reading(most).fetch(url, "image/webp, image/png, image/jpeg, image/gif", private).await
    }

    /// The same client, which reads no more than `most` bytes of an answer.
    fn reading(&self, most: usize) -> Self {
        let limits = Limits { body: most.min(self.limits.body), ..self.limits };
        Self { limits, ..self.clone() }
    }

    async fn fetch(&self, url: &str, accept: &'static str, private: &PrivateHosts) -> Result<Vec<u8>, OutboundFailure> {
        let request = Request::get(url).header(ACCEPT, accept).body(Vec::new()).map_err(|_| OutboundFailure::BadUrl)?;
        let host = Target::of(request.uri(), private)?.host;
        let answer = self.send(request, private).await?;
        if answer.status() != StatusCode::OK {
            return Err(OutboundFailure::Status { host, status: answer.status().as_u16() });
        }
        Ok(answer.into_body())
    }

    /// Posts a form, and says with which status it was answered, as soon as that is there; what follows is nobody's matter. How long it waits for its
    /// turn is for the caller to bound.
    pub async fn post_form(&self, url: &str, form: &[(&str, &str)], private: &PrivateHosts) -> Result<u16, OutboundFailure> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = Request::post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body.into_bytes());
        let answer = self.ask(request.map_err(|_| OutboundFailure::BadUrl)?, private, Wanted::Head).await?;
        Ok(answer.status().as_u16())
    }

    /// A connection to an address of the host that was looked at. One that may not be spoils them all.
    async fn connect(&self, target: &Target, private: &PrivateHosts) -> Result<TcpStream, OutboundFailure> {
        let host = || target.host.clone();
        let name = target.host.trim_matches(['[', ']']);
        let addresses: Vec<SocketAddr> =
            lookup_host((name, target.port)).await.map_err(|_| OutboundFailure::NoAddress { host: host() })?.collect();
        for address in addresses.iter().map(SocketAddr::ip) {
            match Reach::of(address) {
                Reach::Public if target.is_https => {}
                Reach::Private if private.contains(&target.host) && (target.is_https || address.to_canonical().is_loopback()) => {}
                Reach::Never => return Err(OutboundFailure::ForbiddenAddress { host: host(), address }),
                Reach::Public => return Err(OutboundFailure::NotHttps { host: host() }),
                Reach::Private => return Err(OutboundFailure::PrivateAddress { host: host(), address }),
            }
        }
        let mut reason = "it has no address".to_owned();
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => reason = error.kind().to_string(),
            }
        }
        Err(OutboundFailure::Unreachable { host: host(), reason })
    }

    async fn exchange(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        request: Request<Vec<u8>>,
        target: &Target,
        wanted: Wanted,
    ) -> Result<Response<Vec<u8>>, OutboundFailure> {
        let broken = || OutboundFailure::Broken { host: target.host.clone() };
        let mut connections = hyper::client::conn::http1::Builder::new();
        connections.max_buf_size(64 * 1024).max_headers(100);
        let (mut sender, connection) = connections.handshake(TokioIo::new(stream)).await.map_err(|_| broken())?;
        let connection = tokio::spawn(connection);
        let answer = async {
            let answer = sender.send_request(target.addressed(request)?).await.map_err(|_| broken())?;
            self.read(answer, target, wanted).await
        }
        .await;
        connection.abort();
        answer
    }

    async fn read(&self, answer: Response<Incoming>, target: &Target, wanted: Wanted) -> Result<Response<Vec<u8>>, OutboundFailure> {
        let host = || target.host.clone();
        if answer.status().is_redirection() && answer.status() != StatusCode::NOT_MODIFIED {
            return Err(OutboundFailure::Redirected { host: host() });
        }
        let (head, body) = answer.into_parts();
        if wanted == Wanted::Head {
            return Ok(Response::from_parts(head, Vec::new()));
        }
        let body = Limited::new(body, self.limits.body).collect().await.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                OutboundFailure::TooLong { host: host() }
            } else {
                OutboundFailure::Broken { host: host() }
            }
        })?;
        Ok(Response::from_parts(head, body.to_bytes().to_vec()))
    }
}

/// The slots of each host, for as long as there is a request to it.
#[derive(Clone, Default)]
struct SlotsByHost(Arc<Mutex<HashMap<String, Weak<Semaphore>>>>);

impl SlotsByHost {
    fn of(&self, host: &str, slots: usize) -> Arc<Semaphore> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.retain(|_, slots| slots.strong_count() > 0);
        if let Some(known) = hosts.get(host).and_then(Weak::upgrade) {
            return known;
        }
        let new = Arc::new(Semaphore::new(slots));
        hosts.insert(host.to_owned(), Arc::downgrade(&new));
        new
    }
}

impl Target {
    fn of(uri: &Uri, private: &PrivateHosts) -> Result<Self, OutboundFailure> {
        let url = Url::parse(&uri.to_string()).map_err(|_| OutboundFailure::BadUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutboundFailure::BadUrl);
        }
        let host = url.host_str().ok_or(OutboundFailure::BadUrl)?.to_owned();
        let port = url.port_or_known_default().ok_or(OutboundFailure::BadUrl)?;
        let is_https = match url.scheme() {
            "https" => true,
            "http" if is_loopback(&url) && private.contains(&host) => false,
            "http" => return Err(OutboundFailure::NotHttps { host }),
            _ => return Err(OutboundFailure::BadUrl),
        };
        Ok(Self { host, port, is_https })
    }

    /// The request as the server is asked: by its path, with its host, and nothing that it did not come with.
    fn addressed(&self, request: Request<Vec<u8>>) -> Result<Request<Full<Bytes>>, OutboundFailure> {
        let (mut head, body) = request.into_parts();
        let default = if self.is_https { 443 } else { 80 };
        let host = if self.port == default { self.host.clone() } else { format!("{}:{}", self.host, self.port) };
        head.headers.insert(HOST, HeaderValue::try_from(host).map_err(|_| OutboundFailure::BadUrl)?);
        head.headers.insert(CONNECTION, HeaderValue::from_static("close"));
        // GitHub wants to know who asks.
        head.headers.insert(USER_AGENT, HeaderValue::from_static("claviger"));
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        head.uri = path.parse().map_err(|_| OutboundFailure::BadUrl)?;
        Ok(Request::from_parts(head, Full::from(body)))
    }
}

fn unreachable_tls(host: &str, error: &io::Error) -> OutboundFailure {
    let reason = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).map_or_else(
        || error.kind().to_string(),
        |error| match error {
            // What the other side says is left out.
            rustls::Error::InvalidCertificate(problem) => format!("its certificate is not believed ({problem:?})"),
            _ => "it does not speak TLS as it should".to_owned(),
        },
    );
    OutboundFailure::Unreachable { host: host.to_owned(), reason }
}

#[cfg(test)]
mod tests;
