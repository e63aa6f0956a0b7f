//! Puts things on a page.

use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::num::NormalizedF32;
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;
use krilla::text::KrillaGlyph;
use qrcode::{Color, QrCode};

use super::fonts::Fonts;
use super::{At, Ink, Item};
use crate::error::{Error, Result};

/// Between the lines of a paragraph, of the size.
const LEADING: f32 = 1.7;
/// These do not begin a line.
const NOT_FIRST: &str = "，。、；：！？）》”";

fn colour(ink: Ink) -> rgb::Color {
    match ink {
        Ink::Black => rgb::Color::new(0x1A, 0x1A, 0x1A),
        Ink::Soft => rgb::Color::new(0x4F, 0x5D, 0x57),
        Ink::Brand => rgb::Color::new(0x1B, 0x6B, 0x53),
        Ink::Red => rgb::Color::new(0xB3, 0x26, 0x1E),
    }
}

fn fill(ink: Ink) -> Fill {
    let (opacity, rule) = (NormalizedF32::ONE, FillRule::default());
    Fill { paint: colour(ink).into(), opacity, rule }
}

fn stroke(ink: Ink, width: f32) -> Stroke {
    Stroke { paint: colour(ink).into(), width, ..Default::default() }
}

pub(super) fn item(
    surface: &mut Surface<'_>,
    fonts: &Fonts,
    item: &Item,
    (width, height): (f32, f32),
) -> Result<()> {
    match item {
        Item::Line { text, size, at, y, ink, bold } => {
            let long = length(fonts, text, *size);
            let left = match at {
                At::Left(left) => *left,
                At::Middle => (width - long) / 2.0,
                At::Right(right) => right - long,
            };
            surface.set_fill(Some(fill(*ink)));
            surface.set_stroke(bold.then(|| stroke(*ink, size / 40.0)));
            line(surface, fonts, text, *size, (left, *y));
        }
        Item::Paragraph { text, size, left, width, y } => {
            surface.set_fill(Some(fill(Ink::Black)));
            surface.set_stroke(None);
            let mut y = *y;
            for text in broken(fonts, text, *size, *width) {
                line(surface, fonts, &text, *size, (*left, y));
                y += size * LEADING;
            }
        }
        Item::Frame { margin } => {
            surface.set_fill(None);
            for (inset, thick) in [(*margin, 3.0), (margin + 7.0, 0.8)] {
                surface.set_stroke(Some(stroke(Ink::Brand, thick)));
                let (right, bottom) = (width - inset, height - inset);
                rectangle(surface, Rect::from_ltrb(inset, inset, right, bottom));
            }
        }
        Item::Code { says, left, top, width } => code(surface, says, (*left, *top), *width)?,
    }
    Ok(())
}

fn rectangle(surface: &mut Surface<'_>, rect: Option<Rect>) {
    let mut path = PathBuilder::new();
    if let Some(rect) = rect {
        path.push_rect(rect);
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn code(surface: &mut Surface<'_>, says: &str, (left, top): (f32, f32), width: f32) -> Result<()> {
    let code = QrCode::new(says.as_bytes()).map_err(Error::internal)?;
    let across = code.width();
    let side = width / across as f32;
    let mut path = PathBuilder::new();
    for (nth, colour) in code.to_colors().into_iter().enumerate() {
        if colour == Color::Dark {
            let (x, y) = ((nth % across) as f32, (nth / across) as f32);
            let at = Rect::from_xywh(left + x * side, top + y * side, side, side);
            if let Some(square) = at {
                path.push_rect(square);
            }
        }
    }
    surface.set_fill(Some(fill(Ink::Black)));
    surface.set_stroke(None);
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
    Ok(())
}

fn length(fonts: &Fonts, text: &str, size: f32) -> f32 {
    text.chars().filter_map(|one| fonts.glyph(one)).map(|drawn| drawn.advance * size).sum()
}

/// A paragraph as lines of a width.
fn broken(fonts: &Fonts, text: &str, size: f32, width: f32) -> Vec<String> {
    let (mut lines, mut line, mut long) = (Vec::new(), String::new(), 0.0);
    for one in text.chars() {
        let advance = fonts.glyph(one).map_or(0.0, |drawn| drawn.advance * size);
        if long + advance > width && !line.is_empty() && !NOT_FIRST.contains(one) {
            lines.push(std::mem::take(&mut line));
            long = 0.0;
        }
        line.push(one);
        long += advance;
    }
    lines.push(line);
    lines
}

/// Runs of characters of one font, one after the other.
fn line(surface: &mut Surface<'_>, fonts: &Fonts, text: &str, size: f32, (left, y): (f32, f32)) {
    let mut runs: Vec<(usize, String, Vec<KrillaGlyph>, f32)> = Vec::new();
    for one in text.chars() {
        let Some(drawn) = fonts.glyph(one) else { continue };
        if runs.last().is_none_or(|run| run.0 != drawn.font) {
            runs.push((drawn.font, String::new(), Vec::new(), 0.0));
        }
        if let Some((_, said, glyphs, long)) = runs.last_mut() {
            let from = said.len();
            said.push(one);
            let range = from..said.len();
            let advance = drawn.advance;
            glyphs.push(KrillaGlyph::new(drawn.glyph, advance, 0.0, 0.0, 0.0, range, None));
            *long += advance * size;
        }
    }
    let mut x = left;
    for (font, said, glyphs, long) in runs {
        if let Some(font) = fonts.font(font) {
            surface.draw_glyphs(Point::from_xy(x, y), &glyphs, font, &said, size, false);
        }
        x += long;
    }
}
