//! What events say about one person: consents, menu pictures, personal data.

use serde_json::Value;

use super::event::msg_id;
use crate::wechat::tree::{self, Bad};

/// One template's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    pub template_id: String,
    /// One more message may be sent.
    pub accepted: bool,
    /// Where they were asked; WeChat's number.
    pub scene: Option<String>,
}

/// How a subscription message fared; code 0 is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub template_id: String,
    pub msg_id: String,
    pub error_code: i64,
    pub error_status: String,
}

impl Delivery {
    /// The person takes no such message: no consent (any more), blocked, gone.
    pub fn refused(&self) -> bool {
        matches!(self.error_code, 43004 | 43101 | 48002 | 50005)
    }
}

/// Which picture button of the menu was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureSource {
    Camera,
    CameraOrAlbum,
    WechatAlbum,
}

/// Whose data, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privacy {
    pub openid: String,
    pub appid: String,
    /// What was withdrawn; empty for other events.
    pub revoked: Vec<PersonalItem>,
    pub plugin_id: Option<String>,
    pub open_pid: Option<String>,
}

/// What a person can withdraw. Numbers over 200 come from pages of the public
/// account, those under from the mini-program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonalItem {
    NumberPlate,
    Address,
    Invoice,
    Card,
    Bluetooth,
    Microphone,
    NicknameAndAvatar,
    NicknameInput,
    AvatarPicker,
    Camera,
    PhoneNumber,
    Steps,
    Location,
    ChosenPlace,
    ChosenMedia,
    ChosenFile,
    Mail,
    Other(String),
}

impl PersonalItem {
    fn parse(code: &str) -> Self {
        match code {
            "1" => Self::NumberPlate,
            "2" | "201" => Self::Address,
            "3" | "202" => Self::Invoice,
            "203" => Self::Card,
            "4" => Self::Bluetooth,
            "5" | "204" => Self::Microphone,
            "6" | "205" => Self::NicknameAndAvatar,
            "7" => Self::Camera,
            "8" => Self::PhoneNumber,
            "12" => Self::Steps,
            "13" | "206" => Self::Location,
            "14" | "207" => Self::ChosenMedia,
            "15" => Self::ChosenFile,
            "16" => Self::Mail,
            "18" => Self::ChosenPlace,
            "19" => Self::NicknameInput,
            "20" => Self::AvatarPicker,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl Privacy {
    pub(super) fn read(tree: &Value) -> Result<Self, Bad> {
        // One number, several in a list, or several with commas between.
        let mut revoked = Vec::new();
        for value in tree::list(tree, "RevokeInfo") {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return Err(Bad("RevokeInfo")),
            };
            let codes = text.split([',', ';', '|']).map(str::trim).filter(|code| !code.is_empty());
            revoked.extend(codes.map(PersonalItem::parse));
        }
        Ok(Self {
            openid: tree::text_or_empty(tree, "OpenID")?,
            appid: tree::text_or_empty(tree, "AppID")?,
            revoked,
            plugin_id: tree::text(tree, "PluginID")?,
            open_pid: tree::text(tree, "OpenPID")?,
        })
    }
}

/// The entries of `List`: XML wraps it, JSON has it at the top.
fn entries<'a>(tree: &'a Value, wrapper: &str) -> &'a [Value] {
    tree::list(tree.get(wrapper).unwrap_or(tree), "List")
}

pub(super) fn consents(tree: &Value, wrapper: &str) -> Result<Vec<Consent>, Bad> {
    let mut consents = Vec::new();
    for item in entries(tree, wrapper) {
        consents.push(Consent {
            template_id: tree::text_or_empty(item, "TemplateId")?,
            accepted: tree::text_or_empty(item, "SubscribeStatusString")?
                .trim()
                .eq_ignore_ascii_case("accept"),
            scene: tree::text(item, "PopupScene")?,
        });
    }
    Ok(consents)
}

pub(super) fn deliveries(tree: &Value, wrapper: &str) -> Result<Vec<Delivery>, Bad> {
    let mut deliveries = Vec::new();
    for item in entries(tree, wrapper) {
        deliveries.push(Delivery {
            template_id: tree::text_or_empty(item, "TemplateId")?,
            msg_id: msg_id(item)?.unwrap_or_default(),
            error_code: tree::int(item, "ErrorCode")?.unwrap_or_default(),
            error_status: tree::text_or_empty(item, "ErrorStatus")?,
        });
    }
    Ok(deliveries)
}
