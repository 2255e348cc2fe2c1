//! `claviger initial-access-tokens`: what lets somebody register a client.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::cli::output::{SecretOf, Trouble, say, say_secret, table};
use crate::cli::place::Place;
use crate::flow::manage::PageRequest;
use crate::flow::manage::initial_access_tokens::{InitialAccessTokenView, NewInitialAccessToken};
use crate::protocol::registration::InitialAccessTokenId;

/// Manage initial access tokens, which let somebody register clients at /register
#[derive(Args)]
#[command(after_help = "Example:\n  claviger initial-access-tokens add 'test system' --uses 2 --days 7 --config claviger.toml")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List those that are not used up: identifier, uses left, end, name
    #[command(after_help = "Example:\n  claviger initial-access-tokens list")]
    List,
    /// Make one; the token is shown this once
    #[command(after_help = "Example:\n  claviger initial-access-tokens add 'test system' --uses 2 --days 7")]
    Add {
        /// What it is for
        name: String,
        /// How many clients it registers
        #[arg(long, default_value_t = 1)]
        uses: u32,
        /// Days until it ends
        #[arg(long, default_value_t = 7)]
        days: u16,
    },
    /// Revoke one: it registers nothing any more; the clients that it registered stay
    #[command(after_help = "Example:\n  claviger initial-access-tokens revoke 0e4cdf3a-5371-4b6a-a9f0-1e8451e05e76")]
    Revoke {
        /// Its identifier, from the list
        id: String,
    },
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Trouble> {
    let server = arguments.place.server().await?;
    match arguments.command {
        Command::List => {
            let (mut rows, mut cursor) = (Vec::new(), None::<String>);
            loop {
                let page = server.initial_access_token_page(&PageRequest::parse(None, cursor.as_deref())?).await?;
                rows.extend(page.items.iter().map(row));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            say(table(&rows))?;
        }
        Command::Add { name, uses, days } => {
            let expires_at = Some(server.now() + Duration::from_hours(24 * u64::from(days)));
            let made = server.add_initial_access_token(&NewInitialAccessToken { name, uses: Some(uses), expires_at }).await??;
            let words = format!("Made the initial access token {}.\nIt is shown this once", made.token.id);
            say_secret(&words, &made.secret, SecretOf::InitialAccessToken(&made.token.id))?;
        }
        Command::Revoke { id } => {
            server.revoke_initial_access_token(&InitialAccessTokenId::new(id.as_str())).await??;
            say(format!("Revoked the initial access token {id}."))?;
        }
    }
    server.close().await;
    Ok(())
}

fn row(token: &InitialAccessTokenView) -> Vec<String> {
    vec![token.id.to_string(), token.uses_left.to_string(), format!("until {}", token.expires_at), token.name.clone()]
}
