//! What is signed and encrypted (RFC 7515, RFC 7516): the algorithms of ours, and those of others that are believed; the public keys that clients
//! register, and a signed text before anybody believes it. Whether a signature is right is for [`crate::signing`] to find out.

mod algorithm;
mod client_key;
mod client_keys;
mod encryption;
mod jws;
mod not_theirs;
mod signing_algorithm;

pub use self::algorithm::Algorithm;
pub use self::client_key::{ClientKey, EncryptionKey, PublicKey, UnusableKey};
pub use self::client_keys::{ClientKeys, InvalidKeys, JwksUri, KeySource};
pub use self::encryption::{ContentEncryption, EncWithoutAlg, Encryption, KeyManagement};
pub use self::jws::{Jws, NotSigned};
pub use self::not_theirs::NotTheirs;
pub use self::signing_algorithm::{KeyKind, SigningAlgorithm};
