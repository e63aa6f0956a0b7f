//! What a callback says: messages that people write, and events.
//!
//! Unknown kinds keep their name and are no error: WeChat adds kinds at will.

use serde_json::Value;

use super::tree::{self, Bad};

/// A message or event. The common fields (who, when) are in [`super::callback::Incoming`].
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    Text {
        content: String,
        /// Set when the person tapped a choice of a menu message.
        menu_choice: Option<String>,
    },
    Image {
        media_id: String,
        url: String,
    },
    /// `recognition` is what WeChat understood, where speech recognition is on.
    Voice {
        media_id: String,
        format: String,
        recognition: Option<String>,
    },
    /// `short`: recorded in the chat.
    Video {
        media_id: String,
        thumb_media_id: String,
        short: bool,
    },
    Location {
        latitude: f64,
        longitude: f64,
        scale: i64,
        label: String,
    },
    Link {
        title: String,
        description: String,
        url: String,
    },
    /// A page of a mini-program, sent as a card.
    MiniProgramPage {
        title: String,
        appid: String,
        page: String,
    },
    Event(Event),
    /// A `MsgType` that we do not know.
    Unknown {
        kind: String,
    },
}

/// An event. `key` is the EventKey.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Followed; through a scene code `event_key` is `qrscene_` and the scene.
    Subscribe {
        event_key: Option<String>,
        ticket: Option<String>,
    },
    Unsubscribe,
    /// A follower scanned a scene code; `scene` is without prefix.
    Scan {
        scene: String,
        ticket: Option<String>,
    },
    /// Where the person is, if the account asks for it.
    Location {
        latitude: f64,
        longitude: f64,
        precision: f64,
    },
    Click {
        key: String,
    },
    View {
        url: String,
    },
    /// The menu opened a page of a mini-program.
    ViewMiniProgram {
        page: String,
    },
    /// The menu's scanner; `waits` if a reply is shown to the person.
    ScanCode {
        key: String,
        scan_type: String,
        result: String,
        waits: bool,
    },
    /// The menu's camera or album; the pictures follow as messages.
    SendPictures {
        key: String,
        count: i64,
    },
    SelectLocation {
        key: String,
        latitude: f64,
        longitude: f64,
        label: String,
    },
    TemplateJobFinish {
        msg_id: String,
        status: String,
    },
    MassSendJobFinish {
        msg_id: String,
        status: String,
        total: i64,
        sent: i64,
        failed: i64,
    },
    /// Publishing ended, or something happened to it later.
    PublishJobFinish(PublishResult),
    /// What a person answered when asked for subscription messages.
    SubscribeMsgPopup(Vec<Consent>),
    /// A person changed the setting.
    SubscribeMsgChange(Vec<Consent>),
    SubscribeMsgSent(Vec<Delivery>),
    /// The person's data with WeChat changed: our copy is stale.
    UserInfoModified(Privacy),
    /// The person withdrew single permissions: delete what they name.
    UserAuthorizationRevoke(Privacy),
    /// The person's account with us is closed: delete or anonymise.
    UserAuthorizationCancellation(Privacy),
    /// Somebody opened customer service in the mini-program.
    EnterSession {
        from: String,
    },
    /// The end of an asynchronous content check.
    MediaCheck(MediaCheck),
    /// State of the account's verification: `name` is the event, in lower case.
    AccountStatus {
        name: String,
        reason: Option<String>,
        at: Option<i64>,
    },
    /// The console's test button.
    Debug {
        text: String,
    },
    /// An event that we do not know, by its name in lower case.
    Unknown {
        name: String,
    },
}

/// One template's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    pub template_id: String,
    /// One more message may be sent.
    pub accepted: bool,
    /// Where they were asked; WeChat's number.
    pub scene: Option<String>,
}

/// How a subscription message of the public account fared; code 0 is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub template_id: String,
    pub msg_id: String,
    pub error_code: i64,
    pub error_status: String,
}

/// Whose data, and which (`revoke_info`, WeChat's numbers; callbacks.md §9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privacy {
    pub openid: String,
    pub appid: String,
    pub revoke_info: Vec<String>,
}

/// The end of an asynchronous content check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaCheck {
    pub trace_id: String,
    /// `pass`, `review` or `risky`; absent when the check itself failed.
    pub suggest: Option<String>,
    pub label: Option<i64>,
    pub errcode: i64,
}

/// How far a publication is, from the event or from asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishResult {
    pub publish_id: String,
    pub status: PublishStatus,
    /// Set once published.
    pub article_id: Option<String>,
    /// Addresses of the articles, in their order.
    pub urls: Vec<String>,
    /// Numbers (from 1) of the articles at fault.
    pub fail_idx: Vec<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PublishStatus {
    Published,
    Publishing,
    /// Original content of somebody else's.
    OriginalityFailed,
    /// Without a reason given.
    Failed,
    /// The platform's review refused it.
    Refused,
    /// All articles were deleted after success.
    Deleted,
    /// All articles were banned after success.
    Banned,
    Other(i64),
}

impl PublishStatus {
    pub fn from_code(code: i64) -> Self {
        match code {
            0 => Self::Published,
            1 => Self::Publishing,
            2 => Self::OriginalityFailed,
            3 => Self::Failed,
            4 => Self::Refused,
            5 => Self::Deleted,
            6 => Self::Banned,
            other => Self::Other(other),
        }
    }

    /// WeChat's number.
    pub fn code(self) -> i64 {
        match self {
            Self::Published => 0,
            Self::Publishing => 1,
            Self::OriginalityFailed => 2,
            Self::Failed => 3,
            Self::Refused => 4,
            Self::Deleted => 5,
            Self::Banned => 6,
            Self::Other(code) => code,
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Published => "已发布",
            Self::Publishing => "正在发布",
            Self::OriginalityFailed => "原创校验没有通过",
            Self::Failed => "发布失败，微信没有说明原因，可到公众平台 mp.weixin.qq.com 查看",
            Self::Refused => "微信平台审核没有通过",
            Self::Deleted => "发布后已被删除",
            Self::Banned => "发布后被微信封禁",
            Self::Other(_) => "微信给出了不认识的状态",
        }
    }
}

impl PublishResult {
    /// Reads `PublishEventInfo` of the event as well as the answer of `freepublish/get`.
    pub(super) fn read(tree: &Value) -> Result<Self, Bad> {
        let status = tree::int(tree, "publish_status")?.ok_or(Bad("publish_status"))?;
        let mut articles = Vec::new();
        for item in tree.get("article_detail").map_or(&[][..], |detail| tree::list(detail, "item"))
        {
            let index = tree::int(item, "idx")?.unwrap_or(i64::MAX);
            articles.push((index, tree::text_or_empty(item, "article_url")?));
        }
        articles.sort_by_key(|(index, _)| *index);
        let mut fail_idx = Vec::new();
        for value in tree::list(tree, "fail_idx") {
            let number = match value {
                Value::Number(number) => number.as_i64(),
                Value::String(text) => text.trim().parse().ok(),
                _ => None,
            };
            fail_idx.push(number.ok_or(Bad("fail_idx"))?);
        }
        Ok(Self {
            publish_id: tree::text_or_empty(tree, "publish_id")?,
            status: PublishStatus::from_code(status),
            article_id: tree::text(tree, "article_id")?,
            urls: articles.into_iter().map(|(_, url)| url).filter(|url| !url.is_empty()).collect(),
            fail_idx,
        })
    }
}

impl Message {
    pub(super) fn read(tree: &Value) -> Result<Self, Bad> {
        let kind = tree::text(tree, "MsgType")?.ok_or(Bad("MsgType"))?;
        let text = |name| tree::text_or_empty(tree, name);
        Ok(match kind.trim().to_ascii_lowercase().as_str() {
            "text" => Self::Text {
                content: text("Content")?,
                menu_choice: tree::text(tree, "bizmsgmenuid")?,
            },
            "image" => Self::Image { media_id: text("MediaId")?, url: text("PicUrl")? },
            "voice" => Self::Voice {
                media_id: text("MediaId")?,
                format: text("Format")?,
                recognition: tree::text(tree, "Recognition")?,
            },
            kind @ ("video" | "shortvideo") => Self::Video {
                media_id: text("MediaId")?,
                thumb_media_id: text("ThumbMediaId")?,
                short: kind == "shortvideo",
            },
            "location" => Self::Location {
                latitude: tree::float(tree, "Location_X")?.ok_or(Bad("Location_X"))?,
                longitude: tree::float(tree, "Location_Y")?.ok_or(Bad("Location_Y"))?,
                scale: tree::int(tree, "Scale")?.unwrap_or_default(),
                label: text("Label")?,
            },
            "link" => Self::Link {
                title: text("Title")?,
                description: text("Description")?,
                url: text("Url")?,
            },
            "miniprogrampage" => Self::MiniProgramPage {
                title: text("Title")?,
                appid: text("AppId")?,
                page: text("PagePath")?,
            },
            "event" => Self::Event(Event::read(tree)?),
            _ => Self::Unknown { kind: short(&kind) },
        })
    }

    /// The kind of message or event, in lower case, of at most 64 characters: for
    /// logs and tables.
    pub fn kind(&self) -> &str {
        match self {
            Self::Text { .. } => "text",
            Self::Image { .. } => "image",
            Self::Voice { .. } => "voice",
            Self::Video { short: false, .. } => "video",
            Self::Video { short: true, .. } => "shortvideo",
            Self::Location { .. } => "location",
            Self::Link { .. } => "link",
            Self::MiniProgramPage { .. } => "miniprogrampage",
            Self::Event(event) => event.name(),
            Self::Unknown { kind } => kind,
        }
    }
}

/// Names from outside are kept, but not at any length.
fn short(name: &str) -> String {
    name.trim().chars().filter(|c| !c.is_control()).take(64).collect::<String>().to_lowercase()
}

impl Event {
    fn read(tree: &Value) -> Result<Self, Bad> {
        let name = tree::text(tree, "Event")?.ok_or(Bad("Event"))?;
        let name = short(&name);
        let key = || tree::text_or_empty(tree, "EventKey");
        Ok(match name.as_str() {
            "subscribe" => Self::Subscribe {
                event_key: tree::text(tree, "EventKey")?,
                ticket: tree::text(tree, "Ticket")?,
            },
            "unsubscribe" => Self::Unsubscribe,
            "scan" => Self::Scan { scene: key()?, ticket: tree::text(tree, "Ticket")? },
            "location" => Self::Location {
                latitude: tree::float(tree, "Latitude")?.ok_or(Bad("Latitude"))?,
                longitude: tree::float(tree, "Longitude")?.ok_or(Bad("Longitude"))?,
                precision: tree::float(tree, "Precision")?.unwrap_or_default(),
            },
            "click" => Self::Click { key: key()? },
            "view" => Self::View { url: key()? },
            "view_miniprogram" => Self::ViewMiniProgram { page: key()? },
            "scancode_push" | "scancode_waitmsg" => {
                let info = &tree["ScanCodeInfo"];
                Self::ScanCode {
                    key: key()?,
                    scan_type: tree::text_or_empty(info, "ScanType")?,
                    result: tree::text_or_empty(info, "ScanResult")?,
                    waits: name == "scancode_waitmsg",
                }
            }
            "pic_sysphoto" | "pic_photo_or_album" | "pic_weixin" => Self::SendPictures {
                key: key()?,
                count: tree::int(&tree["SendPicsInfo"], "Count")?.unwrap_or_default(),
            },
            "location_select" => {
                let info = &tree["SendLocationInfo"];
                Self::SelectLocation {
                    key: key()?,
                    latitude: tree::float(info, "Location_X")?.ok_or(Bad("Location_X"))?,
                    longitude: tree::float(info, "Location_Y")?.ok_or(Bad("Location_Y"))?,
                    label: tree::text_or_empty(info, "Label")?,
                }
            }
            "user_enter_tempsession" => {
                Self::EnterSession { from: tree::text_or_empty(tree, "SessionFrom")? }
            }
            "debug_demo" => Self::Debug { text: tree::text_or_empty(tree, "debug_str")? },
            _ => return Self::read_system(tree, name),
        })
    }

    /// Events that no finger of a person causes directly.
    fn read_system(tree: &Value, name: String) -> Result<Self, Bad> {
        Ok(match name.as_str() {
            "templatesendjobfinish" => Self::TemplateJobFinish {
                msg_id: msg_id(tree)?.unwrap_or_default(),
                status: tree::text_or_empty(tree, "Status")?,
            },
            "masssendjobfinish" => Self::MassSendJobFinish {
                msg_id: msg_id(tree)?.unwrap_or_default(),
                status: tree::text_or_empty(tree, "Status")?,
                total: tree::int(tree, "TotalCount")?.unwrap_or_default(),
                sent: tree::int(tree, "SentCount")?.unwrap_or_default(),
                failed: tree::int(tree, "ErrorCount")?.unwrap_or_default(),
            },
            "publishjobfinish" => {
                let info = tree.get("PublishEventInfo").unwrap_or(tree);
                Self::PublishJobFinish(PublishResult::read(info)?)
            }
            "subscribe_msg_popup_event" => {
                Self::SubscribeMsgPopup(consents(tree, "SubscribeMsgPopupEvent")?)
            }
            "subscribe_msg_change_event" => {
                Self::SubscribeMsgChange(consents(tree, "SubscribeMsgChangeEvent")?)
            }
            "subscribe_msg_sent_event" => {
                let mut sent = Vec::new();
                for item in entries(tree, "SubscribeMsgSentEvent") {
                    sent.push(Delivery {
                        template_id: tree::text_or_empty(item, "TemplateId")?,
                        msg_id: msg_id(item)?.unwrap_or_default(),
                        error_code: tree::int(item, "ErrorCode")?.unwrap_or_default(),
                        error_status: tree::text_or_empty(item, "ErrorStatus")?,
                    });
                }
                Self::SubscribeMsgSent(sent)
            }
            "user_info_modified" => Self::UserInfoModified(privacy(tree)?),
            "user_authorization_revoke" => Self::UserAuthorizationRevoke(privacy(tree)?),
            "user_authorization_cancellation" => {
                Self::UserAuthorizationCancellation(privacy(tree)?)
            }
            "wxa_media_check" => Self::MediaCheck(MediaCheck {
                trace_id: tree::text_or_empty(tree, "trace_id")?,
                suggest: tree::text(&tree["result"], "suggest")?,
                label: tree::int(&tree["result"], "label")?,
                errcode: tree::int(tree, "errcode")?.unwrap_or_default(),
            }),
            "qualification_verify_success"
            | "qualification_verify_fail"
            | "naming_verify_success"
            | "naming_verify_fail"
            | "annual_renew"
            | "verify_expired" => Self::AccountStatus {
                reason: tree::text(tree, "FailReason")?,
                at: tree::int(tree, "ExpiredTime")?.or(tree::int(tree, "FailTime")?),
                name,
            },
            _ => Self::Unknown { name },
        })
    }

    /// WeChat's name in lower case.
    pub fn name(&self) -> &str {
        match self {
            Self::Subscribe { .. } => "subscribe",
            Self::Unsubscribe => "unsubscribe",
            Self::Scan { .. } => "scan",
            Self::Location { .. } => "location_report",
            Self::Click { .. } => "click",
            Self::View { .. } => "view",
            Self::ViewMiniProgram { .. } => "view_miniprogram",
            Self::ScanCode { waits: false, .. } => "scancode_push",
            Self::ScanCode { waits: true, .. } => "scancode_waitmsg",
            Self::SendPictures { .. } => "pic",
            Self::SelectLocation { .. } => "location_select",
            Self::TemplateJobFinish { .. } => "templatesendjobfinish",
            Self::MassSendJobFinish { .. } => "masssendjobfinish",
            Self::PublishJobFinish(_) => "publishjobfinish",
            Self::SubscribeMsgPopup(_) => "subscribe_msg_popup_event",
            Self::SubscribeMsgChange(_) => "subscribe_msg_change_event",
            Self::SubscribeMsgSent(_) => "subscribe_msg_sent_event",
            Self::UserInfoModified(_) => "user_info_modified",
            Self::UserAuthorizationRevoke(_) => "user_authorization_revoke",
            Self::UserAuthorizationCancellation(_) => "user_authorization_cancellation",
            Self::EnterSession { .. } => "user_enter_tempsession",
            Self::MediaCheck(_) => "wxa_media_check",
            Self::Debug { .. } => "debug_demo",
            Self::AccountStatus { name, .. } | Self::Unknown { name } => name,
        }
    }
}

/// Messages say `MsgId`, job events `MsgID`.
pub(super) fn msg_id(tree: &Value) -> Result<Option<String>, Bad> {
    match tree::text(tree, "MsgId")? {
        Some(id) => Ok(Some(id)),
        None => tree::text(tree, "MsgID"),
    }
}

/// The entries of `List`: XML wraps it, JSON has it at the top.
fn entries<'a>(tree: &'a Value, wrapper: &str) -> &'a [Value] {
    tree::list(tree.get(wrapper).unwrap_or(tree), "List")
}

fn consents(tree: &Value, wrapper: &str) -> Result<Vec<Consent>, Bad> {
    let mut consents = Vec::new();
    for item in entries(tree, wrapper) {
        consents.push(Consent {
            template_id: tree::text_or_empty(item, "TemplateId")?,
            accepted: tree::text_or_empty(item, "SubscribeStatusString")?
                .eq_ignore_ascii_case("accept"),
            scene: tree::text(item, "PopupScene")?,
        });
    }
    Ok(consents)
}

fn privacy(tree: &Value) -> Result<Privacy, Bad> {
    // One number, several in a list, or several with commas between.
    let mut revoke_info = Vec::new();
    for value in tree::list(tree, "RevokeInfo") {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return Err(Bad("RevokeInfo")),
        };
        revoke_info.extend(
            text.split([',', ';', '|'])
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned),
        );
    }
    Ok(Privacy {
        openid: tree::text_or_empty(tree, "OpenID")?,
        appid: tree::text_or_empty(tree, "AppID")?,
        revoke_info,
    })
}
