//! Claviger (Latin: *the key-bearer*) is a standalone OAuth 2 and OpenID Connect authorization server. A request travels
//! down through the layers below and its answer travels up, once. `tests/it/layers.rs` holds each layer to what it may use.
//!
//! | layer | what it is |
//! |---|---|

