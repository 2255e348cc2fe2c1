//! One change, and how it is shown: what comes (`+`), what changes (`~`), field by field, and what goes (`-`). Never a secret.

use std::fmt;

use secrecy::SecretString;
use serde::Serialize;
use toml::{Table, Value};

use crate::flow::apply::diff;
use crate::flow::manage::users::NewPassword;
use crate::identity::account::Account;
use crate::identity::attribute::Attribute;
use crate::identity::group::Group;
use crate::identity::provider::Provider;
use crate::identity::user::User;
use crate::protocol::api::Api;
use crate::protocol::chosen_secret::ChosenSecret;
use crate::protocol::client::Client;
use crate::protocol::client_metadata::ClientMetadata;
use crate::store::StoredProvider;

/// One change.
#[derive(Clone)]
pub enum Step {
    /// An attribute is made.
    AddAttribute(Attribute),
    /// An attribute changes.
    ChangeAttribute {
        /// As it is.
        before: Attribute,
        /// As it shall be.
        after: Attribute,
    },
    /// An attribute is deleted.
    DeleteAttribute(Attribute),
    /// A group is made.
    AddGroup(Group),
    /// A group changes.
    ChangeGroup {
        /// As it is.
        before: Group,
        /// As it shall be.
        after: Group,
    },
    /// A group is deleted.
    DeleteGroup(Group),
    /// A client is registered.
    AddClient(Box<Client>, Secret),
    /// A client changes.
    ChangeClient {
        /// As it is.
        before: Box<Client>,
        /// As it shall be, but for its secrets.
        after: Box<Client>,
        /// What becomes of its secrets.
        secret: Secret,
    },
    /// A client is deleted.
    DeleteClient(Box<Client>),
    /// An API is added.
    AddApi(Api),
    /// An API changes.
    ChangeApi {
        /// As it is.
        before: Api,
        /// As it shall be.
        after: Api,
    },
    /// An API is deleted.
    DeleteApi(Api),
    /// An account is opened.
    AddUser(Box<Account>, Option<NewPassword>),
    /// An account changes.
    ChangeUser {
        /// As it is.
        before: Box<User>,
        /// As it shall be.
        after: Box<Account>,
        /// Their new password, if it is another one.
        password: Option<NewPassword>,
    },
    /// An account is closed.
    DeleteUser(Box<User>),
    /// Another identity provider is declared.
    AddProvider(Box<Provider>, SecretString),
    /// Another identity provider changes.
    ChangeProvider {
        /// As it is.
        before: Box<StoredProvider>,
        /// As it shall be.
        after: Box<Provider>,
        /// The secret that we have there, if it is another one.
        secret: Option<SecretString>,
    },
    /// Nobody comes from there any more.
    DeleteProvider(Box<StoredProvider>),
}

/// What becomes of a client's secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// Nothing.
    Keep,
    /// It gets the given one; the newest one so far stays alive beside it.
    Given(ChosenSecret),
    /// It gets a generated one.
    Generated,
    /// It has none any more.
    Withdrawn,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something comes.
    Add,
    /// Something changes.
    Change,
    /// Something goes.
    Delete,
}

impl Step {
    /// What it does.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::AddAttribute(_)
            | Self::AddGroup(_)
            | Self::AddClient(..)
            | Self::AddApi(_)
            | Self::AddUser(..)
            | Self::AddProvider(..) => Kind::Add,
            Self::ChangeAttribute { .. }
            | Self::ChangeGroup { .. }
            | Self::ChangeClient { .. }
            | Self::ChangeApi { .. }
            | Self::ChangeUser { .. }
            | Self::ChangeProvider { .. } => Kind::Change,
            Self::DeleteAttribute(_)
            | Self::DeleteGroup(_)
            | Self::DeleteClient(_)
            | Self::DeleteApi(_)
            | Self::DeleteUser(_)
            | Self::DeleteProvider(_) => Kind::Delete,
        }
    }

    /// What it is about, such as `client shop`.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::AddAttribute(known) | Self::ChangeAttribute { before: known, .. } | Self::DeleteAttribute(known) => {
                format!("attribute {}", known.name)
            }
            Self::AddGroup(group) | Self::ChangeGroup { before: group, .. } | Self::DeleteGroup(group) => format!("group {}", group.name),
            Self::AddClient(client, _) | Self::ChangeClient { before: client, .. } | Self::DeleteClient(client) => {
                format!("client {}", client.id)
            }
            Self::AddApi(api) | Self::ChangeApi { before: api, .. } | Self::DeleteApi(api) => format!("api {}", api.identifier),
            Self::AddProvider(provider, _) => format!("provider {}", provider.name),
            Self::ChangeProvider { before, .. } | Self::DeleteProvider(before) => format!("provider {}", before.provider.name),
            Self::AddUser(account, _) => format!("user {}", account.username),
            Self::ChangeUser { before: user, .. } | Self::DeleteUser(user) => format!("user {}", user.username),
        }
    }

    /// Its fields, a line each.
    fn fields(&self) -> Vec<String> {
        match self {
            Self::AddAttribute(new) => diff::new(&table(new), &attribute_defaults(), "name"),
            Self::ChangeAttribute { before, after } => diff::changed(&table(before), &table(after)),
            Self::AddGroup(new) => diff::new(&table(new), &table(&Group::default()), "name"),
            Self::ChangeGroup { before, after } => diff::changed(&table(before), &table(after)),
            Self::AddClient(client, secret) => {
                let mut lines = diff::new(&of_client(client), &worded(&ClientMetadata::default()), "client_id");
                lines.extend(secret.words("as given").map(|words| format!("client_secret: {words}")));
                lines
            }
            Self::ChangeClient { before, after, secret } => {
                let mut lines = diff::changed(&of_client(before), &of_client(after));
                let given = "another one is added; the newest so far stays alive beside it";
                lines.extend(secret.words(given).map(|words| format!("client_secret: {words}")));
                lines
            }
            Self::AddApi(api) => diff::new(&table(api), &api_defaults(), "identifier"),
            Self::ChangeApi { before, after } => diff::changed(&table(before), &table(after)),
            Self::AddUser(account, password) => {
                let mut lines = diff::new(&table(account), &table(&Account::default()), "username");
                lines.push(format!("password: {}", if password.is_some() { "as given" } else { "none: they can't sign in with one" }));
                lines
            }
            Self::ChangeUser { before, after, password } => {
                let mut lines = diff::changed(&table(&Account::of(before)), &table(after));
                lines.extend(password.as_ref().map(|_| "password: another one; their sessions and tokens end".to_owned()));
                lines
            }
            Self::AddProvider(provider, _) => {
                let mut lines = diff::new(&table(provider), &provider_defaults(), "name");
                lines.push("client_secret: as given".to_owned());
                lines
            }
            Self::ChangeProvider { before, after, secret } => {
                let mut lines = diff::changed(&table(&before.provider), &table(after));
                lines.extend(secret.as_ref().map(|_| "client_secret: another one".to_owned()));
                lines
            }
            Self::DeleteAttribute(_)
            | Self::DeleteGroup(_)
            | Self::DeleteClient(_)
            | Self::DeleteApi(_)
            | Self::DeleteUser(_)
            | Self::DeleteProvider(_) => Vec::new(),
        }
    }
}

impl Secret {
    const fn words(&self, given: &'static str) -> Option<&'static str> {
        match self {
            Self::Keep => None,
            Self::Given(_) => Some(given),
            Self::Generated => Some("generated, and shown once"),
            Self::Withdrawn => Some("withdrawn"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.kind() {
            Kind::Add => '+',
            Kind::Change => '~',
            Kind::Delete => '-',
        };
        write!(formatter, "{sign} {}", self.subject())?;
        self.fields().iter().try_for_each(|line| write!(formatter, "\n    {line}"))
    }
}

/// The members that an API has if they are left out.
pub(super) fn api_defaults() -> Table {
    Table::from_iter([("introspectors".to_owned(), Value::Array(Vec::new()))])
}

/// The members that an attribute has if they are left out.
pub(super) fn attribute_defaults() -> Table {
    Table::from_iter([("description".to_owned(), Value::String(String::new()))])
}

/// The members that a provider has if they are left out.
pub(super) fn provider_defaults() -> Table {
    Table::from_iter([("create_accounts".to_owned(), Value::Boolean(false)), ("enabled".to_owned(), Value::Boolean(true))])
}

fn of_client(client: &Client) -> Table {
    worded(&ClientMetadata::of(client).concise())
}

/// A client's members. Scopes are lists, so that they are compared word by word.
fn worded(metadata: &ClientMetadata) -> Table {
    let mut members = table(metadata);
    for name in ["scope", "default_scope"] {
        if let Some(Value::String(words)) = members.get(name) {
            let words: Vec<Value> = words.split_whitespace().map(Value::from).collect();
            members.insert(name.to_owned(), Value::Array(words));
        }
    }
    members
}

/// The members of a description. What can't be written as TOML has none that could be shown.
fn table(description: &impl Serialize) -> Table {
    Table::try_from(description).unwrap_or_default()
}
