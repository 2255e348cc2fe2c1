//! Who is signed in in this browser.

use crate::flow::{Failure, Server};
use crate::identity::session::Session;
use crate::identity::user::User;
use crate::protocol::token::Token;

/// A session that counts, and whose it is.
pub struct Current {
    /// The session.
    pub session: Session,
    /// The person.
    pub user: User,
}

impl Server {
    /// The session that a browser's cookie opens, if it counts and its person is enabled.
    pub async fn current_session(&self, token: Option<&Token>) -> Result<Option<Current>, Failure> {
        let Some(token) = token else { return Ok(None) };
        let now = self.clock.now();
        let found = self.store.sessions().find_by_token(&token.hash()).await?;
        let Some(session) = found.filter(|session| session.is_live(now, self.settings.session)) else { return Ok(None) };
        let Some(user) = self.store.users().find(&session.user).await?.filter(|user| user.enabled) else { return Ok(None) };
        if session.use_is_worth_noting(now) {
            self.store.sessions().note_use(&session.id, now).await?;
        }
        Ok(Some(Current { session, user }))
    }
}
