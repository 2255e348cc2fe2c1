//! Who plays in the stories: the server, a browser, a relying party.

mod broker;
mod browser;
mod liar;
mod listener;
mod octo;
pub mod registrant;
mod relying_party;
mod server;
mod signer;
mod verifier;

pub use broker::{Broker, provider};
pub use browser::{Browser, Page};
pub use liar::{Liar, Lie};
pub use listener::{Answers, Heard, Listener};
pub use octo::Octo;
pub use relying_party::{RelyingParty, Tokens, claims, hybrid_client};
pub use server::{Answer, START, TestServer, copy_keys, port_of_nobody};
pub use signer::{ASSERTION_TYPE, KeyHost, Keys, Publishes};
pub use verifier::{part, verified};
