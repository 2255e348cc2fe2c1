//! Sealing a small text so that only the holder of an opaque token can open it: we keep what is sealed and a hash of the token, and
//! neither leads to the text. AES-256-GCM (NIST SP 800-38D) under a key derived from the token by HKDF-SHA256 (RFC 5869).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::protocol::token::Token;
use crate::random::Random;

/// Keeps these keys apart from any other that is ever derived from a token.
const CONTEXT: &[u8] = b"claviger seal 1";

/// A sealed text: nonce, ciphertext and tag, base64url without padding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

/// A text could not be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot seal a text")]
pub struct SealingFailure;

impl Sealed {
    /// Seals `plaintext` for the holder of `token`. `purpose` says what it is, so that it can't be opened as something else.
    pub fn seal(token: &Token, purpose: &str, plaintext: &str, random: &Random) -> Result<Self, SealingFailure> {
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let key = derive(token, purpose).map_err(|_| SealingFailure)?;
        // Encrypted in place; zeroized in case that fails.
        let mut sealed = Zeroizing::new(plaintext.as_bytes().to_vec());
        let tag = key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose.as_bytes()), &mut sealed)
            .map_err(|_| SealingFailure)?;
        Ok(Self(URL_SAFE_NO_PAD.encode([&nonce, sealed.as_slice(), tag.as_ref()].concat())))
    }

    /// The text, if it was sealed for the holder of `token` and for this `purpose`, and has not been changed since.
    #[must_use]
    pub fn open(&self, token: &Token, purpose: &str) -> Option<SecretString> {
        let mut bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(&self.0).ok()?);
        let (nonce, rest) = bytes.split_first_chunk_mut::<NONCE_LEN>()?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plaintext = derive(token, purpose).ok()?.open_in_place(nonce, Aad::from(purpose.as_bytes()), rest).ok()?;
        Some(SecretString::from(std::str::from_utf8(plaintext).ok()?))
    }

    /// A sealed text as it was stored.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The sealed text, for the store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn derive(token: &Token, purpose: &str) -> Result<LessSafeKey, Unspecified> {
    // A token is long and random (RFC 5869 §3.1: then no salt is needed), so deriving needs no slow hash.
    let extracted = Salt::new(HKDF_SHA256, &[]).extract(token.reveal().as_bytes());
    let key = UnboundKey::from(extracted.expand(&[CONTEXT, &[0], purpose.as_bytes()], &AES_256_GCM)?);
    Ok(LessSafeKey::new(key))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::protocol::token::TokenKind;

    const PURPOSE: &str = "the successor of a refresh token";
    const TEXT: &str = "clv_rt_next";

    fn opened(token: &Token, purpose: &str, sealed: &Sealed) -> Option<String> {
        sealed.open(token, purpose).map(|text| text.expose_secret().to_owned())
    }

    #[test]
    fn only_the_same_token_opens_for_the_same_purpose() {
        let random = Random::seeded(1);
        let (token, other) = (random.token(TokenKind::RefreshToken), random.token(TokenKind::RefreshToken));
        let sealed = Sealed::from_stored(Sealed::seal(&token, PURPOSE, TEXT, &random).unwrap().as_str().to_owned());
        assert_eq!(opened(&token, PURPOSE, &sealed).as_deref(), Some(TEXT));
        assert_eq!(opened(&other, PURPOSE, &sealed), None);
        assert_eq!(opened(&token, "something else", &sealed), None);
    }

    #[test]
    fn a_sealed_text_tells_nothing_and_cannot_be_changed() {
        let random = Random::seeded(2);
        let token = random.token(TokenKind::RefreshToken);
        let (sealed, again) =
            (Sealed::seal(&token, PURPOSE, TEXT, &random).unwrap(), Sealed::seal(&token, PURPOSE, TEXT, &random).unwrap());
        assert_ne!(sealed, again);
        let bytes = URL_SAFE_NO_PAD.decode(sealed.as_str()).unwrap();
        assert!(!bytes.windows(TEXT.len()).any(|part| part == TEXT.as_bytes()));
        for position in 0..bytes.len() {
            let changed = bytes.iter().enumerate().map(|(at, byte)| if at == position { byte ^ 1 } else { *byte });
            let changed = Sealed::from_stored(URL_SAFE_NO_PAD.encode(changed.collect::<Vec<_>>()));
            assert_eq!(opened(&token, PURPOSE, &changed), None, "byte {position}");
        }
        for length in 0..bytes.len() {
            let cut = Sealed::from_stored(URL_SAFE_NO_PAD.encode(bytes.iter().copied().take(length).collect::<Vec<_>>()));
            assert_eq!(opened(&token, PURPOSE, &cut), None, "{length} bytes");
        }
        assert_eq!(opened(&token, PURPOSE, &Sealed::from_stored("not base64url!".to_owned())), None);
    }
}
