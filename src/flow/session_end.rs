//! The end of a session: clients are told, by their back channel and, where a browser is there to do it, by their front channel.

use crate::flow::{Failure, Server};
use crate::protocol::client::ClientId;
use crate::protocol::subject::SessionId;

/// A page of a client that has to be loaded, so that it knows (OpenID Connect Front-Channel Logout §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The client's name, for people.
    pub client_name: String,
    /// The page, with `iss` and `sid`.
    pub url: String,
    /// Its web origin.
    pub origin: String,
}

impl Server {
    /// Ends a session, and says what the browser has to load; `None` when it was over already.
    pub(super) async fn end_session(&self, id: &SessionId) -> Result<Option<Vec<Frame>>, Failure> {
        let Some(clients) = self.store.sessions().end(id, self.clock.now()).await? else { return Ok(None) };
        self.session_ended.notify_one();
        let mut frames = Vec::new();
        for client in &clients {
            match self.frame_of(client, id).await {
                Ok(frame) => frames.extend(frame),
                // The session is over, whatever else fails.
                Err(failure) => {
                    tracing::error!(%failure, %client, session = %id, "a client that takes part in the session can't be told by its page");
                }
            }
        }
        Ok(Some(frames))
    }

    async fn frame_of(&self, client: &ClientId, session: &SessionId) -> Result<Option<Frame>, Failure> {
        let Some(client) = self.cached_client(client).await?.filter(|client| client.enabled) else { return Ok(None) };
        let Some(uri) = &client.logout.front_channel else { return Ok(None) };
        let url = uri.about(self.issuer.as_str(), &self.session_for(&client, session).await?);
        Ok(Some(Frame { client_name: client.name.clone(), url, origin: uri.origin() }))
    }
}
