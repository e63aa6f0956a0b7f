//! Codes with a scene: `POST /cgi-bin/qrcode/create`. Verified 服务号 only (48001).
//!
//! Who scans one follows (event `subscribe`, key `qrscene_` + scene) or, following
//! already, causes `SCAN` (key = scene). Temporary ones last up to 30 days; of permanent
//! ones there are 100,000 in all (45029). Draw `url` as a picture. (api.md §6)

use serde::Deserialize;
use serde_json::json;

use super::Official;
use crate::wechat::field::{chars, hold};
use crate::wechat::{Error, client};

const PATH: &str = "/cgi-bin/qrcode/create";

/// 30 days, in seconds.
const LONGEST_S: u32 = 2_592_000;

/// What a code says when it is scanned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QrScene {
    /// Not 0; of a permanent code 1 to 100,000.
    Number(u32),
    /// 1 to 64 characters.
    Text(String),
}

/// How long a code is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QrLife {
    /// 1 to 2,592,000 (30 days).
    Seconds(u32),
    Permanent,
}

/// A code that was made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct QrCode {
    pub ticket: String,
    /// What the picture has to say.
    pub url: String,
    /// Seconds; of a permanent code 0.
    #[serde(default, rename = "expire_seconds", deserialize_with = "client::int")]
    pub expires_s: i64,
}

impl Official<'_> {
    /// # Errors
    /// A scene or life beyond the limits; 45029: no permanent ones left; 48001; the network.
    pub async fn create_qr(&self, scene: &QrScene, life: QrLife) -> Result<QrCode, Error> {
        let permanent = life == QrLife::Permanent;
        let (action, scene) = match scene {
            QrScene::Number(number) => {
                let most = if permanent { 100_000 } else { u32::MAX };
                let rule = if permanent { "scene_id: 1 to 100000" } else { "scene_id: not 0" };
                hold(PATH, (1..=most).contains(number), None, rule)?;
                let action = if permanent { "QR_LIMIT_SCENE" } else { "QR_SCENE" };
                (action, json!({ "scene_id": number }))
            }
            QrScene::Text(text) => {
                let fits = (1..=64).contains(&chars(text));
                hold(PATH, fits, None, "scene_str: 1 to 64 characters")?;
                let action = if permanent { "QR_LIMIT_STR_SCENE" } else { "QR_STR_SCENE" };
                (action, json!({ "scene_str": text }))
            }
        };
        let mut body = json!({ "action_name": action, "action_info": { "scene": scene } });
        if let QrLife::Seconds(seconds) = life {
            let fits = (1..=LONGEST_S).contains(&seconds);
            hold(PATH, fits, None, "expire_seconds: 1 to 2592000")?;
            // Always: the default is 30 or 60 s, depending on whom one asks.
            body["expire_seconds"] = json!(seconds);
        }
        self.inner.post(&self.inner.official, PATH, &body).await
    }
}
