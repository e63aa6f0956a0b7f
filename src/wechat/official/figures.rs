//! Figures: `POST /datacube/getarticletotal`. Verified accounts only (48001). One day a call,
//! yesterday at the latest (61501), ready after eight in the morning; of what was sent to
//! followers on that day, for the seven days after it. What was only published is not counted.
//!
//! Source: developers.weixin.qq.com/doc/service/api/wedata/news/api_getarticletotal.

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;

use super::Official;
use crate::wechat::{Error, client};

const TOTAL: &str = "/datacube/getarticletotal";

/// How often an article was read until the end of a day, counted from when it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReadTotal {
    /// The last day that is counted in.
    #[serde(rename = "stat_date")]
    pub day: NaiveDate,
    #[serde(default, rename = "int_page_read_user", deserialize_with = "client::int")]
    pub readers: i64,
    #[serde(default, rename = "int_page_read_count", deserialize_with = "client::int")]
    pub reads: i64,
    #[serde(default, rename = "share_count", deserialize_with = "client::int")]
    pub shares: i64,
    #[serde(default, rename = "add_to_fav_count", deserialize_with = "client::int")]
    pub favourites: i64,
}

/// An article that was sent on the day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Raw")]
pub struct ArticleTotal {
    /// The `msg_data_id` of the send.
    pub msg_data_id: String,
    /// In the send, from 1.
    pub place: i32,
    pub title: String,
    /// Day by day.
    pub totals: Vec<ReadTotal>,
}

#[derive(Deserialize)]
struct Raw {
    /// `msg_data_id` and place, as in `12003_3`.
    msgid: String,
    #[serde(default, deserialize_with = "client::nullable")]
    title: String,
    #[serde(default, deserialize_with = "client::nullable")]
    details: Vec<ReadTotal>,
}

impl From<Raw> for ArticleTotal {
    fn from(raw: Raw) -> Self {
        let (id, place) = raw.msgid.rsplit_once('_').unwrap_or((&raw.msgid, "1"));
        Self {
            msg_data_id: id.to_owned(),
            place: place.parse().unwrap_or(1),
            title: raw.title,
            totals: raw.details,
        }
    }
}

#[derive(Deserialize)]
struct List {
    #[serde(default, deserialize_with = "client::nullable")]
    list: Vec<ArticleTotal>,
}

impl Official<'_> {
    /// How often what was sent on this day was read since.
    ///
    /// # Errors
    /// 61501: today or later; 48001; the network.
    pub async fn article_totals(&self, day: NaiveDate) -> Result<Vec<ArticleTotal>, Error> {
        let body = json!({ "begin_date": day.to_string(), "end_date": day.to_string() });
        let found: List = self.inner.post(&self.inner.official, TOTAL, &body).await?;
        Ok(found.list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_send_and_place_stand_in_one_word() {
        let text = r#"{"ref_date": "2026-09-01", "msgid": "2594710_2", "title": "开班", "details": [
            {"stat_date": "2026-09-02", "target_user": 300, "int_page_read_user": 12,
             "int_page_read_count": 15, "ori_page_read_user": 0, "share_user": 1,
             "share_count": 2, "add_to_fav_user": 1, "add_to_fav_count": 1}]}"#;
        let read: ArticleTotal = serde_json::from_str(text).expect("as documented");
        assert_eq!((read.msg_data_id.as_str(), read.place), ("2594710", 2));
        assert_eq!((read.totals[0].readers, read.totals[0].reads), (12, 15));
    }
}
