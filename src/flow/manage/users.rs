//! Managing people's accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;

use crate::flow::manage::{ATTEMPTS, Expected, Page, PageRequest, Reach, Refused, Version, patched};
use crate::flow::{Failure, Server};
use crate::identity::account::Account;
use crate::identity::attribute::{self, Attribute};
use crate::identity::group::Group;
use crate::identity::user::{PasswordHash, User, Username, check_new_password};
use crate::password::PasswordFailure;
use crate::protocol::problem::Problem;
use crate::protocol::subject::Subject;
use crate::protocol::time::Timestamp;
use crate::store::{Applied, Insertion, UserFilter};

/// A person as they are shown to whoever manages them; never a password's hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserView {
    /// Their identifier in tokens.
    pub sub: Subject,
    /// What can be chosen about their account.
    #[serde(flatten)]
    pub account: Account,
    /// Whether they can sign in with a password.
    pub has_password: bool,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl UserView {
    /// How a person is shown.
    #[must_use]
    pub fn of(user: &User) -> Self {
        Self {
            sub: user.subject.clone(),
            account: Account::of(user),
            has_password: user.password.is_some(),
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// A password that is set for somebody.
#[derive(Clone)]
pub enum NewPassword {
    /// In plain text; it must have as many characters as the settings ask for.
    Text(SecretString),
    /// In plain text, however short: for demo data.
    AnyText(SecretString),
    /// As a hash that was made elsewhere, in PHC string format.
    Hash(PasswordHash),
}

/// The groups that somebody is in, each with the roles that it gives.
type Memberships = BTreeMap<String, BTreeSet<String>>;

impl Server {
    /// All people, by username.
    pub async fn users(&self) -> Result<Vec<User>, Failure> {
        Ok(self.store.users().list().await?)
    }

    /// The people that `filter` lets through, by username.
    pub async fn user_page(&self, filter: &UserFilter, request: &PageRequest) -> Result<Page<User>, Failure> {
        let found = self.store.users().page(filter, request.after(), request.fetch()).await?;
        Ok(request.page(found, |user| user.username.as_str()))
    }

    /// One person, by username.
    pub async fn user(&self, username: &Username) -> Result<Option<User>, Failure> {
        Ok(self.store.users().find_by_username(username).await?)
    }

    /// One person, by their identifier in tokens.
    pub async fn user_by_subject(&self, subject: &Subject) -> Result<Option<User>, Failure> {
        Ok(self.store.users().find(subject).await?)
    }

    /// One person, by their identifier in tokens or their username. The identifier comes first, because nobody chooses it.
    pub async fn user_by_name(&self, name: &str) -> Result<Option<User>, Failure> {
        if let Some(user) = self.user_by_subject(&Subject::new(name)).await? {
            return Ok(Some(user));
        }
        match Username::parse(name) {
            Ok(username) => self.user(&username).await,
            Err(_) => Ok(None),
        }
    }

    /// Opens an account. Without a password, its owner can't sign in with one.
    pub async fn add_user(
        &self,
        reach: Reach<'_>,
        account: Account,
        password: Option<NewPassword>,
    ) -> Result<Result<User, Refused>, Failure> {
        let username = match account.check() {
            Ok(username) => username,
            Err(problems) => return Ok(Err(Refused::Invalid(problems))),
        };
        let groups = match self.groups_of(reach, &account, None).await? {
            Ok(groups) => groups,
            Err(refused) => return Ok(Err(refused)),
        };
        let password = match password {
            None => None,
            Some(password) => match self.hash_new_password(password, &username).await? {
                Ok(hash) => Some(hash),
                Err(refused) => return Ok(Err(refused)),
            },
        };
        let now = self.clock.now();
        let user = User {
            subject: Subject::new(self.random.uuid()),
            username,
            password,
            password_version: 0,
            claims: account.claims,
            attributes: account.attributes,
            roles: account.roles,
            groups,
            enabled: account.enabled,
            created_at: now,
            updated_at: now,
        };
        Ok(match self.store.users().insert(&user).await? {
            Insertion::Inserted => Ok(user),
            Insertion::AlreadyThere => Err(Refused::AlreadyThere(format!("user {}", user.username))),
        })
    }

    /// Changes what can be chosen about an account, and its password if there is a new one. Whoever is disabled or gets another password is
    /// signed out everywhere, and what they allowed is inactive at once; tokens carry other roles from the next refresh on.
    pub async fn change_user(
        &self,
        reach: Reach<'_>,
        subject: &Subject,
        expected: &Expected,
        password: Option<NewPassword>,
        change: impl Fn(Account) -> Result<Account, Refused> + Send,
    ) -> Result<Result<User, Refused>, Failure> {
        let mut password = password;
        let mut hash = None;
        for _ in 0..ATTEMPTS {
            let Some(before) = self.store.users().find(subject).await? else { return Ok(Err(not_found(subject))) };
            if let Err(beyond) = reach.person(&before.all_roles()) {
                return Ok(Err(beyond));
            }
            if !expected.admits(&Version::of(&UserView::of(&before))) {
                return Ok(Err(Refused::Outdated));
            }
            let changed = match change(Account::of(&before)) {
                Ok(account) => account,
                Err(refused) => return Ok(Err(refused)),
            };
            match changed.check() {
                Err(problems) => return Ok(Err(Refused::Invalid(problems))),
                Ok(username) if username != before.username => return Ok(Err(Refused::field("username", "can't be changed"))),
                Ok(_) => {}
            }
            let groups = match self.groups_of(reach, &changed, Some(&before)).await? {
                Ok(groups) => groups,
                Err(refused) => return Ok(Err(refused)),
            };
            if let Some(password) = password.take() {
                hash = match self.hash_new_password(password, &before.username).await? {
                    Ok(hash) => Some(hash),
                    Err(refused) => return Ok(Err(refused)),
                };
            }
            let Account { username: _, claims, attributes, roles, groups: _, enabled } = changed;
            let password = hash.clone().or_else(|| before.password.clone());
            let mut after = User { password, claims, attributes, roles, groups, enabled, ..before.clone() };
            if after == before {
                return Ok(Ok(before));
            }
            // Two changes within a second still have an order, and so versions of their own.
            after.updated_at = self.clock.now().max(before.updated_at + Duration::from_secs(1));
            if self.store.users().replace(&before, &after).await? == Applied::Done {
                return Ok(Ok(after));
            }
        }
        Ok(Err(Refused::Outdated))
    }

    /// Changes an account by a merge patch (RFC 7396) of its description.
    pub async fn patch_user(
        &self,
        reach: Reach<'_>,
        subject: &Subject,
        expected: &Expected,
        password: Option<NewPassword>,
        patch: &Value,
    ) -> Result<Result<User, Refused>, Failure> {
        self.change_user(reach, subject, expected, password, |account| patched(&account, patch)).await
    }

    /// Disables a person, or enables them again.
    pub async fn enable_user(&self, username: &Username, enabled: bool) -> Result<Result<User, Refused>, Failure> {
        self.change_named(username, None, |account| Ok(Account { enabled, ..account })).await
    }

    /// Gives a person other roles.
    pub async fn set_roles(&self, username: &Username, roles: &[String]) -> Result<Result<User, Refused>, Failure> {
        self.change_named(username, None, |account| Ok(Account { roles: roles.iter().cloned().collect(), ..account })).await
    }

    /// Puts a person into these groups, and out of all others.
    pub async fn set_groups(&self, username: &Username, groups: &[String]) -> Result<Result<User, Refused>, Failure> {
        self.change_named(username, None, |account| Ok(Account { groups: groups.iter().cloned().collect(), ..account })).await
    }

    /// Gives a person another password.
    pub async fn set_password(&self, username: &Username, password: SecretString) -> Result<Result<User, Refused>, Failure> {
        self.change_named(username, Some(NewPassword::Text(password)), Ok).await
    }

    async fn change_named(
        &self,
        username: &Username,
        password: Option<NewPassword>,
        change: impl Fn(Account) -> Result<Account, Refused> + Send,
    ) -> Result<Result<User, Refused>, Failure> {
        match self.user(username).await? {
            Some(user) => self.change_user(Reach::Everything, &user.subject, &Expected::Anything, password, change).await,
            None => Ok(Err(Refused::not_found("user", username))),
        }
    }

    /// Deletes a person and everything of theirs.
    pub async fn delete_user(&self, reach: Reach<'_>, subject: &Subject, expected: &Expected) -> Result<Result<(), Refused>, Failure> {
        for _ in 0..ATTEMPTS {
            let Some(before) = self.store.users().find(subject).await? else { return Ok(Err(not_found(subject))) };
            if let Err(beyond) = reach.person(&before.all_roles()) {
                return Ok(Err(beyond));
            }
            if !expected.admits(&Version::of(&UserView::of(&before))) {
                return Ok(Err(Refused::Outdated));
            }
            let deleted = self.store.users().delete(&before, self.clock.now()).await?;
            if deleted == Applied::Done {
                return Ok(Ok(()));
            }
        }
        Ok(Err(Refused::Outdated))
    }

    /// The groups of an account with what they give; refused is what does not fit the groups and attributes that there are, or would go beyond
    /// the reach of whoever manages. An attribute that stays as it was `before` may have been deleted since.
    async fn groups_of(&self, reach: Reach<'_>, account: &Account, before: Option<&User>) -> Result<Result<Memberships, Refused>, Failure> {
        let groups = if account.groups.is_empty() { Vec::new() } else { self.groups().await? };
        let attributes = if account.attributes.is_empty() { Vec::new() } else { self.attributes().await? };
        let mut changed = account.clone();
        changed.attributes.retain(|name, value| before.is_none_or(|before| before.attributes.get(name) != Some(value)));
        let problems = problems_beside(&changed, &groups, &attributes);
        if !problems.is_empty() {
            return Ok(Err(Refused::Invalid(problems)));
        }
        let theirs = groups.into_iter().filter(|group| account.groups.contains(&group.name));
        let theirs: Memberships = theirs.map(|group| (group.name, group.roles)).collect();
        let roles = theirs.values().flatten().chain(&account.roles).cloned().collect();
        Ok(reach.person(&roles).map(|()| theirs))
    }

    async fn hash_new_password(&self, password: NewPassword, username: &Username) -> Result<Result<PasswordHash, Refused>, Failure> {
        let (password, minimum) = match password {
            NewPassword::Text(text) => (text, self.settings.password_minimum),
            NewPassword::AnyText(text) => (text, 0),
            NewPassword::Hash(hash) => return Ok(Ok(hash)),
        };
        if let Err(weak) = check_new_password(password.expose_secret(), username, minimum) {
            return Ok(Err(Refused::field("password", weak)));
        }
        match self.passwords.hash(&password).await {
            Ok(hash) => Ok(Ok(PasswordHash::from_phc(hash))),
            Err(PasswordFailure::Busy) => Ok(Err(Refused::Busy)),
            Err(failure) => Err(failure.into()),
        }
    }
}

/// Everything that is wrong with an account, if these are the groups and attributes that there are.
pub(in crate::flow) fn problems_beside(account: &Account, groups: &[Group], attributes: &[Attribute]) -> Vec<Problem> {
    let unknown = account.groups.iter().filter(|name| !groups.iter().any(|group| group.name == **name));
    let mut problems: Vec<Problem> =
        unknown.map(|name| Problem::new("groups", format!("there is no group {}", name.escape_default()))).collect();
    problems.extend(attribute::problems(&account.attributes, attributes));
    problems
}

fn not_found(subject: &Subject) -> Refused {
    Refused::not_found("user", subject)
}
