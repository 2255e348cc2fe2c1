//! Where the signing keys are, and how large new ones are.

use std::path::PathBuf;

use super::kind::{one_of, path};
use super::settings::{Presence, settings};

settings! {
    /// The keys that tokens are signed with.
    pub Keys "keys"

    /// The folder of the private keys, relative to the folder that the server was started in. Nobody else may be able to read them.
    folder: PathBuf = path("the path of a folder"), Presence::Default("keys");

    /// The size of new RSA keys. Larger ones sign more slowly: 4096 bits take about seven times as long as 2048.
    rsa_bits: usize = one_of(&[("2048", 2048), ("3072", 3072), ("4096", 4096)]), Presence::Default("2048");
}
