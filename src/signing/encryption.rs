//! Encrypting for a client (RFC 7516, compact form): a text that nobody but the holder of one private key can read. We only encrypt; nothing here
//! decrypts.
//!
//! | RFC 7518 | where |
//! |---|---|
//! | §4.3, RSA-OAEP-256 | [`wrap`](mod@wrap) |
//! | §4.6, ECDH-ES, and with A256KW | [`agreement`] |
//! | §5.2, A128CBC-HS256; §5.3, A128GCM and A256GCM | [`content`] |

mod agreement;
mod content;
mod wrap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use self::agreement::agree;
use crate::protocol::jose::{Encryption, EncryptionKey, KeyManagement, PublicKey};
use crate::random::Random;

/// A text could not be encrypted: the key is none that this can be done for, such as a point that is not on its curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key can't be encrypted for")]
pub struct EncryptionFailure;

/// Encrypts a text for a key. `content_type` says what it is where that is another token (RFC 7519 §5.2: `JWT`).
pub fn encrypt(
    text: &str,
    content_type: Option<&str>,
    encryption: Encryption,
    key: &EncryptionKey,
    random: &Random,
) -> Result<String, EncryptionFailure> {
    let Encryption { alg, enc } = encryption;
    let mut header = Map::new();
    let mut say = |name: &str, value: Value| header.insert(name.to_owned(), value);
    say("alg", alg.as_str().into());
    say("enc", enc.as_str().into());
    if let Some(kid) = key.kid() {
        say("kid", kid.into());
    }
    if let Some(content_type) = content_type {
        say("cty", content_type.into());
    }
    let made = || {
        let mut secret = Zeroizing::new(vec![0; content::key_bytes(enc)]);
        random.fill(&mut secret);
        secret
    };
    // RFC 7516 §5.1 nos. 2–6: the content encryption key, and how it gets there. One that is agreed on need not.
    let (secret, wrapped) = match (alg, key.public()) {
        (KeyManagement::RsaOaep256, PublicKey::Rsa { n, e }) => {
            let secret = made();
            let wrapped = wrap::rsa_oaep_256(n, e, &secret)?;
            (secret, wrapped)
        }
        (KeyManagement::EcdhEs, public) => {
            let agreed = agree(public, enc.as_str(), content::key_bytes(enc), random)?;
            say("epk", agreed.ephemeral);
            (agreed.secret, Vec::new())
        }
        (KeyManagement::EcdhEsA256Kw, public) => {
            let agreed = agree(public, alg.as_str(), 32, random)?;
            say("epk", agreed.ephemeral);
            let secret = made();
            let wrapped = wrap::a256kw(&agreed.secret, &secret)?;
            (secret, wrapped)
        }
        (KeyManagement::RsaOaep256, _) => return Err(EncryptionFailure),
    };
    let header = URL_SAFE_NO_PAD.encode(Value::Object(header).to_string());
    let sealed = content::seal(enc, &secret, text.as_bytes(), header.as_bytes(), random)?;
    let [wrapped, iv, ciphertext, tag] = [&wrapped, &sealed.iv, &sealed.ciphertext, &sealed.tag].map(|part| URL_SAFE_NO_PAD.encode(part));
    Ok(format!("{header}.{wrapped}.{iv}.{ciphertext}.{tag}"))
}

/// Bits of a number of bytes, as they are hashed and authenticated.
const fn bits(bytes: usize) -> u64 {
    bytes as u64 * 8
}

#[cfg(test)]
mod tests;
