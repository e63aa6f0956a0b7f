//! The encryption of callbacks (AES-256-CBC in WeChat's own layout) and of
//! old-style mini-program data (AES-128-CBC). No input makes these panic.

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit, KeyIvInit};
use serde_json::Value;

/// The last character of a key carries two spare bits, which WeChat sets at will;
/// a strict decoder refuses such a key.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Random bytes and the length, before the message.
const HEAD: usize = 16 + 4;

/// Padding fills up to this, not to the cipher's block of 16.
const PADDING: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    #[error("the key is not 43 characters of base64")]
    Key,
    #[error("not base64")]
    Base64,
    #[error("not a whole number of blocks, or none")]
    Length,
    #[error("wrong padding")]
    Padding,
    #[error("the layout inside is broken")]
    Layout,
    #[error("meant for another appid")]
    Appid,
    #[error("the watermark is missing or of another appid")]
    Watermark,
    #[error("not JSON")]
    Json,
    #[error("the system has no randomness to give")]
    Random,
}

/// An EncodingAESKey, with its rounds prepared: callbacks come often, keys change never.
#[derive(Clone)]
pub struct AesKey {
    cipher: aes::Aes256,
    iv: [u8; 16],
}

impl fmt::Debug for AesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AesKey(…)")
    }
}

impl AesKey {
    /// # Errors
    /// Not 43 characters of base64.
    pub fn parse(encoding_aes_key: &str) -> Result<Self, CryptoError> {
        if encoding_aes_key.len() != 43 {
            return Err(CryptoError::Key);
        }
        let key = LENIENT.decode(format!("{encoding_aes_key}=")).map_err(|_| CryptoError::Key)?;
        let iv = *key.first_chunk().ok_or(CryptoError::Key)?;
        let cipher = KeyInit::new_from_slice(&key).map_err(|_| CryptoError::Key)?;
        Ok(Self { cipher, iv })
    }

    fn sealing(&self) -> cbc::Encryptor<&aes::Aes256> {
        cbc::Encryptor::inner_iv_init(&self.cipher, &self.iv.into())
    }

    fn opening(&self) -> cbc::Decryptor<&aes::Aes256> {
        cbc::Decryptor::inner_iv_init(&self.cipher, &self.iv.into())
    }

    /// Encrypts under random leading bytes; returns base64.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn encrypt(&self, message: &[u8], appid: &str) -> Result<String, CryptoError> {
        let mut bytes = [0; 12];
        getrandom::fill(&mut bytes).map_err(|_| CryptoError::Random)?;
        // 16 characters, since WeChat's own samples take text here.
        let mut random = [0; 16];
        STANDARD.encode_slice(bytes, &mut random).map_err(|_| CryptoError::Random)?;
        self.encrypt_with(&random, message, appid)
    }

    /// Encrypts under the given leading bytes; returns base64.
    ///
    /// # Errors
    /// The message is 4 GiB or longer.
    pub fn encrypt_with(
        &self,
        random: &[u8; 16],
        message: &[u8],
        appid: &str,
    ) -> Result<String, CryptoError> {
        let length = u32::try_from(message.len()).map_err(|_| CryptoError::Length)?;
        let mut plain = Vec::with_capacity(HEAD + message.len() + appid.len() + PADDING);
        plain.extend_from_slice(random);
        plain.extend_from_slice(&length.to_be_bytes());
        plain.extend_from_slice(message);
        plain.extend_from_slice(appid.as_bytes());
        // 1..=32 bytes: a whole 32 where it was aligned already.
        let pad = PADDING - plain.len() % PADDING;
        let value = u8::try_from(pad).map_err(|_| CryptoError::Length)?;
        plain.resize(plain.len() + pad, value);
        let length = plain.len();
        let sealed = self
            .sealing()
            .encrypt_padded::<NoPadding>(&mut plain, length)
            .map_err(|_| CryptoError::Length)?;
        Ok(STANDARD.encode(sealed))
    }

    /// Returns the message unchanged, bytes and all, if it is meant for `appid`.
    ///
    /// # Errors
    /// Not base64, altered, of another key or for another appid.
    pub fn decrypt(&self, encrypt: &str, appid: &str) -> Result<Vec<u8>, CryptoError> {
        let mut bytes = LENIENT.decode(encrypt).map_err(|_| CryptoError::Base64)?;
        if bytes.is_empty() || !bytes.len().is_multiple_of(16) {
            return Err(CryptoError::Length);
        }
        let plain = self
            .opening()
            .decrypt_padded::<NoPadding>(&mut bytes)
            .map_err(|_| CryptoError::Length)?;
        let message = HEAD..HEAD + message_length(unpad(plain)?, appid)?;
        bytes.truncate(message.end);
        bytes.drain(..message.start);
        Ok(bytes)
    }
}

/// How long the message in a layout is that is meant for `appid`.
fn message_length(layout: &[u8], appid: &str) -> Result<usize, CryptoError> {
    let (_random, rest) = layout.split_first_chunk::<16>().ok_or(CryptoError::Layout)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(CryptoError::Layout)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| CryptoError::Layout)?;
    let (_message, tail) = rest.split_at_checked(length).ok_or(CryptoError::Layout)?;
    if tail == appid.as_bytes() { Ok(length) } else { Err(CryptoError::Appid) }
}

fn unpad(plain: &[u8]) -> Result<&[u8], CryptoError> {
    let pad = usize::from(*plain.last().ok_or(CryptoError::Length)?);
    if !(1..=PADDING).contains(&pad) {
        return Err(CryptoError::Padding);
    }
    let kept = plain.len().checked_sub(pad).ok_or(CryptoError::Padding)?;
    Ok(&plain[..kept])
}

/// Opens what `wx.getUserInfo` and the old phone button hand over, and checks
/// that it was made for our `appid`.
///
/// # Errors
/// Another session key, altered, or of another appid.
pub fn decrypt_user_data(
    appid: &str,
    session_key: &str,
    iv: &str,
    encrypted_data: &str,
) -> Result<Value, CryptoError> {
    let decode = |text: &str| LENIENT.decode(text).map_err(|_| CryptoError::Base64);
    let (key, iv, mut bytes) = (decode(session_key)?, decode(iv)?, decode(encrypted_data)?);
    let cipher =
        cbc::Decryptor::<aes::Aes128>::new_from_slices(&key, &iv).map_err(|_| CryptoError::Key)?;
    let plain = cipher.decrypt_padded::<Pkcs7>(&mut bytes).map_err(|_| CryptoError::Padding)?;
    let data: Value = serde_json::from_slice(plain).map_err(|_| CryptoError::Json)?;
    let marked = data.pointer("/watermark/appid").and_then(Value::as_str);
    if marked == Some(appid) { Ok(data) } else { Err(CryptoError::Watermark) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    #[test]
    fn a_key_must_have_43_characters_and_may_have_spare_bits() {
        assert!(AesKey::parse(KEY).is_ok());
        assert!(AesKey::parse(&KEY[..42]).is_err());
        assert!(AesKey::parse(&format!("{}!", &KEY[..42])).is_err());
        assert!(AesKey::parse(&"钥".repeat(14)).is_err());
        assert!(!format!("{:?}", AesKey::parse(KEY)).contains("abc"));
    }

    #[test]
    fn the_same_message_never_looks_the_same() {
        let key = AesKey::parse(KEY).expect("43 characters");
        assert_ne!(key.encrypt(b"x", "wx1"), key.encrypt(b"x", "wx1"));
    }

    proptest! {
        #[test]
        fn what_was_encrypted_comes_back(message in proptest::collection::vec(any::<u8>(), 0..200), appid in "[a-z0-9]{0,20}") {
            let key = AesKey::parse(KEY).expect("43 characters");
            let sealed = key.encrypt(&message, &appid).expect("sealed");
            prop_assert_eq!(key.decrypt(&sealed, &appid).expect("opened"), message);
            let other = format!("{appid}x");
            prop_assert!(key.decrypt(&sealed, &other).is_err());
        }

        #[test]
        fn no_ciphertext_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let key = AesKey::parse(KEY).expect("43 characters");
            let _ = key.decrypt(&STANDARD.encode(&bytes), "wx1");
            let _ = key.decrypt(&String::from_utf8_lossy(&bytes), "wx1");
        }

        #[test]
        fn no_layout_makes_it_panic(mut plain in proptest::collection::vec(any::<u8>(), 0..160)) {
            // Well encrypted, badly laid out: as from someone who has the key.
            plain.truncate(plain.len() / 16 * 16);
            let key = AesKey::parse(KEY).expect("43 characters");
            let sealed = STANDARD.encode(key.sealing().encrypt_padded_vec::<NoPadding>(&plain));
            let _ = key.decrypt(&sealed, "");
        }

        #[test]
        fn no_user_data_makes_it_panic(a in ".{0,40}", b in ".{0,40}", c in ".{0,80}", raw in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = decrypt_user_data("wx1", &a, &b, &c);
            let sixteen = STANDARD.encode([7; 16]);
            let _ = decrypt_user_data("wx1", &sixteen, &sixteen, &STANDARD.encode(raw));
        }
    }
}
