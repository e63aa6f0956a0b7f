//! What a machine can see in an article before people read it. It computes from values
//! alone, and only points: what has to be changed is kept from the reviewers, the rest is
//! for the author and the reviewers to judge.
//!
//! Links are not called: on the account none works that leads outside 公众号文章, so that
//! is what is said of them.

use std::collections::HashSet;

use aho_corasick::AhoCorasick;

use entity::kinds::NewsWordKind;

use super::content::Content;
use super::markup;
use super::words::Word;
use crate::error::{Error, Result};

/// How much is against a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Has to be changed before anybody reviews it.
    Stop,
    /// Worth a look.
    Look,
}

/// What was found at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub weight: Weight,
    /// 标题, 摘要, 第 3 段 …
    pub place: String,
    /// The words there; personal numbers stand masked.
    pub quote: String,
    pub says: String,
}

/// A part of an article with its name.
struct Part {
    place: String,
    text: String,
}

/// Everything that is worth a look, the gravest first.
pub(super) fn look(content: &Content, words: &[Word]) -> Vec<Finding> {
    let mut found = Vec::new();
    for part in parts(content) {
        numbers(&part, &mut found);
        address(&part, &mut found);
        listed(&part, words, &mut found);
    }
    for nth in markup::without_caption(&content.body) {
        found.push(Finding {
            weight: Weight::Look,
            place: format!("第 {nth} 张图"),
            quote: String::new(),
            says: "还没有写图注：图里是谁、在做什么。".to_owned(),
        });
    }
    for link in markup::links(&content.body) {
        if !link.starts_with("https://mp.weixin.qq.com/") {
            found.push(Finding {
                weight: Weight::Look,
                place: "链接".to_owned(),
                quote: link.chars().take(60).collect(),
                says: "在公众号文章里点不开，只有公众号文章的链接点得开。".to_owned(),
            });
        }
    }
    let mut seen = HashSet::new();
    found.retain(|one| seen.insert((one.place.clone(), one.quote.clone(), one.says.clone())));
    found.sort_by_key(|one| one.weight);
    found
}

/// # Errors
/// `check_refused`: something has to be changed first.
pub(super) fn refuse_stops(found: &[Finding]) -> Result<()> {
    let stops: Vec<String> = found
        .iter()
        .filter(|one| one.weight == Weight::Stop)
        .map(|one| format!("{}“{}”：{}", one.place, one.quote, one.says))
        .collect();
    if stops.is_empty() {
        return Ok(());
    }
    Err(Error::invalid("check_refused", format!("还不能送审。{}", stops.join(""))))
}

fn parts(content: &Content) -> Vec<Part> {
    let part = |place: &str, text: &str| Part { place: place.to_owned(), text: text.to_owned() };
    let mut parts = vec![
        part("标题", &content.title),
        part("摘要", &content.digest),
        part("作者", &content.byline),
        part("来源", &content.origin),
    ];
    for (nth, text) in markup::paragraphs(&content.body).into_iter().enumerate() {
        parts.push(Part { place: format!("第 {} 段", nth + 1), text });
    }
    parts
}

// Numbers.

/// Runs of digits (blanks and dashes may stand between), with an `X` at the end of an ID.
fn numbers(part: &Part, found: &mut Vec<Finding>) {
    let mut run = String::new();
    // A number that goes on from a letter is a code of something.
    let mut of_a_code = false;
    let mut rest = part.text.chars().chain([' ']).peekable();
    while let Some(one) = rest.next() {
        if one.is_ascii_digit() {
            run.push(one);
            continue;
        }
        let goes_on = rest.peek().is_some_and(char::is_ascii_digit);
        if matches!(one, ' ' | '-') && !run.is_empty() && goes_on {
            continue;
        }
        if matches!(one, 'x' | 'X') && run.len() == 17 {
            run.push('X');
        }
        if !of_a_code && let Some((weight, says)) = personal(&run) {
            let says = says.to_owned();
            found.push(Finding { weight, place: part.place.clone(), quote: masked(&run), says });
        }
        of_a_code = one.is_ascii_alphabetic();
        run.clear();
    }
}

fn personal(run: &str) -> Option<(Weight, &'static str)> {
    match run.len() {
        18 if is_id_number(run) => Some((Weight::Stop, "像身份证号，请删掉。")),
        16..=19 if luhn(run) => Some((Weight::Stop, "像银行卡号，请删掉。")),
        11 if run.starts_with('1') && run.as_bytes()[1] >= b'3' => {
            Some((Weight::Look, "像手机号。私人号码请删掉，办事电话请核对。"))
        }
        _ => None,
    }
}

/// GB 11643: the last character follows from the others.
fn is_id_number(run: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const LAST: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let digits: Option<Vec<u32>> = run.chars().take(17).map(|one| one.to_digit(10)).collect();
    let Some(digits) = digits else { return false };
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    run.chars().nth(17) == usize::try_from(sum % 11).ok().and_then(|at| LAST.get(at)).copied()
}

/// ISO/IEC 7812, as on bank cards.
fn luhn(run: &str) -> bool {
    let mut sum = 0;
    for (nth, one) in run.chars().rev().enumerate() {
        let Some(digit) = one.to_digit(10) else { return false };
        let digit = if nth % 2 == 1 { digit * 2 } else { digit };
        sum += if digit > 9 { digit - 9 } else { digit };
    }
    sum % 10 == 0 && run.bytes().any(|byte| byte != b'0')
}

fn masked(run: &str) -> String {
    let keep = |from: usize, to: usize| run.get(from..to).unwrap_or_default();
    format!("{}****{}", keep(0, 3), keep(run.len().saturating_sub(2), run.len()))
}

// Addresses.

const UNITS: [char; 7] = ['号', '幢', '栋', '组', '室', '弄', '单'];

/// Two numbered units close together (3幢201室, 5组12号) are somebody's home.
fn address(part: &Part, found: &mut Vec<Finding>) {
    let text: Vec<char> = part.text.chars().collect();
    let mut last: Option<usize> = None;
    for (at, one) in text.iter().enumerate() {
        let numbered = at > 0 && text[at - 1].is_ascii_digit();
        let unit = UNITS.contains(one) && (*one != '单' || text.get(at + 1) == Some(&'元'));
        // 号 of a day is none of an address: “9月1号”.
        let of_a_day =
            *one == '号' && text[..at].iter().rev().find(|c| !c.is_ascii_digit()) == Some(&'月');
        if !(numbered && unit) || of_a_day {
            continue;
        }
        if let Some(before) = last.filter(|before| at - before <= 6) {
            let from =
                text[..before].iter().rposition(|c| !c.is_ascii_digit()).map_or(0, |n| n + 1);
            found.push(Finding {
                weight: Weight::Look,
                place: part.place.clone(),
                quote: text[from..=at].iter().collect(),
                says: "像家庭住址。个人的住址请删掉。".to_owned(),
            });
        }
        last = Some(at);
    }
}

// Words.

fn listed(part: &Part, words: &[Word], found: &mut Vec<Finding>) {
    // The list holds no pattern that cannot be built; if one came, nothing is found by it.
    let Ok(finder) = AhoCorasick::new(words.iter().map(|one| &one.word)) else { return };
    for hit in finder.find_overlapping_iter(&part.text) {
        let Some(word) = words.get(hit.pattern().as_usize()) else { continue };
        let instead = &word.instead;
        let (weight, says) = match word.kind {
            NewsWordKind::Forbidden if instead.is_empty() => {
                (Weight::Stop, "不能用的词，请换一个说法。".to_owned())
            }
            NewsWordKind::Forbidden => (Weight::Stop, format!("不能用的词，可以写“{instead}”。")),
            NewsWordKind::Misspelt => (Weight::Look, format!("常见的错字，应该是“{instead}”吗？")),
            NewsWordKind::Absolute if instead.is_empty() => {
                (Weight::Look, "广告法不许用的绝对化的词，请换一个说法。".to_owned())
            }
            NewsWordKind::Absolute => {
                (Weight::Look, format!("广告法不许用的绝对化的词，可以这样：{instead}。"))
            }
            NewsWordKind::Official => {
                if with_office(&part.text, hit.start(), instead) {
                    continue;
                }
                (Weight::Look, format!("名单上的职务是“{instead}”，文中没有这样写，请核对。"))
            }
        };
        found.push(Finding { weight, place: part.place.clone(), quote: word.word.clone(), says });
    }
}

/// Stands the office right before the name, or anywhere before it in this part?
fn with_office(text: &str, at: usize, office: &str) -> bool {
    text.get(..at).is_some_and(|before| before.contains(office))
}

#[cfg(test)]
mod tests {
    use super::*;
    use NewsWordKind as Kind;

    fn content(body: &str) -> Content {
        Content {
            title: "开班".to_owned(),
            digest: String::new(),
            byline: String::new(),
            origin: String::new(),
            body: body.to_owned(),
            cover: None,
        }
    }

    fn says(body: &str) -> Vec<String> {
        let words = [
            Word { kind: Kind::Forbidden, word: "瞎子".into(), instead: "盲人".into() },
            Word { kind: Kind::Misspelt, word: "既使".into(), instead: "即使".into() },
            Word { kind: Kind::Absolute, word: "最佳".into(), instead: String::new() },
            Word { kind: Kind::Official, word: "张三".into(), instead: "园区主任".into() },
        ];
        look(&content(body), &words)
            .into_iter()
            .map(|one| format!("{:?} {} {} {}", one.weight, one.place, one.quote, one.says))
            .collect()
    }

    #[test]
    fn personal_numbers_are_found_and_others_are_not() {
        for (body, word) in [
            ("身份证 11010519491231002X 的同学", "身份证"),
            ("证号320582195503010027，", ""),
            ("卡号 6222 0200 1234 5678 903。", ""),
            ("卡号 4111 1111 1111 1111。", "银行卡"),
            ("联系 13900000001", "手机号"),
            ("联系139-0000-0001。", "手机号"),
        ] {
            let found = says(body);
            if !word.is_empty() {
                assert!(found.len() == 1 && found[0].contains(word), "{body}: {found:?}");
                assert!(!found[0].contains("13900000001") && !found[0].contains("4111111"));
            }
        }
        for plain in [
            "共 12345 人次",
            "2026年11月28日",
            "0512-58000000",
            "文号 20260901000000000",
            "![合影](picture:13900000001)",
            "第139000000012号",
        ] {
            assert!(says(plain).is_empty(), "{plain}: {:?}", says(plain));
        }
    }

    #[test]
    fn homes_are_found_and_days_are_not() {
        assert!(says("住在常东村5组12号的王阿姨")[0].contains("5组12号"));
        assert!(says("小区3幢2单元501室")[0].contains("3幢2单"));
        for plain in ["9月1号和12号开课", "常沙路8号教育中心", "第3组有12人", "9月1号2组"]
        {
            assert!(says(plain).is_empty(), "{plain}: {:?}", says(plain));
        }
    }

    #[test]
    fn listed_words_are_found_with_what_to_write_instead() {
        let found = says("他是瞎子，既使下雨也来，被评为最佳学员。\n\n张三讲了话。");
        assert!(
            found[0].starts_with("Stop 第 1 段 瞎子") && found[0].contains("盲人"),
            "{found:?}"
        );
        assert!(found.iter().any(|one| one.contains("即使")));
        assert!(found.iter().any(|one| one.contains("绝对化")));
        assert!(found.iter().any(|one| one.starts_with("Look 第 2 段 张三")), "{found:?}");
        assert!(says("园区主任张三讲了话。").is_empty());
        assert!(refuse_stops(&look(&content("好"), &[])).is_ok());
    }

    #[test]
    fn pictures_without_caption_and_links_that_lead_nowhere_are_named() {
        let found = says(
            "![](picture:1)\n\n![图注](picture:2)\n\n![合影](picture:3)\n\n[看](https://example.com/a) [看](https://mp.weixin.qq.com/s/x)",
        );
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("第 1 张图") && found[1].contains("第 2 张图"));
        assert!(found[2].contains("example.com"));
    }
}
