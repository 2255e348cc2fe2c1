//! `claviger users`: people's accounts. Passwords are read from standard input, so that they stand in no history and no process list.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Read};

use clap::{Args, Subcommand};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::cli::output::{Trouble, complain, say, table};
use crate::cli::place::Place;
use crate::flow::Server;
use crate::flow::manage::users::NewPassword;
use crate::flow::manage::{Expected, Reach};
use crate::identity::account::Account;
use crate::identity::user::{User, Username};
use crate::protocol::claims::StandardClaims;

/// Manage people's accounts
#[derive(Args)]
#[command(after_help = "Example:\n  claviger users add carol --role admin --config claviger.toml")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the people
    #[command(after_help = "Example:\n  claviger users list")]
    List,
    /// Show one person
    #[command(after_help = "Example:\n  claviger users show alice")]
    Show {
        /// What they sign in with
        username: String,
    },
    /// Add a person; the password is read from standard input
    #[command(after_help = "Example:\n  claviger users add carol --role admin --name 'Carol Carroll' --email carol@example.com")]
    Add {
        /// What they sign in with
        username: String,
        /// A role, such as admin; may be repeated
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
        /// Their name
        #[arg(long)]
        name: Option<String>,
        /// Their e-mail address
        #[arg(long)]
        email: Option<String>,
    },
    /// Disable a person: they can't sign in, and what they allowed is inactive
    #[command(after_help = "Example:\n  claviger users disable bob")]
    Disable {
        /// What they sign in with
        username: String,
    },
    /// Enable a person again
    #[command(after_help = "Example:\n  claviger users enable bob")]
    Enable {
        /// What they sign in with
        username: String,
    },
    /// Give a person another password, read from standard input; all their sessions and tokens end
    #[command(after_help = "Example:\n  claviger users password bob < new-password.txt")]
    Password {
        /// What they sign in with
        username: String,
    },
    /// Give a person these roles and no others
    #[command(after_help = "Example:\n  claviger users roles bob --role admin")]
    Roles {
        /// What they sign in with
        username: String,
        /// A role; may be repeated, or left out to take all away
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
    },
    /// Put a person into these groups and out of all others
    #[command(after_help = "Example:\n  claviger users groups bob --group editors")]
    Groups {
        /// What they sign in with
        username: String,
        /// A group; may be repeated, or left out for none
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<String>,
    },
    /// Delete a person and everything of theirs
    #[command(after_help = "Example:\n  claviger users delete bob")]
    Delete {
        /// What they sign in with
        username: String,
    },
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Trouble> {
    let server = arguments.place.server().await?;
    match arguments.command {
        Command::List => {
            let row = |user: &User| {
                vec![
                    user.username.to_string(),
                    user.subject.to_string(),
                    listed(&user.roles),
                    listed(&user.group_names()),
                    if user.enabled { "enabled" } else { "disabled" }.to_owned(),
                ]
            };
            say(table(&server.users().await?.iter().map(row).collect::<Vec<_>>()))?;
        }
        Command::Show { username } => {
            let user = found(&server, &username).await?;
            let claims = serde_json::to_string_pretty(&user.claims).map_err(|error| Trouble::new(error.to_string()))?;
            let row = |name: &str, value: String| vec![name.to_owned(), value];
            say(table(&[
                row("username", user.username.to_string()),
                row("subject", user.subject.to_string()),
                row("roles", listed(&user.roles)),
                row("groups", listed(&user.group_names())),
                row("enabled", user.enabled.to_string()),
                row("providers", listed(&server.ways_in(&user.subject).await?)),
                row("password", if user.password.is_some() { "set" } else { "none" }.to_owned()),
            ]))?;
            say(format!("claims    {claims}"))?;
            if !user.attributes.is_empty() {
                say(format!("attributes    {}", serde_json::Value::Object(user.attributes)))?;
            }
        }
        Command::Add { username, roles, name, email } => {
            let claims = StandardClaims { name, email, ..StandardClaims::default() };
            let account = Account { username, claims, roles: roles.into_iter().collect(), ..Account::default() };
            let user = server.add_user(Reach::Everything, account, Some(NewPassword::Text(read_password()?))).await??;
            say(format!("Added {} with the subject {}.", user.username, user.subject))?;
        }
        Command::Disable { username } => {
            server.enable_user(&parse(&username)?, false).await??;
            say(format!("Disabled {username}."))?;
        }
        Command::Enable { username } => {
            server.enable_user(&parse(&username)?, true).await??;
            say(format!("Enabled {username}."))?;
        }
        Command::Password { username } => {
            server.set_password(&parse(&username)?, read_password()?).await??;
            say(format!("The password of {username} is changed; their sessions and tokens have ended."))?;
        }
        Command::Roles { username, roles } => {
            server.set_roles(&parse(&username)?, &roles).await??;
            say(format!("The roles of {username} are changed."))?;
        }
        Command::Groups { username, groups } => {
            server.set_groups(&parse(&username)?, &groups).await??;
            say(format!("The groups of {username} are changed."))?;
        }
        Command::Delete { username } => {
            server.delete_user(Reach::Everything, &found(&server, &username).await?.subject, &Expected::Anything).await??;
            say(format!("Deleted {username}."))?;
        }
    }
    server.close().await;
    Ok(())
}

async fn found(server: &Server, username: &str) -> Result<User, Trouble> {
    let username = parse(username)?;
    let user = server.user(&username).await?;
    user.ok_or_else(|| Trouble::new(format!("there is no user {username}. `claviger users list` shows them.")))
}

fn parse(text: &str) -> Result<Username, Trouble> {
    Username::parse(text).map_err(|problem| Trouble::new(format!("a username {problem}: {text:?}")))
}

fn listed(words: &BTreeSet<String>) -> String {
    if words.is_empty() { "-".to_owned() } else { words.iter().map(String::as_str).collect::<Vec<_>>().join(",") }
}

/// Reads a password: the first line of standard input.
fn read_password() -> Result<SecretString, Trouble> {
    if std::io::stdin().is_terminal() {
        complain("type the password, then Enter and Ctrl-D (it shows on the screen; piping it in does not):");
    }
    let mut text = Zeroizing::new(String::new());
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Trouble::new(format!("the password can't be read from standard input: {error}")))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(Trouble::new("there is no password on standard input, for example: claviger users add carol < password.txt"));
    }
    Ok(SecretString::from(line))
}
