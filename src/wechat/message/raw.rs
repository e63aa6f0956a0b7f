//! What came, as it came, where we do not know better.

use std::fmt;

use serde_json::{Map, Value};

use crate::wechat::tree::Bad;

/// Kept of names and texts together, in bytes.
const MAX_BYTES: usize = 4096;

/// In [`super::super::callback::Incoming`] already.
const COMMON: [&str; 6] = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "MsgId"];

/// The fields of a message that is not understood, without the common ones. Its
/// `Debug` shows names alone: what stands in the fields may be about a person.
#[derive(Clone, PartialEq)]
pub struct Raw {
    fields: Map<String, Value>,
    /// The field that is not as expected; `None` where the kind is unknown.
    wrong: Option<&'static str>,
}

impl Raw {
    pub(super) fn of(tree: &Value, wrong: Option<Bad>) -> Self {
        let mut left = MAX_BYTES;
        let fields = match tree {
            Value::Object(fields) => bounded_fields(
                fields.iter().filter(|(name, _)| !COMMON.contains(&name.as_str())),
                &mut left,
            ),
            _ => Map::new(),
        };
        Self { fields, wrong: wrong.map(|bad| bad.0) }
    }

    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// The field because of which a known kind could not be read.
    pub fn wrong(&self) -> Option<&'static str> {
        self.wrong
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raw")
            .field("names", &self.fields.keys().collect::<Vec<_>>())
            .field("wrong", &self.wrong)
            .finish()
    }
}

/// The fields for which there is room.
fn bounded_fields<'a>(
    fields: impl Iterator<Item = (&'a String, &'a Value)>,
    left: &mut usize,
) -> Map<String, Value> {
    let mut kept = Map::new();
    for (name, value) in fields {
        let Some(room) = left.checked_sub(name.len()) else { continue };
        *left = room;
        kept.insert(name.clone(), bounded(value, left));
    }
    kept
}

fn bounded(value: &Value, left: &mut usize) -> Value {
    match value {
        Value::String(text) => {
            let kept = &text[..text.floor_char_boundary(*left)];
            *left -= kept.len();
            Value::from(kept)
        }
        Value::Array(items) => {
            let mut kept = Vec::new();
            for item in items {
                // Each costs something, so that a million of nothing is not kept.
                let Some(room) = left.checked_sub(1) else { break };
                *left = room;
                kept.push(bounded(item, left));
            }
            Value::Array(kept)
        }
        Value::Object(fields) => Value::Object(bounded_fields(fields.iter(), left)),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_unknown_is_kept_up_to_a_size_and_not_printed() {
        let tree = json!({
            "FromUserName": "oABC", "MsgType": "hologram", "Depth": 3, "Nested": {"a": ["x", 1]},
        });
        let raw = Raw::of(&tree, None);
        assert_eq!(
            Value::Object(raw.fields().clone()),
            json!({"Depth": 3, "Nested": {"a": ["x", 1]}})
        );
        let long = json!({"Words": "字".repeat(5000), "Zeros": vec![0; 5000]});
        let raw = Raw::of(&long, Some(Bad("Zeros")));
        assert_eq!(raw.fields()["Words"].as_str().map(str::len), Some(4089));
        assert!(raw.fields().get("Zeros").is_none_or(|zeros| zeros.to_string().len() < 20));
        assert_eq!(raw.wrong(), Some("Zeros"));
        assert!(!format!("{raw:?}").contains('字'));
    }
}
