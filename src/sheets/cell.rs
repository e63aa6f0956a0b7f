//! One cell: what people type, and what Excel makes of it.

use calamine::DataRef;
use chrono::NaiveDate;

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Empty,
    /// Without blanks at its ends.
    Text(String),
    Number(f64),
    /// What Excel keeps as date or time of day; without a day it is a time alone.
    Moment {
        day: Option<NaiveDate>,
        /// After midnight.
        minute: i32,
    },
    /// `#REF!` and the like.
    Broken,
}

/// What a reading comes to: nothing where the cell is empty, or what is wrong with it.
pub(super) type Reading<T> = Result<Option<T>, String>;

impl Cell {
    pub(super) fn of(value: &DataRef<'_>) -> Self {
        match value {
            DataRef::Empty => Self::Empty,
            DataRef::String(text) => Self::text_of(text),
            DataRef::SharedString(text) => Self::text_of(text),
            DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Self::text_of(text),
            DataRef::Int(number) => Self::Number(*number as f64),
            DataRef::Float(number) => Self::Number(*number),
            DataRef::Bool(said) => Self::Text(if *said { "是" } else { "否" }.to_owned()),
            DataRef::DateTime(moment) => {
                let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
                let day = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into())
                    .filter(|_| moment.as_f64() >= 1.0);
                let minute = i32::from(hour) * 60 + i32::from(minute) + i32::from(second >= 30);
                Self::Moment { day, minute }
            }
            DataRef::Error(_) => Self::Broken,
        }
    }

    /// Blanks of any kind become one, and those at the ends go.
    fn text_of(raw: &str) -> Self {
        // Not `char::is_whitespace` alone: what is pasted brings marks without width along.
        let blank = |c: char| c.is_whitespace() || "\u{200b}\u{200c}\u{200d}\u{feff}".contains(c);
        let words: Vec<&str> = raw.split(blank).filter(|word| !word.is_empty()).collect();
        if words.is_empty() { Self::Empty } else { Self::Text(words.join(" ")) }
    }

    /// Words as they stand.
    pub(super) fn text(&self) -> Reading<String> {
        match self {
            Self::Empty => Ok(None),
            Self::Text(text) => Ok(Some(text.clone())),
            Self::Number(number) => Ok(Some(plain(*number))),
            Self::Moment { .. } => {
                Err("被 Excel 当成了日期，请把这一格的格式改成“文本”，再写一次。".to_owned())
            }
            Self::Broken => Err(broken()),
        }
    }

    /// Digits that are no number, as of a telephone; blanks and dashes are left to the caller.
    pub(super) fn digits(&self) -> Reading<String> {
        Ok(self.text()?.map(|text| narrow(&text)))
    }

    /// A whole number, also `30人`, `90 分钟`, `20%`.
    pub(super) fn whole(&self) -> Reading<i32> {
        let number = match self {
            Self::Empty => return Ok(None),
            Self::Number(number) => Some(*number),
            Self::Text(text) => {
                let text = key(text);
                let units = ["人", "个", "次", "分钟", "分", "节", "%", "名"];
                let bare = units.iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(&text);
                bare.parse().ok()
            }
            Self::Moment { .. } => None,
            Self::Broken => return Err(broken()),
        };
        let fits = |number: &f64| number.fract() == 0.0 && number.abs() < 1e6;
        match number.filter(fits) {
            // Exact: there is no fraction, and it is far below 2^31.
            Some(number) => Ok(Some(number as i32)),
            None => Err(format!("要写整数，比如 30，看不懂{}。", self.quoted())),
        }
    }

    /// A day: Excel's own, or `2024-03-01`, `2024/3/1`, `2024.3.1`, `2024年3月1日`, `20240301`.
    pub(super) fn day(&self) -> Reading<NaiveDate> {
        let day = match self {
            Self::Empty => return Ok(None),
            Self::Moment { day, .. } => *day,
            Self::Text(text) => day_of(&key(text)),
            Self::Number(number) if number.fract() == 0.0 && *number >= 1e7 => {
                day_of(&plain(*number))
            }
            // A date whose cell was made a number. Below, it could be meant as a year.
            Self::Number(number) if (2_200.0..80_000.0).contains(number) => {
                let days = chrono::Days::new(*number as u64);
                NaiveDate::from_ymd_opt(1899, 12, 30).and_then(|first| first.checked_add_days(days))
            }
            Self::Number(_) => None,
            Self::Broken => return Err(broken()),
        };
        let words = || format!("看不懂日期{}，请写成 1956-03-01 这样。", self.quoted());
        day.map(Some).ok_or_else(words)
    }

    /// A time of day in minutes: Excel's own, or `9:00`, `9点半`, `下午2:30`.
    pub(super) fn minute(&self) -> Reading<i32> {
        let minute = match self {
            Self::Empty => return Ok(None),
            Self::Moment { minute, .. } => Some(*minute),
            // A time whose cell was made a number.
            Self::Number(number) if (0.0..1.0).contains(number) => {
                Some((number * 1440.0).round() as i32)
            }
            Self::Number(_) => None,
            Self::Text(text) => minute_of(&key(text)),
            Self::Broken => return Err(broken()),
        };
        let words = || format!("看不懂时间{}，请写成 9:00 或 14:30 这样。", self.quoted());
        minute.filter(|minute| *minute < 1440).map(Some).ok_or_else(words)
    }

    /// A day of the week, ISO, 1 = Monday: `周二`, `星期二`, `二`, `2`.
    pub(super) fn weekday(&self) -> Reading<i32> {
        let nth = match self {
            Self::Empty => return Ok(None),
            Self::Number(number) => (1..=7).find(|nth| f64::from(*nth) == *number),
            Self::Text(text) => weekday_of(&key(text)),
            Self::Moment { .. } => None,
            Self::Broken => return Err(broken()),
        };
        let words = || format!("看不懂星期{}，请写成“周一”到“周日”里的一个。", self.quoted());
        nth.map(Some).ok_or_else(words)
    }

    /// What stands there, short, for a sentence about it.
    fn quoted(&self) -> String {
        match self {
            Self::Text(text) => {
                let short: String = text.chars().take(20).collect();
                format!("“{short}”")
            }
            Self::Number(number) => format!("“{}”", plain(*number)),
            _ => String::new(),
        }
    }
}

fn broken() -> String {
    "是一个错误值（比如 #REF!），请重新写。".to_owned()
}

/// A number as people write it: no `.0`, no `1E+10`.
fn plain(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { number.to_string() }
}

/// Full-width signs as narrow ones.
fn narrow(text: &str) -> String {
    let one = |c: char| match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    };
    text.chars().map(one).collect()
}

/// What is compared: narrow, without blanks, in small letters.
pub(super) fn key(text: &str) -> String {
    narrow(text).chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// The row in a template that shows how it is done.
pub(super) fn is_example(text: &str) -> bool {
    key(text).starts_with("示例:")
}

fn day_of(text: &str) -> Option<NaiveDate> {
    // With a time behind it, as ISO has it.
    let text = text.split('t').next().unwrap_or_default();
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return NaiveDate::parse_from_str(text, "%Y%m%d").ok();
    }
    let mut parts = text.trim_end_matches(['日', '号']).split(['-', '/', '.', '年', '月']);
    let mut part = || parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let (year, month, day) = (part()?, part()?, part()?);
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

fn minute_of(text: &str) -> Option<i32> {
    const MORNING: [&str; 4] = ["上午", "早上", "早晨", "am"];
    const AFTERNOON: [&str; 4] = ["下午", "晚上", "中午", "pm"];
    let without = |words: &[&str]| {
        let cut = |word: &&str| text.strip_prefix(word).or_else(|| text.strip_suffix(word));
        words.iter().find_map(cut)
    };
    let (text, later) = match (without(&MORNING), without(&AFTERNOON)) {
        (Some(rest), _) => (rest, false),
        (None, Some(rest)) => (rest, true),
        (None, None) => (text, false),
    };
    let mut parts = text.split([':', '点', '时']);
    let hour: i32 = number_of(parts.next()?)?;
    let minute = match parts.next()?.trim_end_matches('分') {
        "" | "整" => 0,
        "半" => 30,
        "一刻" => 15,
        "三刻" => 45,
        minute => number_of(minute)?,
    };
    let seconds = parts.next().map_or(Some(0), number_of)?;
    let hour = if later && hour < 12 { hour + 12 } else { hour };
    let good = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&seconds);
    (good && parts.next().is_none()).then_some(hour * 60 + minute)
}

fn number_of(text: &str) -> Option<i32> {
    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

fn weekday_of(text: &str) -> Option<i32> {
    let bare = ["星期", "礼拜", "每周", "周"].iter().find_map(|word| text.strip_prefix(word));
    match bare.unwrap_or(text) {
        "一" | "1" => Some(1),
        "二" | "2" => Some(2),
        "三" | "3" => Some(3),
        "四" | "4" => Some(4),
        "五" | "5" => Some(5),
        "六" | "6" => Some(6),
        "日" | "天" | "7" => Some(7),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use calamine::{ExcelDateTime, ExcelDateTimeType};

    use super::*;

    fn text(raw: &str) -> Cell {
        Cell::text_of(raw)
    }

    #[test]
    fn blanks_of_all_kinds_go() {
        assert_eq!(text(" \u{3000}王\u{a0}\u{200b} 芳\n"), Cell::Text("王 芳".to_owned()));
        assert_eq!(text(" \u{3000}\t"), Cell::Empty);
        assert!(is_example("示例： 智在指尖"));
    }

    #[test]
    fn days_are_read_as_people_write_them() {
        let day = NaiveDate::from_ymd_opt(1956, 5, 5);
        for good in [
            "1956-05-05",
            "1956/5/5",
            "1956.5.5",
            "1956年5月5日",
            "１９５６年５月５日",
            "19560505",
            "1956-05-05T00:00:00",
        ] {
            assert_eq!(text(good).day(), Ok(day), "{good}");
        }
        assert_eq!(Cell::Number(19_560_505.0).day(), Ok(day));
        assert_eq!(Cell::Number(20_580.0).day(), Ok(day));
        for bad in ["1956-13-01", "56-5-5", "5月5日", "1956", "明天", "1956-5-5-5", "1956-02-30"]
        {
            assert!(text(bad).day().is_err(), "{bad}");
        }
        assert!(Cell::Number(1956.0).day().is_err(), "a year is no day");
        assert_eq!(Cell::Empty.day(), Ok(None));
    }

    #[test]
    fn times_are_read_as_people_say_them() {
        for (said, minute) in [
            ("9:00", 540),
            ("09：30", 570),
            ("9点", 540),
            ("9点半", 570),
            ("上午 9:05", 545),
            ("下午2点半", 870),
            ("14:30:00", 870),
            ("2:30PM", 870),
            ("9时15分", 555),
        ] {
            assert_eq!(text(said).minute(), Ok(Some(minute)), "{said}");
        }
        assert_eq!(Cell::Number(0.375).minute(), Ok(Some(540)));
        for bad in ["9", "25:00", "9:60", "上午", "9:0:0:0", "九点"] {
            assert!(text(bad).minute().is_err(), "{bad}");
        }
    }

    #[test]
    fn each_minute_of_the_day_is_the_one_that_excel_shows() {
        for minute in 0..1440 {
            let fraction = f64::from(minute) / 1440.0;
            for kind in [ExcelDateTimeType::DateTime, ExcelDateTimeType::TimeDelta] {
                let moment = ExcelDateTime::new(fraction, kind, false);
                assert_eq!(Cell::of(&DataRef::DateTime(moment)).minute(), Ok(Some(minute)));
            }
        }
    }

    #[test]
    fn numbers_may_bring_their_unit() {
        for good in ["30", "３０", "30人", " 30 个", "30.0"] {
            assert_eq!(text(good).whole(), Ok(Some(30)), "{good}");
        }
        for bad in ["三十", "30.5", "1e9", "nan", "inf"] {
            assert!(text(bad).whole().is_err(), "{bad}");
        }
        assert_eq!(Cell::Number(f64::NAN).whole().ok(), None);
        assert_eq!(Cell::Number(13_812_345_678.0).digits(), Ok(Some("13812345678".to_owned())));
        assert_eq!(text("１３８ 1234 5678").digits(), Ok(Some("138 1234 5678".to_owned())));
    }

    #[test]
    fn weekdays_have_many_names() {
        for said in ["周二", "星期二", "礼拜二", "每周二", "二", "2", "２"] {
            assert_eq!(text(said).weekday(), Ok(Some(2)), "{said}");
        }
        assert_eq!(text("星期天").weekday(), Ok(Some(7)));
        assert!(text("周八").weekday().is_err());
    }
}
