//! Who starts it: one command per file. Commands change data through [`crate::flow`] like everybody else.

mod api_keys;
mod apis;
pub mod app;
mod apply;
mod check;
mod clients;
mod dev;
mod export;
mod groups;
mod health;
mod initial_access_tokens;
mod keys;
mod migrate;
mod openapi;
mod output;
mod place;
mod preview;
mod reference;
mod serve;
mod start;
mod users;
mod why;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use self::output::{Trouble, complain, said};

/// An OAuth 2 and OpenID Connect authorization server. Without a command it starts `claviger dev`.
#[derive(Parser)]
#[command(name = "claviger", version, about, after_help = "Example:\n  claviger dev --port 8080", arg_required_else_help = false)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Dev(dev::Arguments),
    Serve(serve::Arguments),
    Migrate(migrate::Arguments),
    Check(check::Arguments),
    Health(health::Arguments),
    Apply(apply::Arguments),
    Export(export::Arguments),
    Clients(clients::Arguments),
    Users(users::Arguments),
    Groups(groups::Arguments),
    Apis(apis::Arguments),
    ApiKeys(api_keys::Arguments),
    InitialAccessTokens(initial_access_tokens::Arguments),
    Keys(keys::Arguments),
    Openapi(openapi::Arguments),
    Preview(preview::Arguments),
    Why(why::Arguments),
    Reference(reference::Arguments),
}

/// Runs the command that the process was started with. The exit status is 0 when it did what it should, 2 where `apply --dry-run` would
/// change something, and 1 for everything else.
#[must_use]
pub fn run() -> ExitCode {
    let outcome = match Arguments::try_parse() {
        Ok(arguments) => start(arguments),
        Err(help) => explain(&help),
    };
    outcome.unwrap_or_else(|trouble| {
        complain(&trouble.to_string());
        ExitCode::FAILURE
    })
}

fn start(arguments: Arguments) -> Result<ExitCode, Trouble> {
    raise_descriptor_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Trouble::new(format!("the process can't be set up: {error}")))?;
    runtime.block_on(async {
        let done = match arguments.command.unwrap_or_else(|| Command::Dev(dev::Arguments::default())) {
            Command::Dev(arguments) => dev::run(arguments).await,
            Command::Serve(arguments) => serve::run(arguments).await,
            Command::Migrate(arguments) => migrate::run(arguments).await,
            Command::Check(arguments) => check::run(arguments).await,
            Command::Health(arguments) => health::run(arguments).await,
            Command::Apply(arguments) => return apply::run(arguments).await,
            Command::Export(arguments) => export::run(arguments).await,
            Command::Clients(arguments) => clients::run(arguments).await,
            Command::Users(arguments) => users::run(arguments).await,
            Command::Groups(arguments) => groups::run(arguments).await,
            Command::Apis(arguments) => apis::run(arguments).await,
            Command::ApiKeys(arguments) => api_keys::run(arguments).await,
            Command::InitialAccessTokens(arguments) => initial_access_tokens::run(arguments).await,
            Command::Keys(arguments) => keys::run(arguments),
            Command::Openapi(arguments) => openapi::run(&arguments),
            Command::Preview(arguments) => preview::run(arguments).await,
            Command::Why(arguments) => why::run(arguments).await,
            Command::Reference(arguments) => reference::run(&arguments),
        };
        done.map(|()| ExitCode::SUCCESS)
    })
}

/// Prints what clap has to say: the help or the version that was asked for, or what is wrong with the command line.
fn explain(help: &clap::Error) -> Result<ExitCode, Trouble> {
    let printed = said(help.print());
    // clap's own status for a wrong command line is 2, which is for `apply --dry-run` here.
    if help.use_stderr() { Ok(ExitCode::FAILURE) } else { printed.map(|()| ExitCode::SUCCESS) }
}

/// Connections are descriptors, and shells hand out few of them: takes as many as the system allows. Where it allows none, it stays so.
fn raise_descriptor_limit() {
    let limits = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limits.maximum, maximum: limits.maximum });
}
