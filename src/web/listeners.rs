//! The sockets that we listen on.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::Poll;
use std::time::Duration;

use rustix::io::Errno;
use tokio::net::{TcpListener, TcpStream};

/// How long to wait when the system can't give us a connection, for example because too many files are open.
const BACK_OFF: Duration = Duration::from_secs(1);

/// Sockets that accept connections, from the moment they are made.
pub struct Listeners(Vec<TcpListener>);

/// An address that we can't listen on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {reason}")]
pub struct BindProblem {
    /// The address.
    pub address: SocketAddr,
    /// Why not.
    pub reason: BindReason,
}

/// Why we can't listen on an address.
#[derive(Debug, thiserror::Error)]
pub enum BindReason {
    /// Another program listens there.
    #[error("another program uses this port")]
    Taken,
    /// The system keeps it for others; ports below 1024 usually are.
    #[error("this user may not use this port")]
    NotPermitted,
    /// It is no address of this machine, which may not speak IPv6 at all.
    #[error("this machine has no such address")]
    NoSuchAddress,
    /// Something else that the system says.
    #[error(transparent)]
    Other(io::Error),
}

impl From<io::Error> for BindReason {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::Taken,
            io::ErrorKind::PermissionDenied => Self::NotPermitted,
            io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported => Self::NoSuchAddress,
            // A machine that was started without IPv6 knows no such kind of address.
            _ if error.raw_os_error() == Some(Errno::AFNOSUPPORT.raw_os_error()) => Self::NoSuchAddress,
            _ => Self::Other(error),
        }
    }
}

/// A connection that somebody opened.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
}

impl Listeners {
    /// Listens on every one of `addresses`; port 0 stands for one that is free.
    ///
    /// # Errors
    /// The first address that can't be had. None is listened on then.
    pub async fn bind(addresses: &[SocketAddr]) -> Result<Self, BindProblem> {
        let mut listeners = Vec::with_capacity(addresses.len());
        for &address in addresses {
            let listener = TcpListener::bind(address).await.map_err(|error| BindProblem { address, reason: error.into() })?;
            listeners.push(listener);
        }
        Ok(Self(listeners))
    }

    /// The addresses that we listen on, with the ports that were found for port 0.
    #[must_use]
    pub fn local_addresses(&self) -> Vec<SocketAddr> {
        self.0.iter().filter_map(|listener| listener.local_addr().ok()).collect()
    }

    /// The next connection to any of them.
    pub(super) async fn next(&self) -> Connection {
        loop {
            match self.accept().await {
                Ok(connection) => return connection,
                Err(error) if concerns_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be accepted, the next try is in a second");
                    tokio::time::sleep(BACK_OFF).await;
                }
            }
        }
    }

    async fn accept(&self) -> io::Result<Connection> {
        let (stream, peer) =
            poll_fn(|context| self.0.iter().map(|listener| listener.poll_accept(context)).find(Poll::is_ready).unwrap_or(Poll::Pending))
                .await?;
        let local = stream.local_addr()?;
        Ok(Connection { stream, local, peer })
    }
}

/// Whether accepting failed for a connection that its client gave up already: the next one may be fine.
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted, NotConnected};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted | NotConnected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_called_so() {
        let first = Listeners::bind(&["127.0.0.1:0".parse().unwrap()]).await.unwrap();
        let address = *first.local_addresses().first().unwrap();
        assert_ne!(address.port(), 0);
        let problem = Listeners::bind(&[address]).await.err().unwrap();
        assert_eq!(problem.to_string(), format!("cannot listen on {address}: another program uses this port"));
    }

    #[tokio::test]
    async fn a_foreign_address_is_called_so() {
        let problem = Listeners::bind(&["192.0.2.1:0".parse().unwrap()]).await.err().unwrap();
        assert!(matches!(problem.reason, BindReason::NoSuchAddress), "{problem}");
    }

    #[tokio::test]
    async fn each_listener_is_heard() {
        let listeners = Listeners::bind(&["127.0.0.1:0".parse().unwrap(), "127.0.0.1:0".parse().unwrap()]).await.unwrap();
        for address in listeners.local_addresses().into_iter().rev() {
            let client = TcpStream::connect(address).await.unwrap();
            let connection = listeners.next().await;
            assert_eq!((connection.local, connection.peer), (address, client.local_addr().unwrap()));
        }
    }
}
