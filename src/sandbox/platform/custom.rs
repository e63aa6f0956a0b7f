//! `POST /cgi-bin/message/custom/send`, of both accounts.

use serde::Deserialize;
use serde_json::Value;

use super::subscribe::MiniPage;
use super::{Answer, Call, EITHER_VERIFIED, Place, Refusal, bug, ok, post, refuse};
use crate::sandbox::people::{Line, add_line};
use crate::sandbox::server::{Inner, Shared};
use crate::sandbox::state::{Account, ChatArticle, Extra, MediaKind};

pub(super) const PLACES: &[Place] = &[post("/cgi-bin/message/custom/send", EITHER_VERIFIED, send)];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    touser: String,
    msgtype: String,
    text: Option<Text>,
    image: Option<OfMedia>,
    voice: Option<OfMedia>,
    video: Option<Video>,
    music: Option<Music>,
    news: Option<News>,
    mpnewsarticle: Option<OfArticle>,
    msgmenu: Option<Menu>,
    miniprogrampage: Option<Page>,
    link: Option<Link>,
    customservice: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    content: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfMedia {
    media_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Video {
    media_id: String,
    thumb_media_id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Music {
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
    musicurl: String,
    #[serde(rename = "hqmusicurl")]
    _hqmusicurl: String,
    thumb_media_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct News {
    articles: Vec<Article>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Article {
    title: String,
    #[serde(default)]
    description: String,
    url: String,
    #[serde(default)]
    picurl: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfArticle {
    article_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Menu {
    #[serde(default)]
    head_content: String,
    list: Vec<Choice>,
    #[serde(default)]
    tail_content: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    /// Comes as text or as a number.
    id: Value,
    content: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    title: String,
    appid: Option<String>,
    pagepath: String,
    thumb_media_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    title: String,
    description: String,
    url: String,
    thumb_url: String,
}

fn send(inner: &Shared, call: &Call) -> Answer {
    let message: Message = call.json()?;
    let openid = message.touser.clone();
    let line = read(inner, call.account, message)?;
    let now = inner.now();
    let account = call.account;
    let id = inner.change(|state| {
        let person = state
            .by_openid(account, &openid)
            .filter(|person| account == Account::Mini || person.follows)
            .ok_or_else(|| refuse(40003, "invalid openid"))?;
        let id = person.user.id;
        if person.standing.silent {
            return Err(refuse(48002, "api forbidden by the user"));
        }
        let mut open = person
            .openings
            .iter_mut()
            .filter(|opening| opening.trigger.account() == account && opening.until > now)
            .peekable();
        if open.peek().is_none() {
            return Err(refuse(45015, "response out of time limit or subscription is canceled"));
        }
        let opening = open.find(|opening| opening.left > 0);
        opening.ok_or_else(|| refuse(45047, "out of response count limit"))?.left -= 1;
        Ok(id)
    })?;
    add_line(inner, account, id, line);
    Ok(ok())
}

/// The message, if this account may send such a one.
fn read(inner: &Shared, account: Account, message: Message) -> Result<Line, Refusal> {
    let kinds: &[&str] = match account {
        Account::Official => &[
            "text",
            "image",
            "voice",
            "video",
            "music",
            "news",
            "mpnewsarticle",
            "msgmenu",
            "miniprogrampage",
        ],
        Account::Mini => &["text", "image", "miniprogrampage", "link"],
    };
    let kind = message.msgtype.as_str();
    if !kinds.contains(&kind) {
        return Err(bug(40008, "invalid message type"));
    }
    let missing = || bug(47001, format!("data format error: no object {kind}"));
    if message.customservice.is_some() && account == Account::Mini {
        return Err(bug(47001, "data format error: customservice"));
    }
    let extra = match kind {
        "text" => {
            let text = message.text.ok_or_else(missing)?.content;
            if text.is_empty() {
                return Err(refuse(44004, "empty content"));
            }
            if text.len() > 2048 {
                return Err(refuse(45002, "content size out of limit"));
            }
            return Ok(Line { text, ..Line::default() });
        }
        "image" => {
            let media_id = message.image.ok_or_else(missing)?.media_id;
            good_media(inner, account, &media_id, MediaKind::Image)?;
            Extra::Image { url: inner.picture_url(&media_id) }
        }
        "voice" => {
            let media_id = message.voice.ok_or_else(missing)?.media_id;
            good_media(inner, account, &media_id, MediaKind::Voice)?;
            Extra::Voice { recognition: String::new() }
        }
        "video" => {
            let video = message.video.ok_or_else(missing)?;
            good_media(inner, account, &video.media_id, MediaKind::Video)?;
            good_thumb(inner, account, &video.thumb_media_id)?;
            Extra::Video { title: video.title, description: video.description }
        }
        "music" => {
            let music = message.music.ok_or_else(missing)?;
            good_thumb(inner, account, &music.thumb_media_id)?;
            Extra::Music { title: music.title, description: music.description, url: music.musicurl }
        }
        "news" => return news(message.news.ok_or_else(missing)?),
        "mpnewsarticle" => {
            let article_id = message.mpnewsarticle.ok_or_else(missing)?.article_id;
            return article(inner, &article_id);
        }
        "msgmenu" => menu(message.msgmenu.ok_or_else(missing)?)?,
        "miniprogrampage" => page(inner, account, message.miniprogrampage.ok_or_else(missing)?)?,
        _ => {
            let link = message.link.ok_or_else(missing)?;
            let card = ChatArticle {
                title: link.title,
                description: link.description,
                pic_url: link.thumb_url,
                url: link.url,
            };
            return Ok(Line { articles: vec![card], ..Line::default() });
        }
    };
    Ok(Line { extra: Some(extra), ..Line::default() })
}

fn news(news: News) -> Result<Line, Refusal> {
    let [article] = <[Article; 1]>::try_from(news.articles)
        .map_err(|_| refuse(45008, "article size out of limit"))?;
    let card = ChatArticle {
        title: article.title,
        description: article.description,
        pic_url: article.picurl,
        url: article.url,
    };
    Ok(Line { articles: vec![card], ..Line::default() })
}

fn article(inner: &Inner, article_id: &str) -> Result<Line, Refusal> {
    let all = inner.read(|state| state.published(&inner.base_url));
    let found = all.into_iter().find(|one| one.article_id == article_id);
    let one = found.ok_or_else(|| refuse(53600, "invalid article_id"))?;
    let pic_url = inner.picture_url(one.article.cover());
    let (title, description) = (one.article.title, one.article.digest);
    let card = ChatArticle { title, description, pic_url, url: one.url };
    Ok(Line { articles: vec![card], ..Line::default() })
}

fn menu(menu: Menu) -> Result<Extra, Refusal> {
    if menu.list.is_empty() {
        return Err(bug(47001, "data format error: msgmenu.list is empty"));
    }
    let choice = |choice: Choice| {
        let id = match choice.id {
            Value::String(id) => id,
            other => other.to_string(),
        };
        (id, choice.content)
    };
    Ok(Extra::Menu {
        head: menu.head_content,
        choices: menu.list.into_iter().map(choice).collect(),
        tail: menu.tail_content,
    })
}

fn page(inner: &Shared, account: Account, page: Page) -> Result<Extra, Refusal> {
    let appid = match (account, page.appid) {
        (Account::Official, Some(appid)) => appid,
        (Account::Official, None) => return Err(bug(41002, "appid missing")),
        (Account::Mini, Some(_)) => {
            return Err(bug(47001, "data format error: the mini-program names no appid"));
        }
        (Account::Mini, None) => inner.config.mini.appid.clone(),
    };
    good_thumb(inner, account, &page.thumb_media_id)?;
    let picture_url = inner.picture_url(&page.thumb_media_id);
    let target = MiniPage { appid, pagepath: page.pagepath }.checked(inner)?;
    Ok(Extra::MiniPage { title: page.title, page: target, picture_url })
}

/// A living file of this account and kind.
pub(super) fn good_media(
    inner: &Inner,
    account: Account,
    media_id: &str,
    kind: MediaKind,
) -> Result<(), Refusal> {
    let now = inner.now();
    let good = inner.read(|state| {
        state
            .media
            .get(media_id)
            .is_some_and(|media| media.account == account && media.kind == kind && media.lives(now))
    });
    if good { Ok(()) } else { Err(refuse(40007, "invalid media_id")) }
}

/// The picture of a card.
fn good_thumb(inner: &Inner, account: Account, media_id: &str) -> Result<(), Refusal> {
    good_media(inner, account, media_id, MediaKind::Thumb)
        .or_else(|_| good_media(inner, account, media_id, MediaKind::Image))
}
