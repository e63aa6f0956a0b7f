//! What is kept from readers of the database, and what cannot be guessed.
//!
//! 1. Personal numbers are sealed with AES-256-GCM under a random nonce, bound to
//!    what they are (a phone number cannot be moved into the ID number's column).
//! 2. They are found again by a keyed hash, never by decrypting.
//! 3. Every use has a key of its own, derived from the one data key.
//! 4. Tokens are 32 random bytes; only their hash is stored.

use aes_gcm::aead::{Aead, KeyInit, Nonce, Payload};
use aes_gcm::{Aes256Gcm, Key};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

type HmacSha256 = Hmac<Sha256>;

pub struct Vault {
    sealing: Aes256Gcm,
    root: [u8; 32],
}

impl Vault {
    /// # Errors
    /// The key is not 32 bytes in base64.
    pub fn new(data_key: &SecretString) -> Result<Self> {
        let bytes = STANDARD.decode(data_key.expose_secret()).map_err(Error::internal)?;
        let root: [u8; 32] =
            bytes.try_into().map_err(|_| Error::internal("data key is not 32 bytes"))?;
        let key = mac(&root, b"seal", b"");
        Ok(Self { sealing: Aes256Gcm::new(&Key::<Aes256Gcm>::from(key)), root })
    }

    /// Seals `text`; `purpose` (as in `phone`) must be the same to open it.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn seal(&self, purpose: &str, text: &str) -> Result<String> {
        let nonce = random::<12>()?;
        let payload = Payload { msg: text.as_bytes(), aad: purpose.as_bytes() };
        let sealed = self
            .sealing
            .encrypt(&Nonce::<Aes256Gcm>::from(nonce), payload)
            .map_err(|_| Error::internal("sealing failed"))?;
        Ok(STANDARD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// # Errors
    /// Sealed with another key, for another purpose, or altered.
    pub fn open(&self, purpose: &str, sealed: &str) -> Result<String> {
        let broken = || Error::internal("a sealed value cannot be opened");
        let bytes = STANDARD.decode(sealed).map_err(|_| broken())?;
        let (nonce, rest) = bytes.split_first_chunk::<12>().ok_or_else(broken)?;
        let payload = Payload { msg: rest, aad: purpose.as_bytes() };
        let text = self
            .sealing
            .decrypt(&Nonce::<Aes256Gcm>::from(*nonce), payload)
            .map_err(|_| broken())?;
        String::from_utf8(text).map_err(|_| broken())
    }

    /// A keyed hash: equal for equal texts, useless without the key.
    pub fn fingerprint(&self, purpose: &str, text: &str) -> String {
        hex::encode(self.mac(purpose, text.as_bytes()))
    }

    /// HMAC-SHA256 of `data` under a key for `purpose` alone.
    pub fn mac(&self, purpose: &str, data: &[u8]) -> [u8; 32] {
        mac(&self.root, purpose.as_bytes(), data)
    }
}

fn mac(root: &[u8; 32], purpose: &[u8], data: &[u8]) -> [u8; 32] {
    let key = hmac(root, purpose);
    hmac(&key, data)
}

fn hmac(key: &[u8; 32], data: &[u8]) -> [u8; 32] {
    let mut mac = HmacSha256::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(data);
    mac.finalize().into_bytes().into()
}

/// `N` bytes nobody can guess.
///
/// # Errors
/// The system has none to give.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

/// A new secret token (43 characters, URL-safe) and the hash to store.
///
/// # Errors
/// The system has no randomness to give.
pub fn new_token() -> Result<(String, String)> {
    let token = URL_SAFE_NO_PAD.encode(random::<32>()?);
    let hash = token_hash(&token);
    Ok((token, hash))
}

/// What is stored of a token.
pub fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(byte: u8) -> Vault {
        Vault::new(&SecretString::from(STANDARD.encode([byte; 32]))).expect("32 bytes")
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_and_purpose_only() {
        let sealed = vault(1).seal("phone", "13800000001").expect("sealed");
        assert_eq!(vault(1).open("phone", &sealed).expect("open"), "13800000001");
        assert!(vault(1).open("id_number", &sealed).is_err());
        assert!(vault(2).open("phone", &sealed).is_err());
        assert!(vault(1).open("phone", "AAAA").is_err());
        assert_ne!(vault(1).seal("phone", "13800000001").expect("sealed"), sealed);
    }

    #[test]
    fn fingerprints_are_equal_for_equal_texts_and_keys() {
        let print = vault(1).fingerprint("phone", "13800000001");
        assert_eq!(print, vault(1).fingerprint("phone", "13800000001"));
        assert_ne!(print, vault(2).fingerprint("phone", "13800000001"));
        assert_ne!(print, vault(1).fingerprint("id_number", "13800000001"));
    }
}
