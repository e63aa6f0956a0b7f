//! What a profile may say: values only, no database.

use chrono::{Datelike, NaiveDate};

use crate::error::{Error, Result};

/// Oldest birth year that is believed.
const OLDEST_YEAR: i32 = 1900;

/// A name as it is kept: 2 to 20 characters, no digits or signs but the middle dot.
///
/// # Errors
/// `bad_name`.
pub(super) fn name(raw: &str) -> Result<String> {
    let name: String = raw.trim().to_owned();
    let good = |c: char| c.is_alphabetic() || c == '·' || c == ' ';
    if (2..=20).contains(&name.chars().count()) && name.chars().all(good) {
        return Ok(name);
    }
    Err(Error::invalid("bad_name", "姓名请写 2 到 20 个字，不要数字和符号。"))
}

/// # Errors
/// `bad_birth_date`: in the future, or long before anyone alive.
pub(super) fn birth_date(date: NaiveDate, today: NaiveDate) -> Result<NaiveDate> {
    if date <= today && date.year() >= OLDEST_YEAR {
        return Ok(date);
    }
    Err(Error::invalid("bad_birth_date", "出生日期不对，请再看一看。"))
}

/// A mainland mobile number, without blanks or dashes.
///
/// # Errors
/// `bad_phone`.
pub(super) fn phone(raw: &str) -> Result<String> {
    let digits: String = raw.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let digits = digits.strip_prefix("+86").unwrap_or(&digits);
    let bytes = digits.as_bytes();
    let good = bytes.len() == 11
        && bytes.iter().all(u8::is_ascii_digit)
        && bytes[0] == b'1'
        && (b'3'..=b'9').contains(&bytes[1]);
    if good {
        Ok(digits.to_owned())
    } else {
        Err(Error::invalid("bad_phone", "手机号要 11 位数字，请再看一看。"))
    }
}

/// An ID number (GB 11643: 17 digits and a check character) whose birth date agrees
/// with the profile.
///
/// # Errors
/// `bad_id_number`.
pub(super) fn id_number(raw: &str, born: NaiveDate) -> Result<String> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let wrong = |message: &'static str| Error::invalid("bad_id_number", message);
    let text = raw.trim().to_ascii_uppercase();
    let bytes = text.as_bytes();
    if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
        return Err(wrong("身份证号要 18 位，请再看一看。"));
    }
    let sum: u32 =
        bytes.iter().zip(WEIGHTS).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    if CHECKS[sum as usize % 11] != bytes[17] {
        return Err(wrong("身份证号有一位不对，请再看一看。"));
    }
    same_birth_date(&text, born)?;
    Ok(text)
}

/// Does the birth date in an ID number that was checked before agree?
///
/// # Errors
/// `bad_id_number`.
pub(super) fn same_birth_date(id_number: &str, born: NaiveDate) -> Result<()> {
    if id_number.get(6..14) == Some(born.format("%Y%m%d").to_string().as_str()) {
        return Ok(());
    }
    Err(Error::invalid("bad_id_number", "身份证号里的生日和出生日期不一样。"))
}

/// `王**`.
pub(super) fn masked_name(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().into_iter().chain(chars.map(|_| '*')).collect()
}

/// `138****0001`.
pub(super) fn masked_phone(phone: &str) -> String {
    match (phone.get(..3), phone.get(7..)) {
        (Some(head), Some(tail)) => format!("{head}****{tail}"),
        _ => "****".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a day")
    }

    #[test]
    fn names_are_names() {
        assert_eq!(name(" 王秀英 ").expect("good"), "王秀英");
        assert!(name("阿依古丽·买买提").is_ok());
        for bad in ["", "王", "王1", "<b>王</b>", &"王".repeat(21)] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_masked_name_keeps_its_first_character() {
        assert_eq!(masked_name("王秀英"), "王**");
        assert_eq!(masked_name(""), "");
    }

    #[test]
    fn birth_dates_are_believable() {
        let today = day(2026, 9, 1);
        assert!(birth_date(day(1940, 2, 29), today).is_ok());
        assert!(birth_date(day(2026, 9, 2), today).is_err());
        assert!(birth_date(day(1899, 12, 31), today).is_err());
    }

    #[test]
    fn phones_are_cleaned_and_masked() {
        assert_eq!(phone(" 138-0000 0001 ").expect("good"), "13800000001");
        assert_eq!(phone("+8613800000001").expect("good"), "13800000001");
        for bad in ["", "12800000001", "1380000000", "138000000011", "1380000000a"] {
            assert!(phone(bad).is_err(), "{bad}");
        }
        assert_eq!(masked_phone("13800000001"), "138****0001");
        assert_eq!(masked_phone("短"), "****");
    }

    #[test]
    fn id_numbers_are_checked_to_the_last_character() {
        let born = day(1949, 12, 31);
        assert_eq!(id_number("11010519491231002x", born).expect("good"), "11010519491231002X");
        assert!(id_number("110105194912310021", born).is_err());
        assert!(id_number("11010519491231002X", day(1950, 1, 1)).is_err());
        assert!(id_number("不是号码不是号码不是号码不是号码", born).is_err());
        assert!(id_number("", born).is_err());
    }
}
