//! Signing a person in.

use std::net::IpAddr;

use secrecy::SecretString;

use crate::flow::authorize::{Considered, Next, Outcome, name_of};
use crate::flow::password_check::{Checked, Throttled};
use crate::flow::{Failure, Server};
use crate::identity::session::{Interaction, Session};
use crate::protocol::authorize::{Reason, Turned};
use crate::protocol::explanation::{Explanation, Fact};
use crate::protocol::refusal::Refusal;
use crate::protocol::subject::SessionId;
use crate::protocol::token::{Token, TokenKind};
use crate::store::Applied;

/// What the login page shows beside its form.
#[derive(Default)]
pub struct Prompt {
    /// The name of the client that waits, if one does.
    pub client_name: Option<String>,
    /// The name to prefill.
    pub username: Option<String>,
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
                let username = if let Next::Login(request) = next { request.login_hint } else { None };
                Prompt { client_name: Some(client.name.clone()), username }
            }
            Err(_) => Prompt::default(),
        })
    }

    /// The answer for the client when the person turns away from the login page.
    pub async fn cancel_login(&self, query: &str) -> Result<Outcome, Failure> {
        Ok(match self.consider(query, None).await? {
            Ok(considered) => {
                let refusal = Refusal::from(Reason::Denied(Turned::AtLogin)).asked_by(considered.client.id.as_str());
                Outcome::Answer { answer: considered.destination.refuse(&refusal), report: Some(refusal.into()) }
            }
            Err(refusal) => Outcome::ErrorPage(refusal),
        })
    }

    /// Signs a person in. The cookie is new in any case. Who signs in once more as the same person goes on with the same session;
    /// anyone else's session in this browser ends.
    pub async fn sign_in(&self, attempt: Attempt<'_>) -> Result<SignIn, Failure> {
        let user = match self.check_password(attempt.username, &attempt.password, attempt.address).await? {
            Checked::Right(user) => *user,
            Checked::Wrong(why) => return Ok(SignIn::Wrong(why)),
            Checked::TooMany(Throttled { seconds, why }) => return Ok(SignIn::TooMany { seconds, why }),
            Checked::Busy => return Ok(SignIn::Busy),
        };
        let now = self.clock.now();
        let cookie = self.random.token(TokenKind::Session);
        let interaction =
            (!attempt.query.is_empty()).then(|| Interaction { request: name_of(attempt.query), signed_in: true, consent: None, at: now });
        let previous = self.current_session(attempt.previous).await?;
        if let Some(same) = previous.as_ref().filter(|previous| previous.user.subject == user.subject) {
            if self.store.sessions().renew(&same.session.id, &cookie.hash(), now).await? {
                self.store.sessions().set_interaction(&same.session.id, interaction.as_ref()).await?;
                return Ok(SignIn::Done(cookie));
            }
            // It ended while the password was checked.
        } else if let Some(other) = previous {
            self.store.sessions().end(&other.session.id).await?;
        }
        let session = Session {
            id: SessionId::new(self.random.uuid()),
            user: user.subject.clone(),
            authenticated_at: now,
            created_at: now,
            last_used_at: now,
            user_agent: attempt.user_agent.chars().filter(|character| !character.is_control()).take(200).collect(),
            address: attempt.address.to_string(),
            interaction,
        };
        Ok(match self.store.sessions().begin(&cookie.hash(), &session, user.password_version).await? {
            Applied::Done => SignIn::Done(cookie),
            // The account was deleted or disabled meanwhile, or its password changed.
            Applied::Lost => SignIn::Wrong(Explanation::of(Fact::of("account").note("it was changed while its password was checked"))),
        })
    }
}
