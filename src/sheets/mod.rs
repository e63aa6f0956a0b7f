//! Spreadsheets: what somebody typed into Excel or WPS, as rows; and lists and templates, as
//! files.
//!
//! 1. A file is a claim. Whatever its bytes are, nothing panics, and it takes no more memory
//!    and time than the limits here say: packed and unpacked size, parts, cells, text, rows.
//! 2. A row goes by the number that Excel shows, a column by its heading. What cannot be
//!    read is said with both and one sentence, and is never guessed.
//! 3. Of a row all faults are said, not the first; a file with one is not taken at all.
//! 4. What is written is inert: text stays text, whatever it begins with; there is no formula.
//! 5. Nothing here knows what a row means: the rooms say that, with the same checks as for
//!    a form.

use crate::error::Error;

mod cell;
mod choices;
mod line;
mod package;
mod read;
mod write;

pub use cell::Cell;
pub use choices::Choices;
pub use line::Line;
pub use read::{Row, Sheet, read};
pub use write::{Table, Template, book, headings, list, template};

/// Stands on every list that is for the work of staff alone.
pub const INTERNAL: &str = "内部使用，请勿外传";

/// More rows are no list that somebody looks through.
pub const MOST_ROWS: usize = 2_000;

/// What people write into a column: says how a template prepares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Digits that are no number: nothing is rounded, no zero is lost.
    Digits,
    Number,
    Day,
    Hour,
}

/// A column that is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// Other headings that mean the same.
    pub also: &'static [&'static str],
    /// Every row has to say something here.
    pub needed: bool,
    pub kind: Kind,
    /// Of the column in a template, in characters.
    pub width: u16,
    /// What a template's example says.
    pub example: &'static str,
    /// How it is filled in, in a template's “怎么填”.
    pub help: &'static str,
}

/// Something that is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// As Excel shows it.
    pub row: u32,
    /// The heading; empty: the row as a whole.
    pub column: &'static str,
    /// What is wrong and what to do, in one sentence.
    pub says: String,
}

/// A row that says what is there already, and is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// As Excel shows it.
    pub row: u32,
    /// What is there.
    pub says: String,
}

/// What came of a file.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Rows that say something; the example is none.
    pub rows: usize,
    /// Of them, those that can be taken, or were.
    pub good: usize,
    /// Of the file from top to bottom; none of it is taken while there is one.
    pub faults: Vec<Fault>,
    pub known: Vec<Known>,
    /// Headings that were not looked at.
    pub unused: Vec<String>,
    /// The good rows are in.
    pub imported: bool,
}

/// A file to be handed out.
#[derive(Clone, Debug)]
pub struct Written {
    /// What it is called, with its ending.
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Written {
    /// With a name that every system can keep.
    pub fn named(name: &str, bytes: Vec<u8>) -> Self {
        let kept = |c: &char| !c.is_control() && !r#"/\:*?"<>|"#.contains(*c);
        let name: String = name.chars().filter(kept).take(80).collect();
        Self { name: format!("{}.xlsx", name.trim()), bytes }
    }
}

/// A file of more bytes is not looked at.
///
/// # Errors
/// `sheet_too_large`.
pub fn fits(file: &[u8], most: usize) -> Result<(), Error> {
    if file.len() > most {
        let words = "文件太大了。请只留要导入的这一页，去掉图片，再上传。";
        return Err(Error::invalid("sheet_too_large", words));
    }
    Ok(())
}
