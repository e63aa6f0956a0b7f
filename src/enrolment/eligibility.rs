//! May this person have a place in this class? Facts in, the first refusal out.
//!
//! The rules are asked in the order in which they help most: what cannot be
//! changed by choosing another class comes first.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::ids::{ClassId, CourseId, PledgeId, ResidentId};
use entity::kinds::{ClassKind, ClassStatus, Residence};
use entity::term_plan;

use crate::clock;
use crate::courses::{self, ClassFacts, Stage, calendar, time_text};
use crate::error::{Error, Result};
use crate::members::{Bar, Profile};

/// What the rules have to know that stands neither with the person nor with the class.
#[derive(Debug)]
pub(super) struct Known {
    /// The pledge in force, where a term asks for one.
    pub pledge: Option<PledgeId>,
    /// The course before, with its name, of the classes that ask for it.
    pub previous: HashMap<ClassId, (CourseId, String)>,
    /// In which courses people were placed, with the last day of the term; read only
    /// where a class asks for it.
    pub learnt: Option<HashMap<ResidentId, Vec<(CourseId, NaiveDate)>>>,
}

/// When the rules are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// First come first served.
    SignUp,
    /// Before it (continuation, wishes), or in the place of a class that was cancelled.
    Early,
    InsteadOfCancelled,
    /// Somebody who is on the list, or in a class of the course, takes a place.
    Move,
}

/// All that the rules look at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    pub now: DateTime<Utc>,
    pub occasion: Occasion,
    pub class: &'a ClassFacts,
    /// The phases of its term, if it has more than first come first served.
    pub plan: Option<&'a term_plan::Model>,
    pub person: &'a Profile,
    /// The other classes that the person holds, is offered or waits for, in the same term.
    pub held: &'a [&'a ClassFacts],
    /// How many classes they may have.
    pub most: i32,
    pub known: &'a Known,
}

type Rule = fn(&Facts<'_>) -> Result<()>;

const RULES: [(&str, Rule); 11] = [
    ("the term is open for sign-up", term_is_open),
    ("nobody barred them", not_barred),
    ("the class takes place", class_takes_place),
    ("the age fits", age_fits),
    ("it is for residents of theirs", residence_fits),
    ("the course before was learnt", previous_was_learnt),
    ("nobody took them out of it", not_taken_out),
    ("not too many classes", within_limit),
    ("not the same course twice", course_is_new),
    ("nothing else at that hour", hour_is_free),
    ("the way is not too long", way_is_long_enough),
];

/// Asked last: nobody signs for a class that they cannot have.
const PAPERS: [(&str, Rule); 2] =
    [("the pledge is signed", pledge_is_signed), ("a relative agrees", relative_agrees)];

/// Asks all rules.
///
/// # Errors
/// The first refusal, with what the person can do instead.
pub(super) fn check(facts: &Facts<'_>) -> Result<()> {
    for (name, rule) in RULES.iter().chain(&PAPERS) {
        if let Err(refusal) = rule(facts) {
            tracing::debug!(class = facts.class.class.id.0, rule = name, "sign-up refused");
            return Err(refusal);
        }
    }
    Ok(())
}

/// What is still to be signed or given before a sign-up.
pub(super) fn missing_papers(facts: &Facts<'_>) -> Vec<Error> {
    PAPERS.iter().filter_map(|(_, rule)| rule(facts).err()).collect()
}

fn term_is_open(facts: &Facts<'_>) -> Result<()> {
    if facts.occasion != Occasion::SignUp {
        return Ok(());
    }
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

fn not_barred(facts: &Facts<'_>) -> Result<()> {
    let Some(bar) = bar(facts, None) else { return Ok(()) };
    let message =
        format!("到{}为止，您暂时不能报名。原因：{}", clock::spoken_day(bar.until), bar.reason);
    Err(Error::forbidden("barred", message)
        .or_else("有疑问，打电话问问教育中心", Some("/help".to_owned())))
}

/// Taken out by staff: they do not come back by themselves.
fn not_taken_out(facts: &Facts<'_>) -> Result<()> {
    let Some(bar) = bar(facts, Some(facts.class.class.id)) else { return Ok(()) };
    let message = format!("您在这个班的名额，工作人员退掉了。原因：{}", bar.reason);
    Err(other_classes(Error::forbidden("taken_out", message))
        .or_else("有疑问，打电话问问教育中心", Some("/help".to_owned())))
}

fn bar<'a>(facts: &Facts<'a>, class: Option<ClassId>) -> Option<&'a Bar> {
    let today = clock::local_date(facts.now);
    facts.person.bars.iter().find(|bar| bar.class == class && today <= bar.until)
}

fn class_takes_place(facts: &Facts<'_>) -> Result<()> {
    match facts.class.class.status {
        ClassStatus::Open => Ok(()),
        ClassStatus::Cancelled => {
            Err(other_classes(Error::conflict("class_cancelled", "这个班停办了，不能报名。")))
        }
    }
}

fn age_fits(facts: &Facts<'_>) -> Result<()> {
    let ClassFacts { course, term, .. } = facts.class;
    let age = facts.person.birth_date.years_until(term.first_day);
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

fn residence_fits(facts: &Facts<'_>) -> Result<()> {
    let ClassFacts { class, site, term, .. } = facts.class;
    if site.community_id.is_none_or(|community| community == facts.person.community_id) {
        return Ok(());
    }
    let message = match (class.residence, facts.occasion) {
        (Residence::OwnOnly, _) => format!("这个班只收“{}”所在社区的居民。", site.name),
        (Residence::OwnFirst, Occasion::Early) => format!(
            "这个班先给“{}”所在社区的居民。{}起大家都能报。",
            site.name,
            clock::spoken(term.enrolment_opens_at)
        ),
        _ => return Ok(()),
    };
    Err(other_classes(Error::forbidden("other_community", message)))
}

/// Placed in a class of the course, in a term that is over when this one begins.
fn previous_was_learnt(facts: &Facts<'_>) -> Result<()> {
    let Some((course, name)) = facts.known.previous.get(&facts.class.class.id) else {
        return Ok(());
    };
    let begins = facts.class.term.first_day;
    let learnt = facts.known.learnt.as_ref().and_then(|all| all.get(&facts.person.id));
    if learnt.is_some_and(|all| all.iter().any(|(one, over)| one == course && *over < begins)) {
        return Ok(());
    }
    let message = format!("这个班要先学过“{name}”才能报。");
    Err(other_classes(Error::forbidden("previous_needed", message)))
}

fn within_limit(facts: &Facts<'_>) -> Result<()> {
    let most = facts.most;
    // Who moves has as many as before.
    if facts.occasion == Occasion::Move
        || i32::try_from(facts.held.len()).unwrap_or(i32::MAX) < most
    {
        return Ok(());
    }
    let message = format!("每人最多报 {most} 个班（候补也算），已经报满了。");
    Err(my_classes(Error::conflict("limit_reached", message), "先退掉一个班"))
}

fn course_is_new(facts: &Facts<'_>) -> Result<()> {
    let same = |held: &&&ClassFacts| held.course.id == facts.class.course.id;
    let Some(held) = facts.held.iter().find(same) else { return Ok(()) };
    let message = format!("同一门课只能报一个班，已经报了“{}”。", held.class.name);
    Err(my_classes(Error::conflict("same_course", message), "想换到这个班，在“我的课程”里换"))
}

fn hour_is_free(facts: &Facts<'_>) -> Result<()> {
    let wanted = &facts.class.class;
    // What does not meet each week is looked at by its days (`enrolment::clashes`).
    if wanted.kind != ClassKind::Course {
        return Ok(());
    }
    let clash = |held: &&&ClassFacts| {
        held.class.weekday == wanted.weekday
            && calendar::overlaps(
                (held.class.start_minute, held.class.duration_minutes),
                (wanted.start_minute, wanted.duration_minutes),
            )
    };
    let Some(held) = facts.held.iter().find(clash) else { return Ok(()) };
    let message = format!("和“{}”（{}）时间冲突。", held.class.name, time_text(&held.class));
    Err(other_or_less(facts, Error::conflict("overlap", message), held))
}

/// Where the term does not leave it at a warning.
fn way_is_long_enough(facts: &Facts<'_>) -> Result<()> {
    if !facts.class.term.travel_refused || facts.class.class.kind != ClassKind::Course {
        return Ok(());
    }
    let Some((other, gap)) = short_way(facts.class, facts.held) else { return Ok(()) };
    let message =
        format!("和“{}”中间只隔 {gap} 分钟，又不在一个地方，来不及赶过去。", other.class.name);
    Err(other_or_less(facts, Error::conflict("too_far", message), other))
}

fn pledge_is_signed(facts: &Facts<'_>) -> Result<()> {
    match facts.known.pledge {
        Some(pledge)
            if facts.class.term.pledge_needed && !facts.person.pledges.contains(&pledge) =>
        {
            Err(Error::forbidden("pledge_needed", "报名前，请先看一看承诺书，同意了签名。")
                .or_else("去看承诺书", Some("/pledge".to_owned())))
        }
        _ => Ok(()),
    }
}

fn relative_agrees(facts: &Facts<'_>) -> Result<()> {
    let term = &facts.class.term;
    let age = facts.person.birth_date.years_until(term.first_day);
    if age < term.relative_from_age || facts.person.has_relative {
        return Ok(());
    }
    let message = format!(
        "满 {} 周岁的学员，报名前请先留一位家人的电话，家人也要同意。",
        term.relative_from_age
    );
    Err(Error::forbidden("relative_needed", message)
        .or_else("去填家人", Some("/relative".to_owned())))
}

/// Says where the way between two classes of a day is short; refuses nothing.
pub(super) fn travel_warning(class: &ClassFacts, held: &[&ClassFacts]) -> Option<String> {
    let (other, gap) = short_way(class, held)?;
    Some(format!("和“{}”中间只隔 {gap} 分钟，又不在一个地方，请留意路上的时间。", other.class.name))
}

/// A class of the day at another site, and how many minutes there are between the two.
fn short_way<'a>(class: &ClassFacts, held: &[&'a ClassFacts]) -> Option<(&'a ClassFacts, i32)> {
    if class.class.kind != ClassKind::Course {
        return None;
    }
    let hours = (class.class.start_minute, class.class.duration_minutes);
    held.iter().filter(|other| other.class.id != class.class.id).find_map(|other| {
        let other_hours = (other.class.start_minute, other.class.duration_minutes);
        let gap = calendar::gap(hours, other_hours);
        let short = other.class.weekday == class.class.weekday
            && other.site.id != class.site.id
            && !calendar::overlaps(hours, other_hours)
            && gap < class.term.travel_minutes;
        short.then_some((*other, gap))
    })
}

fn other_classes(error: Error) -> Error {
    error.or_else("看看其他班", Some("/classes".to_owned()))
}

/// Another class, or one less: to whom a place is kept already, nothing else is open.
fn other_or_less(facts: &Facts<'_>, error: Error, held: &ClassFacts) -> Error {
    let less = format!("先退掉“{}”", held.class.name);
    match facts.occasion {
        Occasion::Move => my_classes(error, &less),
        _ => other_classes(error),
    }
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
    use entity::ids::{CommunityId, SiteId};
    use entity::{class, course, site, term};

    use super::*;
    use crate::courses::sample;

    fn now() -> DateTime<Utc> {
        clock::at_local("2026-09-01".parse().expect("valid"), 9 * 60)
    }

    fn class(id: i64, weekday: i32, start_minute: i32) -> ClassFacts {
        ClassFacts {
            class: class::Model { weekday, start_minute, ..sample::class(id) },
            course: course::Model {
                id: CourseId(id),
                name: "钩针编结".to_owned(),
                subject: "手工".to_owned(),
                description: String::new(),
                smart_technology: false,
                min_age: None,
                max_age: None,
                kind: ClassKind::Course,
            },
            term: term::Model {
                first_day: "2026-09-02".parse().expect("valid"),
                last_day: "2026-12-31".parse().expect("valid"),
                enrolment_opens_at: now() - TimeDelta::days(1),
                enrolment_closes_at: now() + TimeDelta::days(1),
                max_classes_per_person: 2,
                ..sample::term()
            },
            site: site::Model {
                id: SiteId(1),
                name: "中心".to_owned(),
                address: "路".to_owned(),
                community_id: None,
                held_percent: None,
                min_people: None,
                offer_hours: None,
                offer_daytime_hours: None,
                residence: None,
            },
            teacher_name: "王芳".to_owned(),
        }
    }

    fn person(birth: &str) -> Profile {
        Profile {
            id: ResidentId(1),
            name: "张桂芳".to_owned(),
            birth_date: birth.parse().expect("valid"),
            community_id: CommunityId(1),
            learner_number: "2026000001".to_owned(),
            pledges: Vec::new(),
            has_relative: false,
            bars: Vec::new(),
        }
    }

    fn known() -> Known {
        Known { pledge: None, previous: HashMap::new(), learnt: None }
    }

    fn asked(
        occasion: Occasion,
        (class, held): (&ClassFacts, &[ClassFacts]),
        person: &Profile,
        known: &Known,
    ) -> Option<&'static str> {
        let held: Vec<_> = held.iter().collect();
        let most = class.term.max_classes_per_person;
        let facts =
            Facts { now: now(), occasion, class, plan: None, person, held: &held, most, known };
        check(&facts).err().map(|refusal| refusal.code)
    }

    fn verdict(class: &ClassFacts, birth: &str, held: &[ClassFacts]) -> Option<&'static str> {
        asked(Occasion::SignUp, (class, held), &person(birth), &known())
    }

    fn of(class: &ClassFacts, person: &Profile, known: &Known) -> Option<&'static str> {
        asked(Occasion::SignUp, (class, &[]), person, known)
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
        let held = class(2, 2, 600);
        let facts = Facts {
            now: now(),
            occasion: Occasion::SignUp,
            class: &wanted,
            plan: None,
            person: &person("1956-03-01"),
            held: &[&held],
            most: 2,
            known: &known(),
        };
        let refusal = check(&facts).expect_err("an overlap");
        assert_eq!(refusal.message, "和“2班”（每周二 10:00–11:30）时间冲突。");
        assert_eq!(refusal.next[0].page.as_deref(), Some("/classes"));
    }

    #[test]
    fn a_class_may_be_for_the_residents_of_its_community() {
        let mut wanted = class(1, 2, 540);
        let mut somebody = person("1956-03-01");
        wanted.site.community_id = Some(CommunityId(2));
        let of = |class: &ClassFacts, person: &Profile, occasion| {
            asked(occasion, (class, &[]), person, &known())
        };
        assert_eq!(of(&wanted, &somebody, Occasion::Early), None);
        wanted.class.residence = Residence::OwnFirst;
        assert_eq!(of(&wanted, &somebody, Occasion::Early), Some("other_community"));
        assert_eq!(of(&wanted, &somebody, Occasion::SignUp), None);
        wanted.class.residence = Residence::OwnOnly;
        for occasion in [Occasion::SignUp, Occasion::Move, Occasion::InsteadOfCancelled] {
            assert_eq!(of(&wanted, &somebody, occasion), Some("other_community"));
        }
        somebody.community_id = CommunityId(2);
        assert_eq!(of(&wanted, &somebody, Occasion::Early), None);
    }

    #[test]
    fn the_course_before_counts_when_its_term_is_over() {
        let wanted = class(1, 2, 540);
        let somebody = person("1956-03-01");
        let mut known = known();
        known.previous.insert(ClassId(1), (CourseId(9), "钩针入门".to_owned()));
        assert_eq!(of(&wanted, &somebody, &known), Some("previous_needed"));
        let learnt = |over: NaiveDate| Some([(ResidentId(1), vec![(CourseId(9), over)])].into());
        known.learnt = learnt(wanted.term.first_day);
        assert_eq!(of(&wanted, &somebody, &known), Some("previous_needed"), "goes on");
        known.learnt = learnt(wanted.term.first_day - TimeDelta::days(1));
        assert_eq!(of(&wanted, &somebody, &known), None);
    }

    #[test]
    fn a_bar_holds_to_its_last_day_for_all_classes_or_for_one() {
        let wanted = class(1, 2, 540);
        let mut somebody = person("1956-03-01");
        let today = clock::local_date(now());
        let bar = |class, until| Bar { class, until, reason: "多次缺课".to_owned() };
        somebody.bars = vec![bar(None, today)];
        assert_eq!(of(&wanted, &somebody, &known()), Some("barred"));
        somebody.bars = vec![bar(None, today - TimeDelta::days(1))];
        assert_eq!(of(&wanted, &somebody, &known()), None);
        somebody.bars = vec![bar(Some(ClassId(1)), today)];
        assert_eq!(of(&wanted, &somebody, &known()), Some("taken_out"));
        assert_eq!(of(&class(2, 2, 540), &somebody, &known()), None);
    }

    #[test]
    fn papers_are_asked_for_last_and_of_whom_the_term_says() {
        let mut wanted = class(1, 2, 540);
        let mut known = known();
        known.pledge = Some(PledgeId(3));
        let mut somebody = person("1946-09-02");
        assert_eq!(of(&wanted, &somebody, &known), Some("relative_needed"), "80 that day");
        wanted.term.pledge_needed = true;
        assert_eq!(of(&wanted, &somebody, &known), Some("pledge_needed"));
        somebody.pledges = vec![PledgeId(2), PledgeId(3)];
        somebody.has_relative = true;
        assert_eq!(of(&wanted, &somebody, &known), None);
        somebody.has_relative = false;
        wanted.term.relative_from_age = 81;
        assert_eq!(of(&wanted, &somebody, &known), None);
    }

    #[test]
    fn a_short_way_is_refused_where_the_term_says_so() {
        let mut wanted = class(1, 2, 540);
        let mut next = class(2, 2, 640);
        next.site.id = SiteId(2);
        let held = [next];
        assert_eq!(verdict(&wanted, "1956-03-01", &held), None);
        wanted.term.travel_refused = true;
        assert_eq!(verdict(&wanted, "1956-03-01", &held), Some("too_far"));
    }

    #[test]
    fn a_short_way_between_two_sites_is_warned_of() {
        let mut wanted = class(1, 2, 540);
        let mut next = class(2, 2, 640);
        assert_eq!(travel_warning(&wanted, &[&next]), None, "the same site");
        next.site.id = SiteId(2);
        let warning = travel_warning(&wanted, &[&next]).expect("a warning");
        assert!(warning.contains("10 分钟"), "{warning}");
        wanted.term.travel_minutes = 10;
        assert_eq!(travel_warning(&wanted, &[&next]), None);
        wanted.term.travel_minutes = 15;
        next.class.weekday = 3;
        assert_eq!(travel_warning(&wanted, &[&next]), None);
    }
}
