//! Encrypting a text, and binding the header to it (RFC 7518 §5).

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_CBC_IV_LEN, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

use crate::protocol::jose::ContentEncryption;
use crate::random::Random;
use crate::signing::encryption::{EncryptionFailure, bits};

/// Bytes of each half of a key for A128CBC-HS256, and of its tag.
const HALF: usize = 16;

/// What became of a text.
pub(super) struct Sealed {
    pub(super) iv: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

/// Bytes of the key.
pub(super) const fn key_bytes(enc: ContentEncryption) -> usize {
    match enc {
        ContentEncryption::A128Gcm => 16,
        ContentEncryption::A128CbcHs256 | ContentEncryption::A256Gcm => 32,
    }
}

/// Encrypts a text under a key that is used for nothing else.
pub(super) fn seal(
    enc: ContentEncryption,
    secret: &[u8],
    text: &[u8],
    header: &[u8],
    random: &Random,
) -> Result<Sealed, EncryptionFailure> {
    match enc {
        ContentEncryption::A128CbcHs256 => cbc(secret, random.bytes(), text, header),
        ContentEncryption::A128Gcm => gcm(&AES_128_GCM, secret, random.bytes(), text, header),
        ContentEncryption::A256Gcm => gcm(&AES_256_GCM, secret, random.bytes(), text, header),
    }
}

/// RFC 7518 §5.3.
fn gcm(algorithm: &'static Algorithm, secret: &[u8], iv: [u8; NONCE_LEN], text: &[u8], header: &[u8]) -> Result<Sealed, EncryptionFailure> {
    let key = LessSafeKey::new(UnboundKey::new(algorithm, secret).map_err(|_| EncryptionFailure)?);
    let mut ciphertext = text.to_vec();
    let tag = key
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), Aad::from(header), &mut ciphertext)
        .map_err(|_| EncryptionFailure)?;
    Ok(Sealed { iv: iv.to_vec(), ciphertext, tag: tag.as_ref().to_vec() })
}

/// RFC 7518 §5.2.2.1, §5.2.3: the first half of the key authenticates, the second encrypts.
fn cbc(secret: &[u8], iv: [u8; AES_CBC_IV_LEN], text: &[u8], header: &[u8]) -> Result<Sealed, EncryptionFailure> {
    let (authenticating, encrypting) = secret.split_at_checked(HALF).ok_or(EncryptionFailure)?;
    let key = UnboundCipherKey::new(&AES_128, encrypting).and_then(PaddedBlockEncryptingKey::cbc_pkcs7).map_err(|_| EncryptionFailure)?;
    let mut ciphertext = text.to_vec();
    key.less_safe_encrypt(&mut ciphertext, EncryptionContext::Iv128(FixedLength::from(iv))).map_err(|_| EncryptionFailure)?;
    let mut authenticated = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, authenticating));
    for part in [header, &iv, &ciphertext, &bits(header.len()).to_be_bytes()] {
        authenticated.update(part);
    }
    let tag = authenticated.sign().as_ref().get(..HALF).ok_or(EncryptionFailure)?.to_vec();
    Ok(Sealed { iv: iv.to_vec(), ciphertext, tag })
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn encoded(sealed: &Sealed) -> [String; 2] {
        [URL_SAFE_NO_PAD.encode(&sealed.ciphertext), URL_SAFE_NO_PAD.encode(&sealed.tag)]
    }

    #[test]
    fn the_example_of_a256gcm_holds() {
        // RFC 7516 Appendix A.1.
        let secret = [
            177, 161, 244, 128, 84, 143, 225, 115, 63, 180, 3, 255, 107, 154, 212, 246, 138, 7, 110, 91, 112, 46, 34, 105, 47, 130, 203,
            46, 122, 234, 64, 252,
        ];
        let iv = [227, 197, 117, 252, 2, 219, 233, 68, 180, 225, 77, 219];
        let text = b"The true sign of intelligence is not knowledge but imagination.";
        let header = b"eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ";
        let sealed = gcm(&AES_256_GCM, &secret, iv, text, header).unwrap();
        let ciphertext = "5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A";
        assert_eq!(encoded(&sealed), [ciphertext, "XFBoMYUZodetZdvTiFvSkQ"]);
    }

    #[test]
    fn the_example_of_a128cbc_hs256_holds() {
        // RFC 7516 Appendix A.3, Appendix B.
        let secret = [
            4, 211, 31, 197, 84, 157, 252, 254, 11, 100, 157, 250, 63, 170, 106, 206, 107, 124, 212, 45, 111, 107, 9, 219, 200, 177, 0,
            240, 143, 156, 44, 207,
        ];
        let iv = [3, 22, 60, 12, 43, 67, 104, 105, 108, 108, 105, 99, 111, 116, 104, 101];
        let header = b"eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0";
        let sealed = cbc(&secret, iv, b"Live long and prosper.", header).unwrap();
        assert_eq!(encoded(&sealed), ["KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY", "U0m_YmjN04DJvceFICbCVQ"]);
    }

    #[test]
    fn the_example_of_a128gcm_holds() {
        // NIST SP 800-38D by McGrew and Viega, test case 4: no RFC shows one by itself.
        let bytes =
            |hex: &str| -> Vec<u8> { (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect() };
        let text =
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
        let expected =
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091";
        let iv = bytes("cafebabefacedbaddecaf888").try_into().unwrap();
        let (secret, header) = (bytes("feffe9928665731c6d6a8f9467308308"), bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
        let sealed = gcm(&AES_128_GCM, &secret, iv, &bytes(text), &header).unwrap();
        assert_eq!((sealed.ciphertext, sealed.tag), (bytes(expected), bytes("5bc94fbc3221a5db94fae95ae7121a47")));
    }
}
