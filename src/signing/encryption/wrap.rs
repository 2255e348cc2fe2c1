//! How a key gets to whom it is for: encrypted or wrapped.

use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap};
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::RsaPublicKeyComponents;

use crate::signing::encryption::EncryptionFailure;

/// Bytes that RFC 3394 adds to what is wrapped.
const WRAPPING_BYTES: usize = 8;

/// A key that is encrypted by RSAES-OAEP with SHA-256 and MGF1 with SHA-256 (RFC 7518 §4.3).
pub(super) fn rsa_oaep_256(modulus: &[u8], exponent: &[u8], secret: &[u8]) -> Result<Vec<u8>, EncryptionFailure> {
    let key: PublicEncryptingKey = RsaPublicKeyComponents { n: modulus, e: exponent }.try_into().map_err(|_| EncryptionFailure)?;
    let key = OaepPublicEncryptingKey::new(key).map_err(|_| EncryptionFailure)?;
    let mut encrypted = vec![0; key.ciphertext_size()];
    let length = key.encrypt(&OAEP_SHA256_MGF1SHA256, secret, &mut encrypted, None).map_err(|_| EncryptionFailure)?.len();
    encrypted.truncate(length);
    Ok(encrypted)
}

/// A key that is wrapped under another one by AES-256 (RFC 7518 §4.4, RFC 3394).
pub(super) fn a256kw(wrapping: &[u8], secret: &[u8]) -> Result<Vec<u8>, EncryptionFailure> {
    let wrapping = AesKek::new(&AES_256, wrapping).map_err(|_| EncryptionFailure)?;
    let mut wrapped = vec![0; secret.len() + WRAPPING_BYTES];
    wrapping.wrap(secret, &mut wrapped).map_err(|_| EncryptionFailure)?;
    Ok(wrapped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_3394_holds() {
        // RFC 3394 §4.6: 256 bits of key data under a 256-bit key.
        let wrapping: Vec<u8> = (0..32).collect();
        let secret: Vec<u8> = (0..16).map(|number| number * 0x11).chain(0..16).collect();
        let wrapped = a256kw(&wrapping, &secret).unwrap();
        let expected = "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21";
        let expected: Vec<u8> = (0..expected.len()).step_by(2).map(|at| u8::from_str_radix(&expected[at..at + 2], 16).unwrap()).collect();
        assert_eq!(wrapped, expected);
        assert_eq!(a256kw(&wrapping[..16], &secret), Err(EncryptionFailure));
    }
}
