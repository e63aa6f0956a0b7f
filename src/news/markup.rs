//! Markdown to HTML that is safe to show, here and on the platform.
//!
//! 1. Raw HTML in the text is shown as text, never as HTML.
//! 2. The only images are our own pictures, `picture:ID`; where they lie is the
//!    caller's answer. An image from elsewhere becomes its caption.
//! 3. What comes out has passed an allow-list as well.

use std::collections::HashMap;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

use entity::ids::PictureId;

const SCHEME: &str = "picture:";

static ALLOWED: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(
            [
                "p",
                "br",
                "hr",
                "strong",
                "em",
                "del",
                "small",
                "h1",
                "h2",
                "h3",
                "h4",
                "ul",
                "ol",
                "li",
                "blockquote",
                "pre",
                "code",
                "table",
                "thead",
                "tbody",
                "tr",
                "th",
                "td",
                "a",
                "img",
            ]
            .into(),
        )
        .tag_attributes(HashMap::from([
            ("a", ["href"].into()),
            ("img", ["src", "alt"].into()),
            ("ol", ["start"].into()),
        ]))
        // What these hold is dropped with them.
        .clean_content_tags(["script", "style"].into())
        .url_schemes(["http", "https"].into())
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener noreferrer"))
        .strip_comments(true);
    builder
});

fn events(body: &str) -> impl Iterator<Item = Event<'_>> {
    Parser::new_ext(body, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
}

fn images(body: &str) -> impl Iterator<Item = CowStr<'_>> {
    events(body).filter_map(|event| match event {
        Event::Start(Tag::Image { dest_url, .. }) => Some(dest_url),
        _ => None,
    })
}

fn picture(dest: &str) -> Option<PictureId> {
    let digits = dest.strip_prefix(SCHEME)?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok().map(PictureId)).flatten()
}

/// The pictures of a text, in order; one that is shown twice is named twice.
pub(super) fn pictures(body: &str) -> Vec<PictureId> {
    images(body).filter_map(|dest| picture(&dest)).collect()
}

/// The caption that stands where nobody has written one yet.
const NO_CAPTION: &str = "图注";

/// The text block by block, as people count paragraphs; captions are blocks as well.
pub(super) fn paragraphs(body: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block = String::new();
    for event in events(body) {
        match event {
            Event::Text(words)
            | Event::Code(words)
            | Event::Html(words)
            | Event::InlineHtml(words) => block.push_str(&words),
            Event::SoftBreak | Event::HardBreak => block.push('\n'),
            Event::End(
                TagEnd::Paragraph
                | TagEnd::Heading(_)
                | TagEnd::Item
                | TagEnd::TableCell
                | TagEnd::CodeBlock
                | TagEnd::HtmlBlock,
            ) => {
                if !block.trim().is_empty() {
                    blocks.push(std::mem::take(&mut block));
                }
                block.clear();
            }
            _ => {}
        }
    }
    blocks
}

/// Where the links of a text lead.
pub(super) fn links(body: &str) -> Vec<String> {
    events(body)
        .filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.into_string()),
            _ => None,
        })
        .collect()
}

/// Which of the pictures (from 1) have nothing to say what they show.
pub(super) fn without_caption(body: &str) -> Vec<usize> {
    let mut bare = Vec::new();
    let mut caption: Option<String> = None;
    let mut nth = 0;
    for event in events(body) {
        match event {
            Event::Start(Tag::Image { .. }) => {
                nth += 1;
                caption = Some(String::new());
            }
            Event::End(TagEnd::Image) => {
                let words = caption.take().unwrap_or_default();
                if words.trim().is_empty() || words.trim() == NO_CAPTION {
                    bare.push(nth);
                }
            }
            Event::Text(words) | Event::Code(words) => {
                if let Some(caption) = &mut caption {
                    caption.push_str(&words);
                }
            }
            _ => {}
        }
    }
    bare
}

/// Where images come from that are not ours: the host, or what stands in its place.
pub(super) fn foreign_images(body: &str) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    for dest in images(body).filter(|dest| picture(dest).is_none()) {
        let rest = dest.split_once("://").map_or(&*dest, |(_, rest)| rest);
        let host = rest.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
        let host: String = host.chars().take(60).collect();
        let host = if host.is_empty() { "空地址".to_owned() } else { host };
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

/// Is there nothing to read and nothing to see?
pub(super) fn is_empty(body: &str) -> bool {
    events(body).all(|event| match event {
        Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
            text.trim().is_empty()
        }
        Event::Start(Tag::Image { .. }) => false,
        _ => true,
    })
}

/// Safe HTML; `address` says where a picture lies, or nothing when it cannot be shown.
pub(super) fn html(body: &str, address: impl Fn(PictureId) -> Option<String>) -> String {
    let mut out = String::with_capacity(body.len() * 2);
    html::push_html(&mut out, shown(body, address).into_iter());
    ALLOWED.clean(&out).to_string().trim().to_owned()
}

/// A line of plain text inside HTML.
pub(super) fn text(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for character in plain.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

/// The events of a text with images resolved, captions written out and links checked.
fn shown(body: &str, address: impl Fn(PictureId) -> Option<String>) -> Vec<Event<'_>> {
    let mut out = Vec::new();
    // Captions of nested images are gathered; the innermost is last.
    let mut captions: Vec<(Option<String>, String)> = Vec::new();
    let mut links: Vec<bool> = Vec::new();
    for event in events(body) {
        match event {
            Event::Start(Tag::Image { dest_url, .. }) => {
                captions.push((picture(&dest_url).and_then(&address), String::new()));
            }
            Event::End(TagEnd::Image) => {
                match (captions.pop(), captions.last_mut()) {
                    // An image inside a caption: its words belong to the outer one.
                    (Some((_, caption)), Some((_, outer))) => outer.push_str(&caption),
                    (Some((source, caption)), None) => out.push(image(source, caption)),
                    (None, _) => {}
                }
            }
            Event::Text(words) | Event::Code(words) | Event::InlineHtml(words)
                if !captions.is_empty() =>
            {
                if let Some((_, caption)) = captions.last_mut() {
                    caption.push_str(&words);
                }
            }
            _ if !captions.is_empty() => {}
            Event::Html(raw) | Event::InlineHtml(raw) => out.push(Event::Text(raw)),
            // A line break that the author typed is one that the author meant.
            Event::SoftBreak => out.push(Event::HardBreak),
            Event::Start(Tag::Link { ref dest_url, .. }) => {
                let good = dest_url.starts_with("https://") || dest_url.starts_with("http://");
                links.push(good);
                if good {
                    out.push(event);
                }
            }
            Event::End(TagEnd::Link) => {
                if links.pop() == Some(true) {
                    out.push(event);
                }
            }
            Event::Start(Tag::HtmlBlock) => out.push(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => out.push(Event::End(TagEnd::Paragraph)),
            other => out.push(other),
        }
    }
    out
}

/// An image with its caption below; without an address only the caption.
fn image<'a>(source: Option<String>, caption: String) -> Event<'a> {
    let Some(source) = source else { return Event::Text(caption.into()) };
    let mut tag = format!("<img src=\"{}\" alt=\"{}\">", text(&source), text(&caption));
    if !caption.trim().is_empty() {
        tag.push_str("<br><small>");
        tag.push_str(&text(&caption));
        tag.push_str("</small>");
    }
    Event::InlineHtml(tag.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(body: &str) -> String {
        html(body, |id| Some(format!("/api/staff/pictures/{id}")))
    }

    #[test]
    fn a_text_with_a_picture_becomes_html() {
        let made = render("# 开班\n\n第一课。\n第二行\n\n![合影](picture:12)\n\n- 一\n- 二\n");
        assert_eq!(
            made,
            "<h1>开班</h1>\n<p>第一课。<br>\n第二行</p>\n<p><img src=\"/api/staff/pictures/12\" alt=\"合影\"><br>\
             <small>合影</small></p>\n<ul>\n<li>一</li>\n<li>二</li>\n</ul>"
        );
        assert_eq!(pictures("![a](picture:12) ![b](picture:3)"), [PictureId(12), PictureId(3)]);
    }

    #[test]
    fn nothing_that_runs_comes_through() {
        for attack in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "text <svg/onload=alert(1)> text",
            "[点我](javascript:alert(1))",
            "[点我](JaVaScRiPt:alert(1))",
            "[点我](data:text/html;base64,PHNjcmlwdD4=)",
            "[点我](vbscript:msgbox)",
            "<a href=\"javascript:alert(1)\">x</a>",
            "![x\" onerror=\"alert(1)](picture:1)",
            "![<script>alert(1)</script>](picture:1)",
            "![x](picture:1\" onerror=\"alert(1))",
            "![x](javascript:alert(1))",
            "[x](https://a.example/\"onmouseover=\"alert(1))",
            "<iframe src=https://evil.example></iframe>",
            "<style>*{background:url(https://evil.example)}</style>",
            "```\n</code></pre><script>alert(1)</script>\n```",
            "| <script>alert(1)</script> |\n|---|\n| <b onclick=alert(1)>x |",
            "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
            "<!-- --!><script>alert(1)</script> -->",
        ] {
            let made = render(attack);
            let tags: Vec<&str> =
                made.split('<').skip(1).filter_map(|rest| rest.split('>').next()).collect();
            for tag in tags {
                let name =
                    tag.trim_start_matches('/').split([' ', '\n']).next().unwrap_or_default();
                assert!(
                    [
                        "p", "br", "a", "img", "small", "pre", "code", "table", "thead", "tbody",
                        "tr", "th", "td"
                    ]
                    .contains(&name),
                    "{attack} -> {made}"
                );
                // Attribute values are quoted: outside the quotes no handler may stand.
                let outside: String = tag.split('"').step_by(2).collect();
                assert!(!outside.contains("on"), "{attack} -> {made}");
                assert!(!tag.to_lowercase().contains("javascript:"), "{attack} -> {made}");
            }
        }
    }

    #[test]
    fn images_from_elsewhere_are_not_shown_and_are_named() {
        let body = "![a](https://cdn.example.com/1.jpg) ![b](//x.example/2.png) ![c](3.png) ![d](picture:1x)";
        assert!(!render(body).contains("<img"));
        assert_eq!(foreign_images(body), ["cdn.example.com", "x.example", "3.png", "picture:1x"]);
        assert!(foreign_images("![a](picture:1)").is_empty());
    }

    #[test]
    fn blocks_are_counted_as_people_count_paragraphs() {
        let body = "# 开班\n\n第一课。\n第二行\n\n![合影](picture:1)\n\n- 一\n- 二\n\n| 甲 | 乙 |\n|---|---|\n| 丙 | 丁 |\n";
        let blocks = ["开班", "第一课。\n第二行", "合影", "一", "二", "甲", "乙", "丙", "丁"];
        assert_eq!(paragraphs(body), blocks);
        assert_eq!(without_caption("![](picture:1) ![图注](picture:2) ![合影](picture:3)"), [1, 2]);
        assert_eq!(links("[a](https://a.example) <https://b.example>").len(), 2);
    }

    #[test]
    fn empty_is_what_shows_nothing() {
        assert!(is_empty(" \n\n---\n"));
        assert!(!is_empty("字"));
        assert!(!is_empty("![](picture:1)"));
    }
}
