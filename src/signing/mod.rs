//! Our keys: on disk, in memory, published; signing and verifying with them; and sealing texts for the holders of tokens.
//!
//! | file | what it is |
//! |---|---|
//! | `jwk` | public keys as the world sees them (RFC 7517), and their thumbprints (RFC 7638) |
//! | `state` | the life of a key, and the list of all keys: what `keyring.json` says |
//! | `make` | making and importing keys: the only use of `rsa` |
//! | `folder`, `disk`, `failure` | the key folder: reading, rotating, importing; private files; what can be wrong with them |
//! | `keyring`, `shared`, `stamp` | the keys of one moment; the keys of a running server; whether a file has changed |
//! | `jwt`, `provider`, `pair` | signing and verifying (RFC 7519, RFC 8725); how jsonwebtoken reaches the parsed keys; their algorithms |
//! | `client_signature` | whether a client signed something |
//! | `pairwise` | the names by which one sector's clients know people |
//! | `encryption` | encrypting for a client (RFC 7516) |
//! | `seal` | sealing a small text under a presented token |
//! | `vault` | sealing a secret that is told to somebody else later, under a key of the folder |
//!
//! Nothing here asks for the time: whoever calls says what `now` is.

mod client_signature;
mod disk;
mod encryption;
mod failure;
mod folder;
mod jwk;
mod jwt;
mod keyring;
mod make;
mod pair;
mod pairwise;
mod provider;
mod seal;
mod shared;
mod stamp;
mod state;
mod vault;

#[cfg(test)]
mod fixture;

pub use client_signature::{is_signed_by, is_signed_with};
pub use encryption::{EncryptionFailure, encrypt};
pub use failure::KeyFolderFailure;
pub use folder::{Imported, KeyFolder};
pub use jwk::{InvalidKid, Jwk, JwkSet, Kid, PublicNumbers};
pub use jwt::{MAX_JWT_BYTES, Signer, SigningFailure, Untrusted};
pub use keyring::{Key, Keyring};
pub use make::{KeySize, UnusableKey};
pub use pairwise::{BadSalt, PairwiseSalt};
pub use seal::{Sealed, SealingFailure};
pub use shared::{Reload, SharedKeyring};
pub use stamp::Stamp;
pub use state::{KeyState, Rotation};
pub use vault::Vault;
