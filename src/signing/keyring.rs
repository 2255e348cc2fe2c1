//! The signing keys in memory: which one signs, which ones the world is told of, which ones are believed.
//!
//! Each algorithm has keys of its own, because a published key names its one algorithm (RFC 7517 §4.4) and a token is verified by that and never
//! by what its header says (RFC 8725 §3.1): an RSA key that signed as RS256 and as PS256 would have to be published without. Only RS256, with
//! which access tokens are signed, has keys from the first start on. Another algorithm gets its first two when a client registers for it, or else
//! when something is first signed with it: finding the primes of ten more RSA keys would make the first start slow, and every verifier would
//! read keys that never sign. The very first key of an algorithm signs at once. There is no key that a verifier would take instead, and whoever
//! meets an unknown name asks for the keys again; whoever registered its client before asks for them later than they were made.

use std::sync::Arc;

use crate::protocol::jose::SigningAlgorithm;
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

    /// The one algorithm that it signs with.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.prepared.algorithm()
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

/// The keys of one algorithm.
#[derive(Clone)]
pub(super) struct Chain {
    active: Key,
    others: Vec<Key>,
}

impl Chain {
    /// `others` in the order of publication: the next key, then the retired ones, newest first.
    pub(super) const fn new(active: Key, others: Vec<Key>) -> Self {
        Self { active, others }
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.active).chain(&self.others)
    }
}

/// The keys of one moment. A rotation makes a new ring; whoever holds an old one can still use it.
#[derive(Clone)]
pub struct Keyring {
    rs256: Chain,
    more: Vec<Chain>,
}

impl Keyring {
    /// The keys of RS256, and those of other algorithms in their order.
    pub(super) const fn new(rs256: Chain, more: Vec<Chain>) -> Self {
        Self { rs256, more }
    }

    /// A ring of one new key, which is written nowhere.
    pub(super) fn in_memory(random: &Random, now: Timestamp) -> Result<Self, KeyFolderFailure> {
        let made = PrivateKey::make(SigningAlgorithm::Rs256, KeySize::default(), random).map_err(KeyFolderFailure::NotMade)?;
        let active = Key::new(Arc::clone(made.prepared()), KeyState::Active { since: now });
        Ok(Self::new(Chain::new(active, Vec::new()), Vec::new()))
    }

    /// The key that signs with RS256, such as access tokens.
    #[must_use]
    pub const fn active(&self) -> &Key {
        &self.rs256.active
    }

    /// The key that signs with an algorithm, if there is one already.
    #[must_use]
    pub fn active_for(&self, algorithm: SigningAlgorithm) -> Option<&Key> {
        self.chains().map(|chain| &chain.active).find(|key| key.algorithm() == algorithm)
    }

    /// The algorithms that have keys, RS256 first.
    #[must_use]
    pub fn algorithms(&self) -> Vec<SigningAlgorithm> {
        self.chains().map(|chain| chain.active.algorithm()).collect()
    }

    fn chains(&self) -> impl Iterator<Item = &Chain> {
        std::iter::once(&self.rs256).chain(&self.more)
    }

    /// Every key, published or not, algorithm by algorithm, RS256 first: the active one, the next one, then the retired ones, newest first.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.chains().flat_map(Chain::keys)
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
