//! Checking a typed password, the one way for every door that takes one: slowed down by account and address, with the same work for people
//! who don't exist.

use std::net::IpAddr;
use std::time::Duration;

use secrecy::SecretString;

use crate::flow::{Failure, Server};
use crate::identity::throttle::ThrottleKey;
use crate::identity::user::{PasswordHash, User, Username};
use crate::password::PasswordFailure;

/// What came of it.
pub(super) enum Checked {
    /// The password is theirs, and the account is enabled.
    Right(Box<User>),
    /// There is no such person, the password is another one, or the account is disabled.
    Wrong,
    /// Too many failures; try again after so many seconds.
    TooMany(u64),
    /// Too many passwords are being checked.
    Busy,
}

/// What failures of a typed name are counted for. A name that can't exist is counted, too, as one that nobody can have.
fn account_key(typed: &str) -> ThrottleKey {
    let name = Username::parse(typed).map_or_else(|_| " ".to_owned(), |name| name.to_string());
    ThrottleKey::Account(name)
}

fn address_key(address: IpAddr) -> ThrottleKey {
    let name = match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        // One person can have all addresses of a /64.
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    };
    ThrottleKey::Address(name)
}

impl Server {
    pub(super) async fn check_password(&self, typed: &str, password: &SecretString, address: IpAddr) -> Result<Checked, Failure> {
        let keys = [account_key(typed), address_key(address)];
        if let Some(wait) = self.must_wait(&keys).await? {
            return Ok(Checked::TooMany(wait));
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
        let Some(user) = user.filter(|user| verification.matches && user.enabled) else {
            for key in &keys {
                self.store.login_failures().count(key, self.clock.now(), self.settings.throttle.window).await?;
            }
            // Not what was typed: it may have been the password.
            tracing::info!(target: "claviger::security", user = account.as_deref(), %address, "a sign-in failed");
            return Ok(self.must_wait(&keys).await?.map_or(Checked::Wrong, Checked::TooMany));
        };
        let [account, _] = &keys;
        if let Some(failures) = self.store.login_failures().of(account).await? {
            // Of guesses made at the same time, none tells more than the limit allows.
            if let Some(wait) = account.wait(failures, self.settings.throttle, self.clock.now()) {
                return Ok(Checked::TooMany(wait.as_secs().max(1)));
            }
            self.store.login_failures().forget(account).await?;
        }
        if let (true, Some(old)) = (verification.needs_rehash, stored) {
            self.upgrade(&user, &old, password).await?;
        }
        Ok(Checked::Right(Box::new(user)))
    }

    /// Seconds to wait, if any of the keys has too many failures.
    async fn must_wait(&self, keys: &[ThrottleKey]) -> Result<Option<u64>, Failure> {
        let now = self.clock.now();
        let mut longest: Option<Duration> = None;
        for key in keys {
            if let Some(failures) = self.store.login_failures().of(key).await? {
                longest = longest.max(key.wait(failures, self.settings.throttle, now));
            }
        }
        Ok(longest.map(|wait| wait.as_secs().max(1)))
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
