//! Private files: read only if nobody else can, and replaced in one step that survives a crash.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

use zeroize::Zeroizing;

use crate::signing::failure::KeyFolderFailure;

const OWNER_ONLY_FILE: u32 = 0o600;
const OWNER_ONLY_FOLDER: u32 = 0o700;
const OTHERS: u32 = 0o077;
const OTHERS_WRITE: u32 = 0o022;
/// More than any key or list of keys needs.
const MAX_BYTES: u64 = 1024 * 1024;
const LOCK_FILE: &str = ".lock";
const TEMPORARY_START: &str = ".";
const TEMPORARY_END: &str = ".tmp";

/// Refuses a folder that others may write to: they could put keys of their own into it.
pub(super) fn check_folder(path: &Path) -> Result<(), KeyFolderFailure> {
    let mode = fs::metadata(path).map_err(KeyFolderFailure::io("read", path))?.mode();
    if mode & OTHERS_WRITE == 0 { Ok(()) } else { Err(KeyFolderFailure::ExposedFolder { path: path.to_path_buf() }) }
}

/// Makes a folder that only its owner can enter; one that is there already is left as it is.
pub(super) fn create_folder(path: &Path) -> Result<(), KeyFolderFailure> {
    DirBuilder::new().recursive(true).mode(OWNER_ONLY_FOLDER).create(path).map_err(KeyFolderFailure::io("create", path))
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, KeyFolderFailure> {
    let file = File::open(path).map_err(KeyFolderFailure::io("read", path))?;
    read_to_end(file).map_err(KeyFolderFailure::io("read", path))
}

/// Reads a file that only its owner may read and write. Asks the opened file for its mode, so that it can't be swapped in between.
pub(super) fn read_private(path: &Path) -> Result<Zeroizing<String>, KeyFolderFailure> {
    let file = File::open(path).map_err(KeyFolderFailure::io("read", path))?;
    let mode = file.metadata().map_err(KeyFolderFailure::io("read", path))?.mode();
    if mode & OTHERS != 0 {
        return Err(KeyFolderFailure::Exposed { path: path.to_path_buf() });
    }
    read_to_end(file).map_err(KeyFolderFailure::io("read", path))
}

fn read_to_end(file: File) -> io::Result<Zeroizing<String>> {
    // Room for all of it at once: a buffer that grows leaves copies of its content behind.
    let room = usize::try_from(file.metadata()?.len().min(MAX_BYTES)).unwrap_or_default().saturating_add(1);
    let mut text = Zeroizing::new(String::with_capacity(room));
    file.take(MAX_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// Puts `text` into the file `name` of the locked folder, mode 0600: after a crash the file holds the old text or the new, never a part.
pub(super) fn replace(lock: &Lock<'_>, name: &str, text: &str) -> Result<(), KeyFolderFailure> {
    let folder = lock.folder;
    let (temporary, target) = (folder.join(format!("{TEMPORARY_START}{name}{TEMPORARY_END}")), folder.join(name));
    let written = write_new(folder, &temporary, text).and_then(|()| fs::rename(&temporary, &target));
    written.and_then(|()| File::open(folder)?.sync_all()).map_err(KeyFolderFailure::io("write", &target))
}

fn write_new(folder: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY_FILE).open(path)?;
    give_to_owner_of(folder, &file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Deletes a file of the locked folder; one that is gone already is fine.
pub(super) fn remove(lock: &Lock<'_>, name: &str) -> Result<(), KeyFolderFailure> {
    let path = lock.folder.join(name);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(KeyFolderFailure::io("delete", &path)(error)),
        _ => Ok(()),
    }
}

/// The right to change a folder: nobody else has it until this is dropped, in this process or another.
pub(super) struct Lock<'folder> {
    folder: &'folder Path,
    _file: File,
}

impl<'folder> Lock<'folder> {
    /// Waits until nobody else changes the folder. Clears away what a crash has left half written: it may be half a private key.
    pub(super) fn take(folder: &'folder Path) -> Result<Self, KeyFolderFailure> {
        let path = folder.join(LOCK_FILE);
        let take = || {
            let file = OpenOptions::new().write(true).create(true).truncate(false).mode(OWNER_ONLY_FILE).open(&path)?;
            give_to_owner_of(folder, &file)?;
            file.lock()?;
            sweep(folder)?;
            Ok(Self { folder, _file: file })
        };
        take().map_err(KeyFolderFailure::io("lock", &path))
    }
}

fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(TEMPORARY_START) && name.ends_with(TEMPORARY_END)) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// When root works in the folder of another user, that user must be able to read what root has made.
fn give_to_owner_of(folder: &Path, file: &File) -> io::Result<()> {
    let (owner, ours) = (fs::metadata(folder)?, file.metadata()?);
    if ours.uid() == 0 && owner.uid() != 0 {
        fchown(file, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_its_owners_from_its_first_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        create_folder(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        replace(&Lock::take(&path).unwrap(), "secret", "text").unwrap();
        assert_eq!(fs::metadata(path.join("secret")).unwrap().mode() & 0o777, 0o600);
        assert_eq!(read_private(&path.join("secret")).unwrap().as_str(), "text");
    }

    #[test]
    fn a_file_that_others_may_touch_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        replace(&Lock::take(folder.path()).unwrap(), "secret", "text").unwrap();
        let path = folder.path().join("secret");
        for open_to_others in [0o640, 0o604, 0o620, 0o602, 0o601] {
            fs::set_permissions(&path, Permissions::from_mode(open_to_others)).unwrap();
            let refusal = read_private(&path).unwrap_err().to_string();
            assert!(refusal.ends_with(&format!("run: chmod 600 {}", path.display())), "{refusal}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        assert!(read_private(&path).is_ok());
    }

    #[test]
    fn what_a_crash_left_behind_is_ignored_and_then_cleared_away() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list");
        replace(&Lock::take(folder.path()).unwrap(), "list", "old").unwrap();
        for left in [".list.tmp", ".key.pem.tmp"] {
            fs::write(folder.path().join(left), "half a te").unwrap();
        }
        assert_eq!(read(&list).unwrap().as_str(), "old");
        replace(&Lock::take(folder.path()).unwrap(), "list", "new").unwrap();
        assert_eq!(read(&list).unwrap().as_str(), "new");
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [".lock", "list"]);
    }
}
