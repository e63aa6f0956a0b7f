//! How an enrolment came to stand as it does, in words: what, when, by whom and why.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use entity::enrolment::Model;
use entity::enrolment_change::Model as Change;
use entity::ids::{EnrolmentId, ResidentId, StaffId};
use entity::kinds::{ActorKind, EnrolmentStatus, NameState};

use super::store;
use crate::app::App;
use crate::error::Result;
use crate::members::{self, Person};
use crate::{family, staff};

/// One step.
#[derive(Clone, Debug)]
pub struct Past {
    pub enrolment: EnrolmentId,
    pub at: DateTime<Utc>,
    pub what: &'static str,
    pub by: ActorKind,
    /// As in 女儿王小丽代报.
    pub who: String,
    pub reason: Option<String>,
}

/// The steps of these enrolments, oldest first. Names are as staff see them.
///
/// # Errors
/// The database.
pub async fn history(
    app: &App,
    conn: &impl ConnectionTrait,
    rows: &[Model],
    for_staff: bool,
) -> Result<Vec<Past>> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let changes = store::changes(conn, &ids).await?;
    let of = |kind| {
        let theirs = changes.iter().filter(move |change| change.actor_kind == kind);
        theirs.filter_map(|change| change.actor_id)
    };
    let staff: Vec<_> = of(ActorKind::Staff).map(StaffId).collect();
    let delegates: Vec<_> = of(ActorKind::Delegate).map(ResidentId).collect();
    let learners: HashMap<_, _> = rows.iter().map(|row| (row.id, row.resident_id)).collect();
    let staff = if for_staff { staff::names(conn, &staff).await? } else { HashMap::new() };
    let (people, relations) = if delegates.is_empty() {
        (HashMap::new(), HashMap::new())
    } else {
        let all: Vec<_> = learners.values().copied().collect();
        (members::people(app, conn, &delegates).await?, family::relations(conn, &all).await?)
    };
    let who = |change: &Change| match (change.actor_kind, change.actor_id) {
        (ActorKind::Resident, _) => "本人".to_owned(),
        (ActorKind::System, _) => "系统".to_owned(),
        (ActorKind::Staff, id) => {
            let name = id.and_then(|id| staff.get(&StaffId(id)));
            name.cloned().unwrap_or_else(|| "工作人员".to_owned())
        }
        (ActorKind::Delegate, id) => {
            let id = ResidentId(id.unwrap_or_default());
            let relation = learners
                .get(&change.enrolment_id)
                .and_then(|learner| relations.get(&(*learner, id)));
            let relation = relation.map_or("家人", |relation| family::relation_text(*relation));
            let name = people.get(&id).map(|person| shown(person, for_staff)).unwrap_or_default();
            let verb = if change.from_status.is_none() { "代报" } else { "代办" };
            format!("{relation}{name}{verb}")
        }
    };
    Ok(changes
        .iter()
        .map(|change| Past {
            enrolment: change.enrolment_id,
            at: change.at,
            what: what(change.from_status, change.to_status),
            by: change.actor_kind,
            who: who(change),
            reason: change.reason.clone(),
        })
        .collect())
}

fn shown(person: &Person, for_staff: bool) -> String {
    let state = if for_staff { NameState::Shown } else { person.name_state };
    members::name_for_others(person.name.clone(), state)
}

fn what(from: Option<EnrolmentStatus>, to: EnrolmentStatus) -> &'static str {
    use EnrolmentStatus::{Cancelled, Offered, Placed, Waiting, Withdrawn};
    match (from, to) {
        (Some(Offered), Placed) => "确认了名额",
        (_, Placed) => "报上了",
        (Some(Offered), Waiting) => "没有确认，回到候补",
        (_, Waiting) => "排上候补",
        (_, Offered) => "有名额，等待确认",
        (Some(Waiting), Withdrawn) => "退出候补",
        (Some(Offered), Withdrawn) => "不要名额",
        (_, Withdrawn) => "退课",
        (_, Cancelled) => "班级停办",
    }
}
