//! `claviger api-keys`: keys for what can't do OAuth.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::cli::output::{SecretOf, Trouble, say, say_secret, table};
use crate::cli::place::Place;
use crate::flow::manage::api_keys::{ApiKeyView, NewApiKey};
use crate::flow::manage::{PageRequest, Reach};
use crate::protocol::subject::ApiKeyId;

/// Manage API keys, for what can't do OAuth
#[derive(Args)]
#[command(
    after_help = "Example:\n  claviger api-keys add 'nightly import' --client importer --scope orders:read --days 365 --config claviger.toml"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List them: identifier, owner, scope, last use, name
    #[command(after_help = "Example:\n  claviger api-keys list --user alice")]
    List {
        #[command(flatten)]
        owner: Whose,
    },
    /// Make one; the key is shown this once
    #[command(after_help = "Example:\n  claviger api-keys add 'nightly import' --client importer --scope orders:read --days 365")]
    Add {
        /// What it is called
        name: String,
        #[command(flatten)]
        owner: Whose,
        /// What it is good for, as a list in quotes: scopes of APIs that its owner may have
        #[arg(long, value_name = "SCOPES")]
        scope: String,
        /// Days until it ends [default: it has no end]
        #[arg(long)]
        days: Option<u16>,
    },
    /// Revoke one: it opens nothing any more
    #[command(after_help = "Example:\n  claviger api-keys revoke 0199a1c4-7d0e-7c3a-9f6b-2f1f0e5d4c3b")]
    Revoke {
        /// Its identifier, from the list
        id: String,
    },
}

/// Whose keys.
#[derive(Args)]
struct Whose {
    /// A person's, by username or sub
    #[arg(long, value_name = "USER", conflicts_with = "client")]
    user: Option<String>,
    /// A client's
    #[arg(long, value_name = "ID")]
    client: Option<String>,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Trouble> {
    let server = arguments.place.server().await?;
    match arguments.command {
        Command::List { owner } => {
            let owner = match (&owner.user, &owner.client) {
                (None, None) => None,
                (user, client) => Some(server.key_owner(user.as_deref(), client.as_deref()).await??),
            };
            let (mut rows, mut cursor) = (Vec::new(), None::<String>);
            loop {
                let page = server.api_key_page(None, owner.clone(), &PageRequest::parse(None, cursor.as_deref())?).await?;
                rows.extend(page.items.iter().map(row));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            say(table(&rows))?;
        }
        Command::Add { name, owner, scope, days } => {
            let expires_at = days.map(|days| server.now() + Duration::from_hours(24 * u64::from(days)));
            let new = NewApiKey { name, user: owner.user, client: owner.client, scope, expires_at };
            let made = server.add_api_key(Reach::Everything, &new).await??;
            say_secret(&format!("Made the API key {}.\nIt is shown this once", made.key.id), &made.secret, SecretOf::ApiKey(&made.key.id))?;
        }
        Command::Revoke { id } => {
            server.revoke_api_key(Reach::Everything, &ApiKeyId::new(id.as_str())).await??;
            say(format!("Revoked the API key {id}."))?;
        }
    }
    server.close().await;
    Ok(())
}

fn row(key: &ApiKeyView) -> Vec<String> {
    let owner = match (&key.user, &key.client) {
        (Some(subject), _) => format!("user:{subject}"),
        (None, Some(client)) => format!("client:{client}"),
        (None, None) => "-".to_owned(),
    };
    let used = match (&key.last_used_at, &key.last_used_from) {
        (Some(at), Some(from)) => format!("{at} from {from}"),
        _ => "never used".to_owned(),
    };
    vec![key.id.clone(), owner, key.scope.clone(), used, key.name.clone()]
}
