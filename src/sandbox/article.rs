//! What the platform does to an article's HTML, and the page it is read on.

use super::state::{Article, PublishedArticle};

pub(super) struct Cleaned {
    pub(super) html: String,
    /// Addresses of the pictures that were dropped without a word.
    pub(super) dropped: Vec<String>,
}

/// Elements that go with everything in them.
const GONE_WITH_CONTENT: [&str; 4] = ["script", "style", "iframe", "object"];
/// Elements whose tags go.
const GONE: [&str; 8] = ["link", "meta", "form", "input", "button", "embed", "base", "html"];

/// Takes out scripts, and pictures that were not uploaded here.
pub(super) fn clean(html: &str, base_url: &str) -> Cleaned {
    let ours = format!("{base_url}/mmbiz_");
    let mut cleaned = Cleaned { html: String::with_capacity(html.len()), dropped: Vec::new() };
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let (before, tag_on) = rest.split_at(start);
        cleaned.html.push_str(before);
        if !tag_on[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!') {
            cleaned.html.push('<');
            rest = &tag_on[1..];
            continue;
        }
        let Some(end) = tag_end(tag_on) else {
            rest = "";
            break;
        };
        let (tag, after) = tag_on.split_at(end);
        rest = after;
        let name = tag_name(tag);
        if GONE_WITH_CONTENT.contains(&name.as_str()) {
            if !tag.starts_with("</") {
                let closing = format!("</{name}");
                let lower = rest.to_ascii_lowercase();
                rest = lower.find(&closing).and_then(|at| rest.get(at..)).unwrap_or_default();
            }
            continue;
        }
        if GONE.contains(&name.as_str()) || tag.starts_with("<!") {
            continue;
        }
        keep_tag(tag, &name, &ours, &mut cleaned);
    }
    cleaned.html.push_str(rest);
    cleaned
}

fn keep_tag(tag: &str, name: &str, ours: &str, cleaned: &mut Cleaned) {
    let attributes = attributes(tag);
    if name == "img" {
        let src = attributes.iter().find(|(name, _)| name == "src");
        let src = src.map(|(_, value)| value.as_str()).unwrap_or_default();
        if !src.starts_with(ours) {
            cleaned.dropped.push(src.to_owned());
            return;
        }
    }
    let is_bad = |(name, value): &(String, String)| {
        name.starts_with("on")
            || value.trim_start().to_ascii_lowercase().starts_with("javascript:")
            || (name == "style" && foreign_background(value, ours))
    };
    if !attributes.iter().any(is_bad) {
        cleaned.html.push_str(tag);
        return;
    }
    cleaned.html.push('<');
    cleaned.html.push_str(name);
    for attribute in &attributes {
        if is_bad(attribute) {
            if attribute.0 == "style" {
                cleaned.dropped.push(attribute.1.clone());
            }
            continue;
        }
        let value = attribute.1.replace('"', "&quot;");
        cleaned.html.push_str(&format!(" {}=\"{value}\"", attribute.0));
    }
    cleaned.html.push_str(if tag.ends_with("/>") { "/>" } else { ">" });
}

fn foreign_background(style: &str, ours: &str) -> bool {
    style
        .split("url(")
        .skip(1)
        .any(|after| !after.trim_start_matches(['"', '\'']).starts_with(ours))
}

/// Where the tag that `text` begins with ends; a `>` between quotes does not count.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at + 1),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    None
}

fn tag_name(tag: &str) -> String {
    let inner = tag.trim_start_matches(['<', '/']);
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
    inner.get(..end).unwrap_or_default().to_ascii_lowercase()
}

fn attributes(tag: &str) -> Vec<(String, String)> {
    let inner = tag.trim_start_matches(['<', '/']).trim_end_matches(['>', '/']);
    let start = inner.find(char::is_whitespace).unwrap_or(inner.len());
    let mut rest = inner.get(start..).unwrap_or_default().trim_start();
    let mut attributes = Vec::new();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        rest = after.trim_start();
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let quoted = ['"', '\''].into_iter().find_map(|quote| {
                let inner = after.strip_prefix(quote)?;
                inner.split_once(quote).or(Some((inner, "")))
            });
            let (found, left) = quoted.unwrap_or_else(|| {
                after.split_at(after.find(char::is_whitespace).unwrap_or(after.len()))
            });
            value = found.to_owned();
            rest = left.trim_start();
        }
        if name.is_empty() {
            // A stray sign; one step on, or this would never end.
            let mut chars = rest.chars();
            chars.next();
            rest = chars.as_str();
            continue;
        }
        attributes.push((name.to_ascii_lowercase(), value));
    }
    attributes
}

/// The words alone.
pub(super) fn text(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            c if inside || c == '\n' => {}
            c => text.push(c),
        }
    }
    text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The page of an article.
pub(super) fn page(published: &PublishedArticle, account_name: &str) -> String {
    let Article { title, author, content, content_source_url, .. } = &published.article;
    let pictures: String =
        published.article.pictures.iter().map(|media_id| picture(media_id)).collect();
    let (title, author) = (escape(title), escape(author));
    let account = escape(account_name);
    let at = crate::clock::spoken(published.at);
    let more = if content_source_url.starts_with("http") {
        format!("<p class=\"more\"><a href=\"{}\">阅读原文</a></p>", escape(content_source_url))
    } else {
        String::new()
    };
    page_of(
        &title,
        &format!(
            "<h1>{title}</h1>\
             <p class=\"by\">{author} <span class=\"account\">{account}</span> {at}</p>\
             {pictures}<div class=\"body\">{content}</div>{more}"
        ),
    )
}

/// A picture of a `newspic`.
fn picture(media_id: &str) -> String {
    let src = super::state::picture_url("", media_id, "image/jpeg");
    format!("<div class=\"body\"><img src=\"{}\" alt=\"\"></div>", escape(&src))
}

/// The page of an article that is not there.
pub(super) fn missing() -> String {
    page_of("无法查看", "<div class=\"gone\">该内容已被发布者删除，或者不存在。</div>")
}

pub(super) fn page_of(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><link rel=\"stylesheet\" href=\"/phone/assets/article.css\">\
         <script type=\"module\" src=\"/phone/assets/article.js\"></script>\
         <script type=\"module\" src=\"/phone/assets/sign_in.js\"></script></head>\
         <body><main>{body}</main><footer>沙盒 · 不是真正的微信</footer></body></html>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "http://127.0.0.1:9";

    fn cleaned(html: &str) -> (String, usize) {
        let cleaned = clean(html, BASE);
        (cleaned.html, cleaned.dropped.len())
    }

    #[test]
    fn what_is_harmless_stays_as_it_is() {
        let html = "<section style=\"color:red\"><p>水乡 &amp; <b>田园</b></p>\
                    <img src=\"http://127.0.0.1:9/mmbiz_png/x/0?wx_fmt=png\" alt=\"a>b\"/></section>";
        assert_eq!(cleaned(html), (html.to_owned(), 0));
    }

    #[test]
    fn pictures_of_other_hosts_and_scripts_are_taken_out() {
        assert_eq!(cleaned("a<img src='http://x.cn/a.png'>b"), ("ab".to_owned(), 1));
        assert_eq!(cleaned("a<SCRIPT>alert('<p>')</SCRIPT>b"), ("ab".to_owned(), 0));
        assert_eq!(cleaned("<p onclick=\"x()\">a</p>"), ("<p>a</p>".to_owned(), 0));
        assert_eq!(cleaned("<a href=\"javascript:x()\">a</a>"), ("<a>a</a>".to_owned(), 0));
        assert_eq!(
            cleaned("<p style=\"background:url(http://x.cn/a.png)\">a</p>"),
            ("<p>a</p>".to_owned(), 1)
        );
        assert_eq!(cleaned("<script>never closed").0, "");
        assert_eq!(cleaned("1 < 2 <b = = x>").0, "1 < 2 <b = = x>");
    }

    #[test]
    fn the_words_are_found() {
        assert_eq!(text("<p>一&amp;</p>\n<b>二</b>"), "一&二");
    }
}
