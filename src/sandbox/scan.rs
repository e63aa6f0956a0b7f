//! 扫一扫: what a QR code in a picture says.

use image::GrayImage;
use image::imageops::FilterType;

/// Larger pictures are made smaller first.
const SIDE: u32 = 1600;

/// None: no code could be read.
pub(super) fn read(bytes: &[u8]) -> Option<String> {
    let mut reader = image::ImageReader::new(std::io::Cursor::new(bytes));
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(8_000);
    limits.max_image_height = Some(8_000);
    reader.limits(limits);
    let mut picture = reader.with_guessed_format().ok()?.decode().ok()?;
    if picture.width().max(picture.height()) > SIDE {
        picture = picture.resize(SIDE, SIDE, FilterType::Triangle);
    }
    let grey = picture.to_luma8();
    // A code can be too large or too fine for the finder; another scale often helps.
    decode(&grey).or_else(|| {
        let halved = image::imageops::resize(
            &grey,
            (grey.width() / 2).max(1),
            (grey.height() / 2).max(1),
            FilterType::Triangle,
        );
        decode(&halved)
    })
}

fn decode(grey: &GrayImage) -> Option<String> {
    let (width, height) =
        (usize::try_from(grey.width()).ok()?, usize::try_from(grey.height()).ok()?);
    let pixels = grey.as_raw();
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        pixels.get(y * width + x).copied().unwrap_or_default()
    });
    prepared.detect_grids().into_iter().find_map(|grid| grid.decode().ok().map(|(_, text)| text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_of_a_picture_comes_out() {
        let link = "http://127.0.0.1:8080/m/?c=AbCdEfGhIjKlMnOpQrStUvWxYz0123456789";
        let code = qrcode::QrCode::new(link).expect("it fits");
        let (side, scale, margin) = (code.width(), 6, 4);
        let colors = code.to_colors();
        let total = u32::try_from((side + 2 * margin) * scale).expect("small");
        let picture = GrayImage::from_fn(total, total, |x, y| {
            let cell = |at: u32| (at as usize / scale).checked_sub(margin).filter(|at| *at < side);
            let dark = match (cell(x), cell(y)) {
                (Some(x), Some(y)) => colors[y * side + x] == qrcode::Color::Dark,
                _ => false,
            };
            image::Luma([if dark { 0 } else { 255 }])
        });
        let mut png = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).expect("memory");
        assert_eq!(read(png.get_ref()).as_deref(), Some(link));
        assert_eq!(read(b"no picture"), None);
    }
}
