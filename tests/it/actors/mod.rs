//! Who plays in the stories: the server, a browser, a relying party.

mod browser;
mod relying_party;
mod server;

pub use browser::{Browser, Page};
pub use relying_party::{RelyingParty, Tokens, claims};
pub use server::{Answer, START, TestServer, copy_keys};
