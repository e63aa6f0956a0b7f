//! PDF pages to be printed, with Chinese type embedded.
//!
//! 1. Only the glyphs that are used are embedded: a page is some 30 kB.
//! 2. A character that no font here has makes no page: nobody is given a box in the place
//!    of their name. `print.extra_font` names a further font for rare ones.
//! 3. What a page says is text, which can be searched and read aloud.

use chrono::{DateTime, Datelike, Timelike, Utc};
use krilla::Document;
use krilla::metadata::{DateTime as PdfTime, Metadata};
use krilla::page::PageSettings;

use crate::clock;
use crate::error::{Error, Result};

mod fonts;
mod lay;

use fonts::Fonts;

/// A4, in points.
const SHORT: f32 = 595.0;
const LONG: f32 = 842.0;

/// A page of A4. All measures are in points, from the upper left corner.
#[derive(Clone, Debug)]
pub struct Page {
    /// Of the document.
    pub title: String,
    pub author: String,
    pub wide: bool,
    pub items: Vec<Item>,
}

/// Something on a page.
#[derive(Clone, Debug)]
pub enum Item {
    /// One line, its baseline at `y`.
    Line { text: String, size: f32, at: At, y: f32, ink: Ink, bold: bool },
    /// Lines of one width, each `1.7 × size` below the other; the first baseline at `y`.
    Paragraph { text: String, size: f32, left: f32, width: f32, y: f32 },
    /// A frame of two lines, so far from the edges.
    Frame { margin: f32 },
    /// A QR code of this width.
    Code { says: String, left: f32, top: f32, width: f32 },
}

/// Where a line stands.
#[derive(Clone, Copy, Debug)]
pub enum At {
    Left(f32),
    /// In the middle of the page.
    Middle,
    /// Ends there.
    Right(f32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Black,
    Soft,
    /// The colour of the centre.
    Brand,
    Red,
}

impl Page {
    fn size(&self) -> (f32, f32) {
        if self.wide { (LONG, SHORT) } else { (SHORT, LONG) }
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.items.iter().filter_map(|item| match item {
            Item::Line { text, .. } | Item::Paragraph { text, .. } => Some(text.as_str()),
            Item::Frame { .. } | Item::Code { .. } => None,
        })
    }
}

/// The characters of a text that cannot be printed, each once.
///
/// # Errors
/// The configured font cannot be read.
pub fn missing(extra_font: &str, text: &str) -> Result<Vec<char>> {
    let fonts = Fonts::load(extra_font)?;
    let mut found: Vec<char> = text.chars().filter(|one| fonts.glyph(*one).is_none()).collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Writes a page, beside the async threads. `extra_font`: a file; empty: none.
///
/// # Errors
/// `no_glyph`: a character that no font has; the configured font cannot be read.
pub async fn pdf(extra_font: &str, page: Page, now: DateTime<Utc>) -> Result<Vec<u8>> {
    pages(extra_font, vec![page], now).await
}

/// As [`pdf`], several pages as one document, which is called as the first says.
///
/// # Errors
/// As [`pdf`]; no page at all.
pub async fn pages(extra_font: &str, pages: Vec<Page>, now: DateTime<Utc>) -> Result<Vec<u8>> {
    let extra_font = extra_font.to_owned();
    tokio::task::spawn_blocking(move || bytes(&extra_font, &pages, now))
        .await
        .map_err(Error::internal)?
}

fn bytes(extra_font: &str, pages: &[Page], now: DateTime<Utc>) -> Result<Vec<u8>> {
    let fonts = Fonts::load(extra_font)?;
    let mut texts = pages.iter().flat_map(Page::texts);
    if let Some(one) = texts.by_ref().flat_map(str::chars).find(|one| fonts.glyph(*one).is_none()) {
        return Err(Error::conflict(
            "no_glyph",
            format!("“{one}”这个字，字库里没有，打印不出来。请联系管理员加字库。"),
        ));
    }
    let first = pages.first().ok_or_else(|| Error::internal("a document without a page"))?;
    let mut document = Document::new();
    for page in pages {
        let (width, height) = page.size();
        let settings = PageSettings::from_wh(width, height)
            .ok_or_else(|| Error::internal("a page without a size"))?;
        let mut sheet = document.start_page_with(settings);
        let mut surface = sheet.surface();
        for item in &page.items {
            lay::item(&mut surface, &fonts, item, (width, height))?;
        }
        surface.finish();
        sheet.finish();
    }
    let metadata = Metadata::new()
        .title(first.title.clone())
        .authors(vec![first.author.clone()])
        .language("zh-CN".to_owned())
        .creation_date(time(now));
    document.set_metadata(metadata);
    document.finish().map_err(|error| Error::internal(format!("{error:?}")))
}

fn time(now: DateTime<Utc>) -> PdfTime {
    let local = clock::local(now);
    let byte = |number: u32| u8::try_from(number).unwrap_or_default();
    PdfTime::new(u16::try_from(local.year()).unwrap_or_default())
        .month(byte(local.month()))
        .day(byte(local.day()))
        .hour(byte(local.hour()))
        .minute(byte(local.minute()))
        .second(byte(local.second()))
        .utc_offset_hour(8)
        .utc_offset_minute(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        let line = Item::Line {
            text: text.to_owned(),
            size: 20.0,
            at: At::Middle,
            y: 200.0,
            ink: Ink::Black,
            bold: true,
        };
        let says = "https://example.com/m/#/verify/1".to_owned();
        let code = Item::Code { says, left: 20.0, top: 20.0, width: 80.0 };
        let frame = Item::Frame { margin: 30.0 };
        let (title, author) = ("结业证书".to_owned(), "教育中心".to_owned());
        Page { title, author, wide: true, items: vec![frame, code, line] }
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_788_224_400_000).expect("valid")
    }

    #[test]
    fn rare_names_are_printed_and_only_what_is_used_is_embedded() {
        let pdf = bytes("", &[page("䶮㛃喆堃淼玥珺翀垚犇甡祎㐂昇：“王芳”·No. 2026—1")], now())
            .expect("a page");
        assert!(pdf.starts_with(b"%PDF-"));
        assert!(pdf.len() < 60_000, "{}", pdf.len());
        assert_eq!(
            pdf,
            bytes("", &[page("䶮㛃喆堃淼玥珺翀垚犇甡祎㐂昇：“王芳”·No. 2026—1")], now())
                .expect("the same")
        );
    }

    #[test]
    fn a_character_that_no_font_has_makes_no_page() {
        let error = bytes("", &[page("张𬍛")], now()).expect_err("no glyph");
        assert_eq!(error.code, "no_glyph");
        assert!(error.message.contains('𬍛'), "{}", error.message);
        assert_eq!(missing("", "张𬍛三𬍛").expect("looked"), ['𬍛']);
    }

    #[test]
    fn the_fonts_are_what_was_put_here() {
        use sha2::{Digest, Sha256};
        let sums = include_str!("fonts/SHA256SUMS.txt");
        for (name, bytes) in fonts::OURS {
            let sum = hex::encode(Sha256::digest(bytes));
            assert!(sums.contains(&format!("{sum}  {name}")), "{name}");
        }
    }
}
