//! Claviger (Latin: *the key-bearer*) is a standalone OAuth 2 and OpenID Connect authorization server. A request travels
//! down through the layers below and its answer travels up, once. `tests/it/layers.rs` holds each layer to what it may use.
//!
//! | layer | what it is |
//! |---|---|
//! | [`protocol`] | what the specifications say: requests, rules, refusals, claims. Pure: no I/O, no clock, no randomness |
//! | [`identity`] | what we say about people: users, sessions, password policy, login throttling. Pure too |
//! | [`config`] | what the operator chose: one file per section, every field documented, all problems reported at once |
//! | [`clock`], [`random`] | the only two places that ask for the time and for randomness |
//! | [`signing`] | keys on disk, the published key set, signing, verifying, sealing |
//! | [`password`] | Argon2id, off the async threads, in a bounded pool |
//! | [`outbound`] | the one hardened HTTP client, for every URL that somebody else had a say in |
//! | [`upstream`] | other identity providers: where people are sent, and what comes back from there |
//! | [`store`] | what we remember: one aggregate per file |
//! | [`flow`] | what happens: load facts, ask the rules, sign, write, answer. No HTTP types |
//! | [`web`] | what HTTP asks of machines' and people's endpoints alike |
//! | [`http`] | how machines speak to us: one endpoint per file |
//! | [`pages`] | how people speak to us: one page per file |
//! | [`cli`] | who starts it: one command per file |

pub mod cli;
pub mod clock;
pub mod config;
pub mod flow;
pub mod http;
pub mod identity;
pub mod outbound;
pub mod pages;
pub mod password;
pub mod protocol;
pub mod random;
pub mod signing;
pub mod store;
pub mod upstream;
pub mod web;
