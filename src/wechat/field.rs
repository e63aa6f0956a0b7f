//! What the endpoints' files share: limits held before sending, and the spellings in
//! which WeChat writes what it answers.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::{Map, Value, json};

use super::mini::keeps_its_rule;
use super::{Class, Error, client, fit_template_value};

/// Refuses before anything is sent, where the rule does not hold: with WeChat's own code
/// if it has one, so that a refusal reads the same from both sides. The rule names the
/// field, never its content.
pub(super) fn hold(
    endpoint: &'static str,
    holds: bool,
    errcode: impl Into<Option<i64>>,
    rule: &str,
) -> Result<(), Error> {
    match (holds, errcode.into()) {
        (true, _) => Ok(()),
        (false, Some(errcode)) => Err(Error::answered(endpoint, errcode, rule)),
        (false, None) => Err(Error::ours(endpoint, Class::Permanent, rule)),
    }
}

/// Characters, as the platform counts most lengths.
pub(super) fn chars(text: &str) -> usize {
    text.chars().count()
}

/// The `data` of template and subscription messages, each value fitted to its key's rule.
///
/// # Errors
/// 47003, naming the key: a value of another form, such as words for a time.
pub(super) fn template_data(
    endpoint: &'static str,
    data: &BTreeMap<String, String>,
) -> Result<Map<String, Value>, Error> {
    let fitted = data.iter().map(|(key, value)| {
        let value = fit_template_value(key, value);
        hold(endpoint, keeps_its_rule(key, &value), 47003, &format!("data.{key}.value"))?;
        Ok((key.clone(), json!({ "value": value })))
    });
    fitted.collect()
}

/// A truth, or 0 and 1, as numbers or strings.
pub(super) fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(client::int(deserializer)? != 0)
}

/// A text that may be null or empty: both are as good as absent.
pub(super) fn filled<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}

/// Whole numbers, each written as one or as a string; null is none.
pub(super) fn ints<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<i64>, D::Error> {
    let values = Option::<Vec<Value>>::deserialize(deserializer)?.unwrap_or_default();
    values.into_iter().map(|value| client::int(value).map_err(D::Error::custom)).collect()
}

/// Unix seconds; 0 is no time.
pub(super) fn time<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<DateTime<Utc>>, D::Error> {
    let seconds = client::int(deserializer)?;
    Ok((seconds != 0).then(|| DateTime::from_timestamp(seconds, 0)).flatten())
}

/// An id as [`client::id`] reads it; absent, null, empty and 0 are none.
pub(super) fn optional_id<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        value => {
            let id = client::id(value).map_err(D::Error::custom)?;
            Ok(Some(id).filter(|id| !matches!(id.as_str(), "" | "0")))
        }
    }
}
