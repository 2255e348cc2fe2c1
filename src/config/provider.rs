//! Other identity providers: `[[provider]]`, one table for each.

use std::fmt::Write as _;

use secrecy::SecretString;
use toml::{Table, Value};
use zeroize::Zeroizing;

use super::problem::Problem;
use super::source::Source;
use crate::identity::provider::Provider;

/// A provider with the secret that we have there.
#[derive(Clone, Debug)]
pub struct ConfiguredProvider {
    /// What was declared.
    pub provider: Provider,
    /// The secret.
    pub secret: SecretString,
}

/// The members of a provider: name, type, default, meaning.
const MEMBERS: [(&str, &str, &str, &str); 15] = [
    (
        "name",
        "`a-z`, `0-9`, `-`",
        "required",
        "What it is called in URLs and in the claim `idp`. The provider sends people back to `/login/callback/NAME`, which has to be registered \
         there.",
    ),
    (
        "kind",
        "one of github, google, microsoft, oidc",
        "required",
        "What it speaks. `oidc` is any OpenID Provider that publishes its metadata.",
    ),
    ("display_name", "text", "that of the kind, or the name", "What people read on its button."),
    (
        "issuer",
        "a URL",
        "by kind",
        "The issuer of an `oidc` provider, exactly as its metadata spells it. For `github`, the URL of an Enterprise Server.",
    ),
    (
        "tenant",
        "a directory's identifier",
        "none",
        "Of `microsoft`, and required there: one tenant. The endpoints that all tenants share are refused.",
    ),
    ("client_id", "text", "required", "What this server is called there."),
    ("client_secret", "text", "this or the next", "The secret that this server has there."),
    (
        "client_secret_file",
        "the path of a file",
        "this or the one before",
        "A file whose first line is the secret, relative to the folder that the server was started in.",
    ),
    ("scopes", "a list", "by kind", "What is asked for there, instead of what a profile with an e-mail address takes."),
    ("claims", "a table", "by kind", "Claims of ours, each with the name that it has there; an empty text takes one out."),
    ("allowed_email_domains", "a list", "empty", "If there are any, only people with a verified e-mail address in one of them may come."),
    (
        "create_accounts",
        "true or false",
        "`false`",
        "Whether somebody who comes for the first time gets an account. It is off unless you say so, because at GitHub and Google somebody is \
         everybody.",
    ),
    ("roles", "a list", "empty", "The roles of an account that is made then."),
    (
        "allowed_private_hosts",
        "a list of hosts",
        "empty",
        "Hosts of the provider that may be on this machine (then also by http) or in a private network.",
    ),
    ("enabled", "true or false", "`true`", "Whether people can come from there."),
];

/// Reads all of them. What is wrong is noted.
pub(super) fn read(source: &mut Source) -> Vec<ConfiguredProvider> {
    let mut found: Vec<ConfiguredProvider> = Vec::new();
    for (place, table) in source.take_tables("provider") {
        match one(table) {
            Ok(one) if found.iter().any(|other| other.provider.name == one.provider.name) => {
                source.note(Problem::new(format!("{place}.name"), "is that of another provider already"));
            }
            Ok(one) => found.push(one),
            Err(problems) => {
                for (member, what) in problems {
                    source.note(Problem::new(format!("{place}.{member}"), what));
                }
            }
        }
    }
    found
}

fn one(mut table: Table) -> Result<ConfiguredProvider, Vec<(String, String)>> {
    // Taken out before anything else looks at it, so that no message can quote it.
    let secret = secret(table.remove("client_secret"), table.remove("client_secret_file"));
    let read = serde_path_to_error::deserialize::<_, Provider>(Value::Table(table)).map_err(|error| {
        let place = error.path().to_string();
        let words = error.inner().message().to_owned();
        vec![match words.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
            Some(member) => (member.to_owned(), "is missing".to_owned()),
            None => (place, words),
        }]
    });
    let checked = read.and_then(|provider| match provider.check() {
        Ok(()) => Ok(provider),
        Err(problems) => Err(problems.into_iter().map(|problem| (problem.field, problem.reason)).collect()),
    });
    match (checked, secret) {
        (Ok(provider), Ok(secret)) => Ok(ConfiguredProvider { provider, secret }),
        (checked, secret) => Err(checked.err().into_iter().flatten().chain(secret.err()).collect()),
    }
}

fn secret(text: Option<Value>, file: Option<Value>) -> Result<SecretString, (String, String)> {
    let wrong = |member: &str, what: String| Err((member.to_owned(), what));
    match (text, file) {
        (Some(_), Some(_)) => wrong("client_secret", "is given together with client_secret_file; keep one of them".to_owned()),
        (Some(Value::String(text)), None) if !text.is_empty() => Ok(SecretString::from(text)),
        (None, Some(Value::String(path))) => match std::fs::read_to_string(&path).map(Zeroizing::new) {
            Ok(text) => match text.lines().next().filter(|line| !line.is_empty()) {
                Some(line) => Ok(SecretString::from(line)),
                None => wrong("client_secret_file", format!("has nothing in its first line: {path}")),
            },
            Err(error) => wrong("client_secret_file", format!("cannot read {path}: {error}")),
        },
        (None, None) => wrong("client_secret", "is missing; give it, or client_secret_file".to_owned()),
        _ => wrong("client_secret", "must be text".to_owned()),
    }
}

/// The section of the reference.
pub(super) fn reference(page: &mut String) {
    // Writing to a text cannot fail.
    let _ = write!(
        page,
        "\n## `[[provider]]`\n\nOther identity providers that people may sign in with, a table for each; [providers.md](providers.md) shows how. They \
         can also be declared in the file of `claviger apply`; where both have one of the same name, this one counts. There are no variables for \
         them.\n\n| Member | Type | Default | Meaning |\n|---|---|---|---|\n"
    );
    for (name, kind, default, meaning) in MEMBERS {
        let _ = writeln!(page, "| `{name}` | {kind} | {default} | {meaning} |");
    }
}
