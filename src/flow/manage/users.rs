//! Managing people's accounts.

use secrecy::{ExposeSecret, SecretString};

use crate::flow::manage::Refused;
use crate::flow::{Failure, Server};
use crate::identity::user::{PasswordHash, ROLE_RULE, User, Username, check_new_password, is_role};
use crate::password::PasswordFailure;
use crate::protocol::claims::StandardClaims;
use crate::protocol::subject::Subject;
use crate::store::Insertion;

/// A new account.
pub struct NewUser {
    /// What they sign in with.
    pub username: Username,
    /// Their password; without one they can't sign in with a password.
    pub password: Option<SecretString>,
    /// Characters that the password must have.
    pub password_minimum: usize,
    /// What we know about them.
    pub claims: StandardClaims,
    /// What they are here.
    pub roles: Vec<String>,
}

impl Server {
    /// All people, by username.
    pub async fn users(&self) -> Result<Vec<User>, Failure> {
        Ok(self.store.users().list().await?)
    }

    /// One person, by username.
    pub async fn user(&self, username: &Username) -> Result<Option<User>, Failure> {
        Ok(self.store.users().find_by_username(username).await?)
    }

    /// Adds a person.
    pub async fn add_user(&self, new: NewUser) -> Result<Result<User, Refused>, Failure> {
        if let Err(refused) = check_roles(&new.roles) {
            return Ok(Err(refused));
        }
        let password = match new.password {
            None => None,
            Some(password) => match self.hash_new_password(password, &new.username, new.password_minimum).await? {
                Ok(hash) => Some(hash),
                Err(refused) => return Ok(Err(refused)),
            },
        };
        let now = self.clock.now();
        let user = User {
            subject: Subject::new(self.random.uuid()),
            username: new.username,
            password,
            password_version: 0,
            claims: new.claims,
            roles: new.roles.into_iter().collect(),
            enabled: true,
            created_at: now,
            updated_at: now,
        };
        Ok(match self.store.users().insert(&user).await? {
            Insertion::Inserted => Ok(user),
            Insertion::AlreadyThere => Err(Refused::AlreadyThere(format!("user {}", user.username))),
        })
    }

    /// Disables a person, or enables them again. What a disabled person allowed is inactive at once.
    pub async fn enable_user(&self, username: &Username, enabled: bool) -> Result<Result<(), Refused>, Failure> {
        let Some(user) = self.user(username).await? else { return Ok(Err(not_found(username))) };
        self.store.users().set_enabled(&user.subject, enabled, self.clock.now()).await?;
        Ok(Ok(()))
    }

    /// Gives a person other roles. Tokens carry them from the next refresh on.
    pub async fn set_roles(&self, username: &Username, roles: Vec<String>) -> Result<Result<(), Refused>, Failure> {
        if let Err(refused) = check_roles(&roles) {
            return Ok(Err(refused));
        }
        let Some(user) = self.user(username).await? else { return Ok(Err(not_found(username))) };
        self.store.users().set_roles(&user.subject, &roles.into_iter().collect(), self.clock.now()).await?;
        Ok(Ok(()))
    }

    /// Gives a person another password. All their sessions and tokens end.
    pub async fn set_password(&self, username: &Username, password: SecretString) -> Result<Result<(), Refused>, Failure> {
        let Some(user) = self.user(username).await? else { return Ok(Err(not_found(username))) };
        let hash = match self.hash_new_password(password, username, self.settings.password_minimum).await? {
            Ok(hash) => hash,
            Err(refused) => return Ok(Err(refused)),
        };
        self.store.users().set_password(&user.subject, &hash, None, self.clock.now(), None).await?;
        Ok(Ok(()))
    }

    /// Deletes a person and everything of theirs.
    pub async fn delete_user(&self, username: &Username) -> Result<Result<(), Refused>, Failure> {
        let Some(user) = self.user(username).await? else { return Ok(Err(not_found(username))) };
        self.store.users().delete(&user.subject).await?;
        Ok(Ok(()))
    }

    async fn hash_new_password(
        &self,
        password: SecretString,
        username: &Username,
        minimum: usize,
    ) -> Result<Result<PasswordHash, Refused>, Failure> {
        if let Err(weak) = check_new_password(password.expose_secret(), username, minimum) {
            return Ok(Err(weak.into()));
        }
        match self.passwords.hash(&password).await {
            Ok(hash) => Ok(Ok(PasswordHash::from_phc(hash))),
            Err(PasswordFailure::Busy) => Ok(Err(Refused::Busy)),
            Err(failure) => Err(failure.into()),
        }
    }
}

fn check_roles(roles: &[String]) -> Result<(), Refused> {
    let wrong: Vec<String> = roles.iter().filter(|role| !is_role(role)).map(|role| format!("the role {role:?} {ROLE_RULE}")).collect();
    if wrong.is_empty() { Ok(()) } else { Err(Refused::Invalid(wrong)) }
}

fn not_found(username: &Username) -> Refused {
    Refused::NotFound(format!("user {username}"))
}
