//! The file: what it names, and everything that is wrong with it by itself.

use std::collections::BTreeSet;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use toml::Table;

use crate::flow::apply::secret::{self, Given};
use crate::flow::apply::shape;
use crate::flow::apply::written::{self, Written};
use crate::flow::manage::users::NewPassword;
use crate::identity::account::Account;
use crate::identity::attribute::Attribute;
use crate::identity::group::Group;
use crate::identity::provider::Provider;
use crate::identity::user::{PasswordHash, Username, WeakPassword, check_new_password};
use crate::password::{GivenHash, Passwords};
use crate::protocol::api::Api;
use crate::protocol::chosen_secret::{BadSecret, ChosenSecret, check_chosen_secret};
use crate::protocol::client::Client;
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::issuer::Issuer;
use crate::protocol::problem::Problem;

/// The members of a client that give its secret.
const CLIENT_SECRETS: [&str; 2] = ["client_secret", "client_secret_file"];
/// The members of a person that give their password.
const PASSWORDS: [&str; 3] = ["password", "password_hash", "password_file"];
/// What is wrong with a hash whose password is cheap to guess.
const CHEAP_HASH: &str = "is cheaper to guess than OWASP's least (m=19456,t=2 or m=47104,t=1): hash the password anew, or leave it out";

/// Which secrets and passwords a file may give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// Client secrets of 32 characters, passwords as long as the settings ask for, hashes as costly as OWASP asks for.
    Strong,
    /// Any: nobody else can reach the server, or what it guards is nobody's.
    Any,
}

/// What a file says shall be there.
#[derive(Default)]
pub struct Document {
    pub(super) attributes: Vec<Entry<Attribute, ()>>,
    pub(super) groups: Vec<Entry<Group, ()>>,
    pub(super) clients: Vec<Entry<Client, ChosenSecret>>,
    pub(super) apis: Vec<Entry<Api, ()>>,
    pub(super) users: Vec<Entry<(Username, Account), NewPassword>>,
    pub(super) providers: Vec<Entry<Provider, SecretString>>,
    /// The identifiers of all its clients, also of those that something is wrong with.
    pub(super) client_ids: BTreeSet<String>,
    /// What is wrong with it by itself.
    problems: Vec<Problem>,
    /// Where each of its entries stands, in their order.
    places: Vec<String>,
    /// The secrets and passwords that [`Strength::Any`] let in, each with where it stands.
    pub weak: Vec<String>,
    /// The password hashes that are renewed when their owners sign in, so that they differ from the file again.
    pub outdated_hashes: Vec<String>,
}

/// Something that shall be there.
pub(super) struct Entry<T, S> {
    /// Where it stands, such as `client[2] "shop"`.
    pub(super) place: String,
    /// What it shall be.
    pub(super) thing: T,
    /// The secret or password that it shall have.
    pub(super) given: Option<S>,
    /// The members in which this server's issuer stands.
    pub(super) with_issuer: BTreeSet<String>,
}

/// What a file is read by.
pub(super) struct Rules<'a> {
    pub(super) issuer: &'a Issuer,
    /// The folder that `…_file` is relative to.
    pub(super) folder: &'a Path,
    pub(super) strength: Strength,
    /// Characters that a password must have.
    pub(super) password_minimum: usize,
    pub(super) passwords: &'a Passwords,
}

impl Document {
    /// Reads a file. What is wrong with it is in the document, for whoever plans with it.
    pub(super) fn read(text: &str, rules: &Rules<'_>) -> Self {
        let file = written::read(text, rules.issuer);
        let all =
            file.attributes.iter().chain(&file.groups).chain(&file.clients).chain(&file.apis).chain(&file.users).chain(&file.providers);
        let places = all.map(|entry| entry.place.clone()).collect();
        let mut document = Self { problems: file.problems, places, ..Self::default() };
        file.attributes.into_iter().for_each(|entry| document.attribute(entry));
        file.groups.into_iter().for_each(|entry| document.group(entry));
        file.clients.into_iter().for_each(|entry| document.client(entry, rules));
        file.apis.into_iter().for_each(|entry| document.api(entry));
        file.users.into_iter().for_each(|entry| document.user(entry, rules));
        file.providers.into_iter().for_each(|entry| document.provider(entry, rules));
        document
    }

    /// Whether it has no entry at all, not even a wrong one.
    pub(super) const fn names_nothing(&self) -> bool {
        self.places.is_empty()
    }

    /// Everything that is wrong with it by itself and beside the rest, in the order of its entries.
    pub(super) fn problems_with(&self, others: Vec<Problem>) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        problems.extend(others);
        problems.sort_by_key(|problem| self.places.iter().position(|place| problem.field.starts_with(place)));
        problems
    }

    fn attribute(&mut self, written: Written) {
        let Written { place, members, with_issuer } = written;
        let attribute = self.shaped::<Attribute>(&place, members, &[]);
        let attribute = attribute.and_then(|thing| self.sound(&place, thing, Attribute::problems));
        self.attributes.extend(attribute.map(|thing| Entry { place, thing, given: None, with_issuer }));
    }

    fn group(&mut self, written: Written) {
        let Written { place, members, with_issuer } = written;
        let group = self.shaped::<Group>(&place, members, &[]);
        let group = group.and_then(|thing| self.sound(&place, thing, Group::problems));
        self.groups.extend(group.map(|thing| Entry { place, thing, given: None, with_issuer }));
    }

    /// A thing that has no problems; otherwise they are noted.
    fn sound<T>(&mut self, place: &str, thing: T, problems: impl Fn(&T) -> Vec<Problem>) -> Option<T> {
        let problems = problems(&thing);
        self.checked(place, if problems.is_empty() { Ok(thing) } else { Err(problems) })
    }

    fn client(&mut self, written: Written, rules: &Rules<'_>) {
        let Written { place, mut members, with_issuer } = written;
        let given = self.take(&mut members, &place, &CLIENT_SECRETS, rules);
        self.client_ids.extend(members.get("client_id").and_then(|id| id.as_str()).map(str::to_owned));
        let Some(metadata) = self.shaped::<ClientMetadata>(&place, members, &CLIENT_SECRETS) else { return };
        let client = self.checked(&place, metadata.client());
        let has_none = client.as_ref().is_some_and(|client| !client.has_secret());
        let given = given.and_then(|given| self.secret(&place, &given, has_none, rules));
        self.clients.extend(client.map(|thing| Entry { place, thing, given, with_issuer }));
    }

    fn secret(&mut self, place: &str, given: &Given, has_none: bool, rules: &Rules<'_>) -> Option<ChosenSecret> {
        let text = given.text.expose_secret();
        let refused = match check_chosen_secret(text) {
            _ if has_none => "a client with the method none or private_key_jwt has no secret".to_owned(),
            Ok(()) => return Some(ChosenSecret::new(given.text.clone())),
            Err(BadSecret::TooShort) if rules.strength == Strength::Any => {
                self.weak.push(format!("{place}: {}", given.member));
                return Some(ChosenSecret::new(given.text.clone()));
            }
            Err(bad) => bad.to_string(),
        };
        self.note(place, vec![Problem::new(given.member, refused)]);
        None
    }

    fn api(&mut self, written: Written) {
        let Written { place, members, with_issuer } = written;
        let api = self.shaped::<Api>(&place, members, &[]);
        self.apis.extend(api.map(|thing| Entry { place, thing, given: None, with_issuer }));
    }

    fn user(&mut self, written: Written, rules: &Rules<'_>) {
        let Written { place, mut members, with_issuer } = written;
        let given = self.take(&mut members, &place, &PASSWORDS, rules);
        let Some(account) = self.shaped::<Account>(&place, members, &PASSWORDS) else { return };
        let username = self.checked(&place, account.check());
        let password = match (given, &username) {
            (Some(given), Some(username)) => self.password(&place, &given, username, rules),
            _ => None,
        };
        let account = |username: Username| (username.clone(), Account { username: username.to_string(), ..account });
        self.users.extend(username.map(|username| Entry { place, thing: account(username), given: password, with_issuer }));
    }

    fn password(&mut self, place: &str, given: &Given, username: &Username, rules: &Rules<'_>) -> Option<NewPassword> {
        let text = given.text.expose_secret();
        let refused = if given.member == "password_hash" {
            match rules.passwords.check_given(text) {
                Ok(GivenHash::Weak) if rules.strength == Strength::Strong => CHEAP_HASH.to_owned(),
                Ok(hash) => {
                    self.weak.extend((hash == GivenHash::Weak).then(|| format!("{place}: {}", given.member)));
                    self.outdated_hashes.extend((hash != GivenHash::Current).then(|| place.to_owned()));
                    return Some(NewPassword::Hash(PasswordHash::from_phc(text.to_owned())));
                }
                Err(unusable) => format!("can't be used: {unusable}"),
            }
        } else {
            let least = if rules.strength == Strength::Any { 1 } else { rules.password_minimum };
            match (check_new_password(text, username, rules.password_minimum), check_new_password(text, username, least)) {
                (Ok(()), _) => return Some(NewPassword::Text(given.text.clone())),
                (Err(_), Ok(())) => {
                    self.weak.push(format!("{place}: {}", given.member));
                    return Some(NewPassword::AnyText(given.text.clone()));
                }
                (_, Err(WeakPassword::TooShort(1))) => "is empty".to_owned(),
                (_, Err(refused)) => refused.to_string(),
            }
        };
        self.note(place, vec![Problem::new(given.member, refused)]);
        None
    }

    fn provider(&mut self, written: Written, rules: &Rules<'_>) {
        let Written { place, mut members, with_issuer } = written;
        let given = self.take(&mut members, &place, &CLIENT_SECRETS, rules);
        let Some(provider) = self.shaped::<Provider>(&place, members, &CLIENT_SECRETS) else { return };
        let checked = provider.check().map(|()| provider);
        let provider = self.checked(&place, checked);
        // The other side chose it, so that its strength is theirs to judge.
        let given = given.map(|given| given.text);
        self.providers.extend(provider.map(|thing| Entry { place, thing, given, with_issuer }));
    }

    fn take(&mut self, members: &mut Table, place: &str, names: &[&'static str], rules: &Rules<'_>) -> Option<Given> {
        let (given, problems) = secret::take(members, names, rules.folder);
        self.note(place, problems);
        given
    }

    /// The description that an entry is; of its form, all that is wrong is noted. It may have had the members `taken`, too.
    fn shaped<T: DeserializeOwned>(&mut self, place: &str, members: Table, taken: &[&str]) -> Option<T> {
        let (description, mut problems) = shape::read(members);
        let is_unknown =
            |problem: &&mut Problem| problem.reason.starts_with("unknown field") && shape::member(&problem.field) == problem.field;
        for problem in problems.iter_mut().filter(is_unknown) {
            problem.reason.extend(taken.iter().map(|name| format!(", `{name}`")));
        }
        self.note(place, problems);
        description
    }

    /// What was made of a description; otherwise what is wrong is noted, but for members whose form is wrong already.
    fn checked<T>(&mut self, place: &str, made: Result<T, Vec<Problem>>) -> Option<T> {
        let problems = match made {
            Ok(made) => return Some(made),
            Err(problems) => problems,
        };
        let told = |member: &str| {
            self.problems.iter().any(|told| {
                told.field.strip_prefix(place).and_then(|rest| rest.strip_prefix(": ")).is_some_and(|field| shape::member(field) == member)
            })
        };
        let untold = problems.into_iter().filter(|problem| !told(shape::member(&problem.field))).collect();
        self.note(place, untold);
        None
    }

    fn note(&mut self, place: &str, problems: Vec<Problem>) {
        self.problems.extend(problems.into_iter().map(|problem| Problem::new(format!("{place}: {}", problem.field), problem.reason)));
    }
}
