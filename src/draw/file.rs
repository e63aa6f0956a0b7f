//! The list and the result as plain text that anybody can read, hash and check.
//!
//! One line, one thing; words are parted by one blank. The result is the list, then
//! the seed, then what follows from both.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::lots::{self, Class, List, Outcome, Person, Wish};

const FIRST: &str = "尚学摇号 1";
const SEED: &str = "种子";

/// SHA-256 as `sha256sum` prints it.
pub fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// The list as it is published: classes and people in the order of their numbers.
pub fn print(list: &List) -> String {
    let mut text =
        format!("{FIRST}\n学期 {}\n来源 {}\n", one_line(&list.term), one_line(&list.source));
    let mut classes: Vec<&Class> = list.classes.iter().collect();
    classes.sort_by_key(|class| class.id);
    for class in classes {
        let Class { id, places, newcomers, course, hours: (day, from, to), name } = class;
        let name = one_line(name);
        let _written = writeln!(
            text,
            "班 {id} 名额 {places} 新学员 {newcomers} 课程 {course} 时间 {day} {from} {to} 名称 {name}"
        );
    }
    let mut people: Vec<&Person> = list.people.iter().collect();
    people.sort_by(|one, other| one.number.cmp(&other.number));
    for Person { number, most, lost, wishes } in people {
        let _written = write!(text, "号 {number} 最多 {most} 落选 {lost} 志愿");
        for wish in wishes {
            let newcomer = if wish.newcomer { "新" } else { "" };
            let own = if wish.own { "本" } else { "" };
            let _written = write!(text, " {}*{}{newcomer}{own}", wish.class, wish.lots);
        }
        text.push('\n');
    }
    text
}

/// The result as it is published.
pub fn print_result(list_text: &str, seed: &str, outcome: &Outcome) -> String {
    let mut text = format!("{list_text}{SEED} {seed}\n");
    for (word, of) in [
        ("次序", (|drawn| &drawn.order) as fn(&lots::Drawn) -> &Vec<String>),
        ("录取", |drawn| &drawn.placed),
        ("候补", |drawn| &drawn.waiting),
    ] {
        for (class, drawn) in &outcome.classes {
            line(&mut text, &format!("{word} {class}"), of(drawn));
        }
    }
    line(&mut text, "落选", &outcome.lost);
    text
}

fn line(text: &mut String, begins: &str, numbers: &[String]) {
    text.push_str(begins);
    for number in numbers {
        text.push(' ');
        text.push_str(number);
    }
    text.push('\n');
}

/// A name must not begin a line of its own.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads a list back. The failure is the line that cannot be read.
///
/// # Errors
/// The first line that is not of the list.
pub fn read(text: &str) -> Result<List, String> {
    let mut list = List {
        term: String::new(),
        source: String::new(),
        classes: Vec::new(),
        people: Vec::new(),
    };
    let mut lines = text.lines();
    if lines.next() != Some(FIRST) {
        return Err(FIRST.to_owned());
    }
    for line in lines {
        read_line(line, &mut list).ok_or_else(|| line.to_owned())?;
    }
    Ok(list)
}

fn read_line(line: &str, list: &mut List) -> Option<()> {
    let (word, rest) = line.split_once(' ')?;
    let words: Vec<&str> = rest.split(' ').collect();
    match (word, words.as_slice()) {
        ("学期", _) => list.term = rest.to_owned(),
        ("来源", _) => list.source = rest.to_owned(),
        (
            "班",
            [
                id,
                "名额",
                places,
                "新学员",
                newcomers,
                "课程",
                course,
                "时间",
                day,
                from,
                to,
                "名称",
                name @ ..,
            ],
        ) => list.classes.push(Class {
            id: id.parse().ok()?,
            places: places.parse().ok()?,
            newcomers: newcomers.parse().ok()?,
            course: course.parse().ok()?,
            hours: (day.parse().ok()?, from.parse().ok()?, to.parse().ok()?),
            name: name.join(" "),
        }),
        ("号", [number, "最多", most, "落选", lost, "志愿", wishes @ ..]) => {
            list.people.push(Person {
                number: (*number).to_owned(),
                most: most.parse().ok()?,
                lost: lost.parse().ok()?,
                wishes: wishes.iter().map(|wish| read_wish(wish)).collect::<Option<_>>()?,
            });
        }
        _ => return None,
    }
    Some(())
}

fn read_wish(text: &str) -> Option<Wish> {
    let (class, rest) = text.split_once('*')?;
    let lots = rest.trim_end_matches(['新', '本']);
    let marks = &rest[lots.len()..];
    let (newcomer, own) = (marks.starts_with('新'), marks.ends_with('本'));
    Some(Wish { class: class.parse().ok()?, lots: lots.parse().ok()?, newcomer, own })
}

/// What a published result says, without drawing again.
pub fn read_outcome(result: &str) -> Outcome {
    let mut outcome = Outcome { classes: BTreeMap::new(), lost: Vec::new() };
    for line in result.lines() {
        let mut words = line.split(' ');
        let word = words.next().unwrap_or_default();
        if word == "落选" {
            outcome.lost = words.map(str::to_owned).collect();
        } else if let ("次序" | "录取" | "候补", Some(Ok(class))) =
            (word, words.next().map(str::parse))
        {
            let drawn = outcome.classes.entry(class).or_default();
            let numbers = words.map(str::to_owned).collect();
            match word {
                "次序" => drawn.order = numbers,
                "录取" => drawn.placed = numbers,
                _ => drawn.waiting = numbers,
            }
        }
    }
    outcome
}

/// What a repeated draw says of a published result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Of the list in the file: to be compared with the one that was published before.
    pub list_hash: String,
    pub seed: String,
    /// The file says what follows from its list and seed, to the letter.
    pub agrees: bool,
}

/// Repeats the draw of a published result.
///
/// # Errors
/// What in the file cannot be read.
pub fn verify(text: &str) -> Result<Verdict, String> {
    let no_seed = || format!("{SEED} …");
    let (list_text, rest) = text.split_once(&format!("\n{SEED} ")).ok_or_else(no_seed)?;
    let list_text = format!("{list_text}\n");
    let seed = rest.lines().next().ok_or_else(no_seed)?;
    let list = read(&list_text)?;
    let agrees = print_result(&list_text, seed, &lots::draw(&list, seed)) == text;
    Ok(Verdict { list_hash: hash(&list_text), seed: seed.to_owned(), agrees })
}
