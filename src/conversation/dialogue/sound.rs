//! How a text sounds: syllables without tones, so that what is written with another
//! character, in Traditional script or in letters is heard as the same.

use pinyin::ToPinyin;

/// More of a message is not listened to.
const LONGEST: usize = 120;

/// One character of Chinese, or a run of letters or digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) written: String,
    pub(super) syllable: String,
    pub(super) chinese: bool,
}

/// The tokens of a text: in half width and small letters, without signs and blanks.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut joins = false;
    for c in text.chars().map(half_width).flat_map(char::to_lowercase).take(LONGEST) {
        if let Some(pinyin) = c.to_pinyin() {
            joins = false;
            let (written, syllable) = (c.to_string(), pinyin.plain().replace('ü', "v"));
            tokens.push(Token { written, syllable, chinese: true });
        } else if c.is_ascii_alphanumeric() {
            match tokens.last_mut().filter(|_| joins) {
                Some(last) => {
                    last.written.push(c);
                    last.syllable.push(c);
                }
                None => tokens.push(Token {
                    written: c.to_string(),
                    syllable: c.to_string(),
                    chinese: false,
                }),
            }
            joins = true;
        } else {
            joins = false;
        }
    }
    tokens
}

pub(super) fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}

/// ` bao ming `: each syllable between blanks, so that none is found across two.
pub(super) fn spaced<'a>(syllables: impl Iterator<Item = &'a str>) -> String {
    let mut sound = String::from(" ");
    for syllable in syllables {
        sound.push_str(syllable);
        sound.push(' ');
    }
    sound
}

/// As people of the region mix them up: z and zh, c and ch, s and sh, n and ng.
pub(super) fn slurred(syllable: &str) -> String {
    let soft = ["zh", "ch", "sh"].iter().find(|start| syllable.starts_with(**start));
    let start = if soft.is_some() {
        format!("{}{}", &syllable[..1], &syllable[2..])
    } else {
        syllable.to_owned()
    };
    match start.strip_suffix('g') {
        Some(rest) if rest.ends_with('n') => rest.to_owned(),
        _ => start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> String {
        spaced(tokens(text).iter().map(|token| token.syllable.as_str()))
    }

    #[test]
    fn other_characters_of_the_same_sound_are_the_same() {
        for text in ["报名", "報名", "保名", "鲍明", "Ｂao ming", " 报，名！"] {
            assert_eq!(heard(text), " bao ming ", "{text}");
        }
        assert_eq!(heard(""), " ");
        assert_eq!(heard("baoming"), " baoming ");
        assert_eq!(
            (slurred("shang"), slurred("qing"), slurred("lv")),
            ("san".into(), "qin".into(), "lv".into())
        );
    }
}
