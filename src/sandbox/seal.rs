//! Signatures and AES of callbacks, as WeChat's side makes and checks them.

use aes::Aes256;
use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, PAD, STANDARD};
use sha1::{Digest, Sha1};

/// Keys of the platform carry two spare bits in their last character.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, PAD.with_decode_allow_trailing_bits(true));

/// SHA-1 of the sorted and joined parts, in lower-case hex.
pub(super) fn signature(parts: &[&str]) -> String {
    let mut sorted = parts.to_vec();
    sorted.sort_unstable();
    hex::encode(Sha1::digest(sorted.concat().as_bytes()))
}

fn key(aes_key: &str) -> Option<([u8; 32], [u8; 16])> {
    let key: [u8; 32] = LENIENT.decode(format!("{aes_key}=")).ok()?.try_into().ok()?;
    let iv = *key.first_chunk::<16>()?;
    Some((key, iv))
}

/// None for a key that is none, or a system without randomness.
pub(super) fn encrypt(aes_key: &str, appid: &str, message: &str) -> Option<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).ok()?;
    encrypt_with(aes_key, appid, message, random)
}

fn encrypt_with(aes_key: &str, appid: &str, message: &str, random: [u8; 16]) -> Option<String> {
    let (key, iv) = key(aes_key)?;
    let length = u32::try_from(message.len()).ok()?;
    let mut plain =
        [&random, length.to_be_bytes().as_slice(), message.as_bytes(), appid.as_bytes()].concat();
    let padding = 32 - plain.len() % 32;
    plain.resize(plain.len() + padding, u8::try_from(padding).ok()?);
    let sealed = cbc::Encryptor::<Aes256>::new(&key.into(), &iv.into())
        .encrypt_padded_vec::<NoPadding>(&plain);
    Some(STANDARD.encode(sealed))
}

/// The message, or what is wrong with it.
pub(super) fn decrypt(aes_key: &str, appid: &str, sealed: &str) -> Result<String, &'static str> {
    let (key, iv) = key(aes_key).ok_or("the AES key is none")?;
    let sealed = STANDARD.decode(sealed).map_err(|_| "Encrypt is not base64")?;
    let mut plain = cbc::Decryptor::<Aes256>::new(&key.into(), &iv.into())
        .decrypt_padded_vec::<NoPadding>(&sealed)
        .map_err(|_| "Encrypt is not a whole number of blocks")?;
    let padding = usize::from(*plain.last().ok_or("Encrypt is empty")?);
    if !(1..=32).contains(&padding) || padding > plain.len() {
        return Err("the padding is wrong");
    }
    plain.truncate(plain.len() - padding);
    let rest = plain.get(16..).ok_or("too short")?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or("too short")?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| "too long")?;
    let (message, of) = rest.split_at_checked(length).ok_or("the length is wrong")?;
    if of != appid.as_bytes() {
        return Err("the appid is another");
    }
    String::from_utf8(message.to_vec()).map_err(|_| "not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const APPID: &str = "wxba5fad812f8e6fb9";

    #[test]
    fn the_examples_of_the_platforms_documentation_come_out() {
        assert_eq!(
            signature(&["AAAAA", "1714036504", "1514711492"]),
            "f464b24fc39322e44b38aa78f5edd27bd1441696"
        );
        let sealed = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==";
        assert_eq!(
            signature(&["AAAAA", "1713424427", "415670741", sealed]),
            "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"
        );
        let message = "{\"demo_resp\":\"good luck\"}";
        assert_eq!(decrypt(KEY, APPID, sealed).as_deref(), Ok(message));
        assert_eq!(
            encrypt_with(KEY, APPID, message, *b"707722b803182950").as_deref(),
            Some(sealed)
        );
    }

    #[test]
    fn what_was_sealed_opens_for_the_same_account_only() {
        for length in 0..70 {
            let message = "水".repeat(length);
            let sealed = encrypt(KEY, APPID, &message).expect("a good key");
            assert_eq!(decrypt(KEY, APPID, &sealed), Ok(message));
            assert!(decrypt(KEY, "wx0", &sealed).is_err());
        }
        assert!(decrypt(KEY, APPID, "").is_err());
        assert!(decrypt(KEY, APPID, "AAAA").is_err());
    }
}
