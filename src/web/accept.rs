//! Our own accept loop on hyper, with TLS on every connection where there is a certificate: poem's server sets no time limit for the head
//! of a request and no cap on connections.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Endpoint};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::listeners::{Connection, Listeners};
use super::stall::Unstalled;
use super::tls::Tls;
use crate::config::Server;

/// Header fields in the head of a request; one with more is answered 431.
const MAX_HEADERS: usize = 64;

/// Bytes in the head of a request, its URI included; a longer one is answered 431.
const MAX_HEAD: usize = 64 * 1024;

/// What connections are held to.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time; further ones wait to be accepted.
    pub max_connections: usize,
    /// Time in which the head of a request has to arrive, counted from the end of the request before; TLS has as much to get ready.
    pub header_timeout: Duration,
    /// Time for which an answer may stay unread.
    pub write_timeout: Duration,
    /// Time that requests in flight have to finish after the signal to stop.
    pub shutdown_timeout: Duration,
}

impl From<&Server> for Limits {
    fn from(server: &Server) -> Self {
        Self {
            max_connections: server.max_connections,
            header_timeout: server.header_timeout,
            write_timeout: server.write_timeout,
            shutdown_timeout: server.shutdown_timeout,
        }
    }
}

/// Serves `endpoint` on `listeners`, by TLS alone where there is `tls`, until `shutdown` is ready. Then no connection is accepted, idle ones
/// are closed, requests in flight may finish within their time, and what is left is cut off; when this returns, no request is being answered
/// any more.
pub async fn serve<E: Endpoint + 'static>(
    listeners: Listeners,
    tls: Option<Tls>,
    endpoint: E,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let endpoint = Arc::new(endpoint);
    let slots = Arc::new(Semaphore::new(limits.max_connections));
    let graceful = GracefulShutdown::new();
    let (stopping, _) = watch::channel(());
    let (cut_off, _) = watch::channel(());
    let mut shutdown = pin!(shutdown);
    loop {
        // The slot comes first: who has to wait stays in the system's queue and costs us nothing.
        let next = async { (Arc::clone(&slots).acquire_owned().await, listeners.next().await) };
        let (slot, connection) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            next = next => next,
        };
        let answered = answer(connection, tls.clone(), Arc::clone(&endpoint), limits, graceful.watcher(), stopping.subscribe());
        let mut cut_off = cut_off.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                () = answered => {}
                _ = cut_off.changed() => {}
            }
            drop(slot);
        });
    }
    drop(listeners);
    drop(stopping);
    tracing::info!(connections = graceful.count(), "stopping: requests in flight may finish");
    if timeout(limits.shutdown_timeout, graceful.shutdown()).await.is_err() {
        tracing::warn!("stopping: some requests did not finish in time and are cut off");
    }
    drop(cut_off);
    let all = u32::try_from(limits.max_connections).unwrap_or(u32::MAX);
    let _ = slots.acquire_many(all).await;
}

/// Answers the requests of one connection.
async fn answer<E: Endpoint + 'static>(
    connection: Connection,
    tls: Option<Tls>,
    endpoint: Arc<E>,
    limits: Limits,
    watcher: Watcher,
    stopping: watch::Receiver<()>,
) {
    let Connection { stream, local, peer } = connection;
    // Answers are small and written at once: waiting to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, %peer, "the connection is gone already");
        return;
    }
    let scheme = if tls.is_some() { Scheme::HTTPS } else { Scheme::HTTP };
    let ends = Ends { local: LocalAddr(Addr::SocketAddr(local)), peer: RemoteAddr(Addr::SocketAddr(peer)), scheme };
    let ended = match tls {
        None => answer_http1(stream, ends, endpoint, limits, watcher).await,
        // Boxed, so that a connection without TLS has no room for one with it.
        Some(tls) => match Box::pin(shake_hands(stream, &tls, limits, stopping)).await {
            Ok(stream) => Box::pin(answer_http1(stream, ends, endpoint, limits, watcher)).await,
            Err(error) => {
                tracing::debug!(%error, %peer, "no TLS connection came about");
                return;
            }
        },
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "the connection ended early");
    }
}

/// Gets TLS ready on a stream. There is no request in flight yet, so nothing of it outlives the signal to stop.
async fn shake_hands(stream: TcpStream, tls: &Tls, limits: Limits, mut stopping: watch::Receiver<()>) -> io::Result<TlsStream<TcpStream>> {
    tokio::select! {
        ready = timeout(limits.header_timeout, tls.acceptor().accept(stream)) => ready.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
        _ = stopping.changed() => Err(io::ErrorKind::Interrupted.into()),
    }
}

/// Both ends of a connection, and how it is spoken to.
#[derive(Clone)]
struct Ends {
    local: LocalAddr,
    peer: RemoteAddr,
    scheme: Scheme,
}

/// Speaks HTTP/1 on a stream, whatever carries it.
async fn answer_http1<S, E>(stream: S, ends: Ends, endpoint: Arc<E>, limits: Limits, watcher: Watcher) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    E: Endpoint + 'static,
{
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (endpoint, ends) = (Arc::clone(&endpoint), ends.clone());
        async move {
            let answer = endpoint.get_response((request, ends.local, ends.peer, ends.scheme).into()).await;
            Ok::<hyper::Response<BoxBody<Bytes, io::Error>>, Infallible>(answer.into())
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_headers(MAX_HEADERS)
        .max_header_size(MAX_HEAD)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(Unstalled::new(stream, limits.write_timeout)), service);
    watcher.watch(connection).await
}

#[cfg(test)]
mod tests;
