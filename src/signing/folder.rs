//! The key folder: `keyring.json`, which lists the keys with their states, and a private key `<kid>.pem` for each.
//!
//! A change is one replacement of `keyring.json`. New key files are written before it and old ones deleted after it, so that a crash
//! at any point leaves a list whose keys are all there, and at most a file that no list names.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::protocol::time::Timestamp;
use crate::random::Random;
use crate::signing::disk::{self, Lock};
use crate::signing::failure::KeyFolderFailure;
use crate::signing::jwk::Kid;
use crate::signing::keyring::{Key, Keyring};
use crate::signing::make::{KeySize, PrivateKey};
use crate::signing::provider::PreparedKey;
use crate::signing::state::{KeyState, Member, Roster, Rotation};

const LIST: &str = "keyring.json";

/// A folder with signing keys.
#[derive(Clone, Debug)]
pub struct KeyFolder {
    path: PathBuf,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
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

    /// A folder whose first two keys, one active and one next, are made if it has none. Of two processes that start at once, one
    /// makes them.
    pub fn open_or_create(path: impl Into<PathBuf>, size: KeySize, random: &Random, now: Timestamp) -> Result<Self, KeyFolderFailure> {
        let folder = Self { path: path.into() };
        disk::create_folder(&folder.path)?;
        disk::check_folder(&folder.path)?;
        if !folder.has_list()? {
            let lock = Lock::take(&folder.path)?;
            if !folder.has_list()? {
                folder.write_first(&lock, [Self::make(size, random)?, Self::make(size, random)?], now)?;
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

    /// Moves every key one step through its life: the next key signs from now on, the one that signed retires, a new next key is made,
    /// and keys whose last token has ended are deleted. Nothing of it happens while the next key has been `published` for less than so long.
    /// Running servers notice by [`SharedKeyring::reload_if_changed`].
    ///
    /// [`SharedKeyring::reload_if_changed`]: crate::signing::SharedKeyring::reload_if_changed
    pub fn rotate(&self, size: KeySize, random: &Random, now: Timestamp, published: Duration) -> Result<Rotation, KeyFolderFailure> {
        // Before the lock is taken, as finding primes takes a while; and not at all where it would be for nothing.
        Self::check_published(&self.read_list()?, now, published)?;
        self.rotate_to(&Self::make(size, random)?, now, published)
    }

    fn check_published(roster: &Roster, now: Timestamp, published: Duration) -> Result<(), KeyFolderFailure> {
        match roster.next().state {
            KeyState::Next { since } if now.since(since) < published => Err(KeyFolderFailure::TooYoung { kid: roster.next().kid.clone() }),
            _ => Ok(()),
        }
    }

    fn rotate_to(&self, made: &PrivateKey, now: Timestamp, published: Duration) -> Result<Rotation, KeyFolderFailure> {
        let lock = Lock::take(&self.path)?;
        let mut roster = self.read_list()?;
        Self::check_published(&roster, now, published)?;
        let rotation = roster.rotate(self.add(&lock, &roster, made)?, now);
        self.write_list(&lock, &roster)?;
        for kid in &rotation.removed {
            disk::remove(&lock, &key_file(kid))?;
        }
        Ok(rotation)
    }

    /// Takes a key out at once and deletes its file, because it may have leaked: nothing that it signed is believed any more. If it signs, or
    /// was to sign next, the next one moves up and another one is made.
    pub fn disable(&self, kid: &Kid, size: KeySize, random: &Random, now: Timestamp) -> Result<(), KeyFolderFailure> {
        let made = Self::make(size, random)?;
        let lock = Lock::take(&self.path)?;
        let mut roster = self.read_list()?;
        let spare = self.add(&lock, &roster, &made)?;
        let known = roster.disable(kid, spare.clone(), now);
        if known {
            self.write_list(&lock, &roster)?;
            disk::remove(&lock, &key_file(kid))?;
        }
        if !roster.contains(&spare) {
            disk::remove(&lock, &key_file(&spare))?;
        }
        if known { Ok(()) } else { Err(KeyFolderFailure::NotListed { kid: kid.clone(), path: self.list_path() }) }
    }

    /// Takes in an RSA private key that was made elsewhere (PEM, PKCS#8 or PKCS#1) as the next key, in place of the one that was
    /// to be next.
    pub fn import(&self, pem: &str, now: Timestamp) -> Result<Imported, KeyFolderFailure> {
        let imported = PrivateKey::import(pem).map_err(KeyFolderFailure::NotImportable)?;
        let lock = Lock::take(&self.path)?;
        let mut roster = self.read_list()?;
        let next = self.add(&lock, &roster, &imported)?;
        let replaced = roster.replace_next(next.clone(), now);
        self.write_list(&lock, &roster)?;
        disk::remove(&lock, &key_file(&replaced))?;
        Ok(Imported { next, replaced })
    }

    /// Where the folder is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn list_path(&self) -> PathBuf {
        self.path.join(LIST)
    }

    fn has_list(&self) -> Result<bool, KeyFolderFailure> {
        let path = self.list_path();
        path.try_exists().map_err(KeyFolderFailure::io("read", &path))
    }

    fn read_list(&self) -> Result<Roster, KeyFolderFailure> {
        self.parse_list(&disk::read(&self.list_path())?)
    }

    fn parse_list(&self, list: &str) -> Result<Roster, KeyFolderFailure> {
        serde_json::from_str(list).map_err(|error| KeyFolderFailure::DamagedList { path: self.list_path(), problem: error.to_string() })
    }

    fn write_list(&self, lock: &Lock<'_>, roster: &Roster) -> Result<(), KeyFolderFailure> {
        let text = serde_json::to_string_pretty(roster)
            .map_err(|error| KeyFolderFailure::io("write", &self.list_path())(io::Error::other(error)))?;
        disk::replace(lock, LIST, &format!("{text}\n"))
    }

    fn write_first(&self, lock: &Lock<'_>, made: [PrivateKey; 2], now: Timestamp) -> Result<(), KeyFolderFailure> {
        let [active, next] = made.map(|key| Self::write_key(lock, &key));
        self.write_list(lock, &Roster::new(active?, next?, now))
    }

    fn make(size: KeySize, random: &Random) -> Result<PrivateKey, KeyFolderFailure> {
        PrivateKey::make(size, random).map_err(KeyFolderFailure::NotMade)
    }

    /// Writes the file of a key that is not in the list yet.
    fn add(&self, lock: &Lock<'_>, roster: &Roster, key: &PrivateKey) -> Result<Kid, KeyFolderFailure> {
        let kid = key.prepared().kid();
        if roster.contains(kid) {
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
        let roster = self.parse_list(list)?;
        let read = |member: &Member| Ok(Key::new(self.read_key(&member.kid)?, member.state));
        Ok(Keyring::new(read(roster.active())?, roster.others().map(read).collect::<Result<_, _>>()?))
    }

    fn read_key(&self, kid: &Kid) -> Result<Arc<PreparedKey>, KeyFolderFailure> {
        let path = self.path.join(key_file(kid));
        let key =
            PrivateKey::read(disk::read_private(&path)?).map_err(|problem| KeyFolderFailure::DamagedKey { path: path.clone(), problem })?;
        let prepared = Arc::clone(key.prepared());
        if prepared.kid() == kid { Ok(prepared) } else { Err(KeyFolderFailure::Misnamed { path, found: prepared.kid().clone() }) }
    }
}

fn key_file(kid: &Kid) -> String {
    format!("{kid}.pem")
}

#[cfg(test)]
mod tests;
