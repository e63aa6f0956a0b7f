//! Spreadsheets: classes and residents from files, and lists as files.

mod classes;
mod files;
mod lists;
mod reports;
mod residents;

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use reqwest::Method;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::Value;

use crate::support::fixtures::Clerk;
use crate::support::{Answer, Request, TestApp};

/// What somebody puts into a cell.
#[derive(Clone, Debug)]
enum Put {
    Nothing,
    Text(String),
    Number(f64),
    /// A date that Excel knows as one.
    Day(u16, u8, u8),
    /// A time of day that Excel knows as one.
    Hour(u16, u8),
}

fn text(words: impl Into<String>) -> Put {
    Put::Text(words.into())
}

/// A file as Excel would save it: headings in row 1, the first row of `rows` in row 2.
fn xlsx(headings: &[&str], rows: &[Vec<Put>]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in (0..).zip(headings) {
        sheet.write_string(0, column, *heading).unwrap();
    }
    for (row, cells) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Put::Nothing => &mut *sheet,
                Put::Text(words) => sheet.write_string(row, column, words).unwrap(),
                Put::Number(number) => sheet.write_number(row, column, *number).unwrap(),
                Put::Day(year, month, day) => {
                    let day = ExcelDateTime::from_ymd(*year, *month, *day).unwrap();
                    let form = Format::new().set_num_format("yyyy/m/d");
                    sheet.write_datetime_with_format(row, column, &day, &form).unwrap()
                }
                Put::Hour(hour, minute) => {
                    let time = ExcelDateTime::from_hms(*hour, *minute, 0).unwrap();
                    let form = Format::new().set_num_format("h:mm");
                    sheet.write_datetime_with_format(row, column, &time, &form).unwrap()
                }
            };
        }
    }
    book.save_to_buffer().unwrap()
}

/// Sends a file.
async fn send(app: &TestApp, who: &Clerk, path: &str, file: &[u8]) -> Answer {
    let Request(request) = app.request(Method::POST, path).by(who);
    Request(request.header("content-type", "application/octet-stream").body(file.to_vec()))
        .send()
        .await
}

/// `(row, column)` of each fault, in order.
fn places(report: &Value) -> Vec<(u64, String)> {
    let place = |fault: &Value| {
        (fault["row"].as_u64().unwrap(), fault["column"].as_str().unwrap().to_owned())
    };
    report["faults"].as_array().unwrap().iter().map(place).collect()
}

/// What is said of a row and column.
fn said(report: &Value, row: u64, column: &str) -> String {
    let faults = report["faults"].as_array().unwrap();
    let there = |fault: &&Value| fault["row"] == row && fault["column"] == column;
    let said: Vec<&str> =
        faults.iter().filter(there).map(|fault| fault["message"].as_str().unwrap()).collect();
    said.join(" / ")
}

/// The cells of the first sheet, row by row.
fn cells(bytes: &[u8]) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).unwrap();
    let name = book.sheet_names()[0].clone();
    let range = book.worksheet_range(&name).unwrap();
    assert!(book.worksheet_formula(&name).unwrap().is_empty(), "a list has no formula");
    range.rows().map(<[Data]>::to_vec).collect()
}

fn words(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(words) => words.clone(),
        other => panic!("not text: {other:?}"),
    }
}

/// All that stands in a file, for what must not be there.
fn everything(bytes: &[u8]) -> String {
    let mut all = String::new();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    for nth in 0..archive.len() {
        let mut part = archive.by_index(nth).unwrap();
        std::io::Read::read_to_string(&mut part, &mut all).unwrap();
    }
    all
}
