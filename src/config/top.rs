//! The settings outside a section.

use super::kind::parsed;
use super::settings::{Presence, settings};
use crate::protocol::issuer::Issuer;

settings! {
    /// What names this server.
    pub(super) Top ""

    /// The issuer: the one URL by which people, programs and tokens know this server (RFC 8414 §2). It is never taken from a
    /// request. `http://` is accepted for `localhost`, `127.0.0.1` and `[::1]` alone. A path is not supported yet.
    issuer: Issuer = parsed("an https:// URL such as https://login.example.com", at_the_root), Presence::Required;
}

/// The pages link to one another from the root of their host.
fn at_the_root(text: &str) -> Result<Issuer, String> {
    let issuer = Issuer::parse(text).map_err(|problem| problem.to_string())?;
    if issuer.path().is_empty() { Ok(issuer) } else { Err("must have no path: give this server a host name of its own".to_owned()) }
}
