//! The signatures of WeChat's protocols. Each protocol has a function of its own,
//! with as many arguments as it signs: they are not interchangeable.

use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// `signature` in the URL of every callback: SHA-1 over token, timestamp and
/// nonce, sorted by bytes. Lower-case hex.
pub fn url_signature(token: &str, timestamp: &str, nonce: &str) -> String {
    sorted([token, timestamp, nonce])
}

/// `msg_signature` of an encrypted callback or reply: as [`url_signature`], with
/// the base64 text of the ciphertext as the fourth string.
pub fn msg_signature(token: &str, timestamp: &str, nonce: &str, encrypt: &str) -> String {
    sorted([token, timestamp, nonce, encrypt])
}

/// For `wx.config` on a page. `page_url` is the address as the browser has it;
/// what follows the first `#` is not signed, everything else is, untouched.
pub fn jsapi_signature(ticket: &str, noncestr: &str, timestamp: i64, page_url: &str) -> String {
    let url = page_url.split_once('#').map_or(page_url, |(before, _)| before);
    sha1_hex(&format!("jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={url}"))
}

/// For `checksession`: HMAC-SHA256 of the empty text under the base64 TEXT of the session key.
pub fn session_signature(session_key: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(session_key.as_bytes())
        .expect("HMAC takes keys of any length");
    hex::encode(mac.finalize().into_bytes())
}

/// Of the mini-program's `rawData`, as received and never written anew.
pub fn raw_data_signature(raw_data: &str, session_key: &str) -> String {
    sha1_hex(&format!("{raw_data}{session_key}"))
}

/// Compares in a time that does not tell how much is right.
pub fn matches(computed: &str, given: &str) -> bool {
    computed.as_bytes().ct_eq(given.as_bytes()).into()
}

fn sorted<const N: usize>(mut parts: [&str; N]) -> String {
    // `str` orders by bytes, as the protocol wants: never as numbers.
    parts.sort_unstable();
    sha1_hex(&parts.concat())
}

fn sha1_hex(text: &str) -> String {
    hex::encode(Sha1::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_of_three_strings_is_not_one_of_four() {
        assert_ne!(url_signature("t", "1", "2"), msg_signature("t", "1", "2", "3"));
    }

    #[test]
    fn only_the_whole_signature_matches() {
        let right = url_signature("token", "1767225600", "7");
        assert!(matches(&right, &right.clone()));
        assert!(!matches(&right, &right[..39]));
        assert!(!matches(&right, ""));
        assert!(!matches(&right, &right.to_uppercase()));
    }
}
