//! One row being read, column by column; what is wrong with it is gathered.

use chrono::NaiveDate;

use super::cell::{Cell, Reading, key};
use super::choices::Found;
use super::{Choices, Column, Fault, Row};
use crate::error::Error;

/// A row and the faults found in it so far.
pub struct Line<'a> {
    row: &'a Row,
    columns: &'static [Column],
    faults: Vec<Fault>,
}

macro_rules! readings {
    ($($(#[$doc:meta])* $name:ident -> $kind:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// None: nothing is there, which is a fault where it is needed, or it was one.
        pub fn $name(&mut self, column: usize) -> Option<$kind> {
            self.read(column, Cell::$name)
        }
    )*};
}

impl<'a> Line<'a> {
    /// The columns are those with which the row was read.
    pub fn new(row: &'a Row, columns: &'static [Column]) -> Self {
        Self { row, columns, faults: Vec::new() }
    }

    /// As Excel shows it.
    pub fn number(&self) -> u32 {
        self.row.number
    }

    readings! {
        /// Words.
        text -> String;
        /// Digits that are no number.
        digits -> String;
        /// A whole number.
        whole -> i32;
        /// A day.
        day -> NaiveDate;
        /// A time of day, in minutes after midnight.
        minute -> i32;
        /// A day of the week, ISO, 1 = Monday.
        weekday -> i32;
    }

    /// A name of somebody: without the blanks that people put between two characters.
    pub fn name(&mut self, column: usize) -> Option<String> {
        let name = self.text(column)?;
        let chinese = |c: char| ('\u{3400}'..='\u{9fff}').contains(&c) || c > '\u{ffff}';
        if name.chars().all(|c| chinese(c) || c == ' ') {
            return Some(name.replace(' ', ""));
        }
        // There is one middle dot, and many that look like it.
        Some(name.replace(['•', '・', '‧', '∙', '．'], "·"))
    }

    /// One of those that there are.
    pub fn choice<T: Copy>(&mut self, column: usize, choices: &Choices<T>) -> Option<T> {
        let said = self.text(column)?;
        match choices.find(&key(&said)) {
            Found::One(one) => Some(one),
            Found::None(words) => {
                let short: String = said.chars().take(30).collect();
                self.refuse(column, format!("没有“{short}”{}。{words}", choices.noun()));
                None
            }
            Found::Many(words) => {
                self.refuse(column, words);
                None
            }
        }
    }

    fn read<T>(&mut self, column: usize, reading: impl Fn(&Cell) -> Reading<T>) -> Option<T> {
        let Column { title, needed, .. } = self.columns[column];
        match reading(self.row.cells.get(column).unwrap_or(&Cell::Empty)) {
            Ok(Some(value)) => Some(value),
            Ok(None) => {
                if needed {
                    self.refuse(column, format!("请填写{title}。"));
                }
                None
            }
            Err(words) => {
                self.refuse(column, words);
                None
            }
        }
    }

    /// Says what is wrong in a column.
    pub fn refuse(&mut self, column: usize, says: impl Into<String>) {
        let (row, column, says) = (self.row.number, self.columns[column].title, says.into());
        let fault = Fault { row, column, says };
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// Keeps what a check takes, and says what it refuses.
    pub fn checked<T>(&mut self, column: usize, checked: Result<T, Error>) -> Option<T> {
        checked.map_err(|error| self.refuse(column, error.message)).ok()
    }

    /// Nothing was wrong so far.
    pub fn is_good(&self) -> bool {
        self.faults.is_empty()
    }

    pub fn into_faults(self) -> Vec<Fault> {
        self.faults
    }
}
