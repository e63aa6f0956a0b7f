//! The fonts, the first of which that has a character gives it.

use std::borrow::Cow;
use std::sync::LazyLock;

use krilla::text::{Font, GlyphId};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

use crate::error::{Error, Result};

/// Letters and digits first, then every Chinese character of the first two blocks.
pub(super) const OURS: [(&str, &[u8]); 2] = [
    ("DroidSansLatin.ttf", include_bytes!("fonts/DroidSansLatin.ttf")),
    ("DroidSansFallbackFull.ttf", include_bytes!("fonts/DroidSansFallbackFull.ttf")),
];

#[derive(Clone)]
struct Known {
    bytes: Cow<'static, [u8]>,
    font: Font,
}

/// Those inside the binary, parsed once.
static KNOWN: LazyLock<Option<Vec<Known>>> = LazyLock::new(|| {
    let known = |(_, bytes): (&str, &'static [u8])| {
        Some(Known { bytes: Cow::Borrowed(bytes), font: Font::new(bytes.into(), 0)? })
    };
    OURS.into_iter().map(known).collect()
});

pub(super) struct Fonts(Vec<Known>);

/// How a character is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn {
    /// Which of the fonts.
    pub(super) font: usize,
    pub(super) glyph: GlyphId,
    /// Of the size.
    pub(super) advance: f32,
}

impl Fonts {
    /// # Errors
    /// The file cannot be read, or is no font.
    pub(super) fn load(extra: &str) -> Result<Self> {
        let mut known =
            KNOWN.clone().ok_or_else(|| Error::internal("a font of the binary is no font"))?;
        if !extra.is_empty() {
            let bytes = std::fs::read(extra).map_err(|error| unreadable().with_source(error))?;
            let font = Font::new(bytes.clone().into(), 0).ok_or_else(unreadable)?;
            known.push(Known { bytes: Cow::Owned(bytes), font });
        }
        Ok(Self(known))
    }

    pub(super) fn font(&self, nth: usize) -> Option<Font> {
        self.0.get(nth).map(|known| known.font.clone())
    }

    /// None: no font has it.
    pub(super) fn glyph(&self, character: char) -> Option<Drawn> {
        self.0.iter().enumerate().find_map(|(nth, known)| {
            let font = FontRef::from_index(&known.bytes, 0).ok()?;
            let glyph = font.charmap().map(character).filter(|glyph| glyph.to_u32() != 0)?;
            let advance =
                font.glyph_metrics(Size::new(1.0), LocationRef::default()).advance_width(glyph)?;
            Some(Drawn { font: nth, glyph: GlyphId::new(glyph.to_u32()), advance })
        })
    }
}

fn unreadable() -> Error {
    Error::conflict("font_unreadable", "配置里的字库文件打不开，请管理员检查 print.extra_font。")
}
