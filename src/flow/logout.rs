//! Signing a person out (OpenID Connect RP-Initiated Logout).

use crate::flow::session::Current;
pub use crate::flow::session_end::Frame;
use crate::flow::{Failure, Server};
use crate::protocol::client::ClientId;
use crate::protocol::explanation::Report;
use crate::protocol::logout::{Facts, Onward, Request, Step};
use crate::protocol::subject::SessionId;
use crate::protocol::token::Token;

/// What the browser gets.
pub enum Outcome {
    /// The question whether they mean it.
    Confirm {
        /// Who is signed in.
        person: Option<String>,
        /// The client that asks, as far as it is known.
        client_name: Option<String>,
    },
    /// The session is over.
    SignedOut {
        /// Where to go.
        onward: Onward,
        /// What has to be loaded before.
        frames: Vec<Frame>,
        /// What the operator may know when that is not where the request wants to go.
        report: Option<Report>,
    },
}

impl Server {
    /// Answers a logout request. `confirmed` says that the person said yes on our own page.
    pub async fn log_out(&self, request: &Request, session: Option<&Token>, confirmed: bool) -> Result<Outcome, Failure> {
        let current = self.current_session(session).await?;
        let hint = request.id_token_hint.as_deref().and_then(|hint| self.verified_hint(hint, self.clock.now()).ok());
        // §2: a client_id beside a hint must be the one that the token was made for; otherwise the hint proves nothing.
        let hint = hint.filter(|hint| request.client_id.as_deref().is_none_or(|id| id == hint.aud.as_str()));
        let id: Option<ClientId> = hint.as_ref().map(|hint| hint.aud.clone()).or_else(|| request.named_client());
        let client = match id {
            Some(id) => self.enabled_client(&id).await?,
            None => None,
        };
        // Whom the hint has to mean, in the words of the client that it was made for.
        let signed_in = match (&current, &client) {
            (Some(Current { user, session }), Some(client)) => {
                Some((self.subject_for(client, &user.subject).await?, self.session_for(client, &session.id).await?))
            }
            (Some(Current { user, session }), None) => Some((user.subject.clone(), session.id.clone())),
            (None, _) => None,
        };
        let facts = Facts {
            hint: hint.as_ref(),
            client: client.as_ref(),
            signed_in: signed_in.as_ref().map(|(subject, session)| (subject, session)),
            confirmed,
        };
        match request.next_step(facts) {
            Step::Confirm => Ok(Outcome::Confirm {
                person: current.map(|current| current.user.display_name().to_owned()),
                client_name: client.map(|client| client.name),
            }),
            Step::SignOut(onward) => {
                let why = if onward == Onward::NotThere { request.explain_staying(facts) } else { None };
                let report = why.map(|why| Report::noted("the person signed out and stays on our own page", why));
                let frames = match self.to_end(current.as_ref(), session).await? {
                    Some(id) => self.end_session(&id).await?.unwrap_or_default(),
                    None => Vec::new(),
                };
                Ok(Outcome::SignedOut { onward, frames, report })
            }
        }
    }

    /// The session that ends: also one that has run out unnoticed, so that its clients are told now.
    async fn to_end(&self, current: Option<&Current>, token: Option<&Token>) -> Result<Option<SessionId>, Failure> {
        match (current, token) {
            (Some(current), _) => Ok(Some(current.session.id.clone())),
            (None, Some(token)) => Ok(self.store.sessions().find_by_token(&token.hash()).await?.map(|session| session.id)),
            (None, None) => Ok(None),
        }
    }
}
