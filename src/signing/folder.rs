//! The key folder: `keyring.json`, which lists the keys with their states, and a private key `<kid>.pem` for each.
//!
//! A change is one replacement of `keyring.json`. New key files are written before it and old ones deleted after it, so that a crash
//! at any point leaves a list whose keys are all there, and at most a file that no list names.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::protocol::jose::SigningAlgorithm;
use crate::protocol::time::Timestamp;
use crate::random::Random;
use crate::signing::disk::{self, Lock};
use crate::signing::failure::KeyFolderFailure;
use crate::signing::jwk::Kid;
use crate::signing::keyring::{Chain, Key, Keyring};
use crate::signing::make::{KeySize, PrivateKey};
use crate::signing::provider::PreparedKey;
use crate::signing::state::{KeyState, Member, Roster, Rosters, Rotation};

const LIST: &str = "keyring.json";

/// A folder with signing keys.
#[derive(Clone, Debug)]
pub struct KeyFolder {
    path: PathBuf,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The algorithm that it is for.
    pub algorithm: SigningAlgorithm,
    /// The imported key, which signs after the next rotation.
    pub next: Kid,
    /// The key that was to be next before. It has never signed anything; its file was deleted.
    pub replaced: Kid,
}

impl KeyFolder {
    /// A folder that has keys already.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, KeyFolderFailure> {
        let folder = Self { path: path.into() };
        if !folder.has_list()? {
            return Err(KeyFolderFailure::Missing { path: folder.list_path() });
        }
        disk::check_folder(&folder.path)?;
        Ok(folder)
    }

    /// A folder whose first two keys, one active and one next, both for RS256, are made if it has none. Of two processes that start at once,
    /// one makes them.
    pub fn open_or_create(path: impl Into<PathBuf>, size: KeySize, random: &Random, now: Timestamp) -> Result<Self, KeyFolderFailure> {
        let folder = Self { path: path.into() };
        disk::create_folder(&folder.path)?;
        disk::check_folder(&folder.path)?;
        if !folder.has_list()? {
            let lock = Lock::take(&folder.path)?;
            if !folder.has_list()? {
                let first = Self::write_first(&lock, &Self::make_two(SigningAlgorithm::Rs256, size, random)?, now)?;
                folder.write_list(&lock, &Rosters::new(first))?;
            }
        }
        Ok(folder)
    }

    /// A folder that has no keys yet, and need not be there.
    pub(super) const fn without_keys(path: PathBuf) -> Self {
        Self { path }
    }

    /// Reads all keys.
    pub fn keyring(&self) -> Result<Keyring, KeyFolderFailure> {
        let mut list = disk::read(&self.list_path())?;
        loop {
            match self.read_keys(&list) {
                Ok(keyring) => return Ok(keyring),
                Err(failure) => {
                    // A rotation meanwhile may have deleted a key that the list named when we read it.
                    let newer = disk::read(&self.list_path())?;
                    if newer == list {
                        return Err(failure);
                    }
                    list = newer;
                }
            }
        }
    }

    /// Makes the first two keys of an algorithm, unless it has some. Of two processes that need them at once, one makes them.
    pub fn prepare(&self, algorithm: SigningAlgorithm, size: KeySize, random: &Random, now: Timestamp) -> Result<(), KeyFolderFailure> {
        if self.read_list()?.of(algorithm).is_some() {
            return Ok(());
        }
        // Before the lock is taken, as finding primes takes a while.
        let made = Self::make_two(algorithm, size, random)?;
        let lock = Lock::take(&self.path)?;
        let mut rosters = self.read_list()?;
        if rosters.of(algorithm).is_none() {
            rosters.add(Self::write_first(&lock, &made, now)?);
            self.write_list(&lock, &rosters)?;
        }
        Ok(())
    }

    /// Moves every key of an algorithm one step through its life: the next key signs from now on, the one that signed retires, a new next key is
    /// made, and keys whose last token has ended are deleted. Nothing of it happens while the next key has been `published` for less than so
    /// long. Running servers notice by [`SharedKeyring::reload_if_changed`].
    ///
    /// [`SharedKeyring::reload_if_changed`]: crate::signing::SharedKeyring::reload_if_changed
    pub fn rotate(
        &self,
        algorithm: SigningAlgorithm,
        size: KeySize,
        random: &Random,
        now: Timestamp,
        published: Duration,
    ) -> Result<Rotation, KeyFolderFailure> {
        // Before the lock is taken, as finding primes takes a while; and not at all where it would be for nothing.
        self.check_published(&self.read_list()?, algorithm, now, published)?;
        self.rotate_to(&Self::make(algorithm, size, random)?, now, published)
    }

    fn check_published(
        &self,
        rosters: &Rosters,
        algorithm: SigningAlgorithm,
        now: Timestamp,
        published: Duration,
    ) -> Result<(), KeyFolderFailure> {
        let roster = rosters.of(algorithm).ok_or_else(|| self.no_keys(algorithm))?;
        match roster.next().state {
            KeyState::Next { since } if now.since(since) < published => Err(KeyFolderFailure::TooYoung { kid: roster.next().kid.clone() }),
            _ => Ok(()),
        }
    }

    fn rotate_to(&self, made: &PrivateKey, now: Timestamp, published: Duration) -> Result<Rotation, KeyFolderFailure> {
        let algorithm = made.prepared().algorithm();
        let lock = Lock::take(&self.path)?;
        let mut rosters = self.read_list()?;
        self.check_published(&rosters, algorithm, now, published)?;
        let kid = self.add(&lock, &rosters, made)?;
        let rotation = rosters.of_mut(algorithm).ok_or_else(|| self.no_keys(algorithm))?.rotate(kid, now);
        self.write_list(&lock, &rosters)?;
        for kid in &rotation.removed {
            disk::remove(&lock, &key_file(kid))?;
        }
        Ok(rotation)
    }

    /// Takes a key out at once and deletes its file, because it may have leaked: nothing that it signed is believed any more. If it signs, or
    /// was to sign next, the next one moves up and another one is made.
    pub fn disable(&self, kid: &Kid, size: KeySize, random: &Random, now: Timestamp) -> Result<(), KeyFolderFailure> {
        let unknown = || KeyFolderFailure::NotListed { kid: kid.clone(), path: self.list_path() };
        let algorithm = self.read_list()?.algorithm_of(kid).ok_or_else(unknown)?;
        let made = Self::make(algorithm, size, random)?;
        let lock = Lock::take(&self.path)?;
        let mut rosters = self.read_list()?;
        let spare = self.add(&lock, &rosters, &made)?;
        let known = rosters.of_mut(algorithm).is_some_and(|roster| roster.disable(kid, spare.clone(), now));
        if known {
            self.write_list(&lock, &rosters)?;
            disk::remove(&lock, &key_file(kid))?;
        }
        if rosters.algorithm_of(&spare).is_none() {
            disk::remove(&lock, &key_file(&spare))?;
        }
        if known { Ok(()) } else { Err(unknown()) }
    }

    /// Takes in a private key that was made elsewhere (PEM, PKCS#8, PKCS#1 or SEC 1) as the next key of an algorithm, in place of the one that
    /// was to be next. Where no algorithm is given, it is the first one of the key's kind. One that has no keys yet gets an active one as well.
    pub fn import(
        &self,
        pem: &str,
        algorithm: Option<SigningAlgorithm>,
        size: KeySize,
        random: &Random,
        now: Timestamp,
    ) -> Result<Imported, KeyFolderFailure> {
        let imported = PrivateKey::import(pem, algorithm).map_err(KeyFolderFailure::NotImportable)?;
        let algorithm = imported.prepared().algorithm();
        self.prepare(algorithm, size, random, now)?;
        let lock = Lock::take(&self.path)?;
        let mut rosters = self.read_list()?;
        let next = self.add(&lock, &rosters, &imported)?;
        let replaced = rosters.of_mut(algorithm).ok_or_else(|| self.no_keys(algorithm))?.replace_next(next.clone(), now);
        self.write_list(&lock, &rosters)?;
        disk::remove(&lock, &key_file(&replaced))?;
        Ok(Imported { algorithm, next, replaced })
    }

    /// Where the folder is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn list_path(&self) -> PathBuf {
        self.path.join(LIST)
    }

    pub(super) fn has_list(&self) -> Result<bool, KeyFolderFailure> {
        let path = self.list_path();
        path.try_exists().map_err(KeyFolderFailure::io("read", &path))
    }

    fn no_keys(&self, algorithm: SigningAlgorithm) -> KeyFolderFailure {
        KeyFolderFailure::NoKeys { algorithm, path: self.list_path() }
    }

    fn read_list(&self) -> Result<Rosters, KeyFolderFailure> {
        self.parse_list(&disk::read(&self.list_path())?)
    }

    fn parse_list(&self, list: &str) -> Result<Rosters, KeyFolderFailure> {
        serde_json::from_str(list).map_err(|error| KeyFolderFailure::DamagedList { path: self.list_path(), problem: error.to_string() })
    }

    fn write_list(&self, lock: &Lock<'_>, rosters: &Rosters) -> Result<(), KeyFolderFailure> {
        let text = serde_json::to_string_pretty(rosters)
            .map_err(|error| KeyFolderFailure::io("write", &self.list_path())(io::Error::other(error)))?;
        disk::replace(lock, LIST, &format!("{text}\n"))
    }

    /// Writes the files of an algorithm's first keys.
    fn write_first(lock: &Lock<'_>, [active, next]: &[PrivateKey; 2], now: Timestamp) -> Result<Roster, KeyFolderFailure> {
        let algorithm = active.prepared().algorithm();
        Ok(Roster::new(algorithm, Self::write_key(lock, active)?, Self::write_key(lock, next)?, now))
    }

    fn make(algorithm: SigningAlgorithm, size: KeySize, random: &Random) -> Result<PrivateKey, KeyFolderFailure> {
        PrivateKey::make(algorithm, size, random).map_err(KeyFolderFailure::NotMade)
    }

    fn make_two(algorithm: SigningAlgorithm, size: KeySize, random: &Random) -> Result<[PrivateKey; 2], KeyFolderFailure> {
        Ok([Self::make(algorithm, size, random)?, Self::make(algorithm, size, random)?])
    }

    /// Writes the file of a key that is not in the list yet. No two algorithms share a key.
    fn add(&self, lock: &Lock<'_>, rosters: &Rosters, key: &PrivateKey) -> Result<Kid, KeyFolderFailure> {
        let kid = key.prepared().kid();
        if rosters.algorithm_of(kid).is_some() {
            return Err(KeyFolderFailure::AlreadyListed { kid: kid.clone(), path: self.list_path() });
        }
        Self::write_key(lock, key)
    }

    fn write_key(lock: &Lock<'_>, key: &PrivateKey) -> Result<Kid, KeyFolderFailure> {
        let kid = key.prepared().kid();
        disk::replace(lock, &key_file(kid), key.pem())?;
        Ok(kid.clone())
    }

    fn read_keys(&self, list: &str) -> Result<Keyring, KeyFolderFailure> {
        let rosters = self.parse_list(list)?;
        let chain = |roster: &Roster| {
            let read = |member: &Member| Ok(Key::new(self.read_key(roster.algorithm(), &member.kid)?, member.state));
            Ok(Chain::new(read(roster.active())?, roster.others().map(read).collect::<Result<_, _>>()?))
        };
        let mut chains = rosters.iter().map(chain);
        // A list without keys for RS256 is none (see `Rosters`).
        let rs256 = chains.next().unwrap_or_else(|| Err(self.no_keys(SigningAlgorithm::Rs256)))?;
        Ok(Keyring::new(rs256, chains.collect::<Result<_, _>>()?))
    }

    fn read_key(&self, algorithm: SigningAlgorithm, kid: &Kid) -> Result<Arc<PreparedKey>, KeyFolderFailure> {
        let path = self.path.join(key_file(kid));
        let key = PrivateKey::read(algorithm, disk::read_private(&path)?)
            .map_err(|problem| KeyFolderFailure::DamagedKey { path: path.clone(), problem })?;
        let prepared = Arc::clone(key.prepared());
        if prepared.kid() == kid { Ok(prepared) } else { Err(KeyFolderFailure::Misnamed { path, found: prepared.kid().clone() }) }
    }
}

fn key_file(kid: &Kid) -> String {
    format!("{kid}.pem")
}

#[cfg(test)]
mod tests;
