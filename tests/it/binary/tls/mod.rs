//! A server that speaks TLS itself, over real sockets: what it speaks, with which certificate, and what it says about it.

mod check;
mod hello;
mod life;
pub mod port;
mod reload;
pub mod site;
mod speaks;
