//! What we know for the lists of 乐龄学堂: fields, and a row of them for each learner, class
//! or attendance of a term.

use std::collections::{BTreeMap, HashMap};

use chrono::TimeDelta;

use entity::ids::{ClassId, CommunityId, ResidentId, TermId};
use entity::kinds::{ClassStatus, ExportKind, MeetingStatus};
use entity::meeting;

use super::{hours, store};
use crate::app::App;
use crate::attendance::{self, Mark};
use crate::clock;
use crate::courses::{self, ClassFacts, ClassFilter};
use crate::error::{Error, Result};
use crate::members;

/// Keys and what they are called, in the order of a row.
pub type Fields = &'static [(&'static str, &'static str)];

const LEARNERS: Fields = &[
    ("learner_number", "学员号"),
    ("name", "姓名"),
    ("birth_date", "出生日期"),
    ("age", "年龄"),
    ("community", "所属社区"),
    ("phone_masked", "手机号"),
    ("term", "学期"),
    ("classes", "所学班级"),
    ("class_count", "班级数"),
    ("times", "上课次数"),
    ("hours", "学时"),
];

const CLASSES: Fields = &[
    ("class_number", "班级编号"),
    ("class_name", "班级名称"),
    ("course", "课程"),
    ("subject", "类别"),
    ("term", "学期"),
    ("teacher", "教师"),
    ("site", "学习点"),
    ("address", "地址"),
    ("room", "教室"),
    ("time", "上课时间"),
    ("first_day", "第一次课"),
    ("last_day", "最后一次课"),
    ("meetings", "课次数"),
    ("hours", "总学时"),
    ("capacity", "名额"),
    ("taken", "人数"),
    ("project", "项目"),
    ("state", "状态"),
];

const ATTENDANCE: Fields = &[
    ("learner_number", "学员号"),
    ("name", "姓名"),
    ("community", "所属社区"),
    ("class_name", "班级名称"),
    ("course", "课程"),
    ("term", "学期"),
    ("site", "学习点"),
    ("number", "课次"),
    ("day", "日期"),
    ("starts", "开始时间"),
    ("ends", "结束时间"),
    ("mark", "到课情况"),
    ("hours", "学时"),
];

/// Meetings whose register is read at once.
const MEETINGS: usize = 100;

/// What a column of such a list may say.
pub fn fields(kind: ExportKind) -> Fields {
    match kind {
        ExportKind::Learners => LEARNERS,
        ExportKind::Classes => CLASSES,
        ExportKind::Attendance => ATTENDANCE,
    }
}

/// Where in a row a field stands.
pub(super) fn at(kind: ExportKind, key: &str) -> Option<usize> {
    fields(kind).iter().position(|(known, _)| *known == key)
}

/// Of the sheet, and as it is spoken of.
pub(super) fn name(kind: ExportKind) -> (&'static str, &'static str) {
    match kind {
        ExportKind::Learners => ("学员", "学员"),
        ExportKind::Classes => ("班级", "班级"),
        ExportKind::Attendance => ("考勤", "考勤"),
    }
}

/// The name of the term, and its rows: at least `enough` where there are so many.
///
/// # Errors
/// `term_not_found`.
pub(super) async fn rows(
    app: &App,
    scope: Option<CommunityId>,
    kind: ExportKind,
    term: TermId,
    enough: Option<usize>,
) -> Result<(String, Vec<Vec<String>>)> {
    let conn = app.db.read();
    let none = || Error::not_found("term_not_found", "没有找到这个学期。");
    let name =
        courses::terms(conn).await?.into_iter().find(|one| one.id == term).map(|one| one.name);
    let name = name.ok_or_else(none)?;
    let filter = ClassFilter { term_id: Some(term), ..Default::default() };
    let classes = courses::list_classes(conn, &filter).await?;
    let rows = match kind {
        ExportKind::Learners => learners(app, scope, term, &classes).await?,
        ExportKind::Classes => of_classes(app, scope, &classes).await?,
        ExportKind::Attendance => attended(app, scope, &classes, enough).await?,
    };
    Ok((name, rows))
}

/// Every meeting of these classes, by time.
async fn meetings(app: &App, classes: &[ClassFacts]) -> Result<Vec<meeting::Model>> {
    let ids: Vec<ClassId> = classes.iter().map(|facts| facts.class.id).collect();
    let (now, far) = (app.clock.now(), TimeDelta::days(36_500));
    courses::meetings_between(app.db.read(), &ids, now - far, now + far).await
}

async fn communities(app: &App) -> Result<HashMap<CommunityId, String>> {
    let all = courses::communities(app.db.read()).await?;
    Ok(all.into_iter().map(|one| (one.id, one.name)).collect())
}

async fn learners(
    app: &App,
    scope: Option<CommunityId>,
    term: TermId,
    classes: &[ClassFacts],
) -> Result<Vec<Vec<String>>> {
    let conn = app.db.read();
    let mut theirs: BTreeMap<ResidentId, Vec<&ClassFacts>> = BTreeMap::new();
    let facts: HashMap<ClassId, &ClassFacts> =
        classes.iter().map(|facts| (facts.class.id, facts)).collect();
    for (resident, class) in store::placed_in_term(conn, term, scope).await? {
        if let Some(facts) = facts.get(&class) {
            theirs.entry(resident).or_default().push(facts);
        }
    }
    let ids: Vec<ResidentId> = theirs.keys().copied().collect();
    let people = members::people(app, conn, &ids).await?;
    let names = communities(app).await?;
    let mut sums: HashMap<ResidentId, (i64, i64)> = HashMap::new();
    let all = meetings(app, classes).await?;
    if let (Some(first), Some(last)) = (all.first(), all.last()) {
        let span = (first.starts_at, last.starts_at + TimeDelta::milliseconds(1));
        for one in store::seen(conn, span, scope).await? {
            if facts.contains_key(&one.class) {
                let sum = sums.entry(one.resident).or_default();
                *sum = (sum.0 + 1, sum.1 + one.hundredths);
            }
        }
    }
    let today = app.clock.today();
    let mut rows = Vec::with_capacity(theirs.len());
    for (resident, classes) in &theirs {
        let Some(person) = people.get(resident) else { continue };
        let (times, learnt) = sums.get(resident).copied().unwrap_or_default();
        let age = person.birth_date.and_then(|day| today.years_since(day));
        let named: Vec<&str> = classes.iter().map(|facts| facts.class.name.as_str()).collect();
        let term = classes.first().map(|facts| facts.term.name.clone());
        rows.push(vec![
            person.learner_number.clone(),
            person.name.clone(),
            person.birth_date.map(|day| day.to_string()).unwrap_or_default(),
            age.map(|age| age.to_string()).unwrap_or_default(),
            person.community_id.and_then(|id| names.get(&id).cloned()).unwrap_or_default(),
            person.phone_masked.clone().unwrap_or_default(),
            term.unwrap_or_default(),
            named.join("、"),
            classes.len().to_string(),
            times.to_string(),
            hours(learnt),
        ]);
    }
    Ok(rows)
}

async fn of_classes(
    app: &App,
    scope: Option<CommunityId>,
    classes: &[ClassFacts],
) -> Result<Vec<Vec<String>>> {
    let mut of: HashMap<ClassId, Vec<meeting::Model>> = HashMap::new();
    for one in meetings(app, classes).await? {
        if one.status == MeetingStatus::Planned {
            of.entry(one.class_id).or_default().push(one);
        }
    }
    let own = classes
        .iter()
        .filter(|facts| scope.is_none_or(|community| facts.site.community_id == Some(community)));
    let row = |facts: &ClassFacts| {
        let ClassFacts { class, course, term, site, teacher_name } = facts;
        let meetings = of.get(&class.id).map(Vec::as_slice).unwrap_or_default();
        let day = |one: Option<&meeting::Model>| {
            one.map(|one| clock::local_date(one.starts_at).to_string()).unwrap_or_default()
        };
        let held = meetings.iter().map(|one| i64::from(attendance::hours_of(one))).sum();
        let open = class.status == ClassStatus::Open;
        vec![
            class.id.to_string(),
            class.name.clone(),
            course.name.clone(),
            course.subject.clone(),
            term.name.clone(),
            teacher_name.clone(),
            site.name.clone(),
            site.address.clone(),
            class.room.clone(),
            courses::time_text(class),
            day(meetings.first()),
            day(meetings.last()),
            meetings.len().to_string(),
            hours(held),
            class.capacity.to_string(),
            class.taken.to_string(),
            if course.smart_technology { "智在指尖" } else { "" }.to_owned(),
            if open { "开班" } else { "停开" }.to_owned(),
        ]
    };
    Ok(own.map(row).collect())
}

async fn attended(
    app: &App,
    scope: Option<CommunityId>,
    classes: &[ClassFacts],
    enough: Option<usize>,
) -> Result<Vec<Vec<String>>> {
    let conn = app.db.read();
    let facts: HashMap<ClassId, &ClassFacts> =
        classes.iter().map(|facts| (facts.class.id, facts)).collect();
    let (names, sites) = (communities(app).await?, courses::site_names(conn).await?);
    let meetings = meetings(app, classes).await?;
    let mut rows = Vec::new();
    for some in meetings.chunks(MEETINGS) {
        let ids: Vec<_> = some.iter().map(|one| one.id).collect();
        let marks = attendance::marks(conn, &ids).await?;
        let residents: Vec<ResidentId> = marks.keys().map(|(_, resident)| *resident).collect();
        let people = members::people(app, conn, &residents).await?;
        for one in some {
            let Some(class) = facts.get(&one.class_id) else { continue };
            let mut of: Vec<_> = marks
                .iter()
                .filter(|((meeting, _), _)| *meeting == one.id)
                .filter_map(|((_, resident), said)| Some((people.get(resident)?, *said)))
                .filter(|(person, _)| scope.is_none_or(|own| person.community_id == Some(own)))
                .collect();
            of.sort_by(|(a, _), (b, _)| a.learner_number.cmp(&b.learner_number));
            rows.extend(of.into_iter().map(|(person, (mark, learnt)): (_, (Mark, i32))| {
                let community = person.community_id.and_then(|id| names.get(&id).cloned());
                vec![
                    person.learner_number.clone(),
                    person.name.clone(),
                    community.unwrap_or_default(),
                    class.class.name.clone(),
                    class.course.name.clone(),
                    class.term.name.clone(),
                    sites.get(&one.site_id).cloned().unwrap_or_default(),
                    one.number.to_string(),
                    clock::local_date(one.starts_at).to_string(),
                    clock::minute_name(clock::local_minute(one.starts_at)),
                    clock::minute_name(clock::local_minute(one.ends_at)),
                    mark.text().to_owned(),
                    hours(i64::from(learnt)),
                ]
            }));
        }
        if enough.is_some_and(|enough| rows.len() >= enough) {
            break;
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_fields_of_a_list_share_a_key_or_a_name() {
        for kind in [ExportKind::Learners, ExportKind::Classes, ExportKind::Attendance] {
            for (nth, (key, name)) in fields(kind).iter().enumerate() {
                assert_eq!(at(kind, key), Some(nth));
                assert_eq!(fields(kind).iter().filter(|(_, other)| other == name).count(), 1);
            }
        }
    }
}
