//! Signing a person in.

use std::net::IpAddr;
use std::sync::Arc;

use secrecy::SecretString;

use crate::flow::authorize::{Considered, Next, Outcome, name_of};
use crate::flow::password_check::Checked;
use crate::flow::throttle::Throttled;
use crate::flow::{Failure, Server};
use crate::identity::session::{Interaction, Session};
use crate::identity::user::User;
use crate::protocol::authentication::Authentication;
use crate::protocol::authorize::{Reason, Turned};
use crate::protocol::client::Client;
use crate::protocol::explanation::{Explanation, Fact};
use crate::protocol::refusal::Refusal;
use crate::protocol::subject::SessionId;
use crate::protocol::time::Timestamp;
use crate::protocol::token::{Token, TokenKind};
use crate::store::Applied;

/// What the login page shows beside its form.
#[derive(Default)]
pub struct Prompt {
    /// The client that waits, if one does.
    pub client: Option<Arc<Client>>,
    /// The name to prefill.
    pub username: Option<String>,
    /// The other provider that the client asks for.
    pub provider: Option<String>,
}

/// What somebody typed, and from where.
pub struct Attempt<'a> {
    /// The name.
    pub username: &'a str,
    /// The password.
    pub password: SecretString,
    /// The authorization request that waits; empty when none does.
    pub query: &'a str,
    /// The session that the browser had before.
    pub previous: Option<&'a Token>,
    /// Where they come from.
    pub address: IpAddr,
    /// What their browser calls itself.
    pub user_agent: &'a str,
}

/// How somebody proved who they are, and when.
pub(super) struct By {
    pub(super) authentication: Authentication,
    pub(super) authenticated_at: Timestamp,
}

/// Whose browser the session is opened in.
pub(super) struct Visitor<'a> {
    /// The authorization request that waits; empty when none does.
    pub(super) query: &'a str,
    /// The session that the browser had before.
    pub(super) previous: Option<&'a Token>,
    pub(super) address: IpAddr,
    pub(super) user_agent: &'a str,
}

/// What came of it.
pub enum SignIn {
    /// They are in; this is the new cookie.
    Done(Token),
    /// Name or password is not right; which of them is for the operator alone.
    Wrong(Explanation),
    /// Too many failures.
    TooMany {
        /// Seconds until they may try again.
        seconds: u64,
        /// What was counted, for the operator.
        why: Explanation,
    },
    /// Too many sign-ins at once.
    Busy,
}

impl Server {
    /// What the login page shows for a request.
    pub async fn login_prompt(&self, query: &str) -> Result<Prompt, Failure> {
        if query.is_empty() {
            return Ok(Prompt::default());
        }
        Ok(match self.consider(query, None).await? {
            Ok(Considered { client, next, .. }) => {
                let (username, provider) =
                    if let Next::Login(request) = next { (request.login_hint, request.provider) } else { (None, None) };
                Prompt { client: Some(client), username, provider }
            }
            Err(_) => Prompt::default(),
        })
    }

    /// The answer for the client when the person turns away from the login page.
    pub async fn cancel_login(&self, query: &str, session: Option<&Token>) -> Result<Outcome, Failure> {
        Ok(match self.consider(query, session).await? {
            Ok(considered) => {
                let refusal = Refusal::from(Reason::Denied(Turned::AtLogin)).asked_by(considered.client.id.as_str());
                Outcome::Answer { answer: considered.destination.refuse(&refusal), report: Some(refusal.into()) }
            }
            Err(refusal) => Outcome::ErrorPage(refusal),
        })
    }

    /// Signs a person in with their password. The cookie is new in any case. Who signs in once more as the same person goes on with the same session;
    /// anyone else's session in this browser ends.
    pub async fn sign_in(&self, attempt: Attempt<'_>) -> Result<SignIn, Failure> {
        let user = match self.check_password(attempt.username, &attempt.password, attempt.address).await? {
            Checked::Right(user) => *user,
            Checked::Wrong(why) => return Ok(SignIn::Wrong(why)),
            Checked::TooMany(Throttled { seconds, why }) => return Ok(SignIn::TooMany { seconds, why }),
            Checked::Busy => return Ok(SignIn::Busy),
        };
        let by = By { authentication: Authentication::by_password(), authenticated_at: self.clock.now() };
        let visitor =
            Visitor { query: attempt.query, previous: attempt.previous, address: attempt.address, user_agent: attempt.user_agent };
        Ok(match self.open_session(&user, by, &visitor).await? {
            Some(cookie) => SignIn::Done(cookie),
            // The account was deleted or disabled meanwhile, or its password changed.
            None => SignIn::Wrong(Explanation::of(Fact::of("account").note("it was changed while its password was checked"))),
        })
    }

    /// Opens a session for somebody who proved who they are, and notes that they did so for the request that waits; `None` when their account
    /// has changed since.
    pub(super) async fn open_session(&self, user: &User, by: By, visitor: &Visitor<'_>) -> Result<Option<Token>, Failure> {
        let now = self.clock.now();
        let cookie = self.random.token(TokenKind::Session);
        let interaction =
            (!visitor.query.is_empty()).then(|| Interaction { request: name_of(visitor.query), signed_in: true, consent: None, at: now });
        let previous = self.current_session(visitor.previous).await?;
        if let Some(same) = previous.as_ref().filter(|previous| previous.user.subject == user.subject) {
            let (id, at, how) = (&same.session.id, by.authenticated_at, &by.authentication);
            if self.store.sessions().renew(id, &cookie.hash(), at, how, now).await? {
                self.store.sessions().set_interaction(&same.session.id, interaction.as_ref()).await?;
                return Ok(Some(cookie));
            }
            // It ended while they proved it.
        } else if let Some(other) = previous {
            self.end_session(&other.session.id).await?;
        }
        let session = Session {
            id: SessionId::new(self.random.uuid()),
            user: user.subject.clone(),
            authenticated_at: by.authenticated_at,
            authentication: by.authentication,
            created_at: now,
            last_used_at: now,
            user_agent: visitor.user_agent.chars().filter(|character| !character.is_control()).take(200).collect(),
            address: visitor.address.to_string(),
            interaction,
        };
        let begun = self.store.sessions().begin(&cookie.hash(), &session, user.password_version).await?;
        Ok((begun == Applied::Done).then_some(cookie))
    }
}
