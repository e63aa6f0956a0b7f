//! Lists and templates as .xlsx files.

use chrono::{DateTime, Utc};
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, DocProperties, ExcelDateTime, Format,
    FormatAlign, FormatBorder, Formula, Workbook, Worksheet, XlsxError,
};

use super::{Column, INTERNAL, Kind, MOST_ROWS};
use crate::error::{Error, Result};

const BRAND: Color = Color::RGB(0x1B_6B_53);
const SOFT: Color = Color::RGB(0x4F_5D_57);
/// ISO: A4.
const A4: u8 = 9;
/// The sheet from which lists to choose from are filled.
const CHOICES: &str = "选项";

/// A list to be handed out.
#[derive(Clone, Debug)]
pub struct Table {
    /// Of the sheet.
    pub sheet: &'static str,
    /// Empty: the headings stand in the first row, as programs want them.
    pub title: String,
    /// Lines below the title.
    pub notes: Vec<String>,
    /// With their widths in characters.
    pub headings: Vec<(String, u16)>,
    pub rows: Vec<Vec<String>>,
    /// At the foot of each printed page.
    pub foot: String,
    /// Is posted up, and read standing.
    pub large: bool,
}

/// A file to be filled in.
#[derive(Clone, Debug)]
pub struct Template {
    /// Of the sheet that is filled in.
    pub sheet: &'static str,
    pub columns: &'static [Column],
    /// What can be chosen in a column.
    pub choices: Vec<(usize, Vec<String>)>,
    /// What the first column of the example says; it is marked as one.
    pub example: &'static str,
    /// Of the page “怎么填”.
    pub help: Vec<String>,
}

/// The headings of a list, with their widths.
pub fn headings(titles: &[(&str, u16)]) -> Vec<(String, u16)> {
    titles.iter().map(|(title, width)| ((*title).to_owned(), *width)).collect()
}

/// Writes a list, beside the async threads.
///
/// # Errors
/// None that a caller could mend.
pub async fn list(table: Table, now: DateTime<Utc>) -> Result<Vec<u8>> {
    book(vec![table], now).await
}

/// Writes lists, each on a sheet of its own, beside the async threads.
///
/// # Errors
/// None that a caller could mend.
pub async fn book(tables: Vec<Table>, now: DateTime<Utc>) -> Result<Vec<u8>> {
    written(move || {
        let mut book = workbook(now)?;
        for table in &tables {
            write_list(book.add_worksheet().set_name(table.sheet)?, table)?;
        }
        book.save_to_buffer()
    })
    .await
}

/// Writes a template, beside the async threads.
///
/// # Errors
/// None that a caller could mend.
pub async fn template(template: Template, now: DateTime<Utc>) -> Result<Vec<u8>> {
    written(move || template_bytes(&template, now)).await
}

async fn written(
    write: impl FnOnce() -> Result<Vec<u8>, XlsxError> + Send + 'static,
) -> Result<Vec<u8>> {
    tokio::task::spawn_blocking(write).await.map_err(Error::internal)?.map_err(Error::internal)
}

fn workbook(now: DateTime<Utc>) -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    let created = ExcelDateTime::from_timestamp(now.timestamp())?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&created));
    Ok(book)
}

fn heading() -> Format {
    Format::new()
        .set_bold()
        .set_font_color(Color::White)
        .set_background_color(BRAND)
        .set_align(FormatAlign::VerticalCenter)
        .set_border(FormatBorder::Thin)
        .set_text_wrap()
}

/// More columns are printed across.
const UPRIGHT: usize = 9;

fn write_list(sheet: &mut Worksheet, table: &Table) -> Result<(), XlsxError> {
    let (size, height) = if table.large { (16, 30) } else { (11, 20) };
    let plain = Format::new()
        .set_border(FormatBorder::Thin)
        .set_align(FormatAlign::VerticalCenter)
        .set_font_size(size);
    // Stays text also where somebody edits the cell.
    let text = plain.clone().set_quote_prefix();
    let title = Format::new().set_bold().set_font_size(size + 6);
    let note = Format::new().set_font_color(SOFT).set_font_size(size - 1);
    let mut row = 0;
    if !table.title.is_empty() {
        sheet.write_string_with_format(row, 0, &table.title, &title)?;
        row += 1;
    }
    for line in &table.notes {
        let bold = if line == INTERNAL { note.clone().set_bold() } else { note.clone() };
        sheet.write_string_with_format(row, 0, line, &bold)?;
        row += 1;
    }
    for (column, (title, width)) in (0..).zip(&table.headings) {
        let heading = heading().set_font_size(size);
        sheet.write_string_with_format(row, column, title, &heading)?;
        sheet.set_column_width(column, f64::from(*width))?;
    }
    sheet.set_row_height(row, height + 4)?;
    sheet.set_freeze_panes(row + 1, 0)?;
    sheet.set_repeat_rows(row, row)?;
    for cells in &table.rows {
        row += 1;
        sheet.set_row_height(row, height)?;
        for (column, cell) in (0..).zip(cells) {
            let format = if active(cell) { &text } else { &plain };
            sheet.write_string_with_format(row, column, cell, format)?;
        }
    }
    // In a footer `&` begins a code, and `&&` is the sign.
    let foot = table.foot.replace('&', "&&");
    printed(sheet).set_footer(format!("&L{foot}&R第 &P 页，共 &N 页"));
    if table.headings.len() > UPRIGHT {
        sheet.set_landscape();
    }
    Ok(())
}

/// Begins as a formula does where text is imported from elsewhere.
fn active(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

fn printed(sheet: &mut Worksheet) -> &mut Worksheet {
    sheet.set_paper_size(A4).set_print_fit_to_pages(1, 0)
}

fn template_bytes(template: &Template, now: DateTime<Utc>) -> Result<Vec<u8>, XlsxError> {
    let mut book = workbook(now)?;
    fill_in(book.add_worksheet().set_name(template.sheet)?, template)?;
    how(book.add_worksheet().set_name("怎么填")?, template)?;
    let sheet = book.add_worksheet().set_name(CHOICES)?;
    for (at, (column, choices)) in (0..).zip(&template.choices) {
        sheet.write_string(0, at, template.columns[*column].title)?;
        for (row, choice) in (1..).zip(choices) {
            sheet.write_string(row, at, choice)?;
        }
    }
    sheet.set_hidden(true);
    book.save_to_buffer()
}

fn fill_in(sheet: &mut Worksheet, template: &Template) -> Result<(), XlsxError> {
    let last = u32::try_from(MOST_ROWS).unwrap_or(u32::MAX).saturating_add(1);
    let example = Format::new().set_font_color(SOFT).set_italic();
    for (at, column) in (0..).zip(template.columns) {
        let form = match column.kind {
            Kind::Text | Kind::Digits => Format::new().set_num_format("@"),
            Kind::Number => Format::new().set_num_format("0"),
            Kind::Day => Format::new().set_num_format("yyyy-mm-dd"),
            Kind::Hour => Format::new().set_num_format("h:mm"),
        };
        sheet.set_column_format(at, &form)?;
        sheet.set_column_width(at, f64::from(column.width))?;
        let title = if column.needed {
            column.title.to_owned()
        } else {
            format!("{}（可不填）", column.title)
        };
        sheet.write_string_with_format(0, at, title, &heading())?;
        let shown = if at == 0 { template.example } else { column.example };
        // As text, whatever the column is: it is only looked at.
        sheet.write_string_with_format(1, at, shown, &example.clone().set_num_format("@"))?;
    }
    sheet.set_row_height(0, 32)?;
    sheet.set_freeze_panes(1, 1)?;
    for (at, (column, choices)) in (0u16..).zip(&template.choices) {
        if choices.is_empty() {
            continue;
        }
        let letter = rust_xlsxwriter::utility::column_number_to_name(at);
        let source =
            Formula::new(format!("={CHOICES}!${letter}$2:${letter}${}", choices.len() + 1));
        // Something else may be typed too: a list that is out of date must not be in the way.
        let list = DataValidation::new()
            .allow_list_formula(source)
            .set_error_style(DataValidationErrorStyle::Warning)
            .set_error_title("不在列表里")?
            .set_error_message("列表里没有这一项。确定要这样写吗？")?;
        let at = u16::try_from(*column).unwrap_or_default();
        sheet.add_data_validation(2, at, last, at, &list)?;
    }
    printed(sheet).set_landscape();
    Ok(())
}

/// 怎么填: short, for people.
fn how(sheet: &mut Worksheet, template: &Template) -> Result<(), XlsxError> {
    let wrap = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    sheet.set_column_width(0, 28)?;
    sheet.set_column_width(1, 60)?;
    sheet.write_string_with_format(0, 0, "怎么填", &Format::new().set_bold().set_font_size(16))?;
    let mut row = 0;
    for line in &template.help {
        row += 1;
        sheet.merge_range(row, 0, row, 1, line, &wrap)?;
        sheet.set_row_height(row, if line.chars().count() > 38 { 32 } else { 18 })?;
    }
    row += 2;
    sheet.write_string_with_format(row, 0, "列", &heading())?;
    sheet.write_string_with_format(row, 1, "写什么", &heading())?;
    for column in template.columns {
        row += 1;
        let must = if column.needed { "" } else { "（可不填）" };
        sheet.write_string_with_format(row, 0, format!("{}{must}", column.title), &wrap)?;
        sheet.write_string_with_format(row, 1, column.help, &wrap)?;
    }
    printed(sheet);
    Ok(())
}
