//! Which addresses of the network are the Internet's, and which are somebody's own (RFC 6890 and the registries that follow it).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// What an address is, as far as it matters to whoever connects there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Everybody's: on the Internet.
    Public,
    /// This machine, or a network of somebody's own. An operator may name a host that is there.
    Private,
    /// Nowhere that a server of anybody's could be, or a service of the machine's own network, such as a cloud's metadata. Never.
    Never,
}

/// Networks of somebody's own: loopback, RFC 1918, carrier-grade NAT (RFC 6598), unique local (RFC 4193), site local (RFC 3879).
const PRIVATE: [&str; 8] =
    ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7", "fec0::/10"];

/// What is no server's address: this network, link local, protocol assignments, documentation, benchmarking, 6to4 relays, multicast,
/// reserved and broadcast; for IPv6 unspecified, discard-only, Teredo and its neighbours, documentation, segment routing, link local,
/// multicast, and the prefix of local NAT64 (RFC 8215).
const NEVER: [&str; 23] = [
    "0.0.0.0/8",
    "169.254.0.0/16",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fe80::/10",
    "ff00::/8",
];

impl Reach {
    /// What `address` is. An IPv6 address that stands for an IPv4 one is what that one is.
    pub(super) fn of(address: IpAddr) -> Self {
        let address = match address {
            IpAddr::V6(address) => embedded(address).map_or(IpAddr::V6(address), IpAddr::V4),
            v4 @ IpAddr::V4(_) => v4,
        };
        let is_in = |networks: &[&str]| networks.iter().any(|text| text.parse::<IpNet>().is_ok_and(|network| network.contains(&address)));
        if is_in(&NEVER) {
            Self::Never
        } else if is_in(&PRIVATE) {
            Self::Private
        } else {
            match address {
                // What IANA gives out to networks is 2000::/3; nothing else is the Internet's.
                IpAddr::V6(address) if address.segments()[0] & 0xe000 != 0x2000 => Self::Never,
                _ => Self::Public,
            }
        }
    }
}

/// The IPv4 address that an IPv6 one leads to: mapped (RFC 4291 §2.5.5.2), compatible (§2.5.5.1), NAT64 (RFC 6052), 6to4 (RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let parts = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match parts {
        // `::` and `::1` are addresses of their own.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(text: &str) -> Reach {
        Reach::of(text.parse().unwrap())
    }

    #[test]
    fn every_network_is_written_as_one() {
        for text in PRIVATE.iter().chain(&NEVER) {
            assert!(text.parse::<IpNet>().is_ok_and(|network| network.trunc() == network), "{text}");
        }
    }

    #[test]
    fn the_internet_is_public() {
        for text in
            ["140.82.121.3", "8.8.8.8", "100.128.0.1", "172.32.0.1", "2606:50c0:8000::153", "2a00:1450:4001:81b::200e", "::ffff:8.8.8.8"]
        {
            assert_eq!(reach(text), Reach::Public, "{text}");
        }
    }

    #[test]
    fn what_is_somebodys_own_is_private_in_whatever_clothes() {
        for text in [
            "127.0.0.1",
            "127.255.255.254",
            "10.1.2.3",
            "172.31.255.255",
            "192.168.0.1",
            "100.64.0.1",
            "::1",
            "fd00::1",
            "fec0::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::192.168.1.1",
            "2002:7f00:1::",
            "2002:c0a8:101::1",
        ] {
            assert_eq!(reach(text), Reach::Private, "{text}");
        }
    }

    #[test]
    fn what_no_server_has_is_never_connected_to() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "192.0.2.1",
            "198.18.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "4000::1",
            "64:ff9b:1::a",
            "::ffff:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::",
        ] {
            assert_eq!(reach(text), Reach::Never, "{text}");
        }
    }
}
