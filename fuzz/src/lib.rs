//! The layer `protocol` by itself: it mentions no other, so that the targets build in seconds and not with the whole server.

#[path = "../../src/protocol/mod.rs"]
pub mod protocol;
