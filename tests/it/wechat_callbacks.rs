//! Callbacks of every kind, in both formats and all three modes, under old and new keys.

use std::sync::LazyLock;

use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use shangxue::cache::Cache;
use shangxue::clock::Clock;
use shangxue::config::{Config, Mode};
use shangxue::wechat::crypto::AesKey;
use shangxue::wechat::message::{
    AuditOutcome, CheckDetail, Consent, CopyrightCheck, CopyrightResult, Delivery, Event,
    MassResult, MassStatus, MediaCheck, MediaOutcome, Message, PersonalItem, PictureSource,
    Privacy, PublishResult, PublishStatus, Suggestion, TemplateStatus, Verification,
    VerificationStep,
};
use shangxue::wechat::{CallbackError, Incoming, Query, Reply, Wechat, signature};

#[path = "../fuzz/exercise.rs"]
mod exercise;

const APPID: &str = "wxb0ba7fb0e5c5a1d2";
const TIMESTAMP: &str = "1767225600";
const NONCE: &str = "1514711492";

/// A token and an AES key.
type Keys = (&'static str, &'static str);

const NEW: Keys = ("newToken2026", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG");
const OLD: Keys = ("oldToken2025", "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG");
const FOREIGN: Keys = ("foreignToken", "ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210zyxwvut");

fn service(mode: Mode, previous: Option<Keys>) -> Wechat {
    let key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=".to_owned();
    let mut config = Config::load_with(None, &[("security.data_key", key)]).unwrap().wechat;
    config.timestamp_window_s = 0;
    let (account, (token, aes_key)) = (&mut config.official, NEW);
    account.appid = APPID.to_owned();
    account.mode = mode;
    account.token = SecretString::from(token);
    account.aes_key = SecretString::from(aes_key);
    let (token, aes_key) = previous.unwrap_or_default();
    account.previous_token = SecretString::from(token);
    account.previous_aes_key = SecretString::from(aes_key);
    Wechat::new(&config, Cache::local(), Clock::System).unwrap()
}

/// One service for each mode.
static SERVICES: LazyLock<[(Mode, Wechat); 3]> = LazyLock::new(|| {
    [Mode::Plain, Mode::Compat, Mode::Safe].map(|mode| (mode, service(mode, None)))
});

fn query(token: &str, encrypt: &str) -> Query<'static> {
    let encrypted = !encrypt.is_empty();
    let msg_signature = signature::msg_signature(token, TIMESTAMP, NONCE, encrypt);
    Query {
        signature: Some(signature::url_signature(token, TIMESTAMP, NONCE).to_string().into()),
        timestamp: Some(TIMESTAMP.into()),
        nonce: Some(NONCE.into()),
        echostr: Some("echo".into()),
        msg_signature: encrypted.then(|| msg_signature.to_string().into()),
    }
}

/// Opens `body` as it is sent in `mode` by whoever holds `token` and `key`.
fn open(
    wechat: &Wechat,
    mode: Mode,
    (token, key): Keys,
    body: &str,
) -> Result<Incoming, CallbackError> {
    let callback = wechat.official().callback().unwrap();
    let now = Clock::System.now();
    if mode == Mode::Plain {
        return callback.open(&query(token, ""), body.as_bytes(), now);
    }
    let key = AesKey::parse(key).unwrap();
    let encrypt = key.encrypt_with(b"0123456789abcdef", body.as_bytes(), APPID).unwrap();
    let sent = match (mode, body.starts_with('<')) {
        (Mode::Compat, true) => {
            body.replacen("<xml>", &format!("<xml><Encrypt>{encrypt}</Encrypt>"), 1)
        }
        (_, true) => format!(
            "<xml><ToUserName>gh_1</ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
        ),
        (Mode::Compat, false) => body.replacen('{', &format!("{{\"Encrypt\":\"{encrypt}\","), 1),
        (_, false) => json!({"ToUserName": "gh_1", "Encrypt": encrypt}).to_string(),
    };
    callback.open(&query(token, &encrypt), sent.as_bytes(), now)
}

/// Fields as the platform writes them in XML: lists as repeated elements, texts in CDATA.
fn xml(fields: &Value) -> String {
    let mut out = String::new();
    for (name, value) in fields.as_object().unwrap() {
        let again = match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for value in again {
            let inner = match value {
                Value::Object(_) => xml(value),
                Value::String(text) => {
                    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
                }
                other => other.to_string(),
            };
            out.push_str(&format!("<{name}>{inner}</{name}>"));
        }
    }
    out
}

/// The same with every number as a string.
fn stringly(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::from(number.to_string()),
        Value::Array(items) => items.iter().map(stringly).collect(),
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(name, value)| (name.clone(), stringly(value))).collect(),
        ),
        other => other.clone(),
    }
}

fn with_head(mut fields: Value) -> Value {
    let head = json!({
        "ToUserName": "gh_1", "FromUserName": "oABC", "CreateTime": 1_767_225_600,
        "MsgDataId": 7, "Idx": 1,
    });
    let fields = fields.as_object_mut().unwrap();
    for (name, value) in head.as_object().unwrap() {
        fields.insert(name.clone(), value.clone());
    }
    Value::Object(std::mem::take(fields))
}

/// JSON pushes of subscription events have no wrapper.
fn unwrapped(fields: &Value) -> Value {
    let mut flat = Map::new();
    for (name, value) in fields.as_object().unwrap() {
        match value {
            Value::Object(inner) if name.starts_with("SubscribeMsg") => flat.extend(inner.clone()),
            other => {
                flat.insert(name.clone(), other.clone());
            }
        }
    }
    Value::Object(flat)
}

fn read(body: &str) -> Incoming {
    let (mode, wechat) = &SERVICES[0];
    open(wechat, *mode, NEW, body).unwrap()
}

#[track_caller]
fn is_read(fields: Value, wanted: &Message) {
    let fields = with_head(fields);
    let in_xml = format!("<xml>\n{}</xml>", xml(&fields));
    let in_json = unwrapped(&fields);
    for body in [in_xml, in_json.to_string(), stringly(&in_json).to_string()] {
        assert_eq!(&read(&body).message, wanted, "{body}");
    }
}

#[track_caller]
fn is_event(name: &str, mut fields: Value, wanted: Event) {
    fields["MsgType"] = json!("event");
    fields["Event"] = json!(name);
    assert_eq!(
        wanted.name(),
        if name == "LOCATION" { "location_report".to_owned() } else { name.to_lowercase() }
    );
    is_read(fields, &Message::Event(wanted));
}

#[test]
fn every_message_is_read_with_all_its_fields() {
    let s = str::to_owned;
    for (fields, wanted) in [
        (
            json!({"MsgType": "text", "Content": "报名 😀 ]]> <a>&amp;", "MsgId": 1, "bizmsgmenuid": "101"}),
            Message::Text { content: s("报名 😀 ]]> <a>&amp;"), menu_choice: Some(s("101")) },
        ),
        (
            json!({"MsgType": "image", "PicUrl": "http://p", "MediaId": "m"}),
            Message::Image { media_id: s("m"), url: s("http://p") },
        ),
        (
            json!({"MsgType": "voice", "MediaId": "m", "MediaId16K": "m16", "Format": "amr", "Recognition": "我要报名"}),
            Message::Voice {
                media_id: s("m"),
                media_id_16k: Some(s("m16")),
                format: s("amr"),
                recognition: Some(s("我要报名")),
            },
        ),
        (
            json!({"MsgType": "voice", "MediaId": "m", "Format": "amr", "Recognition": ""}),
            Message::Voice {
                media_id: s("m"),
                media_id_16k: None,
                format: s("amr"),
                recognition: None,
            },
        ),
        (
            json!({"MsgType": "video", "MediaId": "m", "ThumbMediaId": "t"}),
            Message::Video { media_id: s("m"), thumb_media_id: s("t"), short: false },
        ),
        (
            json!({"MsgType": "shortvideo", "MediaId": "m", "ThumbMediaId": "t"}),
            Message::Video { media_id: s("m"), thumb_media_id: s("t"), short: true },
        ),
        (
            json!({"MsgType": "location", "Location_X": 31.75, "Location_Y": 120.5, "Scale": 16, "Label": "常阴沙"}),
            Message::Location {
                latitude: 31.75, longitude: 120.5, scale: 16, label: s("常阴沙")
            },
        ),
        (
            json!({"MsgType": "link", "Title": "t", "Description": "d", "Url": "u"}),
            Message::Link { title: s("t"), description: s("d"), url: s("u") },
        ),
        (
            json!({"MsgType": "miniprogrampage", "Title": "t", "AppId": "wx", "PagePath": "p", "ThumbUrl": "u", "ThumbMediaId": "m"}),
            Message::MiniProgramPage {
                title: s("t"),
                appid: s("wx"),
                page: s("p"),
                thumb_url: s("u"),
                thumb_media_id: s("m"),
            },
        ),
    ] {
        is_read(fields, &wanted);
    }
}

#[test]
fn every_event_of_a_person_is_read_with_all_its_fields() {
    let s = str::to_owned;
    is_event(
        "subscribe",
        json!({"EventKey": ""}),
        Event::Subscribe { event_key: None, ticket: None },
    );
    is_event(
        "subscribe",
        json!({"EventKey": "qrscene_12", "Ticket": "T"}),
        Event::Subscribe { event_key: Some(s("qrscene_12")), ticket: Some(s("T")) },
    );
    is_event("unsubscribe", json!({"EventKey": ""}), Event::Unsubscribe);
    is_event(
        "SCAN",
        json!({"EventKey": 12, "Ticket": "T"}),
        Event::Scan { scene: s("12"), ticket: Some(s("T")) },
    );
    is_event(
        "LOCATION",
        json!({"Latitude": 31.5, "Longitude": 120.25, "Precision": 40.0}),
        Event::Location { latitude: 31.5, longitude: 120.25, precision: 40.0 },
    );
    is_event("CLICK", json!({"EventKey": "hours"}), Event::Click { key: s("hours") });
    is_event(
        "VIEW",
        json!({"EventKey": "https://u", "MenuId": 5}),
        Event::View { url: s("https://u"), menu_id: Some(s("5")) },
    );
    is_event(
        "view_miniprogram",
        json!({"EventKey": "pages/a", "MenuId": 5}),
        Event::ViewMiniProgram { page: s("pages/a"), menu_id: Some(s("5")) },
    );
    for (name, waits) in [("scancode_push", false), ("scancode_waitmsg", true)] {
        is_event(
            name,
            json!({"EventKey": "k", "ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": "1"}}),
            Event::ScanCode { key: s("k"), scan_type: s("qrcode"), result: s("1"), waits },
        );
    }
    for (name, source) in [
        ("pic_sysphoto", PictureSource::Camera),
        ("pic_photo_or_album", PictureSource::CameraOrAlbum),
        ("pic_weixin", PictureSource::WechatAlbum),
    ] {
        for md5 in [vec![], vec!["a"], vec!["a", "b"]] {
            let items: Vec<Value> = md5.iter().map(|sum| json!({"PicMd5Sum": sum})).collect();
            is_event(
                name,
                json!({"EventKey": "k", "SendPicsInfo": {"Count": md5.len(), "PicList": {"item": items}}}),
                Event::SendPictures {
                    key: s("k"),
                    source,
                    count: i64::try_from(md5.len()).unwrap(),
                    md5: md5.into_iter().map(s).collect(),
                },
            );
        }
    }
    is_event(
        "location_select",
        json!({"EventKey": "k", "SendLocationInfo": {"Location_X": 31.5, "Location_Y": 120.5, "Scale": 15, "Label": "l", "Poiname": "p"}}),
        Event::SelectLocation {
            key: s("k"),
            latitude: 31.5,
            longitude: 120.5,
            scale: 15,
            label: s("l"),
            poi_name: s("p"),
        },
    );
    is_event(
        "user_enter_tempsession",
        json!({"SessionFrom": "f"}),
        Event::EnterSession { from: s("f") },
    );
    let consent = |template: &str, accepted| Consent {
        template_id: s(template),
        accepted,
        scene: Some(s("0")),
    };
    let entry = |template: &str, status: &str| json!({"TemplateId": template, "SubscribeStatusString": status, "PopupScene": 0});
    is_event(
        "subscribe_msg_popup_event",
        json!({"SubscribeMsgPopupEvent": {"List": [entry("a", "accept"), entry("b", "reject")]}}),
        Event::SubscribeMsgPopup(vec![consent("a", true), consent("b", false)]),
    );
    is_event(
        "subscribe_msg_change_event",
        json!({"SubscribeMsgChangeEvent": {"List": entry("a", "reject")}}),
        Event::SubscribeMsgChange(vec![consent("a", false)]),
    );
}

#[test]
fn every_event_about_personal_data_is_read() {
    let s = str::to_owned;
    let privacy = |revoked| Privacy {
        openid: s("oABC"),
        appid: s("wx1"),
        revoked,
        plugin_id: None,
        open_pid: Some(s("pid")),
    };
    let fields = json!({"OpenID": "oABC", "AppID": "wx1", "OpenPID": "pid"});
    is_event("user_info_modified", fields.clone(), Event::UserInfoModified(privacy(vec![])));
    is_event(
        "user_authorization_cancellation",
        fields.clone(),
        Event::UserAuthorizationCancellation(privacy(vec![])),
    );
    let (phone, name) = (PersonalItem::PhoneNumber, PersonalItem::NicknameAndAvatar);
    for (codes, revoked) in [
        (json!(8), vec![phone.clone()]),
        (json!("8,205"), vec![phone.clone(), name.clone()]),
        (json!([8, 6, 99]), vec![phone, name, PersonalItem::Other(s("99"))]),
    ] {
        let mut fields = fields.clone();
        fields["RevokeInfo"] = codes;
        is_event(
            "user_authorization_revoke",
            fields,
            Event::UserAuthorizationRevoke(privacy(revoked)),
        );
    }
}

#[test]
fn every_event_of_the_platform_is_read_with_all_its_fields() {
    let s = str::to_owned;
    for (text, status) in [
        ("success", TemplateStatus::Success),
        ("failed:user block", TemplateStatus::Blocked),
        ("failed: system failed", TemplateStatus::SystemFailed),
    ] {
        is_event(
            "TEMPLATESENDJOBFINISH",
            json!({"MsgID": 200_163_836_i64, "Status": text}),
            Event::TemplateJobFinish { msg_id: s("200163836"), status },
        );
    }
    is_event(
        "subscribe_msg_sent_event",
        json!({"SubscribeMsgSentEvent": {"List": {"TemplateId": "a", "MsgID": "1700827132819554304", "ErrorCode": "0", "ErrorStatus": "success"}}}),
        Event::SubscribeMsgSent(vec![Delivery {
            template_id: s("a"),
            msg_id: s("1700827132819554304"),
            error_code: 0,
            error_status: s("success"),
        }]),
    );
    for (name, step) in [
        ("qualification_verify_success", VerificationStep::QualificationGranted),
        ("naming_verify_success", VerificationStep::NamingGranted),
        ("annual_renew", VerificationStep::RenewalDue),
        ("verify_expired", VerificationStep::Expired),
    ] {
        let wanted = Verification { step, expires_at: Some(9), failed_at: None, reason: None };
        is_event(name, json!({"ExpiredTime": 9}), Event::Verification(wanted));
    }
    for (name, step) in [
        ("qualification_verify_fail", VerificationStep::QualificationRefused),
        ("naming_verify_fail", VerificationStep::NamingRefused),
    ] {
        let wanted =
            Verification { step, expires_at: None, failed_at: Some(9), reason: Some(s("by time")) };
        is_event(
            name,
            json!({"FailTime": 9, "FailReason": "by time"}),
            Event::Verification(wanted),
        );
    }
    is_event(
        "weapp_audit_success",
        json!({"SuccTime": 9}),
        Event::Audit { outcome: AuditOutcome::Success, at: Some(9) },
    );
    is_event(
        "weapp_audit_fail",
        json!({"FailTime": 9, "Reason": "r", "ScreenShot": "a|b"}),
        Event::Audit {
            outcome: AuditOutcome::Failed { reason: s("r"), screenshots: Some(s("a|b")) },
            at: Some(9),
        },
    );
    is_event(
        "weapp_audit_delay",
        json!({"DelayTime": 9, "Reason": "r"}),
        Event::Audit { outcome: AuditOutcome::Delayed { reason: s("r") }, at: Some(9) },
    );
    is_event("debug_demo", json!({"debug_str": "hi"}), Event::Debug { text: s("hi") });
}

#[test]
fn the_ends_of_publications_and_mass_sends_are_read() {
    let s = str::to_owned;
    is_event(
        "PUBLISHJOBFINISH",
        json!({"PublishEventInfo": {
            "publish_id": 2_247_503_051_i64, "publish_status": 0, "article_id": "a",
            "article_detail": {"count": 2, "item": [{"idx": 2, "article_url": "u2"}, {"idx": 1, "article_url": "u1"}]},
        }}),
        Event::PublishJobFinish(PublishResult {
            publish_id: s("2247503051"),
            status: PublishStatus::Published,
            article_id: Some(s("a")),
            urls: vec![s("u1"), s("u2")],
            fail_idx: vec![],
        }),
    );
    is_event(
        "PUBLISHJOBFINISH",
        json!({"PublishEventInfo": {"publish_id": "9", "publish_status": 2, "fail_idx": [1, 3]}}),
        Event::PublishJobFinish(PublishResult {
            publish_id: s("9"),
            status: PublishStatus::OriginalityFailed,
            article_id: None,
            urls: vec![],
            fail_idx: vec![1, 3],
        }),
    );
    let result = |idx: i64| {
        json!({
            "ArticleIdx": idx, "UserDeclareState": 0, "AuditState": 2, "OriginalArticleUrl": "u",
            "OriginalArticleType": 1, "CanReprint": 1, "NeedReplaceContent": 1, "NeedShowReprintSource": 0,
        })
    };
    let checked = |article_idx| CopyrightResult {
        article_idx,
        user_declare_state: 0,
        audit_state: 2,
        original_url: s("u"),
        original_type: 1,
        can_reprint: true,
        need_replace_content: true,
        need_show_reprint_source: false,
    };
    is_event(
        "MASSSENDJOBFINISH",
        json!({
            "MsgID": 1_000_001_625_i64, "Status": "err(30003)", "TotalCount": 4, "FilterCount": 3,
            "SentCount": 2, "ErrorCount": 1,
            "CopyrightCheckResult": {"Count": 2, "ResultList": {"item": [result(1), result(2)]}, "CheckState": 2},
            "ArticleUrlResult": {"Count": 1, "ResultList": {"item": {"ArticleIdx": 1, "ArticleUrl": "u1"}}},
        }),
        Event::MassSendJobFinish(MassResult {
            msg_id: s("1000001625"),
            status: MassStatus::Refused(30003),
            total: 4,
            filtered: 3,
            sent: 2,
            failed: 1,
            copyright: Some(CopyrightCheck { state: 2, results: vec![checked(1), checked(2)] }),
            urls: vec![s("u1")],
        }),
    );
    // An empty list is an empty element in XML.
    is_event(
        "MASSSENDJOBFINISH",
        json!({"MsgID": 1, "Status": "send success", "ArticleUrlResult": {"Count": 0, "ResultList": ""}}),
        Event::MassSendJobFinish(MassResult {
            msg_id: s("1"),
            status: MassStatus::Success,
            total: 0,
            filtered: 0,
            sent: 0,
            failed: 0,
            copyright: None,
            urls: vec![],
        }),
    );
}

#[test]
fn both_versions_of_the_content_check_are_read() {
    let s = str::to_owned;
    let check = |outcome, details| {
        Event::MediaCheck(MediaCheck { trace_id: s("t"), appid: s("wx1"), outcome, details })
    };
    let judged = |suggestion, label| MediaOutcome::Judged { suggestion, label };
    is_event(
        "wxa_media_check",
        json!({
            "appid": "wx1", "trace_id": "t", "version": 2, "result": {"suggest": "risky", "label": 20002},
            "detail": [{"strategy": "content_model", "errcode": 0, "suggest": "risky", "label": 20002, "prob": 90.5}],
        }),
        check(
            judged(Suggestion::Risky, Some(20002)),
            vec![CheckDetail {
                strategy: s("content_model"),
                errcode: 0,
                suggestion: Some(Suggestion::Risky),
                label: Some(20002),
                probability: Some(90.5),
            }],
        ),
    );
    is_event(
        "wxa_media_check",
        json!({"appid": "wx1", "trace_id": "t", "version": 2, "errcode": -1008, "errmsg": "no picture"}),
        check(MediaOutcome::Failed { errcode: -1008, errmsg: s("no picture") }, vec![]),
    );
    for (risky, suggestion) in [(0, Suggestion::Pass), (1, Suggestion::Risky)] {
        is_event(
            "wxa_media_check",
            json!({"appid": "wx1", "trace_id": "t", "isrisky": risky, "extra_info_json": "", "status_code": 0}),
            check(judged(suggestion, None), vec![]),
        );
    }
    for code in [-1008_i64, 4_294_966_288] {
        is_event(
            "wxa_media_check",
            json!({"appid": "wx1", "trace_id": "t", "isrisky": 0, "status_code": code}),
            check(MediaOutcome::Failed { errcode: -1008, errmsg: String::new() }, vec![]),
        );
    }
}

#[test]
fn what_is_not_known_is_kept_and_no_error() {
    for (body, kind, wrong) in [
        (json!({"MsgType": "hologram", "Depth": 3}), "hologram", None),
        (json!({"MsgType": "event", "Event": "Card_Sky", "Depth": 3}), "card_sky", None),
        (
            json!({"MsgType": "location", "Location_X": "north", "Depth": 3}),
            "location",
            Some("Location_X"),
        ),
        (
            json!({"MsgType": "event", "Event": "CLICK", "EventKey": {"a": 1}, "Depth": 3}),
            "click",
            Some("EventKey"),
        ),
    ] {
        let incoming = read(&with_head(body).to_string());
        assert_eq!(incoming.message.kind(), kind);
        let raw = incoming.message.unknown().unwrap();
        assert_eq!((raw.fields()["Depth"].as_i64(), raw.wrong()), (Some(3), wrong), "{kind}");
        assert!(!raw.fields().contains_key("FromUserName"));
    }
    for body in [json!({}), json!({"MsgType": "event"}), json!({"MsgType": ["text", "text"]})] {
        let body = with_head(body).to_string();
        let opened = open(&service(Mode::Plain, None), Mode::Plain, NEW, &body);
        assert!(matches!(opened.unwrap_err(), CallbackError::Field("MsgType" | "Event")));
    }
}

#[test]
fn a_key_is_the_same_for_every_delivery_and_begins_with_the_time() {
    let key = |fields: Value| read(&with_head(fields).to_string()).dedup_key();
    assert_eq!(
        key(json!({"MsgType": "text", "Content": "x", "MsgId": 24_123_456_789_i64})),
        "m:1767225600:00000000024123456789:oABC"
    );
    assert_eq!(key(json!({"MsgType": "text", "Content": "x"})), "m:1767225600:text:oABC");
    assert_eq!(
        key(json!({"MsgType": "event", "Event": "CLICK", "EventKey": "hours"})),
        "e:1767225600:oABC:click:hours"
    );
    let popup = |status: &str| {
        key(json!({"MsgType": "event", "Event": "subscribe_msg_popup_event",
            "List": {"TemplateId": "a", "SubscribeStatusString": status}}))
    };
    assert_ne!(popup("accept"), popup("reject"));
    let long = |end: &str| {
        key(
            json!({"MsgType": "event", "Event": "VIEW", "EventKey": format!("https://{}{end}", "长".repeat(300))}),
        )
    };
    assert!(long("a").starts_with("e:1767225600:") && long("a").len() <= 200);
    assert_ne!(long("a"), long("b"));
    for (fields, wanted) in [
        (json!({"Event": "MASSSENDJOBFINISH", "MsgID": 5, "Status": "send success"}), "mass:5"),
        (json!({"Event": "TEMPLATESENDJOBFINISH", "MsgID": 5, "Status": "success"}), "template:5"),
        (json!({"Event": "wxa_media_check", "trace_id": "t", "isrisky": 0}), "media:t"),
        (
            json!({"Event": "PUBLISHJOBFINISH", "PublishEventInfo": {"publish_id": 5, "publish_status": 6}}),
            "publish:5:6",
        ),
    ] {
        let mut fields = fields;
        fields["MsgType"] = json!("event");
        assert_eq!(key(fields), wanted);
    }
}

const TEXT: &str = "<xml><ToUserName>gh_1</ToUserName><FromUserName>oABC</FromUserName>\
    <CreateTime>1767225600</CreateTime><MsgType>text</MsgType><Content>x</Content><MsgId>1</MsgId></xml>";

#[test]
fn while_keys_change_both_are_accepted_and_the_reply_comes_under_the_callers() {
    let now = Clock::System.now();
    let mixes = [NEW, OLD, (NEW.0, OLD.1), (OLD.0, NEW.1)];
    for mode in [Mode::Safe, Mode::Compat] {
        let both = service(mode, Some(OLD));
        let callback = both.official().callback().unwrap();
        for (token, key) in mixes {
            let incoming = open(&both, mode, (token, key), TEXT).unwrap();
            let reply = incoming.answer(&Reply::Text("好".to_owned()), now);
            let sealed = callback.seal(&incoming, &reply, now).unwrap();
            let part = |name: &str| {
                let after = sealed.split_once(&format!("<{name}>")).unwrap().1;
                let inside = after.split_once(&format!("</{name}>")).unwrap().0;
                inside.trim_start_matches("<![CDATA[").trim_end_matches("]]>").to_owned()
            };
            let encrypt = part("Encrypt");
            let mark =
                signature::msg_signature(token, &part("TimeStamp"), &part("Nonce"), &encrypt);
            assert!(mark.matches(&part("MsgSignature")), "{sealed}");
            let opened = AesKey::parse(key).unwrap().decrypt(&encrypt, APPID).unwrap();
            assert_eq!(opened, reply.as_bytes());
        }
        assert_eq!(
            open(&both, mode, (FOREIGN.0, NEW.1), TEXT).unwrap_err(),
            CallbackError::Signature
        );
        let foreign_key = open(&both, mode, (OLD.0, FOREIGN.1), TEXT).unwrap_err();
        assert!(matches!(foreign_key, CallbackError::Crypto(_)));
        let downgraded = callback.open(&query(OLD.0, ""), TEXT.as_bytes(), now);
        assert_eq!(downgraded.unwrap_err(), CallbackError::Downgrade);
        // The change is over: the old ones count no more.
        let after = service(mode, None);
        assert!(open(&after, mode, NEW, TEXT).is_ok());
        assert_eq!(open(&after, mode, OLD, TEXT).unwrap_err(), CallbackError::Signature);
        assert!(matches!(
            open(&after, mode, mixes[2], TEXT).unwrap_err(),
            CallbackError::Crypto(_)
        ));
        // One of the two may change alone.
        let token_only = service(mode, Some((OLD.0, "")));
        assert!(open(&token_only, mode, mixes[3], TEXT).is_ok());
        assert!(open(&token_only, mode, OLD, TEXT).is_err());
    }
}

#[test]
fn while_the_token_changes_the_address_is_verified_with_both() {
    let now = Clock::System.now();
    let both = service(Mode::Safe, Some(OLD));
    let callback = both.official().callback().unwrap();
    for token in [NEW.0, OLD.0] {
        assert_eq!(callback.verify_url(&query(token, ""), now).unwrap(), "echo");
    }
    assert_eq!(callback.verify_url(&query(FOREIGN.0, ""), now), Err(CallbackError::Signature));
    let plain = service(Mode::Plain, Some((OLD.0, "")));
    assert!(open(&plain, Mode::Plain, OLD, TEXT).is_ok());
    assert_eq!(open(&plain, Mode::Plain, FOREIGN, TEXT).unwrap_err(), CallbackError::Signature);
}

#[test]
fn the_seeds_of_the_fuzz_targets_pass() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuzz/seeds");
    for (target, exercise) in [("open", exercise::open as fn(&[u8])), ("tree", exercise::tree)] {
        let files = std::fs::read_dir(format!("{seeds}/{target}")).unwrap();
        let played =
            files.map(|file| exercise(&std::fs::read(file.unwrap().path()).unwrap())).count();
        assert!(played > 0, "{target} has no seeds");
    }
}

/// Text that people, attackers and telephones write; no control characters, which
/// XML cannot hold.
fn words() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("]]>".to_owned()),
        Just("]]".to_owned()),
        Just("<![CDATA[".to_owned()),
        Just("&amp;</Content>".to_owned()),
        Just("😀👨‍👩‍👧".to_owned()),
        Just(" \n\t".to_owned()),
        "[^\\p{Cc}\u{fffe}\u{ffff}]{0,8}",
    ];
    proptest::collection::vec(part, 1..6).prop_map(|parts| parts.concat())
}

/// A message of any kind with its fields.
fn messages() -> impl Strategy<Value = (Value, Message)> {
    let option = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    (0..7, words(), words(), any::<i32>(), proptest::collection::vec((words(), any::<bool>()), 0..4))
        .prop_map(move |(kind, a, b, number, list)| {
            let (scale, quarter) = (i64::from(number), f64::from(number) / 4.0);
            match kind {
                0 => (
                    json!({"MsgType": "text", "Content": a, "bizmsgmenuid": b}),
                    Message::Text { menu_choice: option(&b), content: a },
                ),
                1 => (
                    json!({"MsgType": "voice", "MediaId": a, "Format": "amr", "Recognition": b}),
                    Message::Voice {
                        media_id: a,
                        media_id_16k: None,
                        format: "amr".to_owned(),
                        recognition: option(&b),
                    },
                ),
                2 => (
                    json!({"MsgType": "location", "Location_X": quarter, "Location_Y": quarter, "Scale": scale, "Label": a}),
                    Message::Location { latitude: quarter, longitude: quarter, scale, label: a },
                ),
                3 => (
                    json!({"MsgType": "link", "Title": a, "Description": b, "Url": a}),
                    Message::Link { title: a.clone(), description: b, url: a },
                ),
                4 => (
                    json!({"MsgType": "event", "Event": "SCAN", "EventKey": a, "Ticket": b}),
                    Message::Event(Event::Scan { scene: a, ticket: option(&b) }),
                ),
                5 => (
                    json!({"MsgType": "event", "Event": "user_enter_tempsession", "SessionFrom": a}),
                    Message::Event(Event::EnterSession { from: a }),
                ),
                _ => {
                    let entry = |(template, yes): &(String, bool)| {
                        let status = if *yes { "accept" } else { "reject" };
                        json!({"TemplateId": template, "SubscribeStatusString": status})
                    };
                    let consent = |(template_id, accepted): &(String, bool)| Consent {
                        template_id: template_id.clone(),
                        accepted: *accepted,
                        scene: None,
                    };
                    let entries: Vec<Value> = list.iter().map(entry).collect();
                    (
                        json!({"MsgType": "event", "Event": "subscribe_msg_popup_event",
                            "SubscribeMsgPopupEvent": {"List": entries}}),
                        Message::Event(Event::SubscribeMsgPopup(list.iter().map(consent).collect())),
                    )
                }
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_said_arrives_in_every_mode_and_format((fields, wanted) in messages()) {
        let fields = with_head(fields);
        let bodies = [format!("<xml>{}</xml>", xml(&fields)), unwrapped(&fields).to_string()];
        for (mode, wechat) in SERVICES.iter() {
            for body in &bodies {
                let incoming = open(wechat, *mode, NEW, body).unwrap();
                prop_assert_eq!(&incoming.message, &wanted, "{}", body);
                prop_assert!(incoming.dedup_key().len() <= 200);
            }
        }
    }

    #[test]
    fn no_altered_message_makes_it_panic(
        (fields, _) in messages(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        shape in any::<u8>(),
    ) {
        let fields = with_head(fields);
        for body in [format!("<xml>{}</xml>", xml(&fields)), fields.to_string()] {
            let mut bytes = body.into_bytes();
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            exercise::tree(&bytes);
            bytes.insert(0, shape);
            exercise::open(&bytes);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        exercise::open(&bytes);
        exercise::tree(&bytes);
    }
}
