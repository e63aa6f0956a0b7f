//! Links to files that are good for some minutes and for one file alone.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use subtle::ConstantTimeEq;

use entity::ids::ResidentId;

use crate::app::App;
use crate::error::{Error, Result};

/// What can be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum File {
    /// 学习档案, as a spreadsheet.
    Record,
    /// A certificate or statement, as a PDF.
    Paper,
    /// The meetings of a class, for a calendar.
    Calendar,
}

impl File {
    fn byte(self) -> u8 {
        match self {
            Self::Record => 1,
            Self::Paper => 2,
            Self::Calendar => 3,
        }
    }

    fn of(byte: u8) -> Option<Self> {
        [Self::Record, Self::Paper, Self::Calendar].into_iter().find(|file| file.byte() == byte)
    }
}

/// Kind, whose, which and until when, before the seal.
const SAID: usize = 1 + 8 + 8 + 8;

/// The address under which a file of this resident can be fetched for a while. `which` tells
/// several of a kind apart.
pub(crate) fn address(app: &App, file: File, whose: ResidentId, which: i64) -> String {
    let until = app.clock.now() + TimeDelta::minutes(app.config.learning.link_minutes);
    let mut bytes = vec![file.byte()];
    for number in [whose.0, which, until.timestamp_millis()] {
        bytes.extend(number.to_be_bytes());
    }
    let seal = app.vault.mac("file-link", &bytes);
    bytes.extend(seal);
    let path = match file {
        File::Record => "files",
        File::Paper => "files/paper",
        File::Calendar => "files/calendar",
    };
    format!("{}/api/{path}?t={}", app.config.server.public_url, URL_SAFE_NO_PAD.encode(bytes))
}

/// Which file a link names, if it is of this kind.
///
/// # Errors
/// `link_invalid`, `link_expired`.
pub(crate) fn read(app: &App, wanted: File, token: &str) -> Result<(ResidentId, i64)> {
    let invalid = || Error::invalid("link_invalid", "这个下载地址不对，请回到页面里再点一次下载。");
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
    let (said, seal) = bytes.split_at_checked(SAID).ok_or_else(invalid)?;
    if !bool::from(app.vault.mac("file-link", said)[..].ct_eq(seal)) {
        return Err(invalid());
    }
    let number = |at: usize| -> Result<i64> {
        let bytes = said.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
        Ok(i64::from_be_bytes(bytes.ok_or_else(invalid)?))
    };
    let (whose, which, until) = (ResidentId(number(1)?), number(9)?, number(17)?);
    if app.clock.now().timestamp_millis() >= until {
        return Err(Error::conflict("link_expired", "下载地址过期了，请回到页面里再点一次下载。"));
    }
    let file = said.first().and_then(|byte| File::of(*byte));
    if file != Some(wanted) {
        return Err(invalid());
    }
    Ok((whose, which))
}
