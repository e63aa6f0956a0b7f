//! What a rehearsal does not show: rules of the term that are switched off because nobody made
//! up can show papers or a past, and the phases before first come first served.

use entity::kinds::Residence;
use entity::{class, term, term_plan};

use crate::clock;
use crate::courses::{self, Stage};

/// One sentence for each. `classes`: as they really are.
pub(super) fn in_words(
    term: &term::Model,
    plan: Option<term_plan::Model>,
    classes: &[class::Model],
) -> Vec<String> {
    let mut all = vec![phases(term, plan.as_ref())];
    if term.pledge_needed {
        all.push("没有演练：签承诺书（这个学期要签，演练时当作不用签）。".to_owned());
    }
    all.push(format!(
        "没有演练：{} 岁以上要家人同意（来演练的人都是 70 岁左右）。",
        term.relative_from_age
    ));
    let number = |of: &dyn Fn(&class::Model) -> bool| classes.iter().filter(|one| of(one)).count();
    let held = number(&|one| one.held_percent.unwrap_or(term.held_percent) > 0);
    if held > 0 && term.held_hours > 0 {
        all.push(format!(
            "没有演练：给窗口留名额（{held} 个班要留 {} 小时，演练时全部放开）。",
            term.held_hours
        ));
    }
    // Who has their own first takes everybody at first come first served.
    let own = number(&|one| one.residence == Residence::OwnOnly);
    if own > 0 {
        all.push(format!("没有演练：只收本社区的人（{own} 个班，演练时谁都能报）。"));
    }
    let previous = number(&|one| one.previous_needed);
    if previous > 0 {
        all.push(format!("没有演练：要先学过前一门课（{previous} 个班，演练时不看）。"));
    }
    all
}

/// What was made of the phases of the term: only the last of them is played.
fn phases(term: &term::Model, plan: Option<&term_plan::Model>) -> String {
    let opens = clock::spoken(term.enrolment_opens_at);
    if plan.is_none() {
        return format!("这个学期只有先到先得（{opens}开始），演练的就是它，开始时间改成了现在。");
    }
    let before: Vec<_> = courses::steps(term, plan)
        .iter()
        .filter_map(|step| match step.stage {
            Stage::Continuation => Some("续读"),
            Stage::Wishes => Some("填志愿"),
            Stage::Draw => Some("摇号"),
            Stage::Confirm => Some("确认"),
            Stage::Between | Stage::Open | Stage::Closed => None,
        })
        .collect();
    format!(
        "这个学期先有{}，没有抄过来，也没有演练；演练的只是最后的先到先得（{opens}开始），当作名额都还在。",
        before.join("、")
    )
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use entity::ids::TermId;

    use super::*;
    use crate::courses::sample;

    fn opens() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).expect("valid")
    }

    fn term() -> term::Model {
        term::Model {
            enrolment_opens_at: opens(),
            enrolment_closes_at: opens() + TimeDelta::days(9),
            held_percent: 0,
            ..sample::term()
        }
    }

    fn plan() -> term_plan::Model {
        let before = |days| opens() - TimeDelta::days(days);
        term_plan::Model {
            term_id: TermId(1),
            continuation_opens_at: Some(before(20)),
            continuation_closes_at: Some(before(13)),
            wishes_open_at: before(12),
            wishes_close_at: before(7),
            seed_at: before(6),
            seed_source: "排列5".to_owned(),
            confirm_until: before(1),
            most_classes: 2,
            newcomer_percent: 30,
            frozen_at: None,
            settled_at: None,
        }
    }

    #[test]
    fn a_plain_term_is_rehearsed_but_for_the_relatives() {
        let said = in_words(&term(), None, &[sample::class(1)]);
        assert_eq!(said.len(), 2, "{said:#?}");
        assert!(said[0].starts_with("这个学期只有先到先得（"), "{said:#?}");
        assert!(said[1].contains("80 岁以上要家人同意"), "{said:#?}");
    }

    #[test]
    fn every_rule_that_is_switched_off_and_every_phase_is_named() {
        let term = term::Model { pledge_needed: true, held_percent: 20, ..term() };
        let classes = [
            class::Model { residence: Residence::OwnOnly, ..sample::class(1) },
            class::Model { previous_needed: true, held_percent: Some(0), ..sample::class(2) },
            class::Model { residence: Residence::OwnFirst, ..sample::class(3) },
        ];
        let said = in_words(&term, Some(plan()), &classes).join("\n");
        for words in [
            "先有续读、填志愿、摇号、确认，没有抄过来",
            "签承诺书",
            "给窗口留名额（2 个班要留 24 小时",
            "只收本社区的人（1 个班",
            "要先学过前一门课（1 个班",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        let without = term_plan::Model {
            continuation_opens_at: None,
            continuation_closes_at: None,
            ..plan()
        };
        let said = in_words(&term, Some(without), &classes).join("\n");
        assert!(said.contains("先有填志愿、摇号、确认，"), "{said}");
    }
}
