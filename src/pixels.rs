//! A file that somebody sends becomes a picture that every phone and the platform can show.
//!
//! 1. The content decides what a file is, not its name or declared type.
//! 2. Sizes are checked before anything is decoded: a small file cannot ask for
//!    gigabytes.
//! 3. What is kept was encoded here: place, camera and whatever else was hidden in
//!    the file is gone, and it stands upright.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngEncoder};
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::error::{Error, Result};

/// A picture takes hundreds of megabytes while it is worked on: few at a time.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// How large a picture may be that is kept: in pixels, and in bytes.
#[derive(Clone, Copy)]
struct Fit {
    width: u32,
    height: u32,
    bytes: usize,
}

/// Of an article: wide enough for every phone, and long, as pictures in China are; the platform
/// takes less than 1 MB for each.
const WHOLE: Fit = Fit { width: 1280, height: 8000, bytes: 1_000_000 };
/// Of a list, with many of them on a slow phone.
const SMALL: Fit = Fit { width: 640, height: 480, bytes: 60_000 };
/// A camera's largest pictures, and no more memory than four bytes for each pixel.
const MAX_PIXELS: u64 = 64_000_000;
const MAX_SIDE: u32 = 20_000;

/// A picture as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub mime: &'static str,
    pub bytes: Vec<u8>,
    pub width: u32,
    pub height: u32,
}

/// Makes a picture of a file, beside the async threads; with the SHA-256 of what is kept.
///
/// # Errors
/// Not a JPEG or PNG, damaged, or too many pixels: `Invalid`, in words.
pub async fn made(file: Vec<u8>) -> Result<(Picture, String)> {
    beside(file, WHOLE).await
}

/// As [`made`], for a list: at most 640 × 480 pixels and 60 kB.
///
/// # Errors
/// As [`made`].
pub async fn small(file: Vec<u8>) -> Result<(Picture, String)> {
    beside(file, SMALL).await
}

async fn beside(file: Vec<u8>, fit: Fit) -> Result<(Picture, String)> {
    let permit = AT_ONCE.acquire().await.map_err(Error::internal)?;
    let made = tokio::task::spawn_blocking(move || {
        let made = prepare(&file, fit)?;
        let sum = hex::encode(Sha256::digest(&made.bytes));
        drop(permit);
        Ok((made, sum))
    });
    made.await.map_err(Error::internal)?
}

/// Takes a file apart and puts it together anew.
fn prepare(file: &[u8], fit: Fit) -> Result<Picture> {
    let format = sniff(file)?;
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    // Some formats need eight bytes for a pixel while they are read.
    limits.max_alloc = Some(MAX_PIXELS * 8);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(too_many_pixels());
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut pixels = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    let turned = matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    );
    // Shrunk before it is turned: that touches fewer pixels.
    pixels = if turned {
        shrink(pixels, fit.height, fit.width)
    } else {
        shrink(pixels, fit.width, fit.height)
    };
    pixels.apply_orientation(orientation);
    encode(&pixels, format, fit.bytes)
}

fn sniff(file: &[u8]) -> Result<ImageFormat> {
    let refused = |name: &str| {
        Error::invalid(
            "picture_format",
            format!("这是{name}，请换成 JPG 或 PNG 格式的图片。手机拍的照片可以先截图再上传。"),
        )
    };
    if file.is_empty() {
        return Err(Error::invalid("picture_format", "图片是空的，请重新选择。"));
    }
    // The photographs of newer phones; the library does not know them.
    if file.get(4..8) == Some(b"ftyp") {
        return Err(refused("手机的 HEIC、AVIF 图片或视频"));
    }
    match image::guess_format(file) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png)) => Ok(format),
        Ok(ImageFormat::WebP) => Err(refused(" WebP 图片")),
        Ok(ImageFormat::Gif) => Err(refused("动图（GIF）")),
        Ok(_) => Err(refused("别的格式的图片")),
        Err(_) => {
            Err(Error::invalid("picture_format", "这不是图片，请选择 JPG 或 PNG 格式的图片。"))
        }
    }
}

fn too_many_pixels() -> Error {
    Error::invalid("picture_too_large", "图片的尺寸太大，请缩小后再上传。")
}

fn unreadable(error: ImageError) -> Error {
    match error {
        ImageError::Limits(_) => too_many_pixels(),
        other => Error::invalid("picture_damaged", "图片打不开，可能已经损坏，请换一张。")
            .with_source(other),
    }
}

/// Fits it in, never makes it larger.
fn shrink(pixels: DynamicImage, width: u32, height: u32) -> DynamicImage {
    if pixels.width() <= width && pixels.height() <= height {
        return pixels;
    }
    // An area filter: far faster than the sharper ones when much is taken away.
    let filter =
        if pixels.width() > width * 3 { FilterType::Triangle } else { FilterType::CatmullRom };
    pixels.resize(width, height, filter)
}

/// A PNG stays one while it is small enough (drawings, screenshots); else a JPEG of
/// falling quality, then of falling size.
fn encode(pixels: &DynamicImage, format: ImageFormat, most: usize) -> Result<Picture> {
    let (width, height) = (pixels.width(), pixels.height());
    if format == ImageFormat::Png {
        let eight_bit = if pixels.color().has_alpha() {
            DynamicImage::ImageRgba8(pixels.to_rgba8())
        } else {
            DynamicImage::ImageRgb8(pixels.to_rgb8())
        };
        let mut bytes = Vec::new();
        let encoder =
            PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, PngFilter::Adaptive);
        eight_bit.write_with_encoder(encoder).map_err(Error::internal)?;
        if bytes.len() <= most {
            return Ok(Picture { mime: "image/png", bytes, width, height });
        }
    }
    let mut pixels = DynamicImage::ImageRgb8(on_white(pixels));
    loop {
        for quality in [86, 76, 64] {
            let mut bytes = Vec::new();
            let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
            pixels.write_with_encoder(encoder).map_err(Error::internal)?;
            if bytes.len() <= most {
                let (width, height) = (pixels.width(), pixels.height());
                return Ok(Picture { mime: "image/jpeg", bytes, width, height });
            }
        }
        let (width, height) = (pixels.width() * 3 / 4, pixels.height() * 3 / 4);
        pixels = pixels.resize(width.max(1), height.max(1), FilterType::Triangle);
    }
}

/// JPEG has no transparency: black would come out where there is none.
fn on_white(pixels: &DynamicImage) -> image::RgbImage {
    if !pixels.color().has_alpha() {
        return pixels.to_rgb8();
    }
    let source = pixels.to_rgba8();
    let mut out = image::RgbImage::new(source.width(), source.height());
    for (to, from) in out.pixels_mut().zip(source.pixels()) {
        let [red, green, blue, alpha] = from.0;
        let mix = |value: u8| {
            let (value, alpha) = (u32::from(value), u32::from(alpha));
            u8::try_from((value * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
        };
        to.0 = [mix(red), mix(green), mix(blue)];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    fn jpeg(image: &RgbImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 90)).expect("encoded");
        bytes
    }

    fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
        let mut bytes = Vec::new();
        image.into().write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).expect("encoded");
        bytes
    }

    /// Puts an EXIF block with an orientation, and a secret, behind the first marker.
    fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        tiff.extend([orientation, 0, 0, 0, 0, 0, 0]);
        tiff.extend(b"GPS-SECRET");
        let length = u16::try_from(2 + 6 + tiff.len()).expect("short");
        let mut out = jpeg[..2].to_vec();
        out.extend([0xFF, 0xE1]);
        out.extend(length.to_be_bytes());
        out.extend(b"Exif\0\0");
        out.extend(tiff);
        out.extend(&jpeg[2..]);
        out
    }

    #[test]
    fn a_picture_is_turned_upright_and_loses_what_was_hidden_in_it() {
        // Left half red, right half blue.
        let image =
            RgbImage::from_fn(
                64,
                32,
                |x, _| if x < 32 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) },
            );
        let file = with_exif(&jpeg(&image), 6);
        let made = prepare(&file, WHOLE).expect("a picture");
        assert_eq!((made.width, made.height, made.mime), (32, 64, "image/jpeg"));
        assert!(!made.bytes.windows(10).any(|window| window == b"GPS-SECRET"));
        let shown = image::load_from_memory(&made.bytes).expect("readable").to_rgb8();
        assert!(shown.get_pixel(16, 8)[0] > 200, "red is on top now");
        assert!(shown.get_pixel(16, 56)[2] > 200);
    }

    #[test]
    fn a_large_picture_is_made_small_enough_for_the_platform() {
        let mut seed = 7_u32;
        let noise = RgbImage::from_fn(2600, 1300, |_, _| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let bytes = seed.to_be_bytes();
            Rgb([bytes[0], bytes[1], bytes[2]])
        });
        for file in [jpeg(&noise), png(noise.clone())] {
            let made = prepare(&file, WHOLE).expect("a picture");
            assert!(
                made.width <= WHOLE.width && made.bytes.len() <= WHOLE.bytes,
                "{}",
                made.bytes.len()
            );
            assert_eq!(made.mime, "image/jpeg");
        }
    }

    #[test]
    fn a_small_drawing_stays_a_png_with_its_transparency() {
        let clear = png(RgbaImage::from_pixel(10, 10, Rgba([1, 2, 3, 0])));
        let made = prepare(&clear, WHOLE).expect("made");
        assert_eq!((made.mime, made.width), ("image/png", 10));
        let shown = image::load_from_memory(&made.bytes).expect("readable").to_rgba8();
        assert_eq!(shown.get_pixel(5, 5)[3], 0);
    }

    #[test]
    fn what_is_no_picture_is_refused_in_words() {
        for (file, code) in [
            (&b""[..], "picture_format"),
            (b"hello", "picture_format"),
            (b"GIF89a\x01\0\x01\0\0\0\0;", "picture_format"),
            (b"RIFF\x24\0\0\0WEBPVP8 ", "picture_format"),
            (b"\0\0\0\x18ftypheic\0\0\0\0", "picture_format"),
            (b"\xFF\xD8\xFF\xE0garbage", "picture_damaged"),
            (b"\x89PNG\r\n\x1a\ngarbage", "picture_damaged"),
        ] {
            assert_eq!(prepare(file, WHOLE).expect_err("refused").code, code, "{file:?}");
        }
        let whole = png(RgbImage::new(50, 50));
        assert_eq!(
            prepare(&whole[..whole.len() / 2], WHOLE).expect_err("cut").code,
            "picture_damaged"
        );
    }

    #[test]
    fn a_bomb_is_refused_before_it_goes_off() {
        // A PNG header that promises 60000 × 60000 pixels.
        let mut header = b"IHDR".to_vec();
        header.extend(60_000_u32.to_be_bytes());
        header.extend(60_000_u32.to_be_bytes());
        header.extend([8, 6, 0, 0, 0]);
        let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
        bomb.extend(&header);
        bomb.extend(crc(&header).to_be_bytes());
        bomb.extend(b"\0\0\0\0IDAT");
        bomb.extend(crc(b"IDAT").to_be_bytes());
        assert_eq!(prepare(&bomb, WHOLE).expect_err("refused").code, "picture_too_large");
        // Many pixels that compress to little.
        let flat = png(image::GrayImage::new(9000, 9000));
        assert!(flat.len() < 1_000_000);
        assert_eq!(prepare(&flat, WHOLE).expect_err("refused").code, "picture_too_large");
    }

    fn crc(bytes: &[u8]) -> u32 {
        let mut crc = u32::MAX;
        for byte in bytes {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
            }
        }
        !crc
    }
}
