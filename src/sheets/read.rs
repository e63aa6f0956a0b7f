//! A file becomes rows under headings.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx};
use tokio::sync::Semaphore;

use super::{Cell, Column, MOST_ROWS, cell, package};
use crate::error::{Error, Result};

/// A file takes a hundred megabytes while it is read: few at a time.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Sheets, columns and cells that are looked at; Excel has more than anybody fills in.
const MOST_SHEETS: usize = 10;
const MOST_COLUMNS: u32 = 200;
const MOST_CELLS: usize = 100_000;
/// Bytes of all text: one long text may stand in many cells.
const MOST_TEXT: usize = 8 * 1024 * 1024;
/// The headings stand among the first rows that say something.
const HEADINGS_WITHIN: usize = 15;

/// A row, with a cell for each column that was looked for.
#[derive(Clone, Debug)]
pub struct Row {
    /// As Excel shows it.
    pub number: u32,
    pub cells: Vec<Cell>,
}

/// What was found under the headings; rows without anything and the example are left out.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub rows: Vec<Row>,
    /// Headings that were not looked for.
    pub unused: Vec<String>,
}

/// Reads the first sheet that has the headings, beside the async threads.
///
/// # Errors
/// `sheet_format`, `sheet_too_large`, `sheet_headings`, `sheet_empty`, `sheet_too_many_rows`.
pub async fn read(file: Vec<u8>, columns: &'static [Column]) -> Result<Sheet> {
    let permit = AT_ONCE.acquire().await.map_err(Error::internal)?;
    let read = tokio::task::spawn_blocking(move || {
        let read = rows(&file, columns);
        drop(permit);
        read
    });
    match read.await {
        Ok(read) => read,
        // The reader is another's: where it trips over a file, the file is what is wrong.
        Err(error) if error.is_panic() => Err(package::broken(error)),
        Err(error) => Err(Error::internal(error)),
    }
}

type Rows = BTreeMap<u32, BTreeMap<u32, Cell>>;

fn rows(file: &[u8], columns: &'static [Column]) -> Result<Sheet> {
    let package = package::harmless(file)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(package)).map_err(package::broken)?;
    let shown = |sheet: &&calamine::Sheet| {
        sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible
    };
    let names = book.sheets_metadata().iter().filter(shown).take(MOST_SHEETS);
    let names: Vec<String> = names.map(|sheet| sheet.name.clone()).collect();
    for name in names {
        let cells = cells(&mut book, &name)?;
        if let Some(under) = headings(&cells, columns) {
            return below(cells, &under?, columns);
        }
    }
    let first: Vec<&str> = columns.iter().filter(|one| one.needed).map(|one| one.title).collect();
    let words = format!("没有找到表头。第一行要写：{}。请用模板填。", first.join("、"));
    Err(Error::invalid("sheet_headings", words))
}

fn cells(book: &mut Xlsx<Cursor<Vec<u8>>>, name: &str) -> Result<Rows> {
    let mut reader = book.worksheet_cells_reader(name).map_err(package::broken)?;
    let (mut rows, mut count, mut text) = (Rows::new(), 0, 0);
    while let Some(found) = reader.next_cell().map_err(package::broken)? {
        let (row, column) = found.get_position();
        let value: &DataRef<'_> = found.get_value();
        if column >= MOST_COLUMNS || matches!(value, DataRef::Empty) {
            continue;
        }
        if let DataRef::String(words) = value {
            text += words.len();
        } else if let DataRef::SharedString(words) = value {
            text += words.len();
        }
        count += 1;
        if count > MOST_CELLS || text > MOST_TEXT {
            return Err(too_many_rows());
        }
        let cell = Cell::of(value);
        if cell != Cell::Empty {
            rows.entry(row.saturating_add(1)).or_default().insert(column, cell);
        }
    }
    Ok(rows)
}

/// Where the headings stand, and the column of each that was found.
struct Headings {
    row: u32,
    columns: Vec<Option<u32>>,
    unused: Vec<String>,
}

/// The row that has the most of them. None: no row has two.
fn headings(rows: &Rows, columns: &'static [Column]) -> Option<Result<Headings>> {
    let found = rows.iter().take(HEADINGS_WITHIN).map(|(row, cells)| heading(*row, cells, columns));
    let count = |one: &Headings| one.columns.iter().flatten().count();
    // Of two with as many the first.
    let best = found.rev().max_by_key(|(one, _)| count(one))?;
    let (best, twice) = best;
    if count(&best) < 2 {
        return None;
    }
    if let Some(title) = twice {
        let words = format!("“{title}”这一列有两个，请删掉一个。");
        return Some(Err(Error::invalid("sheet_headings", words)));
    }
    let missing = columns.iter().zip(&best.columns).filter(|(one, at)| one.needed && at.is_none());
    let missing: Vec<&str> = missing.map(|(one, _)| one.title).collect();
    if !missing.is_empty() {
        let words = format!("表头里缺少：{}。请补上这几列，或者用模板填。", missing.join("、"));
        return Some(Err(Error::invalid("sheet_headings", words)));
    }
    Some(Ok(best))
}

fn heading(
    row: u32,
    cells: &BTreeMap<u32, Cell>,
    columns: &'static [Column],
) -> (Headings, Option<&'static str>) {
    let mut found = Headings { row, columns: vec![None; columns.len()], unused: Vec::new() };
    let mut twice = None;
    for (at, cell) in cells {
        let Cell::Text(text) = cell else { continue };
        // As in “名额（必填）”, “*名额”.
        let bare = text.split(['（', '(', '\n']).next().unwrap_or_default();
        let key = cell::key(bare).replace('*', "");
        let means = |one: &Column| {
            cell::key(one.title) == key || one.also.iter().any(|also| cell::key(also) == key)
        };
        match columns.iter().position(means) {
            Some(nth) if found.columns[nth].is_some() => twice = Some(columns[nth].title),
            Some(nth) => found.columns[nth] = Some(*at),
            None => found.unused.push(text.chars().take(30).collect()),
        }
    }
    (found, twice)
}

fn below(mut rows: Rows, under: &Headings, columns: &'static [Column]) -> Result<Sheet> {
    let example = |cell: &Cell| matches!(cell, Cell::Text(text) if cell::is_example(text));
    let mut found = Vec::new();
    for (number, mut cells) in rows.split_off(&under.row.saturating_add(1)) {
        let take = |at: &Option<u32>| at.and_then(|at| cells.remove(&at)).unwrap_or(Cell::Empty);
        let cells: Vec<Cell> = under.columns.iter().map(take).collect();
        if cells.iter().all(|cell| *cell == Cell::Empty) || cells.iter().any(example) {
            continue;
        }
        if found.len() == MOST_ROWS {
            return Err(too_many_rows());
        }
        found.push(Row { number, cells });
    }
    debug_assert!(found.iter().all(|row| row.cells.len() == columns.len()));
    if found.is_empty() {
        let words = "表里还没有内容。请在表头下面一行一行地填，再上传。";
        return Err(Error::invalid("sheet_empty", words));
    }
    Ok(Sheet { rows: found, unused: under.unused.clone() })
}

fn too_many_rows() -> Error {
    let words = format!("一次最多 {MOST_ROWS} 行。请分成几个文件，再上传。");
    Error::invalid("sheet_too_many_rows", words)
}
