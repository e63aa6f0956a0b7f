//! The package that an .xlsx file is: unpacked within limits, and packed anew without what
//! would hurt its reader.

use std::io::{Cursor, Read, Write};

use aho_corasick::AhoCorasick;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::error::{Error, Result};

/// A workbook of a hundred sheets has fewer.
const MOST_PARTS: usize = 1_000;
/// 2,000 rows take about a megabyte; what unpacks to more than this is no list.
const MOST_UNPACKED: u64 = 48 * 1024 * 1024;

/// How an old .xls begins, and an .xlsx with a password.
const OLD: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];

/// What the reader would believe: how much memory to ask for, how large a sheet is. It
/// needs neither, and the first can end the process.
const BOASTS: [&str; 2] = ["uniqueCount", "<dimension"];
const MODEST: [&str; 2] = ["unique-ount", "<dimensionX"];

/// The parts that are read, not packed, and harmless.
///
/// # Errors
/// `sheet_format`: it is something else, in words; `sheet_too_large`.
pub(super) fn harmless(file: &[u8]) -> Result<Vec<u8>> {
    if file.is_empty() {
        return Err(refused("文件是空的，请重新选择。"));
    }
    if file.starts_with(OLD) {
        return Err(refused(
            "这是旧的 .xls 格式，或者设了密码。请用 Excel 或 WPS 打开，去掉密码，另存为 .xlsx 再上传。",
        ));
    }
    if !file.starts_with(b"PK") {
        return Err(refused(
            "这不是 .xlsx 文件，只改名字是不行的。请用 Excel 或 WPS 打开它，另存为 .xlsx 再上传。",
        ));
    }
    let mut archive = ZipArchive::new(Cursor::new(file)).map_err(broken)?;
    if archive.len() > MOST_PARTS {
        return Err(too_large());
    }
    let mut packed = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let boasts = AhoCorasick::new(BOASTS).map_err(Error::internal)?;
    let mut left = MOST_UNPACKED;
    let mut workbook = false;
    for nth in 0..archive.len() {
        let part = archive.by_index(nth).map_err(broken)?;
        let name = part.name().map_err(broken)?.into_owned();
        let lower = name.to_lowercase();
        workbook |= lower.ends_with("workbook.xml");
        // Pictures and macros are not unpacked at all.
        if !lower.ends_with(".xml") && !lower.ends_with(".rels") {
            continue;
        }
        let mut bytes = Vec::new();
        part.take(left + 1).read_to_end(&mut bytes).map_err(broken)?;
        left = left.checked_sub(bytes.len() as u64).ok_or_else(too_large)?;
        if bytes.iter().any(|byte| *byte < b' ' && !b"\t\n\r".contains(byte)) {
            // No XML as it is written here; and in other alphabets boasts could hide.
            return Err(broken("a control character"));
        }
        packed.start_file(name, stored).map_err(broken)?;
        packed.write_all(&boasts.replace_all_bytes(&bytes, &MODEST)).map_err(broken)?;
    }
    if !workbook {
        return Err(refused(
            "这不是 Excel 表格（.xlsx）。请用 Excel 或 WPS 打开它，另存为 .xlsx 再上传。",
        ));
    }
    Ok(packed.finish().map_err(broken)?.into_inner())
}

fn refused(words: &'static str) -> Error {
    Error::invalid("sheet_format", words)
}

fn too_large() -> Error {
    Error::invalid("sheet_too_large", "表格里的内容太多了。请只留要导入的这一页，再上传。")
}

/// It is a package, and cannot be read.
pub(super) fn broken(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    refused("文件打不开，可能已经损坏。请用 Excel 或 WPS 打开它，另存为新的 .xlsx 再上传。")
        .with_source(source)
}
