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
mod tests {
    use std::collections::BTreeSet;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::sync::Barrier;

    use super::*;
    use crate::signing::KeyState;
    use crate::signing::fixture::{Folder, at};

    fn kids(folder: &KeyFolder) -> Vec<Kid> {
        folder.keyring().unwrap().keys().map(|key| key.kid().clone()).collect()
    }

    fn files(folder: &KeyFolder) -> BTreeSet<String> {
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn refusal(folder: &KeyFolder) -> String {
        folder.keyring().err().unwrap().to_string()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn the_first_start_makes_an_active_and_a_next_key_that_only_their_owner_can_read() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("deep/keys");
        let missing = KeyFolder::open(&path).unwrap_err().to_string();
        assert!(missing.contains("keyring.json does not exist; start the server once"), "{missing}");

        let folder = KeyFolder::open_or_create(&path, KeySize::default(), &Random::seeded(10), at(5)).unwrap();
        assert_eq!(mode(&path), 0o700);
        let made = kids(&folder);
        let states: Vec<_> = folder.keyring().unwrap().keys().map(Key::state).collect();
        assert_eq!(states, [KeyState::Active { since: at(5) }, KeyState::Next { since: at(5) }]);
        for kid in &made {
            assert_eq!(mode(&path.join(format!("{kid}.pem"))), 0o600);
        }

        let again = KeyFolder::open_or_create(&path, KeySize::default(), &Random::seeded(11), at(6)).unwrap();
        assert_eq!(kids(&again), made, "the second start changes nothing");
        assert_eq!(kids(&KeyFolder::open(&path).unwrap()), made);
    }

    #[test]
    fn two_first_starts_at_once_agree() {
        let home = tempfile::tempdir().unwrap();
        let start = |seed| {
            let folder = KeyFolder::open_or_create(home.path(), KeySize::default(), &Random::seeded(seed), at(0)).unwrap();
            kids(&folder)
        };
        let (one, other) = std::thread::scope(|scope| {
            let (one, other) = (scope.spawn(|| start(20)), scope.spawn(|| start(21)));
            (one.join().unwrap(), other.join().unwrap())
        });
        assert_eq!(one, other);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused_with_the_command_that_mends_it() {
        let folder = Folder::new(22);
        let path = folder.path().join(key_file(folder.keyring().unwrap().active().kid()));
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let refusal = refusal(&folder);
        let (_, command) = refusal.split_once("; run: ").unwrap();
        assert_eq!(command, format!("chmod 600 {}", path.display()));
        assert!(std::process::Command::new("sh").args(["-c", command]).status().unwrap().success());
        assert!(folder.keyring().is_ok());
    }

    #[test]
    fn a_damaged_folder_is_refused_with_the_name_of_the_file() {
        let folder = Folder::new(23);
        let list = folder.path().join(LIST);
        let good = fs::read_to_string(&list).unwrap();
        for (bad, problem) in [
            ("", "EOF while parsing"),
            (r#"{"keys":[]}"#, "exactly one active key"),
            (&good.replace(r#""keys""#, r#""more":1,"keys""#), "unknown field `more`"),
            (&good.replace(r#""kid": ""#, r#""kid": "../"#), "43 characters of base64url"),
        ] {
            fs::write(&list, bad).unwrap();
            let refusal = refusal(&folder);
            assert!(refusal.starts_with(&format!("{} is damaged: ", list.display())), "{refusal}");
            assert!(refusal.contains(problem), "{refusal}");
            assert!(folder.folder().rotate(KeySize::default(), &Random::seeded(1), at(0), Duration::ZERO).is_err());
            assert_eq!(fs::read_to_string(&list).unwrap(), bad, "a list that we can't read is never overwritten");
        }
        fs::write(&list, good).unwrap();

        let [active, next]: [PathBuf; 2] =
            kids(&folder).iter().map(|kid| folder.path().join(key_file(kid))).collect::<Vec<_>>().try_into().unwrap();
        fs::copy(&next, &active).unwrap();
        assert!(refusal(&folder).starts_with(&format!("{} holds another key", active.display())));
        fs::write(&active, "hello").unwrap();
        assert!(refusal(&folder).starts_with(&format!("{} is not in PEM format", active.display())));
        fs::remove_file(&active).unwrap();
        assert!(refusal(&folder).starts_with(&format!("cannot read {}", active.display())));
    }

    #[test]
    fn a_rotation_moves_every_key_on_and_deletes_the_ended() {
        let folder = Folder::new(24);
        let before = kids(&folder);
        let rotation = folder.rotate(at(100));
        assert_eq!([rotation.retired.clone(), rotation.active.clone()].as_slice(), before);
        assert_eq!(kids(&folder), [rotation.active, rotation.next, rotation.retired.clone()]);

        let KeyState::Retired { until, .. } = folder.keyring().unwrap().keys().last().unwrap().state() else { panic!("retired") };
        let last = folder.rotate(until);
        assert_eq!(last.removed, [rotation.retired]);
        let mut expected: BTreeSet<_> = kids(&folder).iter().map(key_file).collect();
        assert_eq!(expected.len(), 3);
        expected.extend([LIST.to_owned(), ".lock".to_owned()]);
        assert_eq!(files(&folder), expected);
    }

    #[test]
    fn a_key_that_nobody_can_know_yet_does_not_sign() {
        let folder = Folder::new(27);
        let before = kids(&folder);
        let rotate = |now| folder.folder().rotate(KeySize::default(), &Random::seeded(28), now, Duration::from_secs(100));
        assert!(matches!(rotate(at(99)), Err(KeyFolderFailure::TooYoung { kid }) if kid == before[1]));
        assert_eq!(kids(&folder), before);
        assert_eq!(rotate(at(100)).unwrap().active, before[1]);
        assert!(rotate(at(100)).is_err(), "the one that was made just now is as young again");
    }

    #[test]
    fn rotations_at_once_happen_one_after_the_other() {
        let (folder, random) = (Folder::new(25), Random::seeded(26));
        let made = [(); 4].map(|()| PrivateKey::make(KeySize::default(), &random).unwrap());
        let together = Barrier::new(made.len());
        std::thread::scope(|scope| {
            for made in &made {
                scope.spawn(|| {
                    together.wait();
                    folder.rotate_to(made, at(0), Duration::ZERO).unwrap();
                });
            }
        });
        let keyring = folder.keyring().unwrap();
        let count = |wanted: fn(KeyState) -> bool| keyring.keys().filter(|key| wanted(key.state())).count();
        assert_eq!(count(|state| matches!(state, KeyState::Active { .. })), 1);
        assert_eq!(count(|state| matches!(state, KeyState::Next { .. })), 1);
        assert_eq!(count(|state| matches!(state, KeyState::Retired { .. })), 4);
        let mut expected: BTreeSet<_> = kids(&folder).iter().map(key_file).collect();
        expected.extend([LIST.to_owned(), ".lock".to_owned()]);
        assert_eq!(files(&folder), expected);
    }

    #[test]
    fn an_imported_key_signs_after_the_next_rotation() {
        let (folder, elsewhere) = (Folder::new(28), Folder::new(29));
        let foreign = elsewhere.keyring().unwrap().active().kid().clone();
        let pem = fs::read_to_string(elsewhere.path().join(key_file(&foreign))).unwrap();
        let before = kids(&folder);
        let imported = folder.folder().import(&pem, at(7)).unwrap();
        assert_eq!(imported.next, foreign);
        assert_eq!(Some(&imported.replaced), before.last());
        assert!(!folder.path().join(key_file(&imported.replaced)).exists());
        assert_eq!(mode(&folder.path().join(key_file(&foreign))), 0o600);
        let twice = folder.folder().import(&pem, at(8)).unwrap_err().to_string();
        assert!(twice.contains("already"), "{twice}");
        assert_eq!(folder.rotate(at(9)).active, foreign);
    }

    #[test]
    fn what_a_crash_left_behind_is_ignored() {
        let (folder, elsewhere) = (Folder::new(30), Folder::new(31));
        let before = kids(&folder);
        fs::write(folder.path().join(".keyring.json.tmp"), r#"{"keys":["#).unwrap();
        let orphan = elsewhere.keyring().unwrap().active().kid().clone();
        fs::copy(elsewhere.path().join(key_file(&orphan)), folder.path().join(key_file(&orphan))).unwrap();
        assert_eq!(kids(&folder), before);
        folder.rotate(at(1));
        assert!(!kids(&folder).contains(&orphan));
        assert!(!files(&folder).contains(".keyring.json.tmp"));
    }
}
