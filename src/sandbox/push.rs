//! Bodies of callbacks, in XML and in JSON.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::state::Account;
use crate::config::Format;

/// A value of a callback.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Text(String),
    Number(u64),
    Group(Vec<(&'static str, Node)>),
    /// The same element again and again.
    Many(Vec<Node>),
    /// As [`Node::Many`], but a list of one stays a list in JSON.
    List(Vec<Node>),
}

pub(super) fn text(value: impl Into<String>) -> Node {
    Node::Text(value.into())
}

/// A callback before it is written.
#[derive(Clone, Debug)]
pub(super) struct Push {
    pub(super) account: Account,
    pub(super) to: String,
    /// The user's openid.
    pub(super) from: String,
    /// Unix seconds.
    pub(super) at: i64,
    /// MsgType, or Event for events.
    pub(super) what: String,
    pub(super) is_event: bool,
    pub(super) fields: Vec<(&'static str, Node)>,
    /// An element that XML wraps and JSON does not have.
    pub(super) wrapped: Option<(&'static str, Vec<(&'static str, Node)>)>,
}

impl Push {
    pub(super) fn body(&self, format: Format) -> String {
        match format {
            Format::Xml => self.xml(),
            Format::Json => self.json().to_string(),
        }
    }

    fn head(&self) -> Vec<(&'static str, Node)> {
        let mut head = vec![
            ("ToUserName", text(&self.to)),
            ("FromUserName", text(&self.from)),
            ("CreateTime", Node::Number(self.at.unsigned_abs())),
        ];
        if self.is_event {
            head.push(("MsgType", text("event")));
            head.push(("Event", text(&self.what)));
        } else {
            head.push(("MsgType", text(&self.what)));
        }
        head.extend(self.fields.iter().cloned());
        head
    }

    fn xml(&self) -> String {
        let mut fields = self.head();
        if let Some((name, inner)) = &self.wrapped {
            fields.push((name, Node::Group(inner.clone())));
        }
        format!("<xml>{}</xml>", xml_of(&fields))
    }

    fn json(&self) -> Value {
        let mut fields = self.head();
        if let Some((_, inner)) = &self.wrapped {
            fields.extend(inner.iter().cloned());
        }
        json_of(&fields)
    }
}

fn xml_of(fields: &[(&'static str, Node)]) -> String {
    let mut xml = String::new();
    for (name, node) in fields {
        let nodes = match node {
            Node::Many(nodes) | Node::List(nodes) => nodes.as_slice(),
            one => std::slice::from_ref(one),
        };
        for node in nodes {
            let value = match node {
                Node::Text(text) => cdata(text),
                Node::Number(number) => number.to_string(),
                Node::Group(inner) => xml_of(inner),
                Node::Many(_) | Node::List(_) => String::new(),
            };
            // Writing to a String cannot fail.
            let _ = write!(xml, "<{name}>{value}</{name}>");
        }
    }
    xml
}

pub(super) fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

fn json_of(fields: &[(&'static str, Node)]) -> Value {
    let fields = fields.iter().map(|(name, node)| ((*name).to_owned(), json_node(node)));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn json_node(node: &Node) -> Value {
    match node {
        Node::Text(text) => Value::from(text.as_str()),
        Node::Number(number) => Value::from(*number),
        Node::Group(inner) => json_of(inner),
        Node::List(nodes) => nodes.iter().map(json_node).collect(),
        // The real one writes a list of one as an object.
        Node::Many(nodes) => match nodes.as_slice() {
            [one] => json_node(one),
            nodes => nodes.iter().map(json_node).collect(),
        },
    }
}
