//! What is different between two versions, letter by letter: Chinese has no words to
//! compare by.

use std::time::Duration;

use similar::{Algorithm, ChangeTag, TextDiff};

use super::content::Content;

/// Two texts that have nothing in common are compared no longer than this; then what is
/// left counts as replaced.
const PATIENCE: Duration = Duration::from_millis(500);
/// Of what stayed the same, so much is shown on each side of a change.
const AROUND: usize = 40;

/// What became of a run of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Same,
    Gone,
    New,
    /// Letters that stayed the same and are not shown: how many.
    Left(usize),
}

/// A run of letters with one fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub fate: Fate,
    pub text: String,
}

/// A part of the article that is not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub part: &'static str,
    pub runs: Vec<Run>,
}

/// The parts that differ, in the order in which they are read.
pub(super) fn between(old: &Content, new: &Content) -> Vec<Change> {
    let cover = |content: &Content| {
        content.cover.map_or_else(|| "没有封面".to_owned(), |id| format!("图片 {id}"))
    };
    let parts = [
        ("标题", old.title.clone(), new.title.clone()),
        ("摘要", old.digest.clone(), new.digest.clone()),
        ("作者", old.byline.clone(), new.byline.clone()),
        ("来源", old.origin.clone(), new.origin.clone()),
        ("正文", old.body.clone(), new.body.clone()),
        ("封面", cover(old), cover(new)),
    ];
    parts
        .into_iter()
        .filter(|(_, old, new)| old != new)
        .map(|(part, old, new)| Change { part, runs: shortened(runs(&old, &new)) })
        .collect()
}

fn runs(old: &str, new: &str) -> Vec<Run> {
    let diff =
        TextDiff::configure().algorithm(Algorithm::Myers).timeout(PATIENCE).diff_chars(old, new);
    let mut runs: Vec<Run> = Vec::new();
    for change in diff.iter_all_changes() {
        let fate = match change.tag() {
            ChangeTag::Equal => Fate::Same,
            ChangeTag::Delete => Fate::Gone,
            ChangeTag::Insert => Fate::New,
        };
        match runs.last_mut().filter(|run| run.fate == fate) {
            Some(run) => run.text.push_str(change.value()),
            None => runs.push(Run { fate, text: change.value().to_owned() }),
        }
    }
    runs
}

/// Long runs that stayed the same keep what stands beside the changes.
fn shortened(runs: Vec<Run>) -> Vec<Run> {
    let last = runs.len().saturating_sub(1);
    let mut out = Vec::with_capacity(runs.len());
    for (nth, run) in runs.into_iter().enumerate() {
        let letters: Vec<char> = run.text.chars().collect();
        let (before, after) =
            (if nth == 0 { 0 } else { AROUND }, if nth == last { 0 } else { AROUND });
        // Leaving out a handful would save nothing.
        if run.fate != Fate::Same || letters.len() <= before + after + AROUND {
            out.push(run);
            continue;
        }
        let keep = |letters: &[char]| Run { fate: Fate::Same, text: letters.iter().collect() };
        if before > 0 {
            out.push(keep(&letters[..before]));
        }
        let left = letters.len() - before - after;
        out.push(Run { fate: Fate::Left(left), text: String::new() });
        if after > 0 {
            out.push(keep(&letters[letters.len() - after..]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(title: &str, body: &str) -> Content {
        Content {
            title: title.to_owned(),
            digest: String::new(),
            byline: String::new(),
            origin: String::new(),
            body: body.to_owned(),
            cover: None,
        }
    }

    #[test]
    fn changed_letters_are_told_from_those_that_stayed() {
        let changes =
            between(&content("开班", "周二上午开课"), &content("开班", "周三上午九点开课"));
        assert_eq!(changes.len(), 1);
        let shown: Vec<(Fate, &str)> =
            changes[0].runs.iter().map(|run| (run.fate, run.text.as_str())).collect();
        assert_eq!(
            shown,
            [
                (Fate::Same, "周"),
                (Fate::Gone, "二"),
                (Fate::New, "三"),
                (Fate::Same, "上午"),
                (Fate::New, "九点"),
                (Fate::Same, "开课"),
            ]
        );
        assert!(between(&content("开班", "x"), &content("开班", "x")).is_empty());
    }

    #[test]
    fn what_stayed_the_same_for_long_is_left_out() {
        let long = "字".repeat(500);
        let changes = between(
            &content("", &format!("{long}甲{long}")),
            &content("", &format!("{long}乙{long}")),
        );
        let runs = &changes[0].runs;
        assert_eq!(runs[0].fate, Fate::Left(500 - AROUND));
        assert_eq!(runs[1].text.chars().count(), AROUND);
        assert_eq!(runs.last().map(|run| run.fate), Some(Fate::Left(500 - AROUND)));
    }

    #[test]
    fn two_long_texts_with_nothing_in_common_are_compared_in_time() {
        let old: String = (0..20_000).filter_map(|n| char::from_u32(0x4E00 + n % 9_000)).collect();
        let new: String =
            (0..20_000).filter_map(|n| char::from_u32(0x5E00 + n * 7 % 9_000)).collect();
        let begun = std::time::Instant::now();
        assert!(!between(&content("", &old), &content("", &new)).is_empty());
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }
}
