//! A password's hash as it is stored: a PHC string, `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::identity::password_cost::{Argon2Cost, InvalidCost};
use crate::password::PasswordFailure;
use crate::password::memory::Memory;
use crate::random::Random;

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// Why a stored text can't be compared with a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableHash {
    /// Not a PHC string of Argon2 with salt and hash.
    #[error("it is not a PHC string of Argon2")]
    Format,
    /// Another member of the family than the one that new hashes have.
    #[error("it is not of Argon2id")]
    Algorithm,
    /// It would take more work than a server can give to one login.
    #[error("its cost is out of bounds: {0}")]
    Cost(#[from] InvalidCost),
}

/// What a password is compared with.
#[derive(Clone)]
pub(super) struct StoredHash {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    cost: Argon2Cost,
    salt: Vec<u8>,
    expected: Zeroizing<Vec<u8>>,
}

impl StoredHash {
    pub(super) fn parse(text: &str) -> Result<Self, UnusableHash> {
        let hash = PasswordHash::new(text).map_err(|_| UnusableHash::Format)?;
        let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return Err(UnusableHash::Format) };
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| UnusableHash::Format)?;
        // As the reference implementation reads it: without `v` it is of the first version.
        let version = hash.version.map_or(Ok(Version::V0x10), Version::try_from).map_err(|_| UnusableHash::Format)?;
        let params = Params::try_from(&hash).map_err(|_| UnusableHash::Format)?;
        let cost = Argon2Cost::new(params.m_cost(), params.t_cost(), params.p_cost())?;
        Ok(Self { algorithm, version, params, cost, salt: salt.to_vec(), expected: Zeroizing::new(expected.as_bytes().to_vec()) })
    }

    /// Reads a hash that was made elsewhere: of Argon2id alone (RFC 9106 §4).
    pub(super) fn given(text: &str) -> Result<Self, UnusableHash> {
        let hash = Self::parse(text)?;
        if hash.algorithm == Algorithm::Argon2id { Ok(hash) } else { Err(UnusableHash::Algorithm) }
    }

    /// What it costs.
    pub(super) const fn cost(&self) -> Argon2Cost {
        self.cost
    }

    /// A hash that no password has, and that takes as much work to compare with as a real one.
    pub(super) fn of_nobody(cost: Argon2Cost, random: &Random) -> Result<Self, argon2::Error> {
        Ok(Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params: params(cost)?,
            cost,
            salt: random.bytes::<SALT_BYTES>().to_vec(),
            expected: Zeroizing::new(random.bytes::<HASH_BYTES>().to_vec()),
        })
    }

    /// Whether a hash made today would have other parameters.
    pub(super) fn is_outdated(&self, cost: Argon2Cost) -> bool {
        (self.algorithm, self.version, self.cost) != (Algorithm::Argon2id, Version::V0x13, cost)
            || self.salt.len() < SALT_BYTES
            || self.expected.len() < HASH_BYTES
    }

    pub(super) fn matches(&self, password: &[u8], memory: &mut Memory) -> Result<bool, argon2::Error> {
        let mut found = Zeroizing::new(vec![0; self.expected.len()]);
        Argon2::new(self.algorithm, self.version, self.params.clone()).hash_password_into_with_memory(
            password,
            &self.salt,
            &mut found,
            memory.blocks(self.params.block_count()),
        )?;
        Ok(found.as_slice().ct_eq(&self.expected).into())
    }
}

/// A new PHC string for `password`.
pub(super) fn hash(cost: Argon2Cost, password: &[u8], salt: [u8; SALT_BYTES], memory: &mut Memory) -> Result<String, PasswordFailure> {
    let params = params(cost)?;
    let mut hash = Zeroizing::new([0; HASH_BYTES]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone()).hash_password_into_with_memory(
        password,
        &salt,
        hash.as_mut_slice(),
        memory.blocks(params.block_count()),
    )?;
    let phc = |_| UnusableHash::Format;
    let text = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(|_| UnusableHash::Format)?,
        salt: Some(Salt::new(&salt).map_err(phc)?),
        hash: Some(Output::new(hash.as_slice()).map_err(phc)?),
    };
    Ok(text.to_string())
}

const fn params(cost: Argon2Cost) -> Result<Params, argon2::Error> {
    Params::new(cost.memory_kib(), cost.iterations(), cost.parallelism(), Some(HASH_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost() -> Argon2Cost {
        Argon2Cost::new(64, 2, 2).unwrap()
    }

    #[test]
    fn a_hash_by_the_reference_implementation_is_understood() {
        // The test vectors of github.com/P-H-C/phc-winner-argon2, src/test.c: password "password", salt "somesalt".
        let mut memory = Memory::default();
        for stored in [
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
            "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
            "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY",
        ] {
            let parsed = StoredHash::parse(stored).unwrap();
            assert!(parsed.matches(b"password", &mut memory).unwrap(), "{stored}");
            assert!(!parsed.matches(b"Password", &mut memory).unwrap(), "{stored}");
            assert!(parsed.is_outdated(Argon2Cost::new(256, 2, 1).unwrap()), "its salt is short");
        }
    }

    #[test]
    fn a_hash_that_was_made_elsewhere_is_of_argon2id() {
        let given = |text| StoredHash::given(text).err();
        assert_eq!(given("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"), None);
        let other = "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8";
        assert_eq!(given(other), Some(UnusableHash::Algorithm));
        assert_eq!(given("wonderland"), Some(UnusableHash::Format));
    }

    #[test]
    fn a_hash_is_read_back_whatever_the_memory_held_before() {
        let (mut dirty, mut fresh) = (Memory::default(), Memory::default());
        let (one, other) = (hash(cost(), b"one", [1; 16], &mut dirty).unwrap(), hash(cost(), b"other", [2; 16], &mut dirty).unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=64,t=2,p=2$"), "{one}");
        assert_eq!(hash(cost(), b"other", [2; 16], &mut fresh).unwrap(), other);
        let parsed = StoredHash::parse(&one).unwrap();
        assert!(parsed.matches(b"one", &mut dirty).unwrap());
        assert!(!parsed.matches(b"other", &mut dirty).unwrap());
        assert!(!parsed.is_outdated(cost()));
        assert!(parsed.is_outdated(Argon2Cost::new(64, 3, 2).unwrap()));
    }

    #[test]
    fn what_is_no_hash_or_an_absurd_one_is_refused() {
        for (text, problem) in [
            ("", UnusableHash::Format),
            ("wonderland", UnusableHash::Format),
            ("$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW", UnusableHash::Format),
            ("$argon2id$v=19$m=64,t=2,p=2$c29tZXNhbHQ", UnusableHash::Format),
            ("$argon2id$v=99$m=64,t=2,p=2$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", UnusableHash::Format),
            (
                "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                UnusableHash::Cost(InvalidCost::Memory),
            ),
            (
                "$argon2id$v=19$m=64,t=4294967295,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                UnusableHash::Cost(InvalidCost::Iterations),
            ),
        ] {
            assert_eq!(StoredHash::parse(text).err(), Some(problem), "{text}");
        }
    }
}
