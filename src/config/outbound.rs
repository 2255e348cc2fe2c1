//! How other servers are asked.

use std::path::PathBuf;

use url::Host;

use super::kind::{automatic_or, list, parsed, path};
use super::settings::{Presence, settings};

settings! {
    /// Other servers that this one asks: identity providers (`[[provider]]`), and those that clients register (`jwks_uri`, `request_uris` and
    /// the like). It asks them by https, and connects to no private address unless a provider, or for clients `allowed_private_hosts`,
    /// names the host.
    pub Outbound "outbound"

    /// A PEM file with certificate authorities to believe besides those of the web, for servers of your own: `auto` for none. It is read when
    /// the server starts.
    ca_file: Option<PathBuf> = automatic_or(path("the path of a PEM file")), Presence::Default("auto");

    /// Hosts that clients may register addresses at (`jwks_uri`, `request_uris` and the like) although they are private; on this machine also
    /// without https. Each is the name or the address of one host, without scheme and port; whoever may change or register clients
    /// can have this server ask it at any port.
    allowed_private_hosts: Vec<String> = list(
        "a list of names or addresses of hosts",
        parsed("the name or the address of a host", host),
    ), Presence::Default("");
}

fn host(text: &str) -> Result<String, &'static str> {
    let is_host = Host::parse(text).is_ok_and(|host| host.to_string() == text);
    if is_host { Ok(text.to_owned()) } else { Err("must be the name or the address of one host, without scheme and port") }
}
