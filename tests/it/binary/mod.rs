//! The real program, started as people start it: what it prints, what it serves, and how it ends.

mod api_keys;
mod apply;
mod check;
mod clients;
mod dev;
mod durability;
mod health;
mod help;
mod initial_access_tokens;
mod keys;
mod logout;
mod output;
mod preview;
pub mod program;
mod providers;
mod prune;
mod requests;
mod serve;
mod shutdown;
pub mod tls;
mod users;
mod why;
