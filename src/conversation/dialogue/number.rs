//! A number alone, as somebody picks a line of a list: `2`, `２`, `二`, `第二个`, `选2。`.

use super::sound::half_width;

/// Lists are short.
const MOST: usize = 20;

/// Which line is meant; `None`: it is something else, or no line of a list.
pub(in crate::conversation) fn number(text: &str) -> Option<usize> {
    let plain: String = text.chars().map(half_width).collect();
    let end = |c: char| c.is_whitespace() || "。.!?、,".contains(c);
    let mut rest = plain.trim_start().trim_end_matches(end);
    for before in ["我要选", "我选", "我要", "选", "第", "看"] {
        rest = rest.strip_prefix(before).unwrap_or(rest);
    }
    for after in ["吧", "的", "个", "号", "条", "项"] {
        rest = rest.strip_suffix(after).unwrap_or(rest);
    }
    let number = digits(rest).or_else(|| chinese(rest)).or_else(|| circled(rest))?;
    (1..=MOST).contains(&number).then_some(number)
}

/// A mobile number alone, however it is grouped: `138 1234 5678`, `１３８-…`.
pub(in crate::conversation) fn mobile(text: &str) -> Option<String> {
    let plain = text.chars().map(half_width).filter(|c| !c.is_whitespace() && *c != '-');
    let plain: String = plain.collect();
    let plain = plain.trim_end_matches(['。', '.']);
    let plain = plain.strip_prefix("+86").unwrap_or(plain);
    let good = plain.len() == 11
        && plain.bytes().all(|byte| byte.is_ascii_digit())
        && plain.starts_with('1')
        && !plain.starts_with("10")
        && !plain.starts_with("11")
        && !plain.starts_with("12");
    good.then(|| plain.to_owned())
}

fn digits(text: &str) -> Option<usize> {
    let good = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    good.then(|| text.parse().ok()).flatten()
}

/// 一 to 二十, and as they are said: 两, 俩, 壹.
fn chinese(text: &str) -> Option<usize> {
    let digit = |text: &str| {
        let mut chars = text.chars();
        let (c, None) = (chars.next()?, chars.next()) else { return None };
        ["一壹幺", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"]
            .iter()
            .position(|same| same.contains(c))
            .map(|at| at + 1)
    };
    match text.split_once(['十', '拾']) {
        None => digit(text),
        Some(("", "")) => Some(10),
        Some(("", ones)) => digit(ones).map(|ones| 10 + ones),
        Some((tens, "")) => digit(tens).map(|tens| 10 * tens),
        Some(_) => None,
    }
}

/// ① to ⑳.
fn circled(text: &str) -> Option<usize> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c @ '①'..='⑳'), None) => {
            usize::try_from(u32::from(c) - u32::from('①')).ok().map(|at| at + 1)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_line_is_picked_in_many_ways() {
        for text in [
            "2",
            "２",
            " 2 。",
            "二",
            "第二个",
            "第2个",
            "选2",
            "我选第二个吧",
            "2号",
            "②",
            "两",
            "贰",
            "第二",
            "2、",
        ] {
            assert_eq!(number(text), Some(2), "{text}");
        }
        assert_eq!(
            (number("十"), number("十二"), number("二十"), number("12")),
            (Some(10), Some(12), Some(20), Some(12))
        );
    }

    #[test]
    fn what_is_no_line_is_left_alone() {
        for text in [
            "",
            "0",
            "21",
            "110",
            "２月",
            "二楼",
            "两个人",
            "一班",
            "报名",
            "1 2",
            "12345678901",
            "第",
            "个",
            "第二个班几点上课",
            "十十",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
