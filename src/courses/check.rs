//! What may be entered, said in the words of the form.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::make::Offer;
use crate::error::{Error, Result};

/// Trimmed, not empty, not too long (in characters).
pub(super) fn text(value: &str, label: &str, longest: usize) -> Result<String> {
    let value = value.trim();
    if value.is_empty() {
        return Err(Error::invalid("missing", format!("请填写{label}。")));
    }
    short(value, label, longest)
}

/// Trimmed and not too long; may be empty.
pub(super) fn short(value: &str, label: &str, longest: usize) -> Result<String> {
    let value = value.trim();
    if value.chars().count() > longest {
        return Err(Error::invalid("too_long", format!("{label}太长了，最多 {longest} 个字。")));
    }
    if value.chars().any(|character| character.is_control() && character != '\n') {
        return Err(Error::invalid("bad_text", format!("{label}里有不能用的符号。")));
    }
    Ok(value.to_owned())
}

pub(super) fn between(value: i32, least: i32, most: i32, label: &str) -> Result<()> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(Error::invalid("out_of_range", format!("{label}要在 {least} 到 {most} 之间。")))
    }
}

/// How much is kept for staff to give.
/// How long an offered place is kept.
pub(super) fn offer(of: Offer) -> Result<()> {
    if let Some(hours) = of.hours {
        between(hours, 1, 240, "候补名额保留的小时数")?;
    }
    if let Some(hours) = of.daytime_hours {
        between(hours, 0, 120, "其中白天的小时数")?;
    }
    Ok(())
}

pub(super) fn share(percent: Option<i32>) -> Result<()> {
    percent.map_or(Ok(()), |percent| between(percent, 0, 100, "留给窗口和电话的百分比"))
}

/// In a century in which we can be meant; beyond, the arithmetic of dates ends.
pub(super) fn plausible(day: NaiveDate, label: &str) -> Result<()> {
    between(day.year(), 2000, 2199, label)
}

/// As [`plausible`], for an instant.
pub(super) fn plausible_time(at: DateTime<Utc>, label: &str) -> Result<()> {
    plausible(at.date_naive(), label)
}

/// A sentence of the form for what does not fit together.
pub(super) fn ensure(good: bool, code: &'static str, message: &'static str) -> Result<()> {
    if good { Ok(()) } else { Err(Error::invalid(code, message)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_field() {
        assert_eq!(text("  ", "课程名称", 20).unwrap_err().message, "请填写课程名称。");
        assert_eq!(text("钩针编结", "课程名称", 3).unwrap_err().code, "too_long");
        assert_eq!(text(" 钩针编结 ", "课程名称", 4).unwrap(), "钩针编结");
        assert_eq!(text("a\u{0}b", "课程名称", 4).unwrap_err().code, "bad_text");
        assert_eq!(between(0, 1, 500, "名额").unwrap_err().message, "名额要在 1 到 500 之间。");
    }
}
