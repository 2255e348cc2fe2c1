//! What can be wrong with a key folder, in words that say how to mend it.

use std::io;
use std::path::{Path, PathBuf};

use crate::protocol::jose::SigningAlgorithm;
use crate::signing::jwk::Kid;
use crate::signing::make::UnusableKey;

/// Why a key folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFolderFailure {
    /// The folder or its list of keys is not there.
    #[error("{} does not exist; start the server once to make the first keys, or set the key folder to where they are", path.display())]
    Missing {
        /// The path of the list.
        path: PathBuf,
    },
    /// The key that would sign has not been published for as long as was asked for.
    #[error("the next key, {kid}, has not been published for long enough")]
    TooYoung {
        /// That key.
        kid: Kid,
    },
    /// The operating system refused.
    #[error("cannot {action} {}: {source}{}", path.display(), hint(source))]
    Io {
        /// What we tried to do: `read`, `write` …
        action: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Somebody besides the owner may read or write a private key.
    #[error("{} is open to others than its owner; run: chmod 600 {}", path.display(), quoted(path))]
    Exposed {
        /// The key file.
        path: PathBuf,
    },
    /// Somebody besides the owner may write to the folder.
    #[error("{} can be written to by others than its owner; run: chmod go-w {}", path.display(), quoted(path))]
    ExposedFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The list of keys does not read as one.
    #[error("{} is damaged: {problem}; restore it from a backup, or move it away to begin with new keys, which ends every live token", path.display())]
    DamagedList {
        /// The path of the list.
        path: PathBuf,
        /// What is wrong, and where.
        problem: String,
    },
    /// A key file holds no key that we can use.
    #[error("{} {problem}; restore it from a backup", path.display())]
    DamagedKey {
        /// The key file.
        path: PathBuf,
        /// What is wrong with it.
        problem: UnusableKey,
    },
    /// A key file holds another key than its name says.
    #[error("{} holds another key, {found}; restore it from a backup", path.display())]
    Misnamed {
        /// The key file.
        path: PathBuf,
        /// The identifier of the key in it.
        found: Kid,
    },
    /// The key that secrets are sealed under is none, or another one than that which sealed.
    #[error("{} is not the key that this was sealed with; restore it from a backup, or give the secret again", path.display())]
    WrongSeal {
        /// The key file.
        path: PathBuf,
    },
    /// The key to import is in the list already.
    #[error("the key {kid} is in {} already", path.display())]
    AlreadyListed {
        /// The key's identifier.
        kid: Kid,
        /// The path of the list.
        path: PathBuf,
    },
    /// There is no such key.
    #[error("there is no key {kid} in {}; `claviger keys list` shows those that there are", path.display())]
    NotListed {
        /// The identifier that was asked for.
        kid: Kid,
        /// The path of the list.
        path: PathBuf,
    },
    /// Nothing was ever signed with this algorithm here.
    #[error("there is no key for {algorithm} in {}; the first one is made when a client registers for it", path.display())]
    NoKeys {
        /// The algorithm.
        algorithm: SigningAlgorithm,
        /// The path of the list.
        path: PathBuf,
    },
    /// The key to import can't be used.
    #[error("the key {0}")]
    NotImportable(UnusableKey),
    /// No key could be made.
    #[error("cannot make a key: {0}")]
    NotMade(UnusableKey),
}

impl KeyFolderFailure {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }
}

fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied => "; the key folder must belong to the user that runs the server",
        _ => "",
    }
}

/// The path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@".contains(&byte);
    if text.bytes().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_to_run_survives_a_path_with_spaces() {
        let advice = |path: &str| KeyFolderFailure::Exposed { path: PathBuf::from(path) }.to_string();
        assert!(advice("/srv/keys/a.pem").ends_with("run: chmod 600 /srv/keys/a.pem"));
        assert!(advice("/srv/my keys/it's.pem").ends_with(r"run: chmod 600 '/srv/my keys/it'\''s.pem'"));
    }
}
