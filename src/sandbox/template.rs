//! What the value of a subscription message's key may be, by the letters of the key.

/// None: the value is good. Else what is wrong with it, in the platform's words.
pub(super) fn fault(key: &str, value: &str) -> Option<String> {
    let rule = key.trim_end_matches(|c: char| c.is_ascii_digit());
    if value.trim().is_empty() {
        return Some(format!("argument invalid! data.{key}.value is empty"));
    }
    if value.contains(['\n', '\r', '\t']) {
        return Some(format!("argument invalid! data.{key}.value invalid"));
    }
    let length = value.chars().count();
    let good = match rule {
        "thing" => length <= 20,
        "number" => length <= 32 && value.parse::<f64>().is_ok_and(f64::is_finite),
        "letter" => length <= 32 && value.chars().all(|c| c.is_ascii_alphabetic()),
        "symbol" => length <= 5 && value.chars().all(|c| c.is_ascii_punctuation()),
        "character_string" => length <= 32 && value.chars().all(|c| c.is_ascii_graphic()),
        "time" => value.split('~').all(|part| is_time(part.trim()) || is_date(part.trim())),
        "date" => value.split('~').all(|part| is_date(part.trim())),
        "amount" => is_amount(value),
        "phone_number" => {
            length <= 17 && value.chars().all(|c| c.is_ascii_digit() || "+-() ".contains(c))
        }
        "car_number" => length <= 8,
        "name" => length <= if value.is_ascii() { 20 } else { 10 },
        "phrase" => length <= 5 && value.chars().all(is_chinese),
        "enum" | "const" => length <= 20,
        _ => false,
    };
    (!good).then(|| format!("argument invalid! data.{key}.value invalid"))
}

fn is_chinese(c: char) -> bool {
    ('\u{3400}'..='\u{9fff}').contains(&c) || ('\u{20000}'..='\u{2ffff}').contains(&c)
}

/// `15:01`
fn is_time(text: &str) -> bool {
    text.split_once(':').is_some_and(|(hour, minute)| {
        (1..=2).contains(&hour.len())
            && hour.parse::<u8>().is_ok_and(|hour| hour < 24)
            && minute.len() == 2
            && minute.parse::<u8>().is_ok_and(|minute| minute < 60)
    })
}

/// `2019年10月1日`, `2019年10月1日 15:01`, `2019-12-25 09:42`
fn is_date(text: &str) -> bool {
    let (day, time) = text.split_once(' ').map_or((text, None), |(day, time)| (day, Some(time)));
    if time.is_some_and(|time| !is_time(time)) {
        return false;
    }
    let plain = day.replace(['年', '月'], "-").replace('日', "");
    chrono::NaiveDate::parse_from_str(&plain, "%Y-%m-%d").is_ok()
}

fn is_amount(text: &str) -> bool {
    let number = text.trim_start_matches(['¥', '￥', '$']).trim_end_matches('元');
    number.len() <= 13
        && number.parse::<f64>().is_ok()
        && number.chars().all(|c| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn values_that_keep_their_rule_pass() {
        for (key, value) in [
            ("thing1", "智能手机入门（春季班）第一课二十字整整整"),
            ("time2", "15:01"),
            ("time2", "2026年9月1日 9:00"),
            ("time2", "2026年9月1日 9:00~2026年9月1日 10:30"),
            ("date3", "2019年10月1日"),
            ("date3", "2019-12-25 09:42"),
            ("phrase4", "已报名"),
            ("name5", "王秀英"),
            ("number6", "12.5"),
            ("character_string7", "AB-12/3"),
            ("amount8", "¥12.50"),
            ("phone_number9", "+86-512-58888888"),
            ("letter10", "abc"),
            ("car_number11", "苏E12345"),
        ] {
            assert_eq!(fault(key, value), None, "{key} {value}");
        }
    }

    #[test]
    fn values_that_break_it_are_named() {
        for (key, value) in [
            ("thing1", ""),
            ("thing1", " "),
            ("thing1", "两行\n字"),
            ("thing1", "一二三四五六七八九十一二三四五六七八九十一"),
            ("time2", "周二上午"),
            ("time2", "25:00"),
            ("date3", "10月1日"),
            ("phrase4", "OK"),
            ("phrase4", "已经报名成功"),
            ("number6", "十二"),
            ("character_string7", "中文"),
            ("amount8", "免费"),
            ("phone_number9", "电话"),
            ("nothing1", "x"),
        ] {
            let fault = fault(key, value).expect("must be refused");
            assert!(fault.contains(&format!("data.{key}.value")), "{fault}");
        }
    }
}
