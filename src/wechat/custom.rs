//! Customer messages: `POST /cgi-bin/message/custom/send`, for the mini-program and for
//! verified public accounts (48001), while the person's window is open.
//!
//! Account: 5 within 48 h after the person wrote, 3 within a minute after a menu tap,
//! a follow or a scan. Mini-program: 5 within 48 h, 2 within a minute after they entered
//! customer service. 45015: the window is over; 45047: too many. Nothing makes a repeat
//! harmless. (api.md §5)

use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::account::Account;
use super::field::hold;
use super::{Class, Error, Inner};

const PATH: &str = "/cgi-bin/message/custom/send";

/// So many bytes of text are shown in one message (callbacks.md §10).
const TEXT_BYTES: usize = 2048;

/// What can be said. Not every kind may come from either account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomMessage {
    /// May hold `<a href>`, to pages of a mini-program too. Both accounts.
    Text(String),
    /// Both accounts.
    Image {
        media_id: String,
    },
    /// Only from the public account, as all up to the page.
    Voice {
        media_id: String,
    },
    Video {
        media_id: String,
        thumb_media_id: String,
        title: String,
        description: String,
    },
    Music {
        title: String,
        description: String,
        url: String,
        /// Heard over Wi-Fi instead.
        high_quality_url: String,
        thumb_media_id: String,
    },
    /// A card that leads to a web page.
    News {
        title: String,
        description: String,
        url: String,
        picture_url: String,
    },
    /// An article that was published, by the id of `freepublish`.
    Article {
        article_id: String,
    },
    /// A question with choices of (id, words); a tap counts as one on the menu.
    Menu {
        head: String,
        choices: Vec<(String, String)>,
        tail: String,
    },
    /// A page of a mini-program. Both accounts; `appid` from the public account alone.
    MiniProgramPage {
        title: String,
        appid: Option<String>,
        page: String,
        thumb_media_id: String,
    },
    /// Only from the mini-program.
    Link {
        title: String,
        description: String,
        url: String,
        thumb_url: String,
    },
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    Official,
    Mini,
}

impl CustomMessage {
    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Image { .. } => "image",
            Self::Voice { .. } => "voice",
            Self::Video { .. } => "video",
            Self::Music { .. } => "music",
            Self::News { .. } => "news",
            Self::Article { .. } => "mpnewsarticle",
            Self::Menu { .. } => "msgmenu",
            Self::MiniProgramPage { .. } => "miniprogrampage",
            Self::Link { .. } => "link",
        }
    }

    fn content(&self) -> Value {
        match self {
            Self::Text(content) => json!({ "content": content }),
            Self::Image { media_id } | Self::Voice { media_id } => json!({ "media_id": media_id }),
            Self::Video { media_id, thumb_media_id, title, description } => json!({
                "media_id": media_id,
                "thumb_media_id": thumb_media_id,
                "title": title,
                "description": description,
            }),
            Self::Music { title, description, url, high_quality_url, thumb_media_id } => json!({
                "title": title,
                "description": description,
                "musicurl": url,
                "hqmusicurl": high_quality_url,
                "thumb_media_id": thumb_media_id,
            }),
            Self::News { title, description, url, picture_url } => json!({ "articles": [{
                "title": title,
                "description": description,
                "url": url,
                "picurl": picture_url,
            }] }),
            Self::Article { article_id } => json!({ "article_id": article_id }),
            Self::Menu { head, choices, tail } => {
                let list: Vec<Value> = choices
                    .iter()
                    .map(|(id, words)| json!({ "id": id, "content": words }))
                    .collect();
                json!({ "head_content": head, "list": list, "tail_content": tail })
            }
            Self::MiniProgramPage { title, appid, page, thumb_media_id } => {
                let mut content = json!({
                    "title": title,
                    "pagepath": page,
                    "thumb_media_id": thumb_media_id,
                });
                if let Some(appid) = appid {
                    content["appid"] = json!(appid);
                }
                content
            }
            Self::Link { title, description, url, thumb_url } => json!({
                "title": title,
                "description": description,
                "url": url,
                "thumb_url": thumb_url,
            }),
        }
    }

    /// What is refused here would cost one of the few messages of the window.
    fn check(&self, from: From) -> Result<(), Error> {
        let may = match self {
            Self::Text(_) | Self::Image { .. } => true,
            Self::MiniProgramPage { appid, .. } => appid.is_some() == (from == From::Official),
            Self::Link { .. } => from == From::Mini,
            _ => from == From::Official,
        };
        if !may {
            let words = format!("msgtype {}: not in this form from this account", self.kind());
            return Err(Error::ours(PATH, Class::Permanent, words));
        }
        let (missing, errcode, what) = match self {
            Self::Text(content) => (content.trim().is_empty(), 44004, "content"),
            Self::Image { media_id } | Self::Voice { media_id } | Self::Video { media_id, .. } => {
                (media_id.is_empty(), 41006, "media_id")
            }
            Self::Music { thumb_media_id, .. } | Self::MiniProgramPage { thumb_media_id, .. } => {
                (thumb_media_id.is_empty(), 41006, "thumb_media_id")
            }
            Self::News { title, .. } => (title.trim().is_empty(), 44003, "title"),
            Self::Article { article_id } => (article_id.is_empty(), 44003, "article_id"),
            Self::Menu { choices, .. } => (choices.is_empty(), 44004, "list"),
            Self::Link { url, .. } => (url.is_empty(), 44004, "url"),
        };
        hold(PATH, !missing, errcode, &format!("{what} is empty"))?;
        let fits = match self {
            Self::Text(content) => content.len() <= TEXT_BYTES,
            _ => true,
        };
        hold(PATH, fits, 45002, "content: up to 2048 bytes")
    }
}

/// Sends from either account. An error that is `MaybeSent` is not to be repeated.
pub(super) async fn send(
    inner: &Inner,
    (account, from): (&Account, From),
    openid: &str,
    message: &CustomMessage,
) -> Result<(), Error> {
    hold(PATH, !openid.is_empty(), 41009, "touser is empty")?;
    message.check(from)?;
    let kind = message.kind();
    let body = json!({ "touser": openid, "msgtype": kind, kind: message.content() });
    let _answer: IgnoredAny = inner.post(account, PATH, &body).await?;
    Ok(())
}
