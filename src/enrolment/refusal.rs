//! What a refused person is told: why, in one sentence, and what they can do instead.

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use entity::ids::{ClassId, EnrolmentId, ResidentId};

use super::Actor;
use super::applicants::{Applicants, Asked};
use crate::app::App;
use crate::clock;
use crate::courses::{self, ClassFacts, Kin};
use crate::error::{Error, NextStep, Result};

/// More would not help to choose.
const MOST_ALTERNATIVES: usize = 3;

/// What somebody was about to do with a class, and so what another one is to them.
#[derive(Clone, Copy, Debug)]
pub enum Way<'a> {
    SignUp,
    /// Out of another class of the course.
    Change {
        enrolment: EnrolmentId,
        from: ClassId,
    },
    /// 续读: one of these.
    Keep(&'a [ClassFacts]),
    Wish,
}

/// The refusal of a full class; some places may be kept for the counter.
pub(super) fn full(class: Option<&ClassFacts>, now: DateTime<Utc>) -> Error {
    let kept = class.map_or(0, |facts| courses::kept_places(facts, now));
    let message = match class {
        Some(facts) if kept > 0 => {
            let until = clock::spoken(courses::released_at(&facts.term));
            format!(
                "网上的名额报满了。还有 {kept} 个名额留给窗口和电话报名，{until}放出，先给候补的人。"
            )
        }
        _ => "这个班已经报满了。".to_owned(),
    };
    Error::conflict("class_full", message)
}

/// Which other classes would help: where the course itself is closed to the person, those
/// of other courses.
pub(super) fn helped_by(refusal: &Error) -> Option<Kin> {
    match refusal.code {
        "class_full" | "overlap" | "too_far" | "class_cancelled" | "other_community"
        | "taken_out" => Some(Kin::Sister),
        "too_young" | "too_old" | "previous_needed" => Some(Kin::Subject),
        _ => None,
    }
}

/// Adds what the person could have instead: of `others` those that `fit`, first those with
/// a free place, and the waiting list with the number on it. Three at most; they take the
/// place of the advice to look for oneself.
pub(super) fn with_alternatives(
    mut refusal: Error,
    class: &ClassFacts,
    others: &[ClassFacts],
    fit: impl Fn(&ClassFacts) -> bool,
    (way, actor, now): (Way<'_>, Actor, DateTime<Utc>),
) -> Error {
    let places = |other: &ClassFacts| courses::open_places(other, actor.is_staff(), now);
    let list = (refusal.code == "class_full" && matches!(way, Way::SignUp))
        .then(|| own_list(actor, class));
    let most = MOST_ALTERNATIVES - usize::from(list.is_some());
    let any_place = matches!(way, Way::Wish);
    let free = others.iter().filter(|other| any_place || places(other) > 0);
    let free = free.filter(|other| fit(other)).take(most);
    let mut steps: Vec<_> = free.map(|other| step(other, way, places(other))).collect();
    if matches!(way, Way::SignUp) {
        let full = others.iter().filter(|other| places(other) <= 0 && fit(other));
        steps.extend(full.take(most - steps.len()).map(sisters_list));
    }
    steps.extend(list);
    if !steps.is_empty() {
        refusal.next.retain(|general| general.page.as_deref() != Some("/classes"));
        steps.append(&mut refusal.next);
        refusal.next = steps;
    }
    refusal
}

fn own_list(actor: Actor, class: &ClassFacts) -> NextStep {
    let nth = class.class.waiting + 1;
    if actor.is_staff() {
        return NextStep {
            text: format!("列入候补（第 {nth} 位），有了名额会通知本人"),
            page: None,
        };
    }
    NextStep {
        text: format!("加入候补，排在第 {nth} 位，有名额会通知您"),
        page: Some(format!("/classes/{}?join=1", class.class.id)),
    }
}

fn sisters_list(other: &ClassFacts) -> NextStep {
    let nth = other.class.waiting + 1;
    NextStep {
        text: format!("{}也满了，候补排第 {nth} 位", in_words(other)),
        page: Some(format!("/classes/{}", other.class.id)),
    }
}

fn step(other: &ClassFacts, way: Way<'_>, places: i32) -> NextStep {
    let name = in_words(other);
    let with_places = format!("{name}还有 {places} 个名额");
    let class = format!("/classes/{}", other.class.id);
    let (text, page) = match way {
        Way::SignUp => (with_places, class),
        Way::Change { enrolment, .. } => (with_places, format!("/change/{enrolment}")),
        Way::Keep(_) => (with_places, "/wishes".to_owned()),
        Way::Wish => (format!("可以填{name}"), class),
    };
    NextStep { text, page: Some(page) }
}

/// “二班”（每周二 9:00–10:30，社区教育中心）
fn in_words(other: &ClassFacts) -> String {
    let (class, site) = (&other.class, &other.site.name);
    format!("“{}”（{}，{site}）", class.name, courses::time_text(class))
}

/// The refusal of one person, with what else there is for them; by the same rules.
pub(super) async fn help(
    app: &App,
    conn: &impl ConnectionTrait,
    refusal: Error,
    (who, class): (ResidentId, &ClassFacts),
    (way, actor): (Way<'_>, Actor),
    asked: Asked<'_>,
) -> Error {
    let Some(kin) = helped_by(&refusal) else { return refusal };
    let others = async {
        let mut others = match way {
            Way::Keep(theirs) => theirs.to_vec(),
            Way::Change { .. } => courses::alternatives(conn, class, Kin::Sister).await?,
            Way::SignUp | Way::Wish => courses::alternatives(conn, class, kin).await?,
        };
        let left = match way {
            Way::Change { from, .. } => from,
            _ => class.class.id,
        };
        others.retain(|other| ![class.class.id, left].contains(&other.class.id));
        let people = Applicants::read(&app.config, conn, &[who], others.iter()).await?;
        Result::Ok((others, people))
    };
    match others.await {
        Ok((others, people)) => {
            let fit = |other: &ClassFacts| people.check(who, other, asked).is_ok();
            with_alternatives(refusal, class, &others, fit, (way, actor, asked.now))
        }
        Err(error) => error,
    }
}
