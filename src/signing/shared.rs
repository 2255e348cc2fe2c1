//! The ring in use by a running server, replaced when the key folder has changed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use crate::protocol::jose::SigningAlgorithm;
use crate::protocol::time::Timestamp;
use crate::random::Random;
use crate::signing::failure::KeyFolderFailure;
use crate::signing::folder::KeyFolder;
use crate::signing::jwk::Kid;
use crate::signing::keyring::Keyring;
use crate::signing::make::KeySize;
use crate::signing::stamp::Stamp;
use crate::signing::state::Rotation;
use crate::signing::vault::Vault;

/// The keys of a running server. Clones share them.
#[derive(Clone)]
pub struct SharedKeyring(Arc<Shared>);

struct Shared {
    folder: KeyFolder,
    current: RwLock<Arc<Keyring>>,
    seen: Mutex<Seen>,
}

/// What the last look at the folder found.
struct Seen {
    /// None where there were no keys.
    stamp: Option<Stamp>,
    problem: Option<String>,
}

/// What a look at the key folder led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// Nothing has changed.
    Unchanged,
    /// The folder had changed, and the new ring is in use.
    Reloaded,
    /// The folder is as broken as it was at the last look, which has said why. The old ring stays in use.
    StillBroken,
}

impl SharedKeyring {
    /// Reads the keys of a folder.
    pub fn open(folder: KeyFolder) -> Result<Self, KeyFolderFailure> {
        // The stamp before the keys: a change in between is then noticed at the first look.
        let stamp = stamp(&folder)?;
        let keyring = folder.keyring()?;
        Ok(Self::new(folder, keyring, Some(stamp)))
    }

    /// Reads the keys of the folder at `path`. Where it has none, nothing is written: a key in memory stands for them, for whoever manages
    /// what is stored and signs nothing.
    pub fn open_or_in_memory(path: impl Into<PathBuf>, random: &Random, now: Timestamp) -> Result<Self, KeyFolderFailure> {
        let path = path.into();
        match KeyFolder::open(&path) {
            Err(KeyFolderFailure::Missing { .. }) => Ok(Self::new(KeyFolder::without_keys(path), Keyring::in_memory(random, now)?, None)),
            folder => Self::open(folder?),
        }
    }

    fn new(folder: KeyFolder, keyring: Keyring, stamp: Option<Stamp>) -> Self {
        let current = RwLock::new(Arc::new(keyring));
        Self(Arc::new(Shared { folder, current, seen: Mutex::new(Seen { stamp, problem: None }) }))
    }

    /// The folder's key for sealing.
    #[must_use]
    pub fn vault(&self) -> Vault {
        Vault::new(self.0.folder.path())
    }

    /// The ring in use.
    #[must_use]
    pub fn current(&self) -> Arc<Keyring> {
        Arc::clone(&self.0.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Those of `algorithms` that something can be signed with: the folder has keys of them, or can be written to, so that they are made when
    /// they are first needed.
    #[must_use]
    pub fn usable(&self, algorithms: &[SigningAlgorithm]) -> Vec<SigningAlgorithm> {
        let can_grow = rustix::fs::access(self.0.folder.path(), rustix::fs::Access::WRITE_OK).is_ok();
        let ring = self.current();
        algorithms.iter().copied().filter(|algorithm| can_grow || ring.active_for(*algorithm).is_some()).collect()
    }

    /// Looks whether `keyring.json` has changed, which costs one `stat`, and if so takes the new keys into use. A folder that can't be
    /// read leaves the old ring in use; the reason is returned once, and again only when it becomes another.
    pub fn reload_if_changed(&self) -> Result<Reload, KeyFolderFailure> {
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = stamp(&self.0.folder);
        if stamp.as_ref().is_ok_and(|stamp| Some(*stamp) == seen.stamp) {
            seen.problem = None;
            return Ok(Reload::Unchanged);
        }
        match stamp.and_then(|stamp| Ok((stamp, self.0.folder.keyring()?))) {
            Ok((stamp, keyring)) => {
                *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keyring);
                *seen = Seen { stamp: Some(stamp), problem: None };
                Ok(Reload::Reloaded)
            }
            Err(failure) => {
                let problem = Some(failure.to_string());
                if seen.problem == problem {
                    return Ok(Reload::StillBroken);
                }
                seen.problem = problem;
                Err(failure)
            }
        }
    }

    /// Makes the first keys of an algorithm (see [`KeyFolder::prepare`]) and takes them into use. Where the folder has no keys at all, nothing is
    /// made: nothing is signed here.
    pub fn prepare(&self, algorithm: SigningAlgorithm, size: KeySize, random: &Random, now: Timestamp) -> Result<(), KeyFolderFailure> {
        if self.current().active_for(algorithm).is_some() || !self.0.folder.has_list()? {
            return Ok(());
        }
        self.0.folder.prepare(algorithm, size, random, now)?;
        self.reload_if_changed()?;
        Ok(())
    }

    /// Rotates an algorithm's keys in the folder (see [`KeyFolder::rotate`]) and takes the new ones into use.
    pub fn rotate(
        &self,
        algorithm: SigningAlgorithm,
        size: KeySize,
        random: &Random,
        now: Timestamp,
        published: Duration,
    ) -> Result<Rotation, KeyFolderFailure> {
        let rotation = self.0.folder.rotate(algorithm, size, random, now, published)?;
        self.reload_if_changed()?;
        Ok(rotation)
    }

    /// Takes a key out of the folder (see [`KeyFolder::disable`]) and out of use.
    pub fn disable(&self, kid: &Kid, size: KeySize, random: &Random, now: Timestamp) -> Result<(), KeyFolderFailure> {
        self.0.folder.disable(kid, size, random, now)?;
        self.reload_if_changed()?;
        Ok(())
    }
}

fn stamp(folder: &KeyFolder) -> Result<Stamp, KeyFolderFailure> {
    let path = folder.list_path();
    Stamp::of(&path).map_err(KeyFolderFailure::io("read", &path))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::signing::fixture::{Folder, at};

    #[test]
    fn a_running_server_notices_a_rotation() {
        let folder = Folder::new(40);
        let ring = folder.shared();
        let held = ring.current();
        assert_eq!(ring.reload_if_changed().unwrap(), Reload::Unchanged);
        let rotation = folder.rotate(at(1));
        assert_eq!(ring.current().active().kid(), &rotation.retired, "not before it has looked");
        let clone = ring.clone();
        assert_eq!(ring.reload_if_changed().unwrap(), Reload::Reloaded);
        assert_eq!(clone.current().active().kid(), &rotation.active);
        assert_eq!(held.active().kid(), &rotation.retired, "whoever holds the old ring keeps it");
        assert_eq!(ring.reload_if_changed().unwrap(), Reload::Unchanged);
    }

    #[test]
    fn a_folder_without_keys_stays_so_until_somebody_makes_them() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("keys");
        let ring = SharedKeyring::open_or_in_memory(&path, &Random::seeded(42), at(1)).unwrap();
        let in_memory = ring.current().active().kid().clone();
        assert!(!path.exists());
        let folder = KeyFolder::open_or_create(&path, KeySize::default(), &Random::seeded(43), at(2)).unwrap();
        assert_eq!(ring.reload_if_changed().unwrap(), Reload::Reloaded);
        let written = folder.keyring().unwrap().active().kid().clone();
        assert_ne!(written, in_memory);
        for ring in [ring, SharedKeyring::open_or_in_memory(&path, &Random::seeded(44), at(3)).unwrap()] {
            assert_eq!(ring.current().active().kid(), &written);
        }
        fs::write(folder.list_path(), "{").unwrap();
        assert!(SharedKeyring::open_or_in_memory(&path, &Random::seeded(45), at(4)).is_err(), "a damaged folder is not one without keys");
    }

    #[test]
    fn where_no_keys_can_be_made_those_that_are_there_are_all_that_is_usable() {
        let all = [SigningAlgorithm::Rs256, SigningAlgorithm::Es256];
        let folder = Folder::new(46);
        assert_eq!(folder.shared().usable(&all), all);
        let away = SharedKeyring::open_or_in_memory("/nowhere/keys", &Random::seeded(47), at(1)).unwrap();
        assert_eq!(away.usable(&all), [SigningAlgorithm::Rs256]);
    }

    #[test]
    fn a_broken_folder_leaves_the_old_keys_in_use_and_says_why_once() {
        let folder = Folder::new(41);
        let ring = folder.shared();
        let active = ring.current().active().kid().clone();
        let list = folder.list_path();
        let good = fs::read_to_string(&list).unwrap();
        let expect_old_keys = || assert_eq!(ring.current().active().kid(), &active);

        fs::write(&list, "{").unwrap();
        assert!(ring.reload_if_changed().unwrap_err().to_string().contains("is damaged"));
        expect_old_keys();
        assert_eq!(ring.reload_if_changed().unwrap(), Reload::StillBroken);
        expect_old_keys();
        fs::remove_file(&list).unwrap();
        assert!(ring.reload_if_changed().unwrap_err().to_string().contains("cannot read"));
        assert_eq!(ring.reload_if_changed().unwrap(), Reload::StillBroken);
        expect_old_keys();

        fs::write(&list, good).unwrap();
        assert_eq!(ring.reload_if_changed().unwrap(), Reload::Reloaded);
        expect_old_keys();
        fs::remove_file(&list).unwrap();
        assert!(ring.reload_if_changed().is_err(), "broken again is said again");
    }
}
