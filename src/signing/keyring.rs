//! The signing keys in memory: which one signs, which ones the world is told of, which ones are believed.

use std::sync::Arc;

use crate::protocol::time::Timestamp;
use crate::random::Random;
use crate::signing::failure::KeyFolderFailure;
use crate::signing::jwk::{JwkSet, Kid};
use crate::signing::make::{KeySize, PrivateKey};
use crate::signing::provider::PreparedKey;
use crate::signing::state::KeyState;

/// A signing key, parsed and ready.
#[derive(Clone)]
pub struct Key {
    prepared: Arc<PreparedKey>,
    state: KeyState,
}

impl Key {
    pub(super) const fn new(prepared: Arc<PreparedKey>, state: KeyState) -> Self {
        Self { prepared, state }
    }

    /// The key's identifier.
    #[must_use]
    pub fn kid(&self) -> &Kid {
        self.prepared.kid()
    }

    /// The name of the algorithm that it signs with (RFC 7518 §3.1).
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.prepared.algorithm().name()
    }

    /// Where it stands in its life.
    #[must_use]
    pub const fn state(&self) -> KeyState {
        self.state
    }

    pub(super) fn prepared(&self) -> &PreparedKey {
        &self.prepared
    }
}

/// The keys of one moment. A rotation makes a new ring; whoever holds an old one can still use it.
#[derive(Clone)]
pub struct Keyring {
    active: Key,
    others: Vec<Key>,
}

impl Keyring {
    /// `others` in the order of publication: the next key, then the retired ones, newest first.
    pub(super) const fn new(active: Key, others: Vec<Key>) -> Self {
        Self { active, others }
    }

    /// A ring of one new key, which is written nowhere.
    pub(super) fn in_memory(random: &Random, now: Timestamp) -> Result<Self, KeyFolderFailure> {
        let made = PrivateKey::make(KeySize::default(), random).map_err(KeyFolderFailure::NotMade)?;
        Ok(Self::new(Key::new(Arc::clone(made.prepared()), KeyState::Active { since: now }), Vec::new()))
    }

    /// The key that signs.
    #[must_use]
    pub const fn active(&self) -> &Key {
        &self.active
    }

    /// Every key, published or not: the active one, the next one, then the retired ones, newest first.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.active).chain(&self.others)
    }

    /// The key of this name, if its signatures are believed at `now`. The next key's are: another process may have rotated already.
    #[must_use]
    pub fn find(&self, kid: &str, now: Timestamp) -> Option<&Key> {
        self.keys().find(|key| key.kid().as_str() == kid && key.state.is_published(now))
    }

    /// What the world is told at `now` (RFC 7517 §5).
    #[must_use]
    pub fn published(&self, now: Timestamp) -> JwkSet {
        JwkSet { keys: self.keys().filter(|key| key.state.is_published(now)).map(|key| key.prepared.jwk().clone()).collect() }
    }
}
