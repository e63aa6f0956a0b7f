//! Whatever somebody uploads: something else, something broken, something that means harm.

use std::io::{Cursor, Read, Write};

use entity::kinds::Role;
use proptest::prelude::*;
use shangxue::error::Kind as ErrorKind;
use shangxue::sheets::{self, Column, Kind};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::{Put, send, text, xlsx};
use crate::support::fixtures;
use crate::support::{Backend, TestApp};

const fn column(title: &'static str, kind: Kind) -> Column {
    Column { title, also: &[], needed: true, kind, width: 10, example: "", help: "" }
}

static COLUMNS: [Column; 3] =
    [column("姓名", Kind::Text), column("出生日期", Kind::Day), column("名额", Kind::Number)];

fn good() -> Vec<u8> {
    let row = |name: &str| vec![text(name), Put::Day(1956, 3, 1), Put::Number(30.0)];
    xlsx(&["姓名", "出生日期", "名额"], &[row("丁桂英"), row("王芳")])
}

/// The same package with each part changed.
fn repacked(file: &[u8], mut change: impl FnMut(&str, Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let mut from = ZipArchive::new(Cursor::new(file)).unwrap();
    let mut into = ZipWriter::new(Cursor::new(Vec::new()));
    for nth in 0..from.len() {
        let mut part = from.by_index(nth).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        into.start_file(name.clone(), SimpleFileOptions::default()).unwrap();
        into.write_all(&change(&name, bytes)).unwrap();
    }
    into.finish().unwrap().into_inner()
}

fn changed(file: &[u8], part: &str, from: &str, to: &str) -> Vec<u8> {
    repacked(file, |name, bytes| {
        if name != part {
            return bytes;
        }
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(from), "{part}: {text}");
        text.replacen(from, to, 1).into_bytes()
    })
}

#[tokio::test]
async fn what_is_no_xlsx_is_refused_in_words() {
    let app = TestApp::start(Backend::Sqlite).await;
    fixtures::school(&app).await;
    let clerk = fixtures::clerk(&app, "centre", Role::Centre, None).await;
    let path = "/api/staff/sheets/residents/check";
    let refused = async |file: &[u8], code: &str, words: &str| {
        let body = send(&app, &clerk, path, file).await.refused(400, code);
        assert!(body["message"].as_str().unwrap().contains(words), "{words}: {body}");
    };
    refused(b"", "sheet_format", "空的").await;
    refused("姓名,出生日期\n丁桂英,1956-03-01".as_bytes(), "sheet_format", "另存为 .xlsx").await;
    refused(&[&[0xD0, 0xCF, 0x11, 0xE0][..], &[0; 600]].concat(), "sheet_format", "旧的 .xls")
        .await;
    refused(b"PK\x03\x04 and then nothing", "sheet_format", "损坏").await;
    let document = {
        let mut made = ZipWriter::new(Cursor::new(Vec::new()));
        made.start_file("word/document.xml", SimpleFileOptions::default()).unwrap();
        made.write_all(b"<document/>").unwrap();
        made.finish().unwrap().into_inner()
    };
    refused(&document, "sheet_format", "不是 Excel").await;
    refused(&xlsx(&["一", "二"], &[]), "sheet_headings", "没有找到表头").await;
    refused(&xlsx(&["姓名", "社区"], &[vec![text("丁桂英")]]), "sheet_headings", "出生日期").await;
    refused(&xlsx(&["姓名", "出生日期", "社区", "姓名"], &[]), "sheet_headings", "两个").await;
    refused(&xlsx(&["姓名", "出生日期", "社区"], &[]), "sheet_empty", "还没有内容").await;
    // A bomb: it unpacks to a thousand times its size.
    let bomb = repacked(&good(), |name, bytes| {
        if name.ends_with("sheet1.xml") { vec![b' '; 60 * 1024 * 1024] } else { bytes }
    });
    assert!(bomb.len() < 200_000);
    refused(&bomb, "sheet_too_large", "太多").await;
    // Larger than a sheet may be, and smaller than a picture.
    let large = vec![b'P'; app.app.config.server.max_sheet_bytes + 1];
    send(&app, &clerk, path, &large).await.refused(413, "too_large");
}

#[tokio::test]
async fn boasts_of_a_file_are_not_believed() {
    // Either would end the process, or trip the reader.
    let strings =
        changed(&good(), "xl/sharedStrings.xml", "uniqueCount=\"", "uniqueCount=\"99999999999999");
    let sheet = changed(
        &strings,
        "xl/worksheets/sheet1.xml",
        "<dimension ref=\"A1:C3\"",
        "<dimension ref=\"C3:A1\"",
    );
    for file in [strings, sheet] {
        let read = sheets::read(file, &COLUMNS).await.unwrap();
        assert_eq!(read.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 3]);
    }
}

#[tokio::test]
async fn a_cell_far_away_costs_nothing() {
    let far = changed(&good(), "xl/worksheets/sheet1.xml", "r=\"A3\"", "r=\"XFD1048576\"");
    let read = sheets::read(far, &COLUMNS).await.unwrap();
    assert_eq!(read.rows.len(), 2);
}

#[tokio::test]
async fn headings_may_stand_below_a_title_and_in_any_order() {
    let rows = [
        vec![text("2026 年秋季名单")],
        vec![text("名额"), Put::Nothing, text("出生日期（必填）"), text("*姓名")],
        vec![Put::Number(1.0), text("别的"), text("1956-03-01"), text("丁桂英")],
    ];
    let read = sheets::read(xlsx(&[], &rows), &COLUMNS).await.unwrap();
    assert_eq!(read.rows[0].number, 4);
    let mut line = sheets::Line::new(&read.rows[0], &COLUMNS);
    assert_eq!((line.text(0).as_deref(), line.whole(2)), (Some("丁桂英"), Some(1)));
    assert!(line.is_good());
}

/// Reads and, whatever comes of it, says nothing but what is wrong with the file.
fn survives(file: Vec<u8>) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    match runtime.block_on(sheets::read(file, &COLUMNS)) {
        Ok(read) => {
            for row in &read.rows {
                let mut line = sheets::Line::new(row, &COLUMNS);
                let _values = (
                    line.name(0),
                    line.day(1),
                    line.minute(1),
                    line.weekday(2),
                    line.whole(2),
                    line.digits(2),
                );
                let _faults = line.into_faults();
            }
        }
        Err(error) => {
            prop_assert_eq!(error.kind, ErrorKind::Invalid);
            // The reader of another did not trip either.
            prop_assert!(!error.chain().contains("panic"), "{}", error.chain());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2000), zip in any::<bool>()) {
        survives(if zip { [b"PK\x03\x04", bytes.as_slice()].concat() } else { bytes })?;
    }

    #[test]
    fn a_file_with_wrong_bytes_is_read_or_refused(at in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let mut file = good();
        for (index, byte) in at {
            let index = index.index(file.len());
            file[index] = byte;
        }
        survives(file)?;
    }

    #[test]
    fn a_package_with_wrong_text_is_read_or_refused(
        at in proptest::collection::vec((any::<prop::sample::Index>(), prop_oneof![any::<u8>(), b'0'..=b'9', Just(b'<'), Just(b'"'), Just(b':')]), 1..6),
        cut in any::<prop::sample::Index>(),
        shorten in any::<bool>(),
    ) {
        let file = repacked(&good(), |name, mut bytes| {
            if name.starts_with("xl/") && !bytes.is_empty() {
                for (index, byte) in &at {
                    let index = index.index(bytes.len());
                    bytes[index] = *byte;
                }
                if shorten {
                    bytes.truncate(cut.index(bytes.len()));
                }
            }
            bytes
        });
        survives(file)?;
    }
}
