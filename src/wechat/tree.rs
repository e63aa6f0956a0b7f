//! One shape for what WeChat pushes as XML or as JSON: a tree of JSON values.
//!
//! From XML every leaf is a string, a repeated element an array. The readers here
//! hide the differences: numbers as strings, one entry as an object instead of a list.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value};

use crate::config::Format;

/// Deeper nesting than any message has.
const MAX_DEPTH: usize = 12;

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    #[error("not UTF-8")]
    Utf8,
    #[error("contains a NUL")]
    Nul,
    #[error("neither XML nor JSON")]
    Neither,
    #[error("a document type or an entity of its own")]
    Doctype,
    #[error("broken XML")]
    Xml,
    #[error("broken JSON")]
    Json,
    #[error("nested too deeply")]
    Depth,
}

/// Reads a body; its first character that is no blank decides what it is.
///
/// # Errors
/// Not UTF-8, not well-formed, or with anything that no message of WeChat's has.
pub fn parse(body: &[u8]) -> Result<(Value, Format), TreeError> {
    let text = std::str::from_utf8(body).map_err(|_| TreeError::Utf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // A NUL cannot be stored by PostgreSQL, and no message needs one. XML cannot say it
    // in another way than this; JSON can.
    if text.contains('\0') {
        return Err(TreeError::Nul);
    }
    match text.trim_start().chars().next() {
        Some('<') => Ok((parse_xml(text)?, Format::Xml)),
        Some('{') => {
            let tree = serde_json::from_str(text).map_err(|_| TreeError::Json)?;
            if has_nul(&tree) { Err(TreeError::Nul) } else { Ok((tree, Format::Json)) }
        }
        _ => Err(TreeError::Neither),
    }
}

fn has_nul(tree: &Value) -> bool {
    match tree {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// An element that has been opened and not yet closed.
#[derive(Default)]
struct Open {
    fields: Map<String, Value>,
    /// Character data, and whether any of it stood in CDATA.
    text: String,
    in_cdata: bool,
}

impl Open {
    fn close(self) -> Value {
        if self.fields.is_empty() { Value::String(self.text) } else { Value::Object(self.fields) }
    }

    fn text(&mut self, text: &str) {
        // Line breaks around CDATA are layout, not content.
        if !(text.trim().is_empty() && self.in_cdata) {
            self.text.push_str(text);
        }
    }

    fn cdata(&mut self, text: &str) {
        if !self.in_cdata && self.text.trim().is_empty() {
            self.text.clear();
        }
        self.in_cdata = true;
        self.text.push_str(text);
    }

    fn child(&mut self, name: &str, value: Value) {
        match self.fields.get_mut(name) {
            None => {
                self.fields.insert(name.to_owned(), value);
            }
            Some(Value::Array(items)) => items.push(value),
            Some(first) => {
                let earlier = first.take();
                *first = Value::Array(vec![earlier, value]);
            }
        }
    }
}

fn parse_xml(text: &str) -> Result<Value, TreeError> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut root: Option<Value> = None;
    loop {
        let event = reader.read_event().map_err(|_| TreeError::Xml)?;
        if root.is_some() && matches!(event, Event::Start(_) | Event::Empty(_) | Event::CData(_)) {
            return Err(TreeError::Xml);
        }
        match event {
            Event::Start(_) => {
                if open.len() == MAX_DEPTH {
                    return Err(TreeError::Depth);
                }
                open.push(Open::default());
            }
            Event::Empty(tag) => {
                let parent = open.last_mut().ok_or(TreeError::Xml)?;
                parent.child(tag.name().0, Value::String(String::new()));
            }
            // The reader has seen to it that it is the name of the start tag.
            Event::End(tag) => {
                let value = open.pop().ok_or(TreeError::Xml)?.close();
                match open.last_mut() {
                    Some(parent) => parent.child(tag.name().0, value),
                    None if tag.name().0 == "xml" => root = Some(value),
                    None => return Err(TreeError::Xml),
                }
            }
            Event::Text(text) => match open.last_mut() {
                Some(element) => element.text(&text),
                None if text.trim().is_empty() => {}
                None => return Err(TreeError::Xml),
            },
            Event::CData(text) => open.last_mut().ok_or(TreeError::Xml)?.cdata(&text),
            Event::GeneralRef(reference) => {
                let known = match &*reference {
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "amp" => Some('&'),
                    "apos" => Some('\''),
                    "quot" => Some('"'),
                    _ => reference.resolve_char_ref().map_err(|_| TreeError::Xml)?,
                };
                let character = known.ok_or(TreeError::Doctype)?;
                let element = open.last_mut().ok_or(TreeError::Xml)?;
                element.text.push(character);
            }
            Event::DocType(_) => return Err(TreeError::Doctype),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    if open.is_empty() { root.ok_or(TreeError::Xml) } else { Err(TreeError::Xml) }
}

/// A field that is wrong: its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bad(pub &'static str);

/// Text of a field; absent, null and empty are all `None`. A repeated one is an
/// error, so that nobody can shadow a field with a second.
pub fn text(tree: &Value, name: &'static str) -> Result<Option<String>, Bad> {
    match tree.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(Bad(name)),
    }
}

/// As [`text`], which is then no longer in the tree.
pub fn take(tree: &mut Value, name: &'static str) -> Result<Option<String>, Bad> {
    match tree.get_mut(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(std::mem::take(text))),
        _ => text(tree, name),
    }
}

/// Text of a field that may be absent, as an empty string.
pub fn text_or_empty(tree: &Value, name: &'static str) -> Result<String, Bad> {
    text(tree, name).map(Option::unwrap_or_default)
}

/// A whole number, written as one or as a string.
pub fn int(tree: &Value, name: &'static str) -> Result<Option<i64>, Bad> {
    match text(tree, name)? {
        None => Ok(None),
        Some(text) => text.trim().parse().map(Some).map_err(|_| Bad(name)),
    }
}

/// A number with decimals, written as one or as a string.
pub fn float(tree: &Value, name: &'static str) -> Result<Option<f64>, Bad> {
    match text(tree, name)? {
        None => Ok(None),
        Some(text) => text
            .trim()
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .map(Some)
            .ok_or(Bad(name)),
    }
}

/// The entries of a list: an array, a single entry, or none.
pub fn list<'a>(tree: &'a Value, name: &str) -> &'a [Value] {
    match tree.get(name) {
        None | Some(Value::Null) => &[],
        // An empty element.
        Some(Value::String(text)) if text.trim().is_empty() => &[],
        Some(Value::Array(items)) => items,
        Some(one) => std::slice::from_ref(one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn xml(text: &str) -> Result<Value, TreeError> {
        parse(text.as_bytes()).map(|(tree, _)| tree)
    }

    #[test]
    fn the_first_character_tells_xml_from_json() {
        assert_eq!(
            parse(b" \n<xml><a>1</a></xml>").expect("XML"),
            (json!({"a": "1"}), Format::Xml)
        );
        assert_eq!(parse(b"\t{\"a\": 1}").expect("JSON"), (json!({"a": 1}), Format::Json));
        assert_eq!(parse("\u{feff}{}".as_bytes()).expect("JSON").1, Format::Json);
        assert_eq!(parse(b"success"), Err(TreeError::Neither));
        assert_eq!(parse(b""), Err(TreeError::Neither));
        assert_eq!(parse(b"[]"), Err(TreeError::Neither));
    }

    #[test]
    fn character_data_is_read_as_it_stands() {
        let tree =
            xml("<xml><a>\n <![CDATA[ x<y ]]>\n</a><b>1 &lt; 2 &#x4E66;</b><c/><d></d></xml>");
        assert_eq!(tree, Ok(json!({"a": " x<y ", "b": "1 < 2 书", "c": "", "d": ""})));
        assert_eq!(
            xml("<xml><a><![CDATA[x]]]]><![CDATA[>y]]></a></xml>"),
            Ok(json!({"a": "x]]>y"}))
        );
    }

    #[test]
    fn repeated_elements_become_a_list() {
        let tree = xml("<xml><l><i>1</i><i>2</i></l><m><i>1</i></m></xml>").expect("XML");
        assert_eq!(list(&tree["l"], "i").len(), 2);
        assert_eq!(list(&tree["m"], "i").len(), 1);
        assert_eq!(list(&tree["m"], "x").len(), 0);
        assert_eq!(text(&tree["l"], "i"), Err(Bad("i")));
    }

    #[test]
    fn numbers_are_read_from_either_form() {
        let tree = json!({"a": 7, "b": " 7 ", "c": "seven", "d": 18_446_744_073_709_551_615_u64, "e": 1.5, "f": "", "g": "NaN"});
        assert_eq!(int(&tree, "a"), Ok(Some(7)));
        assert_eq!(int(&tree, "b"), Ok(Some(7)));
        assert_eq!(int(&tree, "c"), Err(Bad("c")));
        assert_eq!(int(&tree, "d"), Err(Bad("d")));
        assert_eq!(int(&tree, "f"), Ok(None));
        assert_eq!(float(&tree, "e"), Ok(Some(1.5)));
        assert_eq!(float(&tree, "g"), Err(Bad("g")));
        assert_eq!(text(&tree, "d"), Ok(Some("18446744073709551615".to_owned())));
    }

    #[test]
    fn what_no_message_has_is_refused() {
        assert_eq!(xml("<!DOCTYPE x><xml></xml>"), Err(TreeError::Doctype));
        assert_eq!(
            xml("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml><a>&e;</a></xml>"),
            Err(TreeError::Doctype)
        );
        assert_eq!(xml("<xml><a>&e;</a></xml>"), Err(TreeError::Doctype));
        assert_eq!(xml("<xml><a>&#0;</a></xml>"), Err(TreeError::Xml));
        assert_eq!(xml("<xml><a></xml>"), Err(TreeError::Xml));
        assert_eq!(xml("<xml><a>1</a>"), Err(TreeError::Xml));
        assert_eq!(xml("<xml></xml><xml></xml>"), Err(TreeError::Xml));
        assert_eq!(xml("<xml></xml>x"), Err(TreeError::Xml));
        assert_eq!(xml("<html></html>"), Err(TreeError::Xml));
        assert_eq!(xml("<xml><a>\0</a></xml>"), Err(TreeError::Nul));
        assert_eq!(xml("{\"a\": \"\\u0000\"}"), Err(TreeError::Nul));
        assert_eq!(xml("{\"a\": "), Err(TreeError::Json));
        assert_eq!(parse(b"<xml>\xff</xml>"), Err(TreeError::Utf8));
        assert_eq!(xml(&format!("<xml>{}", "<a>".repeat(500))), Err(TreeError::Depth));
        assert_eq!(xml(&format!("{{\"a\":{}", "[".repeat(5000))), Err(TreeError::Json));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn no_markup_makes_it_panic(text in r#"(<xml>|</xml>|<a>|</a>|<a/>|<!\[CDATA\[|\]\]>|&lt;|&#|;|<!--|-->|<\?|<!|[ -~]|书){0,30}"#) {
            let _ = parse(text.as_bytes());
        }
    }
}
