//! Passive replies: what a person is answered in the same breath.
//!
//! The public account takes XML alone; the mini-program the format of its request.
//! Each kind is described once ([`Reply::fields`]) and written in either format.

use std::borrow::Cow;
use std::fmt::Write;

use serde_json::{Map, Value};

use crate::config::Format;

/// What a text may hold; the rest is cut off.
const MAX_TEXT_BYTES: usize = 2048;
/// Articles in one reply.
const MAX_ARTICLES: usize = 8;

/// What the person is answered at once. Media may be temporary or permanent material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// May hold links; at most 2048 bytes are shown.
    Text(String),
    Image {
        media_id: String,
    },
    Voice {
        media_id: String,
    },
    Video {
        media_id: String,
        title: String,
        description: String,
    },
    Music {
        title: String,
        description: String,
        url: String,
        /// Played on Wi-Fi.
        hq_url: String,
        thumb_media_id: String,
    },
    News(Articles),
    /// Hands the talk over to WeChat's own customer service, to `account` if one is named.
    TransferCustomerService {
        account: Option<String>,
    },
}

/// One to eight articles. To a person's own message WeChat shows the first only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Articles(Vec<Article>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    pub title: String,
    pub description: String,
    pub picture_url: String,
    pub url: String,
}

impl Articles {
    /// `None` for no article, or more than eight.
    pub fn new(articles: Vec<Article>) -> Option<Self> {
        (1..=MAX_ARTICLES).contains(&articles.len()).then_some(Self(articles))
    }
}

/// The value of a field of a reply.
enum Field<'a> {
    Text(Cow<'a, str>),
    Number(i64),
    Group(Fields<'a>),
    /// In XML the element again and again, in JSON an array.
    List(Vec<Field<'a>>),
}

type Fields<'a> = Vec<(&'static str, Field<'a>)>;

fn text(value: &str) -> Field<'_> {
    Field::Text(Cow::Borrowed(value))
}

impl Reply {
    /// The reply in the given format. `to` is the person's openid, `from` the
    /// account's `gh_…`, `created_at` in Unix seconds.
    pub fn write(&self, format: Format, to: &str, from: &str, created_at: i64) -> String {
        let fields = self.fields(to, from, created_at);
        match format {
            Format::Xml => {
                let mut xml = String::with_capacity(512);
                xml.push_str("<xml>");
                push_xml(&mut xml, &fields);
                xml.push_str("</xml>");
                xml
            }
            Format::Json => json(fields).to_string(),
        }
    }

    /// The reply as the public account takes it.
    pub fn to_xml(&self, to: &str, from: &str, created_at: i64) -> String {
        self.write(Format::Xml, to, from, created_at)
    }

    fn fields<'a>(&'a self, to: &'a str, from: &'a str, created_at: i64) -> Fields<'a> {
        let mut fields = vec![
            ("ToUserName", text(to)),
            ("FromUserName", text(from)),
            ("CreateTime", Field::Number(created_at)),
        ];
        let kind = |kind: &'static str| ("MsgType", text(kind));
        let media = |id| Field::Group(vec![("MediaId", text(id))]);
        match self {
            Self::Text(content) => {
                fields.extend([kind("text"), ("Content", Field::Text(cut(content)))]);
            }
            Self::Image { media_id } => fields.extend([kind("image"), ("Image", media(media_id))]),
            Self::Voice { media_id } => fields.extend([kind("voice"), ("Voice", media(media_id))]),
            Self::Video { media_id, title, description } => {
                let video = vec![
                    ("MediaId", text(media_id)),
                    ("Title", text(title)),
                    ("Description", text(description)),
                ];
                fields.extend([kind("video"), ("Video", Field::Group(video))]);
            }
            Self::Music { title, description, url, hq_url, thumb_media_id } => {
                let music = vec![
                    ("Title", text(title)),
                    ("Description", text(description)),
                    ("MusicUrl", text(url)),
                    ("HQMusicUrl", text(hq_url)),
                    ("ThumbMediaId", text(thumb_media_id)),
                ];
                fields.extend([kind("music"), ("Music", Field::Group(music))]);
            }
            Self::News(Articles(articles)) => {
                let count = i64::try_from(articles.len()).unwrap_or_default();
                let items = articles.iter().map(Article::fields).map(Field::Group).collect();
                fields.extend([
                    kind("news"),
                    ("ArticleCount", Field::Number(count)),
                    ("Articles", Field::Group(vec![("item", Field::List(items))])),
                ]);
            }
            Self::TransferCustomerService { account } => {
                fields.push(kind("transfer_customer_service"));
                if let Some(account) = account {
                    let whom = Field::Group(vec![("KfAccount", text(account))]);
                    fields.push(("TransInfo", whom));
                }
            }
        }
        fields
    }
}

impl Article {
    fn fields(&self) -> Fields<'_> {
        vec![
            ("Title", text(&self.title)),
            ("Description", text(&self.description)),
            ("PicUrl", text(&self.picture_url)),
            ("Url", text(&self.url)),
        ]
    }
}

fn push_xml(out: &mut String, fields: &[(&'static str, Field<'_>)]) {
    for (name, field) in fields {
        let again = match field {
            Field::List(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for value in again {
            push_all(out, ["<", name, ">"]);
            match value {
                Field::Text(text) => push_cdata(out, text),
                Field::Number(number) => {
                    // Writing into a String cannot fail.
                    let _written = write!(out, "{number}");
                }
                Field::Group(fields) => push_xml(out, fields),
                // No list stands in a list.
                Field::List(_) => {}
            }
            push_all(out, ["</", name, ">"]);
        }
    }
}

fn push_all(out: &mut String, parts: [&str; 3]) {
    for part in parts {
        out.push_str(part);
    }
}

fn json(fields: Fields<'_>) -> Value {
    let named = fields.into_iter().map(|(name, field)| (name.to_owned(), json_value(field)));
    Value::Object(named.collect::<Map<_, _>>())
}

fn json_value(field: Field<'_>) -> Value {
    match field {
        Field::Text(text) => Value::from(text),
        Field::Number(number) => Value::from(number),
        Field::Group(fields) => json(fields),
        Field::List(items) => items.into_iter().map(json_value).collect(),
    }
}

/// Text in CDATA: its end mark is split, characters that XML cannot hold are left out.
pub(super) fn push_cdata(out: &mut String, text: &str) {
    out.push_str("<![CDATA[");
    // Nearly every text can stand as it is.
    if is_plain(text) {
        out.push_str(text);
        out.push_str("]]>");
        return;
    }
    for c in text.chars().filter(|c| is_xml(*c)) {
        if c == '>' && out.ends_with("]]") {
            out.push_str("]]><![CDATA[");
        }
        out.push(c);
    }
    out.push_str("]]>");
}

/// As it stands, in CDATA. By bytes, since most of the time of a reply would go into its
/// characters.
fn is_plain(text: &str) -> bool {
    let printed = |byte: u8| byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r');
    text.bytes().all(printed) && !["]]>", "\u{fffe}", "\u{ffff}"].iter().any(|no| text.contains(no))
}

fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// A text over the limit would not be shown at all.
fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_TEXT_BYTES {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(MAX_TEXT_BYTES - '…'.len_utf8());
    Cow::Owned(format!("{}…", &text[..end]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wechat::tree;

    /// Without the three fields that all replies have.
    fn read(reply: &Reply, format: Format) -> Value {
        let (mut read, found) =
            tree::parse(reply.write(format, "o1", "gh_1", 7).as_bytes()).expect("well-formed");
        assert_eq!(found, format);
        assert_eq!(tree::int(&read, "CreateTime"), Ok(Some(7)));
        let fields = read.as_object_mut().expect("fields");
        assert_eq!(fields.remove("ToUserName"), Some(json!("o1")));
        assert_eq!(fields.remove("FromUserName"), Some(json!("gh_1")));
        fields.remove("CreateTime");
        read
    }

    fn article(title: &str) -> Article {
        Article {
            title: title.to_owned(),
            description: "介绍".to_owned(),
            picture_url: "https://p".to_owned(),
            url: "https://u".to_owned(),
        }
    }

    #[test]
    fn what_is_said_arrives_unchanged_but_for_control_characters() {
        let said = "好]]>的\u{0}]]\u{1}>]]]>>\u{ffff}<a href=\"x\">去</a>\r\n😀\t";
        let reply = Reply::Text(said.to_owned());
        assert_eq!(
            read(&reply, Format::Xml)["Content"],
            "好]]>的]]>]]]>><a href=\"x\">去</a>\r\n😀\t"
        );
        let json = Reply::Text(said.replace('\0', ""));
        assert_eq!(read(&json, Format::Json)["Content"], said.replace('\0', ""));
    }

    #[test]
    fn nobody_closes_the_text_from_within() {
        // The second is not XML as it stands, the first is.
        for end in ["", "\u{1}"] {
            let said = format!("]]></Content><MsgType>news</MsgType>]]]]>>{end}");
            let read = read(&Reply::Text(said.clone()), Format::Xml);
            assert_eq!(
                (&read["MsgType"], &read["Content"]),
                (&json!("text"), &json!(said.replace('\u{1}', "")))
            );
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let cut = cut(&"常".repeat(2000)).into_owned();
        assert!(cut.len() <= MAX_TEXT_BYTES && cut.ends_with('…'));
        assert_eq!(cut.chars().filter(|c| *c == '常').count(), 681);
    }

    #[test]
    fn every_kind_says_the_same_in_both_formats() {
        let media_id = "m1".to_owned();
        let one = |title: &str| json!({"Title": title, "Description": "介绍", "PicUrl": "https://p", "Url": "https://u"});
        let news = |titles: &[&str]| {
            let articles = titles.iter().map(|title| article(title)).collect();
            Reply::News(Articles::new(articles).expect("one to eight"))
        };
        for (reply, wanted) in [
            (
                Reply::Image { media_id: media_id.clone() },
                json!({"MsgType": "image", "Image": {"MediaId": "m1"}}),
            ),
            (
                Reply::Voice { media_id: media_id.clone() },
                json!({"MsgType": "voice", "Voice": {"MediaId": "m1"}}),
            ),
            (
                Reply::Video { media_id, title: "戏".to_owned(), description: String::new() },
                json!({"MsgType": "video", "Video": {"MediaId": "m1", "Title": "戏", "Description": ""}}),
            ),
            (
                Reply::Music {
                    title: "歌".to_owned(),
                    description: "老歌".to_owned(),
                    url: "https://a".to_owned(),
                    hq_url: "https://b".to_owned(),
                    thumb_media_id: "t1".to_owned(),
                },
                json!({"MsgType": "music", "Music": {"Title": "歌", "Description": "老歌",
                    "MusicUrl": "https://a", "HQMusicUrl": "https://b", "ThumbMediaId": "t1"}}),
            ),
            (
                Reply::TransferCustomerService { account: Some("kf1@gh".to_owned()) },
                json!({"MsgType": "transfer_customer_service", "TransInfo": {"KfAccount": "kf1@gh"}}),
            ),
            (
                Reply::TransferCustomerService { account: None },
                json!({"MsgType": "transfer_customer_service"}),
            ),
            (
                news(&["一", "二"]),
                json!({"MsgType": "news", "ArticleCount": "2", "Articles": {"item": [one("一"), one("二")]}}),
            ),
        ] {
            assert_eq!(read(&reply, Format::Xml), wanted);
            let mut in_json = read(&reply, Format::Json);
            if let Some(count) = in_json.get_mut("ArticleCount") {
                *count = json!(count.to_string());
            }
            assert_eq!(in_json, wanted);
        }
        assert_eq!(read(&news(&["一"]), Format::Xml)["Articles"]["item"], one("一"));
    }

    #[test]
    fn there_are_one_to_eight_articles() {
        assert_eq!(Articles::new(Vec::new()), None);
        assert!(Articles::new(vec![article("一"); 8]).is_some());
        assert_eq!(Articles::new(vec![article("一"); 9]), None);
    }
}
