//! What tells one version of a file from another.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A version of a file: a new file in the place of the old one has another, and so has one that was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

impl Stamp {
    /// The version of the file at `path`, or of the one that a link there leads to. It costs one `stat`.
    pub fn of(path: &Path) -> io::Result<Self> {
        let found = fs::metadata(path)?;
        Ok(Self { inode: found.ino(), length: found.len(), modified: (found.mtime(), found.mtime_nsec()) })
    }
}
