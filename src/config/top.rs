//! The settings outside a section.

use super::kind::parsed;
use super::settings::{Presence, settings};
use crate::protocol::issuer::Issuer;

settings! {
    /// What names this server.
    pub(super) Top ""

    /// The issuer: the one URL by which people, programs and tokens know this server (RFC 8414 §2). It is never taken from a
    /// request. `http://` is accepted for `localhost`, `127.0.0.1` and `[::1]` alone. With a path, as in
    /// `https://example.com/login`, the server takes what is below that path, and the well-known documents beside it (RFC 8414 §3.1).
    issuer: Issuer = parsed("an https:// URL such as https://login.example.com", Issuer::parse), Presence::Required;
}
