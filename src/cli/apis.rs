//! `claviger apis`: the APIs (resource servers) that tokens are made for.

use clap::{Args, Subcommand};

use crate::cli::output::{Trouble, say, table};
use crate::cli::place::Place;
use crate::flow::manage::Expected;
use crate::protocol::api::{Api, ApiScope};
use crate::protocol::client::ClientId;
use crate::protocol::resource::Resource;
use crate::protocol::role::is_role;
use crate::protocol::scope::ScopeToken;

/// Manage the APIs that tokens are made for
#[derive(Args)]
#[command(after_help = "Example:\n  claviger apis list --config claviger.toml")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the APIs and their scopes
    #[command(after_help = "Example:\n  claviger apis list")]
    List,
    /// Add an API
    #[command(
        after_help = "Example:\n  claviger apis add https://api.example.com --name Orders --scope 'orders:read=see your orders' --scope 'orders:admin=see all orders@admin'"
    )]
    Add {
        /// Its identifier: the audience of its tokens
        identifier: String,
        /// Its name, for people
        #[arg(long)]
        name: String,
        /// A scope: NAME=WHAT IT ALLOWS, with @ROLE at the end where a person needs a role; may be repeated
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<String>,
        /// A client that may introspect its tokens; may be repeated
        #[arg(long = "introspector", value_name = "CLIENT")]
        introspectors: Vec<String>,
    },
    /// Delete an API; its scopes are no longer granted
    #[command(after_help = "Example:\n  claviger apis delete https://api.example.com")]
    Delete {
        /// Its identifier
        identifier: String,
    },
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Trouble> {
    let server = arguments.place.server().await?;
    match arguments.command {
        Command::List => {
            let row = |api: &Api| {
                let with_role =
                    |scope: &ApiScope| scope.role.as_ref().map_or_else(|| scope.name.to_string(), |role| format!("{}@{role}", scope.name));
                let scopes: Vec<String> = api.scopes.iter().map(with_role).collect();
                vec![api.identifier.to_string(), api.name.clone(), scopes.join(" ")]
            };
            say(table(&server.apis().await?.iter().map(row).collect::<Vec<_>>()))?;
        }
        Command::Add { identifier, name, scopes, introspectors } => {
            let api = Api {
                identifier: resource(&identifier)?,
                name,
                scopes: scopes.iter().map(|text| scope(text)).collect::<Result<_, _>>()?,
                introspectors: introspectors
                    .iter()
                    .map(|id| ClientId::parse(id).map_err(|problem| Trouble::new(format!("--introspector {id:?}: {problem}"))))
                    .collect::<Result<_, _>>()?,
                claims: Vec::new(),
            };
            server.add_api(api).await??;
            say(format!("Added the API {identifier}."))?;
        }
        Command::Delete { identifier } => {
            server.delete_api(&resource(&identifier)?, &Expected::Anything).await??;
            say(format!("Deleted the API {identifier}."))?;
        }
    }
    server.close().await;
    Ok(())
}

fn resource(text: &str) -> Result<Resource, Trouble> {
    Resource::parse(text).map_err(|problem| Trouble::new(format!("{text:?} {problem}")))
}

fn scope(text: &str) -> Result<ApiScope, Trouble> {
    let (name, rest) = text.split_once('=').unwrap_or((text, ""));
    let (description, role) = rest
        .rsplit_once('@')
        .filter(|(_, role)| is_role(role))
        .map_or((rest, None), |(description, role)| (description, Some(role.to_owned())));
    let name = ScopeToken::parse(name).map_err(|problem| Trouble::new(format!("--scope: {problem}")))?;
    Ok(ApiScope { name, description: description.to_owned(), role })
}
