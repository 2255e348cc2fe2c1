//! Whether a client is of the sector that it says (OpenID Connect Registration §5): the document behind its `sector_identifier_uri` is fetched
//! when the client is registered, and again when what it has to list changes.

use crate::flow::Server;
use crate::protocol::client::Client;
use crate::protocol::problem::Problem;
use crate::protocol::subject_type::check_listed;

/// Bytes of a document that is read.
const LONGEST_LIST: usize = 1024 * 1024;

impl Server {
    /// Checks that the sector's document lists all redirection URIs of a client that is new, or was as `before` says. What could not be
    /// fetched is told to whoever manages clients, with the host and its address: a stranger must not be told.
    pub(super) async fn check_sector(&self, before: Option<&Client>, client: &Client) -> Result<(), Vec<Problem>> {
        let Some(uri) = &client.subjects.sector_identifier_uri else { return Ok(()) };
        let is_known = before.is_some_and(|before| {
            before.subjects.sector_identifier_uri.as_ref() == Some(uri)
                && client.redirect_uris.iter().all(|uri| before.redirect_uris.contains(uri))
        });
        if is_known {
            return Ok(());
        }
        let fits = match self.clients_asked.of(client).document(uri.as_str(), LONGEST_LIST).await {
            Ok(document) => check_listed(&document, &client.redirect_uris).map_err(|misfit| misfit.to_string()),
            Err(reason) => Err(format!("can't be read: {reason}")),
        };
        fits.map_err(|reason| vec![Problem::new("sector_identifier_uri", reason)])
    }
}
