//! Where the signing keys are, how large new ones are, and which algorithms there are.

use std::path::PathBuf;

use super::kind::{list, one_of, parsed, path};
use super::problem::Problem;
use super::settings::{Presence, settings};
use crate::protocol::jose::SigningAlgorithm;

settings! {
    /// The keys that tokens are signed with.
    pub Keys "keys"

    /// The folder of the private keys, relative to the folder that the server was started in. Nobody else may be able to read them.
    folder: PathBuf = path("the path of a folder"), Presence::Default("keys");

    /// The size of new RSA keys. Larger ones sign more slowly: 4096 bits take about seven times as long as 2048.
    rsa_bits: usize = one_of(&[("2048", 2048), ("3072", 3072), ("4096", 4096)]), Presence::Default("2048");

    /// What clients may have ID tokens and answers of userinfo signed with. `RS256` must be among them. The keys of any other are made when a
    /// client first registers for it; a client that registered for one that is taken away keeps it.
    algorithms: Vec<SigningAlgorithm> = list(
        "a list of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and EdDSA",
        parsed("the name of an algorithm", algorithm),
    ), Presence::Default("RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA");
}

fn algorithm(text: &str) -> Result<SigningAlgorithm, &'static str> {
    SigningAlgorithm::parse(text).ok_or("must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA")
}

impl Keys {
    pub(super) fn contradiction(&self) -> Option<Problem> {
        let lacks = !self.algorithms.contains(&SigningAlgorithm::Rs256);
        lacks.then(|| Problem::new("keys.algorithms", "must have RS256 among them: a client that asks for nothing else gets it"))
    }
}
