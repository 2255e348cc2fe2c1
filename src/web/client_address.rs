//! The address that a request comes from, for throttling and for the account page.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;
use poem::Request;
use poem::http::HeaderMap;

/// The address of a client: its own, or the one that a trusted proxy names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The address that `request` comes from. A request that came by no socket has the unspecified address.
    #[must_use]
    pub fn of(request: &Request, trusted_proxies: &[IpNet]) -> Self {
        let peer = request.remote_addr().0.as_socket_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), SocketAddr::ip);
        Self::behind(peer, request.headers(), trusted_proxies)
    }

    /// The address that [`Trace`](super::trace::Trace) found out for `request`; without it, the one that the request came from.
    #[must_use]
    pub fn of_traced(request: &Request) -> Self {
        request.data().copied().unwrap_or_else(|| Self::of(request, &[]))
    }

    /// The address of who asks through `peer`: the peer itself, or, when it is a trusted proxy, the right-most address in
    /// `X-Forwarded-For` that is none. Whatever stands further left was written by that client and proves nothing. A list that can't be
    /// read counts as none.
    #[must_use]
    pub fn behind(peer: IpAddr, headers: &HeaderMap, trusted_proxies: &[IpNet]) -> Self {
        let peer = peer.to_canonical();
        let trusted = |address: IpAddr| trusted_proxies.iter().any(|network| network.contains(&address));
        if !trusted(peer) {
            return Self(peer);
        }
        let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
        let mut client = peer;
        for entry in lines.iter().rev().flat_map(|line| line.to_str().unwrap_or("?").rsplit(',')) {
            let Some(address) = address(entry.trim()) else { return Self(peer) };
            client = address;
            if !trusted(client) {
                break;
            }
        }
        Self(client)
    }

    /// The address.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.0
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Reads an entry of `X-Forwarded-For`: an address, with or without brackets and port.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    let address = bare.parse().or_else(|_| entry.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem::http::HeaderValue;

    fn behind(peer: &str, forwarded: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "2001:db8:ffff::/48".parse().unwrap()];
        ClientAddress::behind(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_can_not_say_who_it_is() {
        assert_eq!(behind("192.0.2.1", &["198.51.100.1"]), "192.0.2.1");
        assert_eq!(behind("::ffff:192.0.2.1", &["198.51.100.1"]), "192.0.2.1");
    }

    #[test]
    fn a_trusted_proxy_says_who_asks_and_what_the_client_wrote_is_ignored() {
        assert_eq!(behind("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(behind("::ffff:10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(behind("10.0.0.1", &["127.0.0.1, garbage, 198.51.100.1, 10.9.9.9"]), "198.51.100.1");
        assert_eq!(behind("10.0.0.1", &["203.0.113.9", "198.51.100.1", "10.2.2.2 , 10.9.9.9"]), "198.51.100.1");
        assert_eq!(behind("10.0.0.1", &["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(behind("2001:db8:ffff::1", &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(behind("2001:db8:ffff::1", &["[2001:db8::1]"]), "2001:db8::1");
    }

    #[test]
    fn a_list_of_proxies_alone_gives_the_first_of_them() {
        assert_eq!(behind("10.0.0.1", &["10.3.3.3, 10.2.2.2"]), "10.3.3.3");
        assert_eq!(behind("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_can_not_be_read_counts_as_nothing() {
        for garbage in ["", "unknown", "198.51.100.1,", "198.51.100.1, 10.0.0.300", "_hidden, 10.1.1.1", "198.51.100.1; 10.0.0.1"] {
            assert_eq!(behind("10.0.0.1", &[garbage]), "10.0.0.1", "{garbage}");
        }
        let unreadable = HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), HeaderValue::from_bytes(b"\xff").unwrap())]);
        let proxies = ["10.0.0.1/32".parse().unwrap()];
        assert_eq!(ClientAddress::behind("10.0.0.1".parse().unwrap(), &unreadable, &proxies).to_string(), "10.0.0.1");
    }
}
