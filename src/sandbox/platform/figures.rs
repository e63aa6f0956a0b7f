//! `/datacube/getarticletotal`: of what was sent on a day, day by day since.

use chrono::{NaiveDate, TimeDelta};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Call, Place, VERIFIED, bug, post, refuse};
use crate::clock::local_date;
use crate::sandbox::server::Shared;
use crate::sandbox::state::{Mass, MassContent, State};

pub(super) const PLACES: &[Place] = &[post("/datacube/getarticletotal", VERIFIED, article_total)];

/// So many days after it are counted.
const DAYS: i64 = 7;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    begin_date: String,
    end_date: String,
}

fn article_total(inner: &Shared, call: &Call) -> Answer {
    let body: Span = call.json()?;
    let date = |text: &str| {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| bug(61500, "date format error"))
    };
    let (begin, end) = (date(&body.begin_date)?, date(&body.end_date)?);
    let today = local_date(inner.now());
    if begin != end || end >= today {
        return Err(refuse(61501, "date range error"));
    }
    inner.read(|state| {
        let sent = state.masses.iter().filter(|mass| {
            mass.status == "SEND_SUCCESS" && mass.to_all && local_date(mass.at) == begin
        });
        let list: Vec<Value> = sent.flat_map(|mass| of_send(state, mass, begin, today)).collect();
        Ok(json!({ "list": list }))
    })
}

/// Every follower reads the first article once a day, and every second one those behind it.
fn of_send(state: &State, mass: &Mass, day: NaiveDate, today: NaiveDate) -> Vec<Value> {
    let MassContent::Articles(article_id) = &mass.what else { return Vec::new() };
    let Some(found) = state.publications.iter().find(|it| it.article_id == *article_id) else {
        return Vec::new();
    };
    let target = i64::try_from(mass.receivers.len()).unwrap_or_default();
    let articles = (1..).zip(&found.articles);
    articles
        .map(|(place, article): (i64, _)| {
            let readers = if place == 1 { target } else { target / 2 };
            let last = (today - day).num_days().min(DAYS + 1);
            let details: Vec<Value> = (0..last)
                .map(|nth| {
                    json!({
                        "stat_date": (day + TimeDelta::days(nth)).to_string(),
                        "target_user": target,
                        "int_page_read_user": readers,
                        "int_page_read_count": readers * (nth + 1),
                        "ori_page_read_user": 0,
                        "ori_page_read_count": 0,
                        "share_user": 1,
                        "share_count": nth + 1,
                        "add_to_fav_user": 0,
                        "add_to_fav_count": 0,
                    })
                })
                .collect();
            json!({
                "ref_date": day.to_string(),
                "msgid": format!("{}_{place}", found.msg_data_id),
                "title": article.title,
                "details": details,
            })
        })
        .collect()
}
