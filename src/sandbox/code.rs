//! Pictures of QR codes.

use image::{GrayImage, ImageFormat, Luma};

/// The quiet zone, in cells.
const MARGIN: u32 = 4;

/// A square picture of about this many pixels a side; None when the text is too long.
pub(super) fn picture(text: &str, side: u32, png: bool) -> Option<Vec<u8>> {
    let code = qrcode::QrCode::new(text).ok()?;
    let cells = u32::try_from(code.width()).ok()?;
    let colors = code.to_colors();
    let scale = (side / (cells + 2 * MARGIN)).max(3);
    let total = (cells + 2 * MARGIN) * scale;
    let picture = GrayImage::from_fn(total, total, |x, y| {
        let cell = |at: u32| (at / scale).checked_sub(MARGIN).filter(|at| *at < cells);
        let dark = cell(x).zip(cell(y)).is_some_and(|(x, y)| {
            let at = usize::try_from(y * cells + x).unwrap_or_default();
            colors.get(at) == Some(&qrcode::Color::Dark)
        });
        Luma([if dark { 0 } else { 255 }])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    let format = if png { ImageFormat::Png } else { ImageFormat::Jpeg };
    picture.write_to(&mut bytes, format).ok()?;
    Some(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_drawn_can_be_read() {
        let link = "http://127.0.0.1:8081/w/AbCdEfGhIjKlMnOpQrStUvWxYz012345";
        for png in [false, true] {
            let picture = super::picture(link, 430, png).expect("short enough");
            assert_eq!(super::super::scan::read(&picture).as_deref(), Some(link));
        }
        assert!(super::picture(&"x".repeat(8_000), 430, true).is_none());
    }
}
