//! The platform calling the service: sign, encrypt, post, try again, read the answer.

use std::collections::BTreeSet;

use quick_xml::de::from_str;
use serde::Deserialize;
use serde_json::{Value, json};

use super::config::AccountKeys;
use super::journal::{CallbackRecord, Dice, Held, Order};
use super::people;
use super::push::{Push, cdata};
use super::seal;
use super::server::Inner;
use super::state::{Account, ChatArticle, Extra, MediaKind};
use crate::config::{Format, Mode};

const TRIES: u32 = 3;
/// A passive reply is a small thing.
const REPLY_LIMIT: usize = 64 * 1024;

/// What the answer to a callback says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Nothing,
    Text(String),
    News(Vec<ChatArticle>),
    /// A picture, sound or the like.
    Extra(Extra),
    /// To human agents.
    HandOver,
    /// Nothing that the platform would accept.
    Unusable,
}

impl Inner {
    pub(super) fn keys(&self, account: Account) -> &AccountKeys {
        match account {
            Account::Official => &self.config.official,
            Account::Mini => &self.config.mini,
        }
    }

    pub(super) fn format(&self, account: Account) -> Format {
        match account {
            Account::Official => Format::Xml,
            Account::Mini => self.config.mini_format,
        }
    }

    fn callback_url(&self, account: Account) -> String {
        let path = match account {
            Account::Official => "official",
            Account::Mini => "mini",
        };
        format!("{}/wechat/{path}", self.service_url())
    }
}

/// Posts a callback and waits for its answer, through all tries.
pub(super) async fn deliver(inner: &Inner, push: &Push) -> Reply {
    let Push { account, from, what, .. } = push;
    let body = push.body(inner.format(*account));
    if let Some(held) = &mut inner.journal().held {
        held.push(Held { account: *account, openid: from.clone(), what: what.clone(), body });
        return Reply::Nothing;
    }
    post(inner, *account, from, what, body).await.0
}

/// Posts what was held back, each so many times; the first answer is shown.
pub(super) async fn release(inner: &Inner, order: Order, times: u32) -> Vec<CallbackRecord> {
    let held = inner.journal().held.take().unwrap_or_default();
    let mut all: Vec<(usize, Held)> =
        (0..times).flat_map(|_| held.iter().cloned().enumerate()).collect();
    match order {
        Order::AsTheyCame => {}
        Order::Backwards => all.reverse(),
        Order::Mixed(seed) => {
            let all_of_them = all.iter().enumerate();
            let mut keyed: Vec<_> = all_of_them
                .map(|(at, one)| {
                    (Dice::new(&format!("{seed}|{at}")).below(0, u64::MAX), one.clone())
                })
                .collect();
            keyed.sort_by_key(|(key, _)| *key);
            all = keyed.into_iter().map(|(_, one)| one).collect();
        }
    }
    let mut records = Vec::new();
    let mut shown = BTreeSet::new();
    for (number, Held { account, openid, what, body }) in all {
        let (reply, record) = post(inner, account, &openid, &what, body).await;
        records.push(record);
        if account == Account::Official && shown.insert(number) {
            let id = inner.change(|state| Some(state.by_openid(account, &openid)?.user.id));
            if let Some(id) = id {
                people::show(inner, id, reply, false);
            }
        }
    }
    records
}

pub(super) async fn redeliver(inner: &Inner, number: usize) -> Option<CallbackRecord> {
    let record = inner.journal().callbacks.iter().find(|it| it.number == number).cloned()?;
    let (_, record) = post(inner, record.account, &record.openid, &record.what, record.body).await;
    Some(record)
}

/// Posts this body, through all tries.
pub(super) async fn post(
    inner: &Inner,
    account: Account,
    openid: &str,
    what: &str,
    body: String,
) -> (Reply, CallbackRecord) {
    let mut record = CallbackRecord {
        number: 0,
        account,
        what: what.to_owned(),
        body,
        attempts: 0,
        status: None,
        reply: String::new(),
        problem: None,
        openid: openid.to_owned(),
    };
    let mut reply = Reply::Unusable;
    let posts = !inner.service_url().is_empty();
    if !posts {
        reply = Reply::Nothing;
    }
    while posts && record.attempts < TRIES {
        record.attempts += 1;
        match attempt(inner, account, openid, &record.body).await {
            Ok((200, answer)) => {
                record.status = Some(200);
                match read_reply(inner, account, openid, &answer) {
                    Ok((read, clear)) => {
                        (reply, record.reply, record.problem) = (read, clear, None);
                    }
                    Err(problem) => {
                        let problem = format!("the answer to {what} is unusable: {problem}");
                        inner.journal().unexpected(problem.clone());
                        record.problem = Some(problem);
                    }
                }
                break;
            }
            Ok((status, _)) => {
                record.status = Some(status);
                record.problem = Some(format!("HTTP {status}"));
            }
            Err(error) => record.problem = Some(error),
        }
    }
    if reply == Reply::Unusable && record.status.is_some_and(|status| status != 200) {
        let status = record.status.unwrap_or_default();
        inner.journal().unexpected(format!("the callback {what} was answered with HTTP {status}"));
    }
    let record = inner.journal().callback(record);
    (reply, record)
}

/// One try: status and body.
async fn attempt(
    inner: &Inner,
    account: Account,
    openid: &str,
    body: &str,
) -> Result<(u16, Vec<u8>), String> {
    let keys = inner.keys(account);
    let format = inner.format(account);
    let (timestamp, nonce) = (inner.now().timestamp().to_string(), nonce());
    let mut query = vec![
        ("signature", seal::signature(&[&keys.token, &timestamp, &nonce])),
        ("timestamp", timestamp.clone()),
        ("nonce", nonce.clone()),
        ("openid", openid.to_owned()),
    ];
    let mut sent = body.to_owned();
    if keys.mode != Mode::Plain {
        let sealed = seal::encrypt(&keys.aes_key, &keys.appid, body).ok_or("no usable AES key")?;
        let signed = seal::signature(&[&keys.token, &timestamp, &nonce, &sealed]);
        query.push(("encrypt_type", "aes".to_owned()));
        query.push(("msg_signature", signed));
        sent = enclose(keys, format, body, &sealed);
    }
    let content_type = if format == Format::Xml { "text/xml" } else { "application/json" };
    let answer = inner
        .http
        .post(inner.callback_url(account))
        .query(&query)
        .header("content-type", content_type)
        .header("user-agent", "Mozilla/4.0")
        .body(sent)
        .send()
        .await
        // The address carries a signature.
        .map_err(|error| error.without_url().to_string())?;
    let status = answer.status().as_u16();
    let bytes = answer.bytes().await.map_err(|error| error.without_url().to_string())?;
    Ok((status, bytes.to_vec()))
}

/// The body in safe mode holds the sealed text alone, in compat mode both.
fn enclose(keys: &AccountKeys, format: Format, clear: &str, sealed: &str) -> String {
    match (format, keys.mode) {
        (Format::Xml, Mode::Compat) => {
            let open = clear.strip_suffix("</xml>").unwrap_or(clear);
            format!("{open}<Encrypt>{}</Encrypt></xml>", cdata(sealed))
        }
        (Format::Xml, _) => format!(
            "<xml><ToUserName>{}</ToUserName><Encrypt>{}</Encrypt></xml>",
            cdata(&keys.original_id),
            cdata(sealed)
        ),
        (Format::Json, Mode::Compat) => {
            let mut body: Value = serde_json::from_str(clear).unwrap_or_default();
            if let Some(fields) = body.as_object_mut() {
                fields.insert("Encrypt".to_owned(), Value::from(sealed));
            }
            body.to_string()
        }
        (Format::Json, _) => json!({"ToUserName": keys.original_id, "Encrypt": sealed}).to_string(),
    }
}

fn nonce() -> String {
    let mut bytes = [0; 4];
    // Without randomness a constant is as good here: nothing is protected by it.
    let _ = getrandom::fill(&mut bytes);
    u32::from_be_bytes(bytes).to_string()
}

/// What the service answered, and its text in the clear.
fn read_reply(
    inner: &Inner,
    account: Account,
    openid: &str,
    bytes: &[u8],
) -> Result<(Reply, String), String> {
    if bytes.len() > REPLY_LIMIT {
        return Err("too long".to_owned());
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8")?;
    if text.is_empty() || text == "success" {
        return Ok((Reply::Nothing, String::new()));
    }
    let keys = inner.keys(account);
    let clear = match keys.mode {
        Mode::Plain => text.to_owned(),
        Mode::Safe => unseal(keys, inner.format(account), text)?,
        Mode::Compat => unseal(keys, inner.format(account), text).or_else(|problem| {
            if text.contains("Encrypt") { Err(problem) } else { Ok(text.to_owned()) }
        })?,
    };
    if clear.is_empty() || clear == "success" {
        return Ok((Reply::Nothing, clear));
    }
    // The mini-program's customer service knows no passive reply but the hand-over.
    if account == Account::Mini {
        if clear.contains("transfer_customer_service") {
            return Ok((Reply::Nothing, clear));
        }
        return Err("the mini-program answers by customer messages alone".to_owned());
    }
    Ok((passive_reply(inner, keys, openid, &clear)?, clear))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Sealed {
    encrypt: String,
    msg_signature: String,
    time_stamp: Value,
    nonce: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SealedXml {
    encrypt: String,
    msg_signature: String,
    time_stamp: String,
    nonce: String,
}

fn unseal(keys: &AccountKeys, format: Format, text: &str) -> Result<String, String> {
    let sealed = match format {
        Format::Json => {
            let sealed: Sealed = serde_json::from_str(text).map_err(|error| error.to_string())?;
            let time_stamp = sealed.time_stamp.to_string();
            if !sealed.time_stamp.is_number() {
                return Err("TimeStamp is not a number".to_owned());
            }
            SealedXml {
                encrypt: sealed.encrypt,
                msg_signature: sealed.msg_signature,
                time_stamp,
                nonce: sealed.nonce,
            }
        }
        Format::Xml => from_str(text).map_err(|error| error.to_string())?,
    };
    if sealed.time_stamp.parse::<i64>().is_err() {
        return Err("TimeStamp is not a number".to_owned());
    }
    let signed =
        seal::signature(&[&keys.token, &sealed.time_stamp, &sealed.nonce, &sealed.encrypt]);
    if signed != sealed.msg_signature {
        return Err("MsgSignature is wrong".to_owned());
    }
    seal::decrypt(&keys.aes_key, &keys.appid, &sealed.encrypt).map_err(str::to_owned)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Passive {
    to_user_name: String,
    from_user_name: String,
    create_time: String,
    msg_type: String,
    content: Option<String>,
    article_count: Option<String>,
    image: Option<MediaOf>,
    voice: Option<MediaOf>,
    video: Option<VideoOf>,
    music: Option<MusicOf>,
    articles: Option<Articles>,
    #[serde(rename = "TransInfo")]
    _trans_info: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MediaOf {
    media_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct VideoOf {
    media_id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MusicOf {
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    music_url: String,
    #[serde(default, rename = "HQMusicUrl")]
    hq_music_url: String,
    #[serde(default)]
    thumb_media_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Articles {
    #[serde(default)]
    item: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Item {
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    pic_url: String,
    url: String,
}

fn passive_reply(
    inner: &Inner,
    keys: &AccountKeys,
    openid: &str,
    clear: &str,
) -> Result<Reply, String> {
    if !clear.starts_with("<xml>") {
        return Err("it is not <xml>".to_owned());
    }
    let reply: Passive = from_str(clear).map_err(|error| error.to_string())?;
    if reply.to_user_name != openid {
        return Err("ToUserName is not the user".to_owned());
    }
    if reply.from_user_name != keys.original_id {
        return Err("FromUserName is not the account".to_owned());
    }
    if reply.create_time.parse::<i64>().is_err() {
        return Err("CreateTime is not a number".to_owned());
    }
    match reply.msg_type.as_str() {
        "text" => match reply.content {
            Some(text) if text.len() > 2048 => Err("Content is over 2048 bytes".to_owned()),
            Some(text) if !text.is_empty() => Ok(Reply::Text(text)),
            _ => Err("Content is missing".to_owned()),
        },
        "news" => {
            let items = reply.articles.map(|articles| articles.item).unwrap_or_default();
            let counted = reply.article_count.and_then(|count| count.parse::<usize>().ok());
            if items.is_empty() || items.len() > 8 || counted != Some(items.len()) {
                return Err("ArticleCount does not fit".to_owned());
            }
            let card = |item: Item| ChatArticle {
                title: item.title,
                description: item.description,
                pic_url: item.pic_url,
                url: item.url,
            };
            Ok(Reply::News(items.into_iter().map(card).collect()))
        }
        "image" => {
            let media_id = media(inner, reply.image.map(|of| of.media_id), MediaKind::Image)?;
            Ok(Reply::Extra(Extra::Image { url: inner.picture_url(&media_id) }))
        }
        "voice" => {
            media(inner, reply.voice.map(|of| of.media_id), MediaKind::Voice)?;
            Ok(Reply::Extra(Extra::Voice { recognition: String::new() }))
        }
        "video" => {
            let video = reply.video.ok_or("Video is missing")?;
            media(inner, Some(video.media_id), MediaKind::Video)?;
            let VideoOf { title, description, .. } = video;
            Ok(Reply::Extra(Extra::Video { title, description }))
        }
        "music" => {
            let music = reply.music.ok_or("Music is missing")?;
            let MusicOf { title, description, music_url, hq_music_url, thumb_media_id } = music;
            media(inner, Some(thumb_media_id.clone()), MediaKind::Thumb)
                .or_else(|_| media(inner, Some(thumb_media_id), MediaKind::Image))?;
            let url = if music_url.is_empty() { hq_music_url } else { music_url };
            Ok(Reply::Extra(Extra::Music { title, description, url }))
        }
        "transfer_customer_service" => Ok(Reply::HandOver),
        other => Err(format!("MsgType {other} is not known to the sandbox")),
    }
}

/// The file of a passive reply, temporary or permanent.
fn media(inner: &Inner, media_id: Option<String>, kind: MediaKind) -> Result<String, String> {
    let media_id = media_id.ok_or("the media is missing")?;
    let found = inner.read(|state| state.media.get(&media_id).map(|media| media.kind));
    match found {
        None => Err("MediaId is not known".to_owned()),
        Some(found) if found != kind => Err("MediaId is of another kind".to_owned()),
        Some(_) => Ok(media_id),
    }
}

/// The GET that saving the server settings sends.
pub(super) async fn verify_url(inner: &Inner, account: Account) -> bool {
    let keys = inner.keys(account);
    let (timestamp, nonce) = (inner.now().timestamp().to_string(), nonce());
    let echo = format!("43751{nonce}");
    let query = [
        ("signature", seal::signature(&[&keys.token, &timestamp, &nonce])),
        ("echostr", echo.clone()),
        ("timestamp", timestamp),
        ("nonce", nonce),
    ];
    let answer = inner.http.get(inner.callback_url(account)).query(&query).send().await;
    let Ok(answer) = answer else { return false };
    let good = answer.status() == reqwest::StatusCode::OK;
    good && answer.bytes().await.is_ok_and(|bytes| bytes == echo.as_bytes())
}
