//! What HTTP asks of machines' and people's endpoints alike: connections and their limits, who asks, which headers protect an answer,
//! cookies, where a form came from, who may read across origins, and why a request was refused.
//!
//! A request meets these in order, outermost first: [`accept`] (connection, [`tls`], head), [`trace`] (id, client, panics),
//! [`headers::Hardened`], [`host::OwnHost`] (on a developer's machine), [`cors::Cors`], [`fallback::Fallback`] (answers for what no
//! route takes), and then a route, which reads its body by [`body::read`].

pub mod accept;
pub mod answer;
pub mod body;
pub mod client_address;
pub mod cookies;
pub mod cors;
pub mod csrf;
pub mod fallback;
pub mod form;
pub mod headers;
pub mod host;
pub mod json;
pub mod listeners;
pub mod mount;
pub mod origin;
pub mod panics;
pub mod place;
pub mod problem;
pub mod refusal;
mod stall;
pub mod tls;
pub mod trace;
pub mod views;
pub mod why;
