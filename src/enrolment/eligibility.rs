//! May this person have a place in this class? Facts in, the first refusal out.
//!
//! The rules are asked in the order in which they help most: what cannot be
//! changed by choosing another class comes first.

use chrono::{DateTime, NaiveDate, Utc};
use entity::kinds::ClassStatus;
use entity::term_plan;

use crate::clock;
use crate::courses::{self, ClassFacts, Stage, calendar, time_text};
use crate::error::{Error, Result};

/// All that the rules look at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    pub now: DateTime<Utc>,
    pub class: &'a ClassFacts,
    /// The phases of its term, if it has more than first come first served.
    pub plan: Option<&'a term_plan::Model>,
    pub birth_date: NaiveDate,
    /// The other classes that the person holds, is offered or waits for, in the same term.
    pub held: &'a [&'a ClassFacts],
}

type Rule = fn(&Facts<'_>) -> Result<()>;

const RULES: [(&str, Rule); 6] = [
    ("the term is open for sign-up", term_is_open),
    ("the class takes place", class_is_open),
    ("the age fits", age_fits),
    ("not too many classes", within_limit),
    ("not the same course twice", course_is_new),
    ("nothing else at that hour", hour_is_free),
];

/// Asks all rules.
///
/// # Errors
/// The first refusal, with what the person can do instead.
pub(super) fn check(facts: &Facts<'_>) -> Result<()> {
    for (name, rule) in RULES {
        if let Err(refusal) = rule(facts) {
            tracing::debug!(class = facts.class.class.id.0, rule = name, "sign-up refused");
            return Err(refusal);
        }
    }
    Ok(())
}

/// May somebody who is in a class of the course change to this one? `held`: what else
/// they are in or wait for in the term.
///
/// # Errors
/// `class_cancelled`, `overlap`.
pub(super) fn check_change(to: &ClassFacts, held: &[&ClassFacts]) -> Result<()> {
    class_takes_place(to)?;
    nothing_at_that_hour(to, held)
}

fn term_is_open(facts: &Facts<'_>) -> Result<()> {
    let term = &facts.class.term;
    let opens = term.enrolment_opens_at;
    let not_open = |message: String| Error::conflict("not_open", message);
    // In a term with phases, this is the last of them.
    let later = |now: &str| {
        let message = if facts.now < opens {
            format!("{now}，先到先得{}开始。", clock::spoken(opens))
        } else {
            format!("{now}，结果出来以后才能报名。")
        };
        not_open(message)
    };
    match courses::stage(term, facts.plan, facts.now) {
        Stage::Open => Ok(()),
        Stage::Between => {
            let message = format!("报名还没开始，{}开始。", clock::spoken(opens));
            Err(not_open(message).or_else("先看看有哪些班", Some("/classes".to_owned())))
        }
        Stage::Continuation => {
            Err(later("现在是老学员续读").or_else("看看能不能续读", Some("/wishes".to_owned())))
        }
        Stage::Wishes => Err(later("现在是填志愿").or_else("去填志愿", Some("/wishes".to_owned()))),
        Stage::Draw | Stage::Confirm => {
            Err(later("现在是摇号和确认").or_else("看看摇号", Some("/draw".to_owned())))
        }
        Stage::Closed => {
            let message = format!("{}的报名已经结束了。", term.name);
            Err(Error::conflict("closed", message).or_else("打电话问问教育中心", None))
        }
    }
}

fn class_is_open(facts: &Facts<'_>) -> Result<()> {
    class_takes_place(facts.class)
}

fn class_takes_place(facts: &ClassFacts) -> Result<()> {
    match facts.class.status {
        ClassStatus::Open => Ok(()),
        ClassStatus::Cancelled => {
            Err(other_classes(Error::conflict("class_cancelled", "这个班停办了，不能报名。")))
        }
    }
}

fn age_fits(facts: &Facts<'_>) -> Result<()> {
    let ClassFacts { course, term, .. } = facts.class;
    let age = facts.birth_date.years_until(term.first_day);
    let least = course.min_age.unwrap_or(term.min_age);
    if age < least {
        let message = format!("这门课要求开学时满 {least} 周岁。");
        return Err(other_classes(Error::forbidden("too_young", message)));
    }
    match course.max_age {
        Some(most) if age > most => {
            let message = format!("这门课只收开学时 {most} 周岁及以下的学员。");
            Err(other_classes(Error::forbidden("too_old", message)))
        }
        _ => Ok(()),
    }
}

fn within_limit(facts: &Facts<'_>) -> Result<()> {
    let most = facts.class.term.max_classes_per_person;
    if i32::try_from(facts.held.len()).unwrap_or(i32::MAX) < most {
        return Ok(());
    }
    let message = format!("每人最多报 {most} 个班（候补也算），已经报满了。");
    Err(my_classes(Error::conflict("limit_reached", message), "先退掉一个班"))
}

fn course_is_new(facts: &Facts<'_>) -> Result<()> {
    let same = |held: &&&ClassFacts| held.course.id == facts.class.course.id;
    let Some(held) = facts.held.iter().find(same) else { return Ok(()) };
    let message = format!("同一门课只能报一个班，已经报了“{}”。", held.class.name);
    Err(my_classes(Error::conflict("same_course", message), "想换班，先退掉原来的班"))
}

fn hour_is_free(facts: &Facts<'_>) -> Result<()> {
    nothing_at_that_hour(facts.class, facts.held)
}

fn nothing_at_that_hour(facts: &ClassFacts, held: &[&ClassFacts]) -> Result<()> {
    let wanted = &facts.class;
    let clash = |held: &&&ClassFacts| {
        held.class.weekday == wanted.weekday
            && calendar::overlaps(
                (held.class.start_minute, held.class.duration_minutes),
                (wanted.start_minute, wanted.duration_minutes),
            )
    };
    let Some(held) = held.iter().find(clash) else { return Ok(()) };
    let message = format!("和“{}”（{}）时间冲突。", held.class.name, time_text(&held.class));
    Err(other_classes(Error::conflict("overlap", message)))
}

/// Says where the way between two classes of a day is short; refuses nothing.
pub(super) fn travel_warning(
    class: &ClassFacts,
    held: &[&ClassFacts],
    travel_minutes: i64,
) -> Option<String> {
    let hours = (class.class.start_minute, class.class.duration_minutes);
    held.iter().filter(|other| other.class.id != class.class.id).find_map(|other| {
        let other_hours = (other.class.start_minute, other.class.duration_minutes);
        let gap = calendar::gap(hours, other_hours);
        let short = other.class.weekday == class.class.weekday
            && other.site.id != class.site.id
            && !calendar::overlaps(hours, other_hours)
            && i64::from(gap) < travel_minutes;
        short.then(|| {
            format!(
                "和“{}”中间只隔 {gap} 分钟，又不在一个地方，请留意路上的时间。",
                other.class.name
            )
        })
    })
}

fn other_classes(error: Error) -> Error {
    error.or_else("看看其他班", Some("/classes".to_owned()))
}

fn my_classes(error: Error, text: &str) -> Error {
    error.or_else(text, Some("/mine".to_owned()))
}

/// Full years, never below zero.
trait FullYears {
    fn years_until(self, day: NaiveDate) -> i32;
}

impl FullYears for NaiveDate {
    fn years_until(self, day: NaiveDate) -> i32 {
        day.years_since(self).and_then(|years| i32::try_from(years).ok()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use entity::ids::{ClassId, CourseId, SiteId, TeacherId, TermId};
    use entity::{class, course, site, term};

    use super::*;

    fn now() -> DateTime<Utc> {
        clock::at_local("2026-09-01".parse().expect("valid"), 9 * 60)
    }

    fn class(id: i64, weekday: i32, start_minute: i32) -> ClassFacts {
        ClassFacts {
            class: class::Model {
                id: ClassId(id),
                term_id: TermId(1),
                course_id: CourseId(id),
                teacher_id: TeacherId(1),
                site_id: SiteId(1),
                name: format!("{id}班"),
                room: "201".to_owned(),
                capacity: 20,
                taken: 0,
                waiting: 0,
                last_queue_number: 0,
                weekday,
                start_minute,
                duration_minutes: 90,
                status: ClassStatus::Open,
                created_at: now(),
            },
            course: course::Model {
                id: CourseId(id),
                name: "钩针编结".to_owned(),
                subject: "手工".to_owned(),
                description: String::new(),
                smart_technology: false,
                min_age: None,
                max_age: None,
            },
            term: term::Model {
                id: TermId(1),
                name: "秋季班".to_owned(),
                first_day: "2026-09-02".parse().expect("valid"),
                last_day: "2026-12-31".parse().expect("valid"),
                enrolment_opens_at: now() - TimeDelta::days(1),
                enrolment_closes_at: now() + TimeDelta::days(1),
                max_classes_per_person: 2,
                min_age: 50,
            },
            site: site::Model {
                id: SiteId(1),
                name: "中心".to_owned(),
                address: "路".to_owned(),
                community_id: None,
            },
            teacher_name: "王芳".to_owned(),
        }
    }

    fn verdict(class: &ClassFacts, birth: &str, held: &[ClassFacts]) -> Option<&'static str> {
        let birth_date = birth.parse().expect("valid");
        let held: Vec<_> = held.iter().collect();
        check(&Facts { now: now(), class, plan: None, birth_date, held: &held })
            .err()
            .map(|refusal| refusal.code)
    }

    #[test]
    fn sign_up_needs_an_open_term_and_class() {
        let mut wanted = class(1, 2, 540);
        assert_eq!(verdict(&wanted, "1956-03-01", &[]), None);
        wanted.class.status = ClassStatus::Cancelled;
        assert_eq!(verdict(&wanted, "1956-03-01", &[]), Some("class_cancelled"));
        wanted.term.enrolment_closes_at = now();
        assert_eq!(verdict(&wanted, "1956-03-01", &[]), Some("closed"));
        wanted.term.enrolment_opens_at = now() + TimeDelta::milliseconds(1);
        wanted.term.enrolment_closes_at = now() + TimeDelta::days(1);
        assert_eq!(verdict(&wanted, "1956-03-01", &[]), Some("not_open"));
    }

    #[test]
    fn age_counts_on_the_first_day_of_the_term() {
        let mut wanted = class(1, 2, 540);
        assert_eq!(verdict(&wanted, "1976-09-02", &[]), None);
        assert_eq!(verdict(&wanted, "1976-09-03", &[]), Some("too_young"));
        wanted.course.min_age = Some(60);
        assert_eq!(verdict(&wanted, "1976-09-02", &[]), Some("too_young"));
        wanted.course.max_age = Some(75);
        assert_eq!(verdict(&wanted, "1950-09-03", &[]), None);
        assert_eq!(verdict(&wanted, "1950-09-02", &[]), Some("too_old"));
        assert_eq!(verdict(&wanted, "2030-01-01", &[]), Some("too_young"), "born after the term");
    }

    #[test]
    fn a_person_holds_so_many_classes_one_of_each_course_and_one_at_a_time() {
        let wanted = class(1, 2, 540);
        assert_eq!(verdict(&wanted, "1956-03-01", &[class(2, 3, 540)]), None);
        let two = [class(2, 3, 540), class(3, 4, 540)];
        assert_eq!(verdict(&wanted, "1956-03-01", &two), Some("limit_reached"));
        let mut same = class(2, 3, 540);
        same.course.id = CourseId(1);
        assert_eq!(verdict(&wanted, "1956-03-01", &[same]), Some("same_course"));
        assert_eq!(verdict(&wanted, "1956-03-01", &[class(2, 2, 600)]), Some("overlap"));
        assert_eq!(verdict(&wanted, "1956-03-01", &[class(2, 2, 630)]), None);
    }

    #[test]
    fn every_refusal_says_what_to_do_instead() {
        let wanted = class(1, 2, 540);
        let birth_date = "1956-03-01".parse().expect("valid");
        let held = class(2, 2, 600);
        let facts = Facts { now: now(), class: &wanted, plan: None, birth_date, held: &[&held] };
        let refusal = check(&facts).expect_err("an overlap");
        assert_eq!(refusal.message, "和“2班”（每周二 10:00–11:30）时间冲突。");
        assert_eq!(refusal.next[0].page.as_deref(), Some("/classes"));
    }

    #[test]
    fn a_short_way_between_two_sites_is_warned_of() {
        let wanted = class(1, 2, 540);
        let mut next = class(2, 2, 640);
        assert_eq!(travel_warning(&wanted, &[&next], 15), None, "the same site");
        next.site.id = SiteId(2);
        let warning = travel_warning(&wanted, &[&next], 15).expect("a warning");
        assert!(warning.contains("10 分钟"), "{warning}");
        assert_eq!(travel_warning(&wanted, &[&next], 10), None);
        next.class.weekday = 3;
        assert_eq!(travel_warning(&wanted, &[&next], 15), None);
    }
}
