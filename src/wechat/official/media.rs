//! Pictures: `POST /cgi-bin/media/uploadimg` for article bodies (JPEG or PNG under
//! 1 MB, not counted), `POST /cgi-bin/material/add_material?type=image` for covers
//! (permanent, at most 10 MB, 100,000 in all).

use serde::Deserialize;

use super::Official;
use crate::wechat::{Error, client};

const UPLOADIMG: &str = "/cgi-bin/media/uploadimg";
const ADD_MATERIAL: &str = "/cgi-bin/material/add_material";

/// `uploadimg` takes less than this.
const BODY_PICTURE_LIMIT: usize = 1024 * 1024;
const MATERIAL_LIMIT: usize = 10 * 1024 * 1024;

#[derive(Deserialize)]
struct Uploaded {
    url: String,
}

/// A permanent picture.
#[derive(Clone, Debug, Deserialize)]
pub struct Material {
    pub media_id: String,
    #[serde(default, deserialize_with = "client::nullable")]
    pub url: String,
}

impl Official<'_> {
    /// Uploads a picture for article bodies and returns its address on the platform. Its
    /// bytes say what it is; `mime` is only what the caller believes.
    ///
    /// # Errors
    /// Too large, neither JPEG nor PNG; the network.
    pub async fn upload_article_image(&self, bytes: Vec<u8>, mime: &str) -> Result<String, Error> {
        if bytes.len() >= BODY_PICTURE_LIMIT {
            return Err(Error::answered(UPLOADIMG, 45001, "1 MB or more"));
        }
        let uploaded: Uploaded =
            self.inner.upload(&self.inner.official, UPLOADIMG, "", &bytes, mime).await?;
        Ok(uploaded.url)
    }

    /// Uploads a permanent picture, as covers need one.
    ///
    /// # Errors
    /// Too large, neither JPEG nor PNG; the network.
    pub async fn add_image_material(&self, bytes: Vec<u8>, mime: &str) -> Result<Material, Error> {
        if bytes.len() > MATERIAL_LIMIT {
            return Err(Error::answered(ADD_MATERIAL, 45001, "over 10 MB"));
        }
        self.inner.upload(&self.inner.official, ADD_MATERIAL, "&type=image", &bytes, mime).await
    }
}
