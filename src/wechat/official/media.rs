//! Pictures inside of articles: `POST /cgi-bin/media/uploadimg`. JPEG or PNG under 1 MB,
//! as many as one likes; the platform drops pictures from elsewhere. (api.md §7)

use serde::Deserialize;

use super::Official;
use crate::wechat::Error;
use crate::wechat::field::hold;

const PATH: &str = "/cgi-bin/media/uploadimg";

const LIMIT: usize = 1024 * 1024;

#[derive(Deserialize)]
struct Uploaded {
    url: String,
}

impl Official<'_> {
    /// Uploads a picture and returns its address on the platform. Its bytes say what it
    /// is; `mime` is only what the caller believes.
    ///
    /// # Errors
    /// Too large, neither JPEG nor PNG; the network.
    pub async fn upload_article_image(&self, bytes: Vec<u8>, mime: &str) -> Result<String, Error> {
        hold(PATH, bytes.len() < LIMIT, 45001, "media: under 1 MB")?;
        let uploaded: Uploaded =
            self.inner.upload(&self.inner.official, PATH, "", &bytes, mime).await?;
        Ok(uploaded.url)
    }
}
