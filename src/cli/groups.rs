//! `claviger groups`: groups of people, which give them roles.

use clap::{Args, Subcommand};

use crate::cli::output::{Trouble, say, table};
use crate::cli::place::Place;
use crate::flow::manage::{Expected, Reach};
use crate::identity::group::Group;

/// Manage groups of people, which give them roles
#[derive(Args)]
#[command(
    after_help = "Example:\n  claviger groups add editors --role editor --config claviger.toml\n  claviger users groups alice --group editors --config claviger.toml"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List them: name, roles, description
    #[command(after_help = "Example:\n  claviger groups list")]
    List,
    /// Make one
    #[command(after_help = "Example:\n  claviger groups add editors --role editor --description 'Those who write'")]
    Add {
        /// Its name, which also stands in tokens
        name: String,
        /// A role that it gives everybody in it; may be repeated
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
        /// What it is, for people
        #[arg(long, value_name = "TEXT", default_value = "")]
        description: String,
    },
    /// Give it these roles and no others
    #[command(after_help = "Example:\n  claviger groups roles editors --role editor --role reader")]
    Roles {
        /// Its name
        name: String,
        /// A role; may be repeated, or left out to take all away
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
    },
    /// Delete one: nobody is in it any more
    #[command(after_help = "Example:\n  claviger groups delete editors")]
    Delete {
        /// Its name
        name: String,
    },
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Trouble> {
    let server = arguments.place.server().await?;
    match arguments.command {
        Command::List => {
            let row = |group: &Group| {
                let roles: Vec<&str> = group.roles.iter().map(String::as_str).collect();
                vec![group.name.clone(), if roles.is_empty() { "-".to_owned() } else { roles.join(",") }, group.description.clone()]
            };
            say(table(&server.groups().await?.iter().map(row).collect::<Vec<_>>()))?;
        }
        Command::Add { name, roles, description } => {
            let group = Group { name, description, roles: roles.into_iter().collect() };
            let group = server.add_group(Reach::Everything, group).await??;
            say(format!("Made the group {}.", group.name))?;
        }
        Command::Roles { name, roles } => {
            let change = |group: Group| Ok(Group { roles: roles.iter().cloned().collect(), ..group });
            server.change_group(Reach::Everything, &name, &Expected::Anything, change).await??;
            say(format!("Changed the roles of the group {name}."))?;
        }
        Command::Delete { name } => {
            server.delete_group(Reach::Everything, &name, &Expected::Anything).await??;
            say(format!("Deleted the group {name}."))?;
        }
    }
    server.close().await;
    Ok(())
}
