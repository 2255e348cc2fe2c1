//! Checking a typed password, the one way for every door that takes one: slowed down by account and address, with the same work for people
//! who don't exist.

use std::net::IpAddr;

use secrecy::SecretString;

use crate::flow::throttle::{Throttled, network};
use crate::flow::{Failure, Server};
use crate::identity::throttle::ThrottleKey;
use crate::identity::user::{PasswordHash, User, Username};
use crate::password::PasswordFailure;
use crate::protocol::explanation::{Explanation, Fact};

/// What came of it.
pub(super) enum Checked {
    /// The password is theirs, and the account is enabled.
    Right(Box<User>),
    /// There is no such person, the password is another one, or the account is disabled; which of them is for the operator alone.
    Wrong(Explanation),
    /// Too many failures.
    TooMany(Throttled),
    /// Too many passwords are being checked.
    Busy,
}

/// What failures of a typed name are counted for. A name that can't exist is counted, too, as one that nobody can have.
fn account_key(typed: &str) -> ThrottleKey {
    let name = Username::parse(typed).map_or_else(|_| " ".to_owned(), |name| name.to_string());
    ThrottleKey::Account(name)
}

/// What is not right, for the operator. The name that was typed is not kept: people type passwords there.
fn why_wrong(user: Option<&User>, matches: bool) -> Explanation {
    const ACCOUNT: &str = "account";
    let Some(user) = user else { return Explanation::of(Fact::of(ACCOUNT).expected("one that exists").came("a name that nobody has")) };
    let account = Fact::of(ACCOUNT).came(user.subject.to_string());
    Explanation::of_all([
        if user.enabled { account } else { account.note("it is disabled") },
        match (&user.password, matches) {
            (None, _) => Fact::of("password").note("the account has none"),
            (Some(_), true) => Fact::of("password").note("it is right"),
            (Some(_), false) => Fact::of("password").note("it is another one"),
        },
    ])
}

impl Server {
    pub(super) async fn check_password(&self, typed: &str, password: &SecretString, address: IpAddr) -> Result<Checked, Failure> {
        let keys = [account_key(typed), ThrottleKey::Address(network(address))];
        if let Some(throttled) = self.must_wait(&keys).await? {
            return Ok(Checked::TooMany(throttled));
        }
        let user = match Username::parse(typed) {
            Ok(username) => self.store.users().find_by_username(&username).await?,
            Err(_) => None,
        };
        let account = user.as_ref().map(|user| user.subject.to_string());
        let stored = user.as_ref().and_then(|user| user.password.clone());
        let verification = match self.passwords.verify(password, stored.as_ref().map(PasswordHash::as_phc)).await {
            Ok(verification) => verification,
            Err(PasswordFailure::Busy) => return Ok(Checked::Busy),
            Err(failure) => return Err(failure.into()),
        };
        let user = match user {
            Some(user) if verification.matches && user.enabled => user,
            other => {
                for key in &keys {
                    self.count(key).await?;
                }
                // Not what was typed: it may have been the password.
                tracing::info!(target: "claviger::security", user = account.as_deref(), %address, "a sign-in failed");
                let wrong = || Checked::Wrong(why_wrong(other.as_ref(), verification.matches));
                return Ok(self.must_wait(&keys).await?.map_or_else(wrong, Checked::TooMany));
            }
        };
        let [account, _] = &keys;
        if self.store.login_failures().of(account).await?.is_some() {
            // Of guesses made at the same time, none tells more than the limit allows.
            if let Some(throttled) = self.must_wait(std::slice::from_ref(account)).await? {
                return Ok(Checked::TooMany(throttled));
            }
            self.store.login_failures().forget(account).await?;
        }
        if let (true, Some(old)) = (verification.needs_rehash, stored) {
            self.upgrade(&user, &old, password).await?;
        }
        Ok(Checked::Right(Box::new(user)))
    }

    /// Hashes the password anew with the cost that is configured now.
    async fn upgrade(&self, user: &User, old: &PasswordHash, password: &SecretString) -> Result<(), Failure> {
        match self.passwords.hash(password).await {
            Ok(new) => Ok(self.store.users().upgrade_password(&user.subject, old, &PasswordHash::from_phc(new)).await.map(drop)?),
            // It can wait until the next sign-in.
            Err(PasswordFailure::Busy) => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }
}
