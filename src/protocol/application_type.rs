//! Where a client runs, which decides what it may register.

use crate::protocol::words::words;

words! {
    /// Where a client runs (OpenID Connect Registration §2, `application_type`).
    ApplicationType {
        /// In a browser or behind a web server.
        Web = "web",
        /// On a person's own device (RFC 8252).
        Native = "native",
    }
}
