//! Where we listen, whom we believe, how long we wait.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

use super::kind::{list, parsed, some, time, whole_number};
use super::settings::{Presence, settings};

settings! {
    /// The HTTP server. It speaks TLS where `[tls]` says so, and otherwise plain HTTP: then put a proxy that speaks TLS in front of it.
    pub Server "server"

    /// Addresses to listen on.
    listen: Vec<SocketAddr> = some(list(
        "a list of addresses with ports such as 127.0.0.1:8080",
        parsed("an address with a port", socket_address),
    )), Presence::Default("127.0.0.1:8080");

    /// The proxies in front of this server. Only they may say, in `X-Forwarded-For`, which address a request comes from; failed
    /// sign-ins are counted for that address.
    trusted_proxies: Vec<IpNet> = list(
        "a list of addresses or networks such as 10.0.0.0/8",
        parsed("an address or a network", network),
    ), Presence::Default("");

    /// Connections served at a time; further ones wait.
    max_connections: usize = whole_number(1..=1_000_000), Presence::Default("1024");

    /// Time in which the head of a request has to arrive; also the time for which a connection is kept open between requests.
    header_timeout: Duration = time(1..=300), Presence::Default("10s");

    /// Time in which the body of a request has to arrive.
    body_timeout: Duration = time(1..=300), Presence::Default("10s");

    /// Time for which a client may leave its answer unread before the connection is closed.
    write_timeout: Duration = time(1..=300), Presence::Default("30s");

    /// Time that requests in flight have to finish when the server is told to stop.
    shutdown_timeout: Duration = time(1..=600), Presence::Default("10s");
}

fn socket_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "must be an address with a port such as 127.0.0.1:8080 or [::]:8080")
}

fn network(text: &str) -> Result<IpNet, &'static str> {
    text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| "must be an address or a network such as 10.0.0.0/8")
}
