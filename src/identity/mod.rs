//! What we say about people: who they are, how long they stay signed in, what a password must be, when to slow a guesser down.
//! Pure like [`crate::protocol`].

pub mod account;
pub mod attribute;
pub mod departure;
pub mod group;
pub mod password_cost;
pub mod profile;
pub mod provider;
pub mod session;
pub mod throttle;
pub mod user;
