//! The names by which the clients of one sector know people and sessions (OpenID Connect Core §8.1): the same each time, and leading neither
//! back to the account nor to the name that another sector has for it. HMAC-SHA-256 (RFC 2104) under a salt that nobody else knows.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use crate::protocol::subject::{SessionId, Subject};
use crate::protocol::subject_type::Sector;
use crate::random::Random;

/// The salt of a server, under which all its pairwise names are made. Whoever loses it gives everybody new names.
pub struct PairwiseSalt(Key);

/// What is stored is no salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored salt of pairwise subjects is not 32 bytes in base64url")]
pub struct BadSalt;

impl PairwiseSalt {
    /// A new salt, as it is stored.
    #[must_use]
    pub fn made(random: &Random) -> SecretString {
        URL_SAFE_NO_PAD.encode(random.bytes::<32>()).into()
    }

    /// The salt that was stored.
    pub fn from_stored(text: &SecretString) -> Result<Self, BadSalt> {
        let bytes = URL_SAFE_NO_PAD.decode(text.expose_secret()).map_err(|_| BadSalt)?;
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| BadSalt)?;
        Ok(Self(Key::new(HMAC_SHA256, &bytes)))
    }

    /// The `sub` by which a sector knows a person: 43 of the base64url alphabet. An account's own `sub` is a UUID of 36, a client's has a colon,
    /// so that neither is ever taken for it.
    #[must_use]
    pub fn subject(&self, sector: &Sector, account: &Subject) -> Subject {
        Subject::new(self.name("sub", sector, account.as_str()))
    }

    /// The `sid` by which a sector knows a session: one that all clients knew would tell them that two of their people are the same.
    #[must_use]
    pub fn session(&self, sector: &Sector, session: &SessionId) -> SessionId {
        SessionId::new(self.name("sid", sector, session.as_str()))
    }

    fn name(&self, kind: &str, sector: &Sector, name: &str) -> String {
        // Neither a kind nor a sector has a NUL in it, so that no two of these read alike.
        URL_SAFE_NO_PAD.encode(sign(&self.0, format!("{kind}\0{sector}\0{name}").as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::client::ClientId;

    fn sector(name: &str) -> Sector {
        Sector::of_client(&ClientId::parse(name).unwrap())
    }

    fn salt(seed: u64) -> PairwiseSalt {
        PairwiseSalt::from_stored(&PairwiseSalt::made(&Random::seeded(seed))).unwrap()
    }

    #[test]
    fn a_name_depends_on_salt_kind_sector_and_whom_it_is_of() {
        let (account, session) = (Subject::new("x"), SessionId::new("x"));
        let one = salt(1).subject(&sector("a"), &account);
        assert_eq!(salt(1).subject(&sector("a"), &account), one);
        assert_ne!(salt(2).subject(&sector("a"), &account), one);
        assert_ne!(salt(1).subject(&sector("b"), &account), one);
        assert_ne!(salt(1).subject(&sector("a"), &Subject::new("y")), one);
        assert_ne!(salt(1).session(&sector("a"), &session).as_str(), one.as_str());
    }

    #[test]
    fn what_is_no_salt_is_not_used() {
        for wrong in ["", "AAAA", "not base64url!"] {
            assert!(PairwiseSalt::from_stored(&wrong.into()).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_pairwise_subject_is_never_an_accounts_or_a_clients(seed: u64, client in "[A-Za-z0-9._~-]{1,128}", uuid: u128) {
            let account = Subject::new(uuid::Uuid::from_u128(uuid));
            let pairwise = salt(seed).subject(&sector(&client), &account);
            prop_assert!(uuid::Uuid::parse_str(pairwise.as_str()).is_err());
            prop_assert!(pairwise.as_str().len() == 43 && !pairwise.as_str().contains(':'));
            prop_assert!(!pairwise.as_str().contains(account.as_str()));
        }
    }
}
