//! What a refused person is told: why, in one sentence, and what they can do instead.

use chrono::{DateTime, Utc};

use super::Actor;
use crate::clock;
use crate::courses::{self, ClassFacts};
use crate::error::Error;

/// More would not help to choose.
const MOST_ALTERNATIVES: usize = 3;

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

/// Whether another class of the course would help.
pub(super) fn may_have_alternatives(refusal: &Error) -> bool {
    matches!(
        refusal.code,
        "class_full"
            | "overlap"
            | "too_far"
            | "class_cancelled"
            | "other_community"
            | "previous_needed"
            | "taken_out"
    )
}

/// Adds the list of a full class, and where one would stand on it.
pub(super) fn with_list(refusal: Error, actor: Actor, facts: &ClassFacts) -> Error {
    if refusal.code != "class_full" {
        return refusal;
    }
    let nth = facts.class.waiting + 1;
    match actor {
        Actor::Staff(_) => {
            refusal.or_else(format!("列入候补（第 {nth} 位），有了名额会通知本人"), None)
        }
        Actor::Resident(_) | Actor::Delegate { .. } | Actor::System => refusal.or_else(
            format!("加入候补，排在第 {nth} 位，有名额会通知您"),
            Some(format!("/classes/{}?join=1", facts.class.id)),
        ),
    }
}

/// Adds classes that the person could have.
pub(super) fn with_alternatives<'a>(
    refusal: Error,
    others: impl Iterator<Item = &'a ClassFacts>,
    places: impl Fn(&ClassFacts) -> i32,
) -> Error {
    others.take(MOST_ALTERNATIVES).fold(refusal, |refusal, other| {
        let text = format!(
            "“{}”（{}，{}）还有 {} 个名额",
            other.class.name,
            courses::time_text(&other.class),
            other.site.name,
            places(other)
        );
        refusal.or_else(text, Some(format!("/classes/{}", other.class.id)))
    })
}
