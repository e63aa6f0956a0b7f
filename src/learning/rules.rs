//! When a class is completed, and what it is worth: from values alone.

use entity::term;

/// How somebody stands in a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It is not over.
    Learning,
    /// Over, with enough 学时: the teacher has still to say.
    AwaitsTeacher,
    Completed,
    /// Too few 学时.
    TooFew,
    /// The teacher did not let them pass.
    NotPassed,
    /// Not in it to the end, or there was no end.
    Left,
}

impl Standing {
    pub fn text(self) -> &'static str {
        match self {
            Self::Learning => "在学",
            Self::AwaitsTeacher => "等老师确认",
            Self::Completed => "结业",
            Self::TooFew => "学时不够",
            Self::NotPassed => "没有通过",
            Self::Left => "中途离开",
        }
    }
}

/// What a term asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) percent: i64,
    pub(super) pass_needed: bool,
    /// 学时.
    pub(super) credit_hours: i64,
}

impl From<&term::Model> for Rules {
    fn from(term: &term::Model) -> Self {
        Self {
            percent: i64::from(term.completion_percent),
            pass_needed: term.pass_needed,
            credit_hours: i64::from(term.credit_hours),
        }
    }
}

/// What is known of a learner in a class.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// They have their place, and the class was not cancelled.
    pub(super) placed: bool,
    /// Its last meeting is over.
    pub(super) over: bool,
    /// 学时 attended, and of the whole class, in hundredths.
    pub(super) learnt: i64,
    pub(super) held: i64,
    pub(super) passed: Option<bool>,
}

pub(super) fn standing(rules: Rules, known: Known) -> Standing {
    let Known { placed, over, learnt, held, passed } = known;
    if !placed {
        return Standing::Left;
    }
    if !over {
        return Standing::Learning;
    }
    if rules.pass_needed && passed == Some(false) {
        return Standing::NotPassed;
    }
    if learnt * 100 < held * rules.percent {
        return Standing::TooFew;
    }
    if rules.pass_needed && passed.is_none() {
        return Standing::AwaitsTeacher;
    }
    Standing::Completed
}

/// Of a completed class, in tenths, rounded down. `learnt` in hundredths of 学时.
pub(super) fn credits(rules: Rules, learnt: i64) -> i64 {
    learnt * 10 / (rules.credit_hours.max(1) * 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { percent: 70, pass_needed: true, credit_hours: 16 };

    fn known(learnt: i64, passed: Option<bool>) -> Known {
        Known { placed: true, over: true, learnt, held: 3200, passed }
    }

    #[test]
    fn seventy_of_a_hundred_and_the_teachers_word_complete_a_class() {
        assert_eq!(standing(RULES, known(2240, Some(true))), Standing::Completed);
        assert_eq!(standing(RULES, known(2239, Some(true))), Standing::TooFew);
        assert_eq!(standing(RULES, known(3200, None)), Standing::AwaitsTeacher);
        assert_eq!(standing(RULES, known(3200, Some(false))), Standing::NotPassed);
        let without = Rules { pass_needed: false, ..RULES };
        assert_eq!(standing(without, known(2240, Some(false))), Standing::Completed);
    }

    #[test]
    fn nothing_is_completed_before_its_end_or_by_who_left() {
        let going = Known { over: false, ..known(3200, Some(true)) };
        assert_eq!(standing(RULES, going), Standing::Learning);
        let gone = Known { placed: false, ..known(3200, Some(true)) };
        assert_eq!(standing(RULES, gone), Standing::Left);
    }

    #[test]
    fn sixteen_hours_are_a_credit_and_a_part_is_rounded_down() {
        assert_eq!(credits(RULES, 1600), 10);
        assert_eq!(credits(RULES, 3199), 19);
        assert_eq!(credits(RULES, 0), 0);
    }
}
