//! Managing people's sessions.

use serde::Serialize;

use crate::flow::manage::{Page, PageRequest, Refused};
use crate::flow::{Failure, Server};
use crate::identity::session::Session;
use crate::protocol::subject::{SessionId, Subject};
use crate::protocol::time::Timestamp;

/// A session as it is shown to whoever manages it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionView {
    /// Its public name, `sid` in tokens. It opens nothing.
    pub sid: String,
    /// Whose it is.
    pub sub: Subject,
    /// When they last proved who they are.
    pub auth_time: Timestamp,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute or so.
    pub last_used_at: Timestamp,
    /// When it ends unless it is used again.
    pub expires_at: Timestamp,
    /// The browser as it described itself.
    pub user_agent: String,
    /// The address it began from.
    pub address: String,
}

impl Server {
    /// The sessions that are alive, of one person or of all.
    pub async fn session_page(&self, user: Option<&Subject>, request: &PageRequest) -> Result<Page<SessionView>, Failure> {
        let (now, limits) = (self.clock.now(), self.settings.session);
        let found = self.store.sessions().page(user, request.after(), request.fetch(), now, limits).await?;
        let found = found.into_iter().map(|session| self.session_view(session)).collect();
        Ok(request.page(found, |session| &session.sid))
    }

    /// A session that is alive.
    pub async fn session_by_id(&self, id: &SessionId) -> Result<Result<SessionView, Refused>, Failure> {
        let found = self.store.sessions().find(id).await?.filter(|session| session.is_live(self.clock.now(), self.settings.session));
        Ok(found.map(|session| self.session_view(session)).ok_or_else(|| not_found(id)))
    }

    /// Ends a session: the browser is signed out, tokens that were given in it and do not outlive it are inactive, and clients are told.
    pub async fn end_session_by_id(&self, id: &SessionId) -> Result<Result<(), Refused>, Failure> {
        Ok(self.end_session(id).await?.map(drop).ok_or_else(|| not_found(id)))
    }

    fn session_view(&self, session: Session) -> SessionView {
        SessionView {
            expires_at: session.ends_at(self.settings.session),
            sid: session.id.to_string(),
            sub: session.user,
            auth_time: session.authenticated_at,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            user_agent: session.user_agent,
            address: session.address,
        }
    }
}

fn not_found(id: &SessionId) -> Refused {
    Refused::not_found("session", id)
}
