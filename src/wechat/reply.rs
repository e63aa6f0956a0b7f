//! Passive replies to the public account's callbacks (XML only).

use std::borrow::Cow;
use std::fmt::Write;

/// What a text may hold; the rest is cut off.
const MAX_TEXT_BYTES: usize = 2048;

/// What the person is answered at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// May hold links; at most 2048 bytes are shown.
    Text(String),
    Image {
        media_id: String,
    },
    News {
        title: String,
        description: String,
        picture_url: String,
        url: String,
    },
}

impl Reply {
    /// The reply as XML. `to` is the person's openid, `from` the account's `gh_…`.
    pub fn to_xml(&self, to: &str, from: &str, created_at: i64) -> String {
        let (kind, content) = match self {
            Self::Text(text) => ("text", element("Content", &cut(text))),
            Self::Image { media_id } => {
                ("image", format!("<Image>{}</Image>", element("MediaId", media_id)))
            }
            Self::News { title, description, picture_url, url } => (
                "news",
                format!(
                    "<ArticleCount>1</ArticleCount><Articles><item>{}{}{}{}</item></Articles>",
                    element("Title", title),
                    element("Description", description),
                    element("PicUrl", picture_url),
                    element("Url", url)
                ),
            ),
        };
        let mut xml = String::from("<xml>");
        xml.push_str(&element("ToUserName", to));
        xml.push_str(&element("FromUserName", from));
        // Writing into a String cannot fail.
        let _written = write!(xml, "<CreateTime>{created_at}</CreateTime>");
        xml.push_str(&element("MsgType", kind));
        xml.push_str(&content);
        xml.push_str("</xml>");
        xml
    }
}

/// Text in CDATA: its end mark is split, characters that XML cannot hold are left out.
pub(super) fn element(name: &str, text: &str) -> String {
    let clean: String =
        text.chars().filter(|c| matches!(c, '\t' | '\n' | '\r') || is_xml(*c)).collect();
    format!("<{name}><![CDATA[{}]]></{name}>", clean.replace("]]>", "]]]]><![CDATA[>"))
}

fn is_xml(c: char) -> bool {
    c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}')
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
    use super::*;
    use crate::wechat::tree;

    #[test]
    fn what_is_said_arrives_unchanged_but_for_control_characters() {
        let xml =
            Reply::Text("好]]>的\u{0}<a href=\"x\">去</a>\n😀".to_owned()).to_xml("o1", "gh_1", 7);
        let (read, _) = tree::parse(xml.as_bytes()).expect("XML");
        assert_eq!(
            tree::text(&read, "Content"),
            Ok(Some("好]]>的<a href=\"x\">去</a>\n😀".to_owned()))
        );
        assert_eq!(tree::int(&read, "CreateTime"), Ok(Some(7)));
    }
    #[test]
    fn a_long_text_is_cut_between_characters() {
        let cut = cut(&"常".repeat(2000)).into_owned();
        assert!(cut.len() <= MAX_TEXT_BYTES && cut.ends_with('…'));
        assert_eq!(cut.chars().filter(|c| *c == '常').count(), 681);
    }
}
