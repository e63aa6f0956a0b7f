//! The rotating code: `MEETING.STEP.MAC`, all URL-safe.
//!
//! The mark is a keyed hash over class, meeting and step, so a code tells nothing
//! about the next one, and a code of one meeting is none of another.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use subtle::ConstantTimeEq;

use entity::ids::{ClassId, MeetingId};

use crate::vault::Vault;

/// Bytes of the mark: 96 bits.
const MARK: usize = 12;

/// A code as it was scanned; not yet known to be genuine.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) meeting: MeetingId,
    pub(super) step: i64,
    mark: [u8; MARK],
}

/// The number of the time step in which `now` lies.
pub(super) fn step(now: DateTime<Utc>, step_s: i64) -> i64 {
    now.timestamp().div_euclid(step_s)
}

pub(super) fn token(vault: &Vault, class: ClassId, meeting: MeetingId, step: i64) -> String {
    format!("{meeting}.{step}.{}", URL_SAFE_NO_PAD.encode(mark(vault, class, meeting, step)))
}

fn mark(vault: &Vault, class: ClassId, meeting: MeetingId, step: i64) -> [u8; MARK] {
    let whole = vault.mac("check-in code", format!("{class}.{meeting}.{step}").as_bytes());
    let mut mark = [0; MARK];
    mark.copy_from_slice(&whole[..MARK]);
    mark
}

impl Token {
    /// Reads a bare code, or a link that ends in `?c=CODE`.
    pub(super) fn parse(scanned: &str) -> Option<Self> {
        let scanned = scanned.trim();
        let code = match scanned.split_once("?c=") {
            Some((_, code)) => code.split(['&', '#']).next()?,
            None => scanned,
        };
        let mut parts = code.split('.');
        let (meeting, step, mark) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Some(Self {
            meeting: MeetingId(meeting.parse().ok()?),
            step: step.parse().ok()?,
            mark: URL_SAFE_NO_PAD.decode(mark).ok()?.try_into().ok()?,
        })
    }

    pub(super) fn is_genuine(&self, vault: &Vault, class: ClassId) -> bool {
        mark(vault, class, self.meeting, self.step).ct_eq(&self.mark).into()
    }

    /// Of this step or one of the `before` ones; one ahead is an instance whose
    /// clock is a little faster than ours.
    pub(super) fn is_current(&self, step: i64, before: i64) -> bool {
        (step.saturating_sub(before)..=step.saturating_add(1)).contains(&self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;
    use secrecy::SecretString;

    fn vault() -> Vault {
        Vault::new(&SecretString::from(STANDARD.encode([7; 32]))).expect("32 bytes")
    }

    #[test]
    fn a_code_is_genuine_for_its_class_meeting_and_step_only() {
        let code = token(&vault(), ClassId(3), MeetingId(8), 1000);
        let read = Token::parse(&code).expect("readable");
        assert!(read.is_genuine(&vault(), ClassId(3)));
        assert!(!read.is_genuine(&vault(), ClassId(4)));
        for forged in [code.replacen("8.", "9.", 1), code.replace(".1000.", ".1001.")] {
            assert!(!Token::parse(&forged).expect("readable").is_genuine(&vault(), ClassId(3)));
        }
    }

    #[test]
    fn the_code_itself_changes_with_each_step() {
        assert_ne!(
            token(&vault(), ClassId(3), MeetingId(8), 1000).rsplit('.').next(),
            token(&vault(), ClassId(3), MeetingId(8), 1001).rsplit('.').next()
        );
    }

    #[test]
    fn two_steps_before_are_accepted_and_no_more() {
        let read =
            Token::parse(&token(&vault(), ClassId(3), MeetingId(8), 1000)).expect("readable");
        assert!(read.is_current(1000, 2) && read.is_current(1002, 2));
        assert!(!read.is_current(1003, 2) && !read.is_current(998, 2));
    }

    #[test]
    fn links_are_read_and_garbage_is_not() {
        let code = token(&vault(), ClassId(3), MeetingId(8), 1000);
        let link = format!("https://example.org/m/?c={code}#/checkin");
        assert_eq!(Token::parse(&link), Token::parse(&code));
        for garbage in [
            "",
            "1.2",
            "1.2.3.4",
            "a.b.c",
            "1.2.!!!",
            "https://example.org/",
            "99999999999999999999.1.AAAA",
        ] {
            assert_eq!(Token::parse(garbage), None, "{garbage}");
        }
    }
}
