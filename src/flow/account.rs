//! What a person sees and changes about their own account.

use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};

use crate::flow::password_check::Checked;
use crate::flow::session::Current;
use crate::flow::session_end::Frame;
use crate::flow::throttle::Throttled;
use crate::flow::{Failure, Server};
use crate::identity::session::Session;
use crate::identity::user::{PasswordHash, WeakPassword, check_new_password};
use crate::password::PasswordFailure;
use crate::protocol::client::ClientId;
use crate::protocol::explanation::{Explanation, Fact};
use crate::protocol::scope::Scope;
use crate::protocol::subject::SessionId;
use crate::protocol::time::Timestamp;

/// What a person sees.
pub struct Overview {
    /// Their sessions.
    pub sessions: Vec<Session>,
    /// The applications that they allowed something, or that hold something of theirs.
    pub apps: Vec<App>,
}

/// An application that a person allowed something.
pub struct App {
    /// Its identifier.
    pub client: ClientId,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// Since when.
    pub since: Timestamp,
}

/// What came of changing a password.
pub enum PasswordChange {
    /// It is changed; other sessions and all tokens are gone.
    Done,
    /// The current password is not right.
    Wrong(Explanation),
    /// The new one is refused.
    Weak(WeakPassword),
    /// Too many failures.
    TooMany {
        /// Seconds until they may try again.
        seconds: u64,
        /// What was counted, for the operator.
        why: Explanation,
    },
    /// Too many passwords are being checked.
    Busy,
}

impl Server {
    /// What a person sees about their account.
    pub async fn account(&self, current: &Current) -> Result<Overview, Failure> {
        let now = self.clock.now();
        let mut sessions = self.store.sessions().of_user(&current.user.subject).await?;
        sessions.retain(|session| session.is_live(now, self.settings.session));
        let mut apps: Vec<App> = Vec::new();
        let consents = self.store.consents().of_user(&current.user.subject).await?;
        let consented = consents.into_iter().map(|consent| (consent.client, consent.scope, consent.since));
        // Our own applications hold tokens without having asked for consent.
        let granted = self.store.grants().of_user(&current.user.subject, now, self.settings.session).await?.into_iter();
        for (client, scope, since) in consented.chain(granted.map(|grant| (grant.client, grant.scope, grant.created_at))) {
            if apps.iter().any(|app| app.client == client) {
                continue;
            }
            if let Some(known) = self.cached_client(&client).await? {
                apps.push(App { client, name: known.name.clone(), scope, since });
            }
        }
        Ok(Overview { sessions, apps })
    }

    /// The characters that a new password must have.
    #[must_use]
    pub const fn password_minimum(&self) -> usize {
        self.settings.password_minimum
    }

    /// Ends one of the person's sessions, and says what its browser would have to load.
    pub async fn end_own_session(&self, current: &Current, session: &SessionId) -> Result<Vec<Frame>, Failure> {
        let own = self.store.sessions().find(session).await?.filter(|found| found.user == current.user.subject);
        match own {
            Some(own) => Ok(self.end_session(&own.id).await?.unwrap_or_default()),
            None => Ok(Vec::new()),
        }
    }

    /// Takes back what the person allowed an application, and everything that came of it.
    pub async fn withdraw_consent(&self, current: &Current, client: &ClientId) -> Result<(), Failure> {
        Ok(self.store.consents().withdraw(&current.user.subject, client, self.clock.now()).await?)
    }

    /// Changes the person's password. Their other sessions and all refresh tokens end.
    pub async fn change_password(
        &self,
        current: &Current,
        old: &SecretString,
        new: SecretString,
        address: IpAddr,
    ) -> Result<PasswordChange, Failure> {
        let user = &current.user;
        let version = match self.check_password(user.username.as_str(), old, address).await? {
            Checked::Right(checked) => checked.password_version,
            Checked::Wrong(why) => return Ok(PasswordChange::Wrong(why)),
            Checked::TooMany(Throttled { seconds, why }) => return Ok(PasswordChange::TooMany { seconds, why }),
            Checked::Busy => return Ok(PasswordChange::Busy),
        };
        if let Err(weak) = check_new_password(new.expose_secret(), &user.username, self.settings.password_minimum) {
            return Ok(PasswordChange::Weak(weak));
        }
        let hash = match self.passwords.hash(&new).await {
            Ok(hash) => PasswordHash::from_phc(hash),
            Err(PasswordFailure::Busy) => return Ok(PasswordChange::Busy),
            Err(failure) => return Err(failure.into()),
        };
        let now = self.clock.now();
        if !self.store.users().set_password(&user.subject, &hash, Some(version), now, Some(&current.session.id)).await? {
            // Somebody else changed it while this one was checked.
            return Ok(PasswordChange::Wrong(Explanation::of(Fact::of("password").note("it was changed by somebody else meanwhile"))));
        }
        tracing::info!(target: "claviger::security", user = %user.subject, "a password was changed");
        Ok(PasswordChange::Done)
    }
}
