//! How other servers are asked.

use std::path::PathBuf;

use super::kind::{automatic_or, path};
use super::settings::{Presence, settings};

settings! {
    /// Other servers that this one asks: identity providers (`[[provider]]`). It asks them by https, and connects to no private address
    /// unless a provider names the host.
    pub Outbound "outbound"

    /// A PEM file with certificate authorities to believe besides those of the web, for servers of your own: `auto` for none. It is read when
    /// the server starts.
    ca_file: Option<PathBuf> = automatic_or(path("the path of a PEM file")), Presence::Default("auto");
}
