//! The signatures of WeChat's protocols. Each protocol has a function of its own,
//! with as many arguments as it signs: they are not interchangeable.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The signature of a callback or of its reply: SHA-1 in lower-case hex. It is not
/// comparable with `==`, which would tell by its time how much is right.
#[derive(Clone, Copy, Debug)]
pub struct Mark([u8; 40]);

impl Mark {
    /// True for the very same text, found out in a time that does not tell how much is right.
    pub fn matches(&self, given: &str) -> bool {
        self.0.ct_eq(given.as_bytes()).into()
    }

    pub fn as_str(&self) -> &str {
        // Hex is ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `signature` in the URL of every callback: SHA-1 over token, timestamp and
/// nonce, sorted by bytes.
pub fn url_signature(token: &str, timestamp: &str, nonce: &str) -> Mark {
    sorted([token, timestamp, nonce])
}

/// `msg_signature` of an encrypted callback or reply: as [`url_signature`], with
/// the base64 text of the ciphertext as the fourth string.
pub fn msg_signature(token: &str, timestamp: &str, nonce: &str, encrypt: &str) -> Mark {
    sorted([token, timestamp, nonce, encrypt])
}

/// For `wx.config` on a page. `page_url` is the address as the browser has it;
/// what follows the first `#` is not signed, everything else is, untouched.
pub fn jsapi_signature(ticket: &str, noncestr: &str, timestamp: i64, page_url: &str) -> String {
    let url = page_url.split_once('#').map_or(page_url, |(before, _)| before);
    sha1_hex(&[&format!(
        "jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={url}"
    )])
    .to_string()
}

/// For `checksession`: HMAC-SHA256 of the empty text under the base64 TEXT of the session key.
pub fn session_signature(session_key: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(session_key.as_bytes())
        .expect("HMAC takes keys of any length");
    hex::encode(mac.finalize().into_bytes())
}

/// Of the mini-program's `rawData`, as received and never written anew.
pub fn raw_data_signature(raw_data: &str, session_key: &str) -> String {
    sha1_hex(&[raw_data, session_key]).to_string()
}

fn sorted<const N: usize>(mut parts: [&str; N]) -> Mark {
    // `str` orders by bytes, as the protocol wants: never as numbers.
    parts.sort_unstable();
    sha1_hex(&parts)
}

/// Of the parts one after the other.
fn sha1_hex(parts: &[&str]) -> Mark {
    let mut sha = Sha1::new();
    for part in parts {
        sha.update(part.as_bytes());
    }
    let mut text = [0; 40];
    hex::encode_to_slice(sha.finalize(), &mut text).expect("20 bytes are 40 digits");
    Mark(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_of_three_strings_is_not_one_of_four() {
        let four = msg_signature("t", "1", "2", "3");
        assert!(!url_signature("t", "1", "2").matches(four.as_str()));
    }

    #[test]
    fn only_the_whole_signature_matches() {
        let right = url_signature("token", "1767225600", "7");
        assert!(right.matches(&right.to_string()));
        assert!(!right.matches(&right.as_str()[..39]));
        assert!(!right.matches(""));
        assert!(!right.matches(&right.to_string().to_uppercase()));
    }
}
