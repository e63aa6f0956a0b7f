//! Mini-program codes: `POST /wxa/getwxacodeunlimit`. They never expire, there is no end
//! of them, and 5,000 can be had a minute (45009).
//!
//! The answer is a picture; a failure is JSON, in a 200 as well. The page is given the
//! scene URL-encoded. Anybody can make a code with any scene: what it grants needs a
//! random part of our own. (api.md §3)

use serde_json::json;

use super::{Mini, MiniVersion};
use crate::wechat::Error;
use crate::wechat::field::{chars, hold};

const PATH: &str = "/wxa/getwxacodeunlimit";

/// A code to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MiniCode {
    /// 1 to 32 of digits, letters and ``!#$&'()*+,/:;=?@-._~``.
    pub scene: String,
    /// As in `pages/web/index`, without query; none: the first page.
    pub page: Option<String>,
    /// Refuses a page that the released version lacks (41030).
    pub check_page: bool,
    pub version: MiniVersion,
    /// Pixels, 280 to 1280.
    pub width: u32,
    pub color: CodeColor,
    /// A PNG without background instead of a JPEG.
    pub transparent: bool,
}

/// The colour of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeColor {
    /// As the mini-program is, mostly.
    Auto,
    Rgb(u8, u8, u8),
}

impl MiniCode {
    /// A black one of the released version, as large as the platform makes it by itself.
    pub fn new(scene: &str, page: Option<&str>) -> Self {
        Self {
            scene: scene.to_owned(),
            page: page.map(str::to_owned),
            check_page: true,
            version: MiniVersion::Release,
            width: 430,
            color: CodeColor::Rgb(0, 0, 0),
            transparent: false,
        }
    }

    fn check(&self) -> Result<(), Error> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "!#$&'()*+,/:;=?@-._~".contains(c);
        let scene = (1..=32).contains(&chars(&self.scene)) && self.scene.chars().all(fits);
        hold(PATH, scene, 40129, "scene: 1 to 32 visible characters, no % and no Chinese")?;
        let page = self.page.as_ref().is_none_or(|page| {
            !page.is_empty() && !page.starts_with('/') && !page.contains(['?', '#'])
        });
        hold(PATH, page, 41030, "page: without a slash before it and without a query")?;
        let width = (280..=1280).contains(&self.width);
        hold(PATH, width, 40097, "width: 280 to 1280")
    }
}

impl Mini<'_> {
    /// The picture: JPEG, or PNG if transparent.
    ///
    /// # Errors
    /// 40129: the scene; 41030: the page is not released; 40097; 45009; the network.
    pub async fn code(&self, code: &MiniCode) -> Result<Vec<u8>, Error> {
        code.check()?;
        let mut body = json!({
            "scene": code.scene,
            "check_path": code.check_page,
            "env_version": code.version,
            "width": code.width,
            "is_hyaline": code.transparent,
        });
        if let Some(page) = &code.page {
            body["page"] = json!(page);
        }
        match code.color {
            CodeColor::Auto => body["auto_color"] = json!(true),
            CodeColor::Rgb(r, g, b) => body["line_color"] = json!({ "r": r, "g": g, "b": b }),
        }
        self.inner.post_bytes(&self.inner.mini, PATH, &body).await
    }
}
