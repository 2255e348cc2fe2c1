//! Sealing what has to be told to somebody else in plain text later, such as the secret that we have at another provider: under a key that
//! lies in the key folder, so that whoever reads the database reads none of it. AES-256-GCM (NIST SP 800-38D).

use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::random::Random;
use crate::signing::disk::{self, Lock};
use crate::signing::failure::KeyFolderFailure;
use crate::signing::seal::SealingFailure;

/// The file of the key, in the key folder.
const FILE: &str = "seal.key";

/// The key folder's sealing key. It is read when it is needed, and made when something is sealed for the first time.
#[derive(Clone, Debug)]
pub struct Vault {
    folder: PathBuf,
}

impl Vault {
    /// The one of a key folder.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Seals a text. `purpose` says what it is, so that it can't be opened as something else.
    pub fn seal(&self, purpose: &str, plaintext: &str, random: &Random) -> Result<String, KeyFolderFailure> {
        let key = self.key_or_new(random)?;
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let mut sealed = Zeroizing::new(plaintext.as_bytes().to_vec());
        let tag = key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose.as_bytes()), &mut sealed)
            .map_err(|_| self.unusable())?;
        Ok(URL_SAFE_NO_PAD.encode([&nonce, sealed.as_slice(), tag.as_ref()].concat()))
    }

    /// The text, if it was sealed here and for this `purpose`, and has not been changed since.
    pub fn open(&self, purpose: &str, sealed: &str) -> Result<SecretString, KeyFolderFailure> {
        let key = self.key()?.ok_or_else(|| KeyFolderFailure::Missing { path: self.path() })?;
        let opened = || {
            let mut bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(sealed).map_err(|_| SealingFailure)?);
            let (nonce, rest) = bytes.split_first_chunk_mut::<NONCE_LEN>().ok_or(SealingFailure)?;
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let plaintext = key.open_in_place(nonce, Aad::from(purpose.as_bytes()), rest).map_err(|_| SealingFailure)?;
            std::str::from_utf8(plaintext).map(SecretString::from).map_err(|_| SealingFailure)
        };
        opened().map_err(|_| KeyFolderFailure::WrongSeal { path: self.path() })
    }

    fn key_or_new(&self, random: &Random) -> Result<LessSafeKey, KeyFolderFailure> {
        if let Some(key) = self.key()? {
            return Ok(key);
        }
        disk::create_folder(&self.folder)?;
        disk::check_folder(&self.folder)?;
        let lock = Lock::take(&self.folder)?;
        // Of two processes, one makes it.
        if self.key()?.is_none() {
            let made = Zeroizing::new(random.bytes::<32>());
            disk::replace(&lock, FILE, &Zeroizing::new(URL_SAFE_NO_PAD.encode(*made)))?;
        }
        self.key()?.ok_or_else(|| self.unusable())
    }

    fn key(&self) -> Result<Option<LessSafeKey>, KeyFolderFailure> {
        let path = self.path();
        if !path.try_exists().map_err(KeyFolderFailure::io("read", &path))? {
            return Ok(None);
        }
        let text = disk::read_private(&path)?;
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.trim_end()).map_err(|_| self.unusable())?);
        UnboundKey::new(&AES_256_GCM, &bytes).map(|key| Some(LessSafeKey::new(key))).map_err(|_| self.unusable())
    }

    fn path(&self) -> PathBuf {
        Path::new(&self.folder).join(FILE)
    }

    fn unusable(&self) -> KeyFolderFailure {
        KeyFolderFailure::WrongSeal { path: self.path() }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn what_is_sealed_is_opened_by_the_same_folder_for_the_same_purpose() {
        let folder = tempfile::tempdir().unwrap();
        let (vault, random) = (Vault::new(folder.path().join("keys")), Random::seeded(1));
        let sealed = vault.seal("a", "hunter2", &random).unwrap();
        assert_ne!(sealed, vault.seal("a", "hunter2", &random).unwrap());
        assert_eq!(fs::metadata(vault.path()).unwrap().mode() & 0o777, 0o600);
        assert_eq!(Vault::new(folder.path().join("keys")).open("a", &sealed).unwrap().expose_secret(), "hunter2");
        assert!(vault.open("b", &sealed).is_err());
        assert!(vault.open("a", &sealed.replace(|letter: char| letter.is_ascii_uppercase(), "x")).is_err());
        let other = Vault::new(folder.path().join("other"));
        assert!(other.open("a", &sealed).is_err());
        other.seal("a", "x", &random).unwrap();
        assert!(other.open("a", &sealed).unwrap_err().to_string().contains("seal.key"));
    }
}
