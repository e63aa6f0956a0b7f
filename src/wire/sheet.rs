//! Spreadsheets on the wire: files that are handed out, and what came of one that was sent.

use poem_openapi::payload::Binary;
use poem_openapi::{ApiResponse, Object};

use crate::sheets::{Fault, Known, Report, Written};

/// A file to be saved.
#[derive(ApiResponse)]
pub enum SheetFile {
    /// An .xlsx file; its name is in Chinese (RFC 5987).
    #[oai(
        status = 200,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )]
    File(Binary<Vec<u8>>, #[oai(header = "Content-Disposition")] String),
}

impl From<Written> for SheetFile {
    fn from(written: Written) -> Self {
        let name = encoded(&written.name);
        let disposition = format!("attachment; filename=\"list.xlsx\"; filename*=UTF-8''{name}");
        Self::File(Binary(written.bytes), disposition)
    }
}

/// A page to be printed.
#[derive(ApiResponse)]
pub enum PdfFile {
    /// A PDF; its name is in Chinese (RFC 5987).
    #[oai(status = 200, content_type = "application/pdf")]
    File(Binary<Vec<u8>>, #[oai(header = "Content-Disposition")] String),
}

impl PdfFile {
    /// Shown where a browser can show it.
    pub fn named(name: &str, bytes: Vec<u8>) -> Self {
        let name = encoded(name);
        let disposition = format!("inline; filename=\"paper.pdf\"; filename*=UTF-8''{name}");
        Self::File(Binary(bytes), disposition)
    }
}

/// As RFC 5987 writes what is not plain.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Something that is wrong in a file.
#[derive(Debug, Object)]
struct SheetFault {
    /// As Excel shows it.
    row: u32,
    /// The heading; empty: the row as a whole.
    column: String,
    /// What is wrong and what to do.
    message: String,
}

/// A row that says what is there already.
#[derive(Debug, Object)]
struct SheetKnown {
    /// As Excel shows it.
    row: u32,
    message: String,
}

/// What came of a file. While there is a fault, none of it is taken.
#[derive(Debug, Object)]
pub struct SheetReport {
    /// Rows that say something; the example is none.
    rows: u64,
    /// Of them, those that can be taken, or were.
    good: u64,
    faults: Vec<SheetFault>,
    known: Vec<SheetKnown>,
    /// Headings that were not looked at.
    unused: Vec<String>,
    /// The good rows are in.
    imported: bool,
}

impl From<Report> for SheetReport {
    fn from(report: Report) -> Self {
        let fault = |Fault { row, column, says }| SheetFault {
            row,
            column: String::from(column),
            message: says,
        };
        let known = |Known { row, says }| SheetKnown { row, message: says };
        Self {
            rows: report.rows as u64,
            good: report.good as u64,
            faults: report.faults.into_iter().map(fault).collect(),
            known: report.known.into_iter().map(known).collect(),
            unused: report.unused,
            imported: report.imported,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_name_is_written_as_the_rfc_says() {
        assert_eq!(encoded("名单 1.xlsx"), "%E5%90%8D%E5%8D%95%201.xlsx");
    }
}
