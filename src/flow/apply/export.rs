//! Writing what is stored as a file for `claviger apply`.

use serde::Serialize;
use toml::{Table, Value};

use crate::flow::apply::diff::without_defaults;
use crate::flow::apply::step::{api_defaults, attribute_defaults, provider_defaults};
use crate::flow::apply::written::ISSUER;
use crate::flow::{Failure, Server};
use crate::identity::account::Account;
use crate::identity::group::Group;
use crate::identity::user::User;
use crate::protocol::client_metadata::ClientMetadata;

const HEAD: &str = "\
# Clients, APIs, people, groups, attributes and other identity providers of {issuer}, written by `claviger export` for `claviger apply`.
#
# Members that are left out have their default. Secrets and passwords are not in here: where this file is applied, what is there keeps its
# own; new clients get generated secrets, new providers need theirs, and new people can't sign in with a password until they have one
# (`claviger users password`). Nor does it say who comes from which other provider: where there is no such link yet, whoever comes from
# there gets an account of their own.
# Clients that registered themselves are left out, and left alone where this file is applied.
# Instead of this server's URL, members say {issuer}: the URL of whichever server the file is applied to.
";

impl Server {
    /// Everything that can be managed as the file that would make it so, but for secrets and passwords.
    pub async fn export(&self) -> Result<String, Failure> {
        let mut file = Table::new();
        file.insert("attribute".to_owned(), self.entries(self.attributes().await?.into_iter(), &attribute_defaults())?);
        file.insert("group".to_owned(), self.entries(self.groups().await?.into_iter(), &Table::try_from(Group::default())?)?);
        let clients = self.store.clients().list().await?;
        // Those that registered themselves would be the operator's where the file is applied.
        let clients = clients.iter().filter(|client| !client.registered_itself()).map(|client| ClientMetadata::of(client).concise());
        file.insert("client".to_owned(), self.entries(clients, &Table::try_from(ClientMetadata::default())?)?);
        file.insert("api".to_owned(), self.entries(self.store.apis().list().await?.into_iter(), &api_defaults())?);
        let users = self.store.users().list().await?;
        let known = self.attributes().await?;
        // What people have of an attribute that is no more would keep the file from being applied.
        let account = |user: &User| {
            let mut account = Account::of(user);
            account.attributes.retain(|name, value| known.iter().any(|attribute| attribute.name == *name && attribute.kind.admits(value)));
            account
        };
        file.insert("user".to_owned(), self.entries(users.iter().map(account), &Table::try_from(Account::default())?)?);
        let providers = self.store.providers().list().await?.into_iter().map(|stored| stored.provider);
        file.insert("provider".to_owned(), self.entries(providers, &provider_defaults())?);
        file.retain(|_, entries| entries.as_array().is_some_and(|entries| !entries.is_empty()));
        let head = HEAD.replacen(ISSUER, self.issuer.as_str(), 1);
        Ok(format!("{head}\n{}", toml::to_string_pretty(&file)?))
    }

    fn entries(&self, descriptions: impl Iterator<Item = impl Serialize>, defaults: &Table) -> Result<Value, Failure> {
        let mut entries = Vec::new();
        for description in descriptions {
            let mut entry = Value::Table(without_defaults(&Table::try_from(&description)?, defaults));
            self.take_issuer_out(&mut entry);
            entries.push(entry);
        }
        Ok(Value::Array(entries))
    }

    /// Our own URLs are those of another server where the file is applied to another one.
    fn take_issuer_out(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(rest) = text.strip_prefix(self.issuer.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
                    *text = format!("{ISSUER}{rest}");
                }
            }
            Value::Array(elements) => elements.iter_mut().for_each(|element| self.take_issuer_out(element)),
            Value::Table(members) => members.iter_mut().for_each(|(_, member)| self.take_issuer_out(member)),
            _ => {}
        }
    }
}
