//! A month: what was attended, what of it is frozen, and what was corrected since.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};

use entity::ids::{ClassId, CommunityId, MeetingId, ResidentId, StaffId};
use entity::kinds::{ActorKind, CheckInWay};
use entity::{attendance_event, closed_month, meeting, project};

use super::store::{self, Seen};
use super::{LONGEST_REASON, hours, made_by, record};
use crate::app::App;
use crate::clock;
use crate::courses::{self, ClassFacts};
use crate::error::{Error, Result};
use crate::members;
use crate::projects;
use crate::sheets::{self, Table, Written};
use crate::staff::{self, Colleague};

/// 人次 and 学时 (in hundredths).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub times: i64,
    pub hundredths: i64,
}

impl Sum {
    fn add(&mut self, one: &Seen) {
        self.times += 1;
        self.hundredths += one.hundredths;
    }
}

/// What was attended: of meetings, by learners.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub sum: Sum,
    meetings: HashSet<MeetingId>,
    learners: HashSet<ResidentId>,
}

impl Tally {
    fn add(&mut self, one: &Seen) {
        self.sum.add(one);
        self.meetings.insert(one.meeting);
        self.learners.insert(one.resident);
    }

    /// Meetings at which somebody was.
    pub fn meetings(&self) -> usize {
        self.meetings.len()
    }

    pub fn learners(&self) -> usize {
        self.learners.len()
    }
}

/// A class in a month; `frozen` where the month is closed.
#[derive(Clone, Debug)]
pub struct ClassLine {
    pub id: ClassId,
    pub name: String,
    pub site_name: String,
    pub project: String,
    pub tally: Tally,
    pub frozen: Option<Sum>,
}

/// What the register says otherwise than when the month was closed.
#[derive(Clone, Debug)]
pub struct Adjustment {
    pub class: ClassId,
    pub class_name: String,
    pub number: i32,
    pub starts_at: DateTime<Utc>,
    pub name: String,
    pub learner_number: String,
    /// In words, as in `没到 → 到`.
    pub what: String,
    pub by: String,
    pub why: String,
    pub at: DateTime<Utc>,
    /// Added to what is frozen.
    pub difference: Sum,
}

/// A month that is closed.
#[derive(Clone, Debug)]
pub struct Closed {
    pub at: DateTime<Utc>,
    pub by: String,
    pub frozen: Sum,
    /// The newest first.
    pub adjustments: Vec<Adjustment>,
}

/// A month as a colleague sees it.
#[derive(Clone, Debug)]
pub struct Month {
    /// Its first day.
    pub first_day: NaiveDate,
    pub over: bool,
    pub all: Tally,
    /// In the order of their names.
    pub classes: Vec<ClassLine>,
    /// Of the learners; the empty name: of those without.
    pub communities: Vec<(String, Tally)>,
    pub projects: Vec<(String, Tally)>,
    pub closed: Option<Closed>,
    /// Closings that were opened again: who closed it, who opened it and why.
    pub reopened: Vec<String>,
}

/// The first day of a month, and the instants between which it lies.
fn bounds(day: NaiveDate) -> (NaiveDate, NaiveDate, (DateTime<Utc>, DateTime<Utc>)) {
    let first = day.with_day(1).unwrap_or(day);
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    (first, next, (clock::at_local(first, 0), clock::at_local(next, 0)))
}

/// A month with its figures: of everybody, or of an officer's people.
///
/// # Errors
/// `no_community`.
pub async fn month(app: &App, who: &Colleague, day: NaiveDate) -> Result<Month> {
    let (first_day, next, span) = bounds(day);
    let (conn, scope) = (app.db.read(), staff::scope(who)?);
    let closing = store::closed(conn, first_day).await?;
    let frozen = match &closing {
        Some(row) => store::frozen(conn, row.id, scope).await?,
        None => Vec::new(),
    };
    let seen = store::seen(conn, span, scope).await?;
    let ids: Vec<ClassId> = seen.iter().chain(&frozen).map(|one| one.class).collect();
    let facts = courses::classes(conn, &ids).await?;
    let names = courses::communities(conn).await?.into_iter().map(|one| (one.id, one.name));
    let names: HashMap<CommunityId, String> = names.collect();
    let reopened = store::reopened(conn, first_day).await?;
    let by: Vec<StaffId> =
        reopened.iter().flat_map(|row| [Some(row.closed_by), row.reopened_by]).flatten().collect();
    let staff = staff::names(conn, &by).await?;
    let closed = match closing {
        Some(row) => Some(closed(app, &row, (&seen, &frozen), &facts).await?),
        None => None,
    };
    let projects = Projects(projects::all(conn).await?);
    let mut month = summed(&seen, &facts, (&names, &projects));
    if closed.is_some() {
        with_frozen(&mut month.classes, &frozen, (&facts, &projects));
    }
    Ok(Month {
        first_day,
        over: next <= app.clock.today(),
        closed,
        reopened: reopened.iter().map(|row| reopened_words(row, &staff)).collect(),
        ..month
    })
}

fn reopened_words(row: &closed_month::Model, staff: &HashMap<StaffId, String>) -> String {
    let name = |id: Option<StaffId>| id.and_then(|id| staff.get(&id).cloned()).unwrap_or_default();
    format!(
        "{}由{}关账，{}由{}重新打开，原因：{}",
        clock::spoken(row.closed_at),
        name(Some(row.closed_by)),
        row.reopened_at.map(clock::spoken).unwrap_or_default(),
        name(row.reopened_by),
        row.reopened_for.as_deref().unwrap_or_default()
    )
}

struct Projects(Vec<project::Model>);

impl Projects {
    /// That of the class; a course in smart technology is of 智在指尖 also where nobody said so.
    fn of(&self, facts: &ClassFacts) -> String {
        let said = facts.class.project_id.and_then(|id| self.0.iter().find(|one| one.id == id));
        match (said, facts.course.smart_technology) {
            (Some(project), _) => project.name.clone(),
            (None, true) => "智在指尖".to_owned(),
            (None, false) => "其他课程".to_owned(),
        }
    }
}

fn line(facts: &ClassFacts, projects: &Projects) -> ClassLine {
    ClassLine {
        id: facts.class.id,
        name: facts.class.name.clone(),
        site_name: facts.site.name.clone(),
        project: projects.of(facts),
        tally: Tally::default(),
        frozen: None,
    }
}

fn summed(
    seen: &[Seen],
    facts: &HashMap<ClassId, ClassFacts>,
    (names, projects): (&HashMap<CommunityId, String>, &Projects),
) -> Month {
    let mut all = Tally::default();
    let mut classes: BTreeMap<ClassId, ClassLine> = BTreeMap::new();
    let mut communities: BTreeMap<String, Tally> = BTreeMap::new();
    let mut of_projects: BTreeMap<String, Tally> = BTreeMap::new();
    for one in seen {
        let Some(of) = facts.get(&one.class) else { continue };
        all.add(one);
        classes.entry(one.class).or_insert_with(|| line(of, projects)).tally.add(one);
        of_projects.entry(projects.of(of)).or_default().add(one);
        let community = one.community.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
        communities.entry(community).or_default().add(one);
    }
    Month {
        first_day: NaiveDate::MIN,
        over: false,
        all,
        classes: in_order(classes),
        communities: communities.into_iter().collect(),
        projects: of_projects.into_iter().collect(),
        closed: None,
        reopened: Vec::new(),
    }
}

fn in_order(classes: BTreeMap<ClassId, ClassLine>) -> Vec<ClassLine> {
    let mut lines: Vec<_> = classes.into_values().collect();
    lines.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    lines
}

/// Also of a class in which nobody is left after the corrections.
fn with_frozen(
    classes: &mut Vec<ClassLine>,
    frozen: &[Seen],
    (facts, projects): (&HashMap<ClassId, ClassFacts>, &Projects),
) {
    let lines = std::mem::take(classes).into_iter().map(|line| (line.id, line));
    let mut lines: BTreeMap<ClassId, ClassLine> = lines.collect();
    lines.values_mut().for_each(|line| line.frozen = Some(Sum::default()));
    for one in frozen {
        let Some(of) = facts.get(&one.class) else { continue };
        let line = lines.entry(one.class).or_insert_with(|| line(of, projects));
        line.frozen.get_or_insert_default().add(one);
    }
    *classes = in_order(lines);
}

/// What is frozen, and how the register differs from it now.
async fn closed(
    app: &App,
    row: &closed_month::Model,
    (seen, frozen): (&[Seen], &[Seen]),
    facts: &HashMap<ClassId, ClassFacts>,
) -> Result<Closed> {
    let conn = app.db.read();
    let by_key = |rows: &[Seen]| -> HashMap<(MeetingId, ResidentId), Seen> {
        rows.iter().map(|one| ((one.meeting, one.resident), *one)).collect()
    };
    let (now, then) = (by_key(seen), by_key(frozen));
    let mut keys: Vec<_> = now.keys().chain(then.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    let worth = |of: Option<&Seen>| of.map(|one| one.hundredths);
    keys.retain(|key| worth(now.get(key)) != worth(then.get(key)));
    let words = store::last_words(conn, &keys).await?;
    let of_meetings: Vec<MeetingId> = keys.iter().map(|key| key.0).collect();
    let meetings = store::meetings(conn, &of_meetings).await?;
    let residents: Vec<ResidentId> = keys.iter().map(|key| key.1).collect();
    let people = members::people(app, conn, &residents).await?;
    let staff = |word: &attendance_event::Model| {
        (word.actor_kind == ActorKind::Staff).then_some(word.actor_id?).map(StaffId)
    };
    let mut by: Vec<StaffId> = words.values().filter_map(staff).collect();
    by.push(row.closed_by);
    let staff_names = staff::names(conn, &by).await?;
    let mut adjustments = Vec::with_capacity(keys.len());
    for key in keys {
        let (before, after) = (worth(then.get(&key)), worth(now.get(&key)));
        let one = now.get(&key).or(then.get(&key));
        let class = one.and_then(|one| facts.get(&one.class));
        let (Some(class), Some(meeting), Some(person)) =
            (class, meetings.get(&key.0), people.get(&key.1))
        else {
            continue;
        };
        let word = words.get(&key);
        let times = |of: Option<i64>| i64::from(of.is_some());
        adjustments.push(Adjustment {
            class: class.class.id,
            class_name: class.class.name.clone(),
            number: meeting.number,
            starts_at: meeting.starts_at,
            name: person.name.clone(),
            learner_number: person.learner_number.clone(),
            what: format!("{} → {}", said(before, meeting), said(after, meeting)),
            by: word.map_or_else(String::new, |word| match staff(word) {
                Some(id) => staff_names.get(&id).cloned().unwrap_or_default(),
                None if word.actor_id.is_some_and(|id| id != key.1.0) => "班长".to_owned(),
                None => "本人".to_owned(),
            }),
            why: word.map(why).unwrap_or_default(),
            at: word.map_or(row.closed_at, |word| word.received_at),
            difference: Sum {
                times: times(after) - times(before),
                hundredths: after.unwrap_or(0) - before.unwrap_or(0),
            },
        });
    }
    adjustments.sort_by_key(|one| std::cmp::Reverse(one.at));
    let mut sum = Sum::default();
    frozen.iter().for_each(|one| sum.add(one));
    Ok(Closed {
        at: row.closed_at,
        by: staff_names.get(&row.closed_by).cloned().unwrap_or_default(),
        frozen: sum,
        adjustments,
    })
}

/// How somebody stands at a meeting, as it is said of a change.
fn said(hundredths: Option<i64>, meeting: &meeting::Model) -> String {
    match hundredths {
        None => "没到".to_owned(),
        Some(hours) if hours == i64::from(crate::attendance::hours_of(meeting)) => "到".to_owned(),
        Some(other) => format!("到，{} 学时", hours(other)),
    }
}

fn why(word: &attendance_event::Model) -> String {
    word.reason.clone().unwrap_or_else(|| {
        let way = match word.way {
            CheckInWay::Code => "扫了签到码，后来才传到",
            CheckInWay::Card => "扫了学员卡，后来才传到",
            CheckInWay::Poster => "扫了海报，后来才确认",
            CheckInWay::Leave => "本人请假",
            CheckInWay::Roll => "补点名，没写原因",
        };
        way.to_owned()
    })
}

/// Freezes the figures of a month. Done again, it changes nothing.
///
/// # Errors
/// `month_not_over`.
pub async fn close(app: &App, who: &Colleague, day: NaiveDate) -> Result<()> {
    let (month, next, span) = bounds(day);
    if next > app.clock.today() {
        let words = "这个月还没有过完，下个月再关账。";
        return Err(Error::conflict("month_not_over", words));
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if store::close(&tx, month, span, who.id, now).await? {
        let object = format!("month:{month}");
        staff::record(&tx, Some(who.id), "month.closed", &object, None, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Opens a closed month again; what was frozen is kept, with why it stands no longer.
///
/// # Errors
/// `reason_needed`, `reason_too_long`, `month_not_closed`.
pub async fn reopen(app: &App, who: &Colleague, day: NaiveDate, reason: &str) -> Result<()> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Error::invalid("reason_needed", "请写明为什么要重新打开。"));
    }
    if reason.chars().count() > LONGEST_REASON {
        return Err(Error::invalid("reason_too_long", "原因请写在 200 字以内。"));
    }
    let (month, now) = (bounds(day).0, app.clock.now());
    let tx = app.db.begin().await?;
    if !store::reopen(&tx, month, (who.id, reason), now).await? {
        return Err(Error::conflict("month_not_closed", "这个月没有关账。"));
    }
    let object = format!("month:{month}");
    staff::record(&tx, Some(who.id), "month.reopened", &object, Some(reason), now).await?;
    tx.commit().await?;
    Ok(())
}

/// A month as a spreadsheet: classes, communities and projects, and what was adjusted.
///
/// # Errors
/// As [`month`].
pub async fn month_sheet(app: &App, who: &Colleague, day: NaiveDate) -> Result<Written> {
    let now = app.clock.now();
    let month = month(app, who, day).await?;
    let name = month.first_day.format("%Y年%-m月").to_string();
    let object = format!("month:{}", month.first_day);
    record(app, who.id, "month.exported", &object, month.classes.len(), now).await?;
    let state = match &month.closed {
        Some(closed) => format!(
            "{}由{}关账：{} 人次，{} 学时。以后的更正另列在“调整”里。",
            clock::spoken(closed.at),
            closed.by,
            closed.frozen.times,
            hours(closed.frozen.hundredths)
        ),
        None => "还没有关账，点名册更正了，这里跟着变。".to_owned(),
    };
    let foot = format!("{} {name}台账", app.config.centre.name);
    let table = |sheet, title: String, headings: &[(&str, u16)], rows: Vec<Vec<String>>| {
        let mut notes = vec![state.clone()];
        notes.extend(made_by(who, now, rows.len()));
        let headings = sheets::headings(headings);
        Table { sheet, title, notes, headings, rows, foot: foot.clone(), large: false }
    };
    let mut tables = vec![
        table("班级", format!("{name}台账（按班级）"), &CLASS_HEADINGS, class_rows(&month)),
        table(
            "社区",
            format!("{name}台账（按学员的社区）"),
            &[("社区", 24), ("课次", 8), ("人次", 8), ("学时", 10), ("学员", 8)],
            month.communities.iter().map(|(name, tally)| row(named(name), tally)).collect(),
        ),
        table(
            "项目",
            format!("{name}台账（按项目）"),
            &[("项目", 24), ("课次", 8), ("人次", 8), ("学时", 10), ("学员", 8)],
            month.projects.iter().map(|(name, tally)| row(name, tally)).collect(),
        ),
    ];
    if let Some(closed) = &month.closed {
        let rows = closed.adjustments.iter().map(adjustment_row).collect();
        tables.push(table("调整", format!("{name}关账以后的调整"), &ADJUSTED, rows));
    }
    let bytes = sheets::book(tables, now).await?;
    Ok(Written::named(&format!("{name}台账{}", clock::local_date(now)), bytes))
}

const CLASS_HEADINGS: [(&str, u16); 11] = [
    ("班级", 24),
    ("学习点", 22),
    ("项目", 12),
    ("课次", 8),
    ("学员", 8),
    ("关账人次", 10),
    ("关账学时", 10),
    ("调整人次", 10),
    ("调整学时", 10),
    ("现在人次", 10),
    ("现在学时", 10),
];

const ADJUSTED: [(&str, u16); 9] = [
    ("班级", 22),
    ("课次", 22),
    ("姓名", 12),
    ("学员号", 14),
    ("改动", 18),
    ("人次", 8),
    ("学时", 8),
    ("谁改的", 14),
    ("原因", 30),
];

fn named(community: &str) -> &str {
    if community.is_empty() { "没填社区" } else { community }
}

fn row(name: &str, tally: &Tally) -> Vec<String> {
    vec![
        name.to_owned(),
        tally.meetings().to_string(),
        tally.sum.times.to_string(),
        hours(tally.sum.hundredths),
        tally.learners().to_string(),
    ]
}

fn class_rows(month: &Month) -> Vec<Vec<String>> {
    let cells = |[name, site, project]: [&str; 3], tally: &Tally, frozen: Option<Sum>| {
        let now = tally.sum;
        let mut row = vec![name.to_owned(), site.to_owned(), project.to_owned()];
        row.push(tally.meetings().to_string());
        row.push(tally.learners().to_string());
        row.extend(match frozen {
            Some(then) => [
                then.times.to_string(),
                hours(then.hundredths),
                (now.times - then.times).to_string(),
                hours(now.hundredths - then.hundredths),
            ],
            None => [const { String::new() }; 4],
        });
        row.extend([now.times.to_string(), hours(now.hundredths)]);
        row
    };
    let lines = month
        .classes
        .iter()
        .map(|line| cells([&line.name, &line.site_name, &line.project], &line.tally, line.frozen));
    let frozen = month.closed.as_ref().map(|closed| closed.frozen);
    lines.chain([cells(["合计", "", ""], &month.all, frozen)]).collect()
}

fn adjustment_row(one: &Adjustment) -> Vec<String> {
    vec![
        one.class_name.clone(),
        format!("第 {} 次，{}", one.number, clock::spoken(one.starts_at)),
        one.name.clone(),
        one.learner_number.clone(),
        one.what.clone(),
        one.difference.times.to_string(),
        hours(one.difference.hundredths),
        format!("{}，{}", one.by, clock::spoken(one.at)),
        one.why.clone(),
    ]
}
