//! A key folder for tests, with keys that are the same for the same seed.

use std::ops::Deref;
use std::time::Duration;

use tempfile::TempDir;

use crate::protocol::jose::SigningAlgorithm;
use crate::protocol::time::Timestamp;
use crate::random::Random;
use crate::signing::{KeyFolder, KeySize, Rotation, SharedKeyring};

pub(super) const fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

/// A folder of its own, deleted at the end.
pub(super) struct Folder {
    keys: KeyFolder,
    random: Random,
    _home: TempDir,
}

impl Folder {
    pub(super) fn new(seed: u64) -> Self {
        let (home, random) = (tempfile::tempdir().unwrap(), Random::seeded(seed));
        let keys = KeyFolder::open_or_create(home.path(), KeySize::default(), &random, at(0)).unwrap();
        Self { keys, random, _home: home }
    }

    pub(super) fn folder(&self) -> KeyFolder {
        self.keys.clone()
    }

    /// [`KeyFolder::rotate`] for RS256 with the folder's own randomness.
    pub(super) fn rotate(&self, now: Timestamp) -> Rotation {
        self.rotate_for(SigningAlgorithm::Rs256, now)
    }

    /// [`KeyFolder::rotate`] with the folder's own randomness.
    pub(super) fn rotate_for(&self, algorithm: SigningAlgorithm, now: Timestamp) -> Rotation {
        self.keys.rotate(algorithm, KeySize::default(), &self.random, now, Duration::ZERO).unwrap()
    }

    /// [`KeyFolder::prepare`] with the folder's own randomness.
    pub(super) fn prepare(&self, algorithm: SigningAlgorithm, now: Timestamp) {
        self.keys.prepare(algorithm, KeySize::default(), &self.random, now).unwrap();
    }

    pub(super) fn shared(&self) -> SharedKeyring {
        SharedKeyring::open(self.folder()).unwrap()
    }
}

impl Deref for Folder {
    type Target = KeyFolder;

    fn deref(&self) -> &KeyFolder {
        &self.keys
    }
}
