//! What a person means by what they type, dictate or tap, from the words alone.
//!
//! Elders type few words, with slips, in either script, or dictate. So a text is heard
//! by its sound: first for known words as they stand, then for words typed in letters,
//! and a short one at last for what it nearly is. What stays over beside the known words
//! may name a class.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use entity::ids::ClassId;

use crate::wechat::message::{Event, Message};

mod number;
mod sound;
#[cfg(test)]
mod tests;
mod words;

pub(super) use number::{mobile, number};

use sound::Token;
use words::{ALONE, COURTESIES, WORDS};

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Intent {
    /// Find a class and sign up.
    SignUp,
    /// When and where is my class.
    MyClasses,
    CheckIn,
    Hours,
    /// Not to come once.
    Leave,
    /// Not to come any more.
    Withdraw,
    /// Where one stands on a waiting list.
    Waiting,
    /// A family member acts for a learner.
    Family,
    /// To join the account and the sign-in of the pages.
    Link,
    /// News of the centre.
    News,
    /// A human being.
    Person,
    Thanks,
    Help,
    /// Nothing known was said.
    Unknown,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Question {
    pub(super) intent: Intent,
    /// What may be the name of a class, as it was written.
    pub(super) topic: Option<String>,
    /// More than a word or two: somebody tells something.
    pub(super) tells: bool,
    /// The class that was chosen from a list.
    #[serde(default)]
    pub(super) class: Option<ClassId>,
}

impl Question {
    pub(super) const fn of(intent: Intent) -> Self {
        Self { intent, topic: None, tells: false, class: None }
    }
}

/// From so many characters beside known words and courtesies on, somebody tells something.
const TELLS: usize = 6;

/// Slips are looked for in texts of at most so many characters or words.
const SHORT: usize = 6;

/// What a message or a tap on the menu asks; `None`: an event that asks for nothing.
pub(super) fn question(message: &Message) -> Option<Question> {
    match message {
        Message::Text { content, .. } => Some(read(content)),
        Message::Voice { recognition: Some(words), .. } => Some(read(words)),
        Message::Event(Event::Click { key }) => Some(Question::of(of_key(key))),
        Message::Event(_) => None,
        // A picture, a place, a voice without words.
        _ => Some(Question::of(Intent::Unknown)),
    }
}

/// The keys of the menu, as the configuration names them.
const KEYS: [(&str, Intent); 13] = [
    ("sign_up", Intent::SignUp),
    ("my_classes", Intent::MyClasses),
    ("check_in", Intent::CheckIn),
    ("hours", Intent::Hours),
    ("leave", Intent::Leave),
    ("withdraw", Intent::Withdraw),
    ("waiting", Intent::Waiting),
    ("family", Intent::Family),
    ("link", Intent::Link),
    ("news", Intent::News),
    ("person", Intent::Person),
    ("thanks", Intent::Thanks),
    ("help", Intent::Help),
];

impl Intent {
    /// What a key of the menu asks; `None`: there is no such key.
    pub(super) fn of_key(key: &str) -> Option<Self> {
        KEYS.iter().find(|(known, _)| *known == key).map(|(_, intent)| *intent)
    }

    /// All keys of the menu.
    pub(super) fn keys() -> impl Iterator<Item = &'static str> {
        KEYS.iter().map(|(key, _)| *key)
    }

    /// In a word, for staff.
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::SignUp => "报名",
            Self::MyClasses => "上课时间和地点",
            Self::CheckIn => "签到",
            Self::Hours => "学时",
            Self::Leave => "请假",
            Self::Withdraw => "退课",
            Self::Waiting => "候补",
            Self::Family => "家人代办",
            Self::Link => "绑定",
            Self::News => "新闻",
            Self::Person => "找工作人员",
            Self::Thanks => "道谢",
            Self::Help => "帮助",
            Self::Unknown => "没听懂的话",
        }
    }
}

/// A menu of an earlier configuration may still hang on a phone: it leads on to the help.
fn of_key(key: &str) -> Intent {
    Intent::of_key(key).unwrap_or(Intent::Help)
}

/// A known word in a text.
struct Hit {
    rank: usize,
    /// In bytes.
    at: usize,
    /// In characters.
    length: usize,
}

/// Words to be found, and what each means; the first in the list wins.
struct Finder {
    found: AhoCorasick,
    /// By pattern: its meaning and how many characters it has.
    means: Vec<(Intent, usize)>,
}

impl Finder {
    fn new(words: impl Iterator<Item = (Intent, usize, String)>) -> Self {
        let (mut patterns, mut means) = (Vec::new(), Vec::new());
        for (intent, length, pattern) in words {
            patterns.push(pattern);
            means.push((intent, length));
        }
        let found = AhoCorasick::new(&patterns).expect("a fixed list of words can be looked for");
        Self { found, means }
    }

    /// Every known word in a text: its rank, where it begins, and how many characters it has.
    fn find(&self, text: &str) -> Vec<Hit> {
        let hits = self.found.find_overlapping_iter(text);
        hits.map(|hit| {
            let rank = hit.pattern().as_usize();
            Hit { rank, at: hit.start(), length: self.means[rank].1 }
        })
        .collect()
    }

    fn first(&self, text: &str) -> Option<Intent> {
        self.best(&self.find(text))
    }

    fn best(&self, hits: &[Hit]) -> Option<Intent> {
        hits.iter().map(|hit| hit.rank).min().map(|rank| self.means[rank].0)
    }
}

fn syllables(word: &str) -> Vec<String> {
    sound::tokens(word).into_iter().map(|token| token.syllable).collect()
}

/// All words that are heard, each with its rank: those of one table stand in order.
fn heard_words() -> impl Iterator<Item = (Intent, &'static str)> {
    WORDS.iter().flat_map(|(intent, words)| words.iter().map(|word| (*intent, *word)))
}

/// By sound, ` bao ming `; words with `=` by their characters, ` 课 时 `.
static BY_SOUND: LazyLock<Finder> = LazyLock::new(|| {
    Finder::new(heard_words().map(|(intent, word)| {
        let written = word.strip_prefix('=');
        let tokens = sound::tokens(written.unwrap_or(word));
        let text = |token: &Token| {
            if written.is_some() { token.written.clone() } else { token.syllable.clone() }
        };
        let parts: Vec<String> = tokens.iter().map(text).collect();
        (intent, parts.len(), sound::spaced(parts.iter().map(String::as_str)))
    }))
});

/// In letters without blanks, `baoming`; shorter ones would be found everywhere.
static LETTERS: LazyLock<Vec<(Intent, String)>> = LazyLock::new(|| {
    heard_words()
        .filter(|(_, word)| !word.starts_with('='))
        .map(|(intent, word)| (intent, syllables(word).concat()))
        .filter(|(_, letters)| letters.len() >= 5)
        .collect()
});

/// The same, to be found in what was typed without blanks.
static BY_LETTERS: LazyLock<Finder> =
    LazyLock::new(|| Finder::new(LETTERS.iter().map(|(intent, word)| (*intent, 1, word.clone()))));

/// As it is slurred, ` bao min `.
static BY_SLUR: LazyLock<Finder> = LazyLock::new(|| {
    Finder::new(heard_words().filter(|(_, word)| !word.starts_with('=')).map(|(intent, word)| {
        let parts: Vec<String> = syllables(word).iter().map(|part| sound::slurred(part)).collect();
        (intent, parts.len(), sound::spaced(parts.iter().map(String::as_str)))
    }))
});

/// What each known word means that stands alone, as most are typed.
static KNOWN: LazyLock<HashMap<&'static str, Question>> = LazyLock::new(|| {
    let alone = ALONE.iter().flat_map(|(_, words)| *words).copied();
    let words = heard_words().map(|(_, word)| word.trim_start_matches('='));
    words.chain(alone).map(|word| (word, listen(word))).collect()
});

/// Reads a text message or recognised speech.
pub(super) fn read(text: &str) -> Question {
    KNOWN.get(text.trim()).cloned().unwrap_or_else(|| listen(text))
}

fn listen(text: &str) -> Question {
    let tokens = sound::tokens(text);
    let by_sound = sound::spaced(tokens.iter().map(|token| token.syllable.as_str()));
    let mut hits = BY_SOUND.find(&by_sound);
    let mut rest = vec![true; tokens.len()];
    cross_out(&by_sound, &hits, &mut rest);
    // The few words that count as they are written.
    let as_written = sound::spaced(tokens.iter().map(|token| token.written.as_str()));
    let written = BY_SOUND.find(&as_written);
    cross_out(&as_written, &written, &mut rest);
    hits.extend(written);
    let mut intent = BY_SOUND.best(&hits);
    let left = leave_courtesies_out(&tokens, &rest);
    if intent.is_none() {
        let whole: String = tokens.iter().map(|token| token.written.as_str()).collect();
        intent = alone(&whole).or_else(|| alone(&left.concat())).or_else(|| slip(&tokens));
    }
    let intent = intent.unwrap_or(Intent::Unknown);
    let characters = left.iter().map(|part| part.chars().count()).sum::<usize>();
    Question { intent, topic: topic(intent, &left), tells: characters >= TELLS, class: None }
}

/// Takes known words out of what stays over.
fn cross_out(text: &str, hits: &[Hit], rest: &mut [bool]) {
    for hit in hits {
        let first = text[..hit.at].matches(' ').count();
        for over in rest.iter_mut().skip(first).take(hit.length) {
            *over = false;
        }
    }
}

/// What stays over, without courtesies: the parts between.
fn leave_courtesies_out(tokens: &[Token], rest: &[bool]) -> Vec<String> {
    let mut parts = vec![String::new()];
    for (token, over) in tokens.iter().zip(rest) {
        match parts.last_mut() {
            Some(part) if *over => part.push_str(&token.written),
            _ => parts.push(String::new()),
        }
    }
    parts.iter().map(|part| bare(part).to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Without courtesies before and after; those within may belong to a name (智在指尖).
fn bare(part: &str) -> &str {
    let mut part = part;
    loop {
        let before = part.len();
        for word in COURTESIES {
            part = part.strip_prefix(word).unwrap_or(part);
            part = part.strip_suffix(word).unwrap_or(part);
        }
        if part.len() == before {
            return part;
        }
    }
}

/// Texts that are one short word, as it is written.
fn alone(text: &str) -> Option<Intent> {
    ALONE.iter().find(|(_, words)| words.contains(&text)).map(|(intent, _)| *intent)
}

/// What a short text nearly is.
fn slip(tokens: &[Token]) -> Option<Intent> {
    if tokens.is_empty() || tokens.len() > SHORT {
        return None;
    }
    let letters: String = tokens.iter().map(|token| token.syllable.as_str()).collect();
    if tokens.iter().any(|token| !token.chinese)
        && let Some(intent) = BY_LETTERS.first(&letters)
    {
        return Some(intent);
    }
    let slurred: Vec<String> = tokens.iter().map(|token| sound::slurred(&token.syllable)).collect();
    if let Some(intent) = BY_SLUR.first(&sound::spaced(slurred.iter().map(String::as_str))) {
        return Some(intent);
    }
    // One letter wrong, missing or too many; two swapped.
    let near = |word: &str| word.len() >= 6 && strsim::osa_distance(word, &letters) == 1;
    LETTERS.iter().find(|(_, word)| near(word)).map(|(intent, _)| *intent)
}

/// The longest thing that stays over, where a class may be meant: 2 to 12 characters.
fn topic(intent: Intent, left: &[String]) -> Option<String> {
    if !matches!(intent, Intent::SignUp | Intent::MyClasses | Intent::Unknown) {
        return None;
    }
    left.iter()
        .map(|part| {
            part.trim_end_matches(['班', '课', '課']).trim_start_matches(['报', '報', '学', '學'])
        })
        .filter(|part| (2..=12).contains(&part.chars().count()))
        .max_by_key(|part| part.chars().count())
        .map(str::to_owned)
}

/// Whether a name sounds like what was asked, or holds it.
pub(super) fn names(topic: &str, name: &str) -> bool {
    let sound = |text: &str| {
        let tokens = sound::tokens(text);
        sound::spaced(tokens.iter().map(|token| token.syllable.as_str()))
    };
    let (topic, name) = (sound(topic), sound(name));
    name.contains(&topic) || (name.len() > 6 && topic.contains(&name))
}
