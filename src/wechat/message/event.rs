//! Events: what people do other than write, and what the platform reports.

use serde_json::Value;

use super::job::{MassResult, PublishResult, TemplateStatus};
use super::person::{Consent, Delivery, PictureSource, Privacy, consents, deliveries};
use super::raw::Raw;
use super::review::{AuditOutcome, MediaCheck, Verification, VerificationStep};
use super::short;
use crate::wechat::tree::{self, Bad};

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
        menu_id: Option<String>,
    },
    /// The menu opened a page of a mini-program.
    ViewMiniProgram {
        page: String,
        menu_id: Option<String>,
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
        source: PictureSource,
        count: i64,
        md5: Vec<String>,
    },
    SelectLocation {
        key: String,
        latitude: f64,
        longitude: f64,
        scale: i64,
        label: String,
        poi_name: String,
    },
    TemplateJobFinish {
        msg_id: String,
        status: TemplateStatus,
    },
    MassSendJobFinish(MassResult),
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
    /// The end of an audit of the mini-program; `at` in Unix seconds.
    Audit {
        outcome: AuditOutcome,
        at: Option<i64>,
    },
    Verification(Verification),
    /// The console's test button.
    Debug {
        text: String,
    },
    /// An event that we do not know, or cannot read.
    Unknown {
        /// In lower case.
        name: String,
        raw: Raw,
    },
}

impl Event {
    /// # Errors
    /// An event without a name.
    pub(super) fn read(tree: &Value) -> Result<Self, Bad> {
        let name = tree::text(tree, "Event")?.ok_or(Bad("Event"))?;
        let name = short(&name);
        let known = match Self::read_of_person(tree, &name) {
            Ok(None) => Self::read_of_platform(tree, &name),
            known => known,
        };
        Ok(match known {
            Ok(Some(event)) => event,
            Ok(None) => Self::Unknown { name, raw: Raw::of(tree, None) },
            Err(bad) => Self::Unknown { name, raw: Raw::of(tree, Some(bad)) },
        })
    }

    /// What a person's finger causes.
    fn read_of_person(tree: &Value, name: &str) -> Result<Option<Self>, Bad> {
        let key = || tree::text_or_empty(tree, "EventKey");
        Ok(Some(match name {
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
            "view" => Self::View { url: key()?, menu_id: tree::text(tree, "MenuId")? },
            "view_miniprogram" => {
                Self::ViewMiniProgram { page: key()?, menu_id: tree::text(tree, "MenuId")? }
            }
            "scancode_push" | "scancode_waitmsg" => {
                let info = &tree["ScanCodeInfo"];
                Self::ScanCode {
                    key: key()?,
                    scan_type: tree::text_or_empty(info, "ScanType")?,
                    result: tree::text_or_empty(info, "ScanResult")?,
                    waits: name == "scancode_waitmsg",
                }
            }
            "pic_sysphoto" => Self::read_pictures(tree, PictureSource::Camera)?,
            "pic_photo_or_album" => Self::read_pictures(tree, PictureSource::CameraOrAlbum)?,
            "pic_weixin" => Self::read_pictures(tree, PictureSource::WechatAlbum)?,
            "location_select" => {
                let info = &tree["SendLocationInfo"];
                Self::SelectLocation {
                    key: key()?,
                    latitude: tree::float(info, "Location_X")?.ok_or(Bad("Location_X"))?,
                    longitude: tree::float(info, "Location_Y")?.ok_or(Bad("Location_Y"))?,
                    scale: tree::int(info, "Scale")?.unwrap_or_default(),
                    label: tree::text_or_empty(info, "Label")?,
                    poi_name: tree::text_or_empty(info, "Poiname")?,
                }
            }
            "subscribe_msg_popup_event" => {
                Self::SubscribeMsgPopup(consents(tree, "SubscribeMsgPopupEvent")?)
            }
            "subscribe_msg_change_event" => {
                Self::SubscribeMsgChange(consents(tree, "SubscribeMsgChangeEvent")?)
            }
            "user_info_modified" => Self::UserInfoModified(Privacy::read(tree)?),
            "user_authorization_revoke" => Self::UserAuthorizationRevoke(Privacy::read(tree)?),
            "user_authorization_cancellation" => {
                Self::UserAuthorizationCancellation(Privacy::read(tree)?)
            }
            "user_enter_tempsession" => {
                Self::EnterSession { from: tree::text_or_empty(tree, "SessionFrom")? }
            }
            _ => return Ok(None),
        }))
    }

    fn read_pictures(tree: &Value, source: PictureSource) -> Result<Self, Bad> {
        let info = &tree["SendPicsInfo"];
        let mut md5 = Vec::new();
        for item in tree::list(&info["PicList"], "item") {
            md5.push(tree::text_or_empty(item, "PicMd5Sum")?);
        }
        Ok(Self::SendPictures {
            key: tree::text_or_empty(tree, "EventKey")?,
            source,
            count: tree::int(info, "Count")?.unwrap_or_default(),
            md5,
        })
    }

    /// What the platform reports by itself.
    fn read_of_platform(tree: &Value, name: &str) -> Result<Option<Self>, Bad> {
        let text = |name| tree::text_or_empty(tree, name);
        Ok(Some(match name {
            "templatesendjobfinish" => Self::TemplateJobFinish {
                msg_id: msg_id(tree)?.unwrap_or_default(),
                status: TemplateStatus::parse(&text("Status")?),
            },
            "masssendjobfinish" => Self::MassSendJobFinish(MassResult::read(tree)?),
            "publishjobfinish" => {
                let info = tree.get("PublishEventInfo").unwrap_or(tree);
                Self::PublishJobFinish(PublishResult::read(info)?)
            }
            "subscribe_msg_sent_event" => {
                Self::SubscribeMsgSent(deliveries(tree, "SubscribeMsgSentEvent")?)
            }
            "wxa_media_check" => Self::MediaCheck(MediaCheck::read(tree)?),
            "weapp_audit_success" => {
                Self::Audit { outcome: AuditOutcome::Success, at: tree::int(tree, "SuccTime")? }
            }
            "weapp_audit_fail" => Self::Audit {
                outcome: AuditOutcome::Failed {
                    reason: text("Reason")?,
                    screenshots: tree::text(tree, "ScreenShot")?,
                },
                at: tree::int(tree, "FailTime")?,
            },
            "weapp_audit_delay" => Self::Audit {
                outcome: AuditOutcome::Delayed { reason: text("Reason")? },
                at: tree::int(tree, "DelayTime")?,
            },
            "debug_demo" => Self::Debug { text: text("debug_str")? },
            name => match VerificationStep::of_event(name) {
                Some(step) => Self::Verification(Verification::read(tree, step)?),
                None => return Ok(None),
            },
        }))
    }

    /// WeChat's name in lower case; `location_report` where a message has the same.
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
            Self::SendPictures { source, .. } => match source {
                PictureSource::Camera => "pic_sysphoto",
                PictureSource::CameraOrAlbum => "pic_photo_or_album",
                PictureSource::WechatAlbum => "pic_weixin",
            },
            Self::SelectLocation { .. } => "location_select",
            Self::TemplateJobFinish { .. } => "templatesendjobfinish",
            Self::MassSendJobFinish(_) => "masssendjobfinish",
            Self::PublishJobFinish(_) => "publishjobfinish",
            Self::SubscribeMsgPopup(_) => "subscribe_msg_popup_event",
            Self::SubscribeMsgChange(_) => "subscribe_msg_change_event",
            Self::SubscribeMsgSent(_) => "subscribe_msg_sent_event",
            Self::UserInfoModified(_) => "user_info_modified",
            Self::UserAuthorizationRevoke(_) => "user_authorization_revoke",
            Self::UserAuthorizationCancellation(_) => "user_authorization_cancellation",
            Self::EnterSession { .. } => "user_enter_tempsession",
            Self::MediaCheck(_) => "wxa_media_check",
            Self::Audit { outcome, .. } => match outcome {
                AuditOutcome::Success => "weapp_audit_success",
                AuditOutcome::Failed { .. } => "weapp_audit_fail",
                AuditOutcome::Delayed { .. } => "weapp_audit_delay",
            },
            Self::Verification(verification) => verification.step.name(),
            Self::Debug { .. } => "debug_demo",
            Self::Unknown { name, .. } => name,
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
