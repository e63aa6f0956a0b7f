//! 点名册: a class as a spreadsheet, learners down and meetings across.

use std::collections::HashSet;

use chrono::{DateTime, Datelike, Utc};

use entity::ids::{ClassId, ResidentId};
use entity::kinds::MeetingStatus;
use entity::meeting;

use super::{hours, made_by, record, store};
use crate::app::App;
use crate::attendance::{self, Mark};
use crate::clock;
use crate::courses;
use crate::error::Result;
use crate::members;
use crate::sheets::{self, Table, Written};
use crate::staff::Colleague;

/// The register of a class, within the colleague's scope.
///
/// # Errors
/// `class_not_found`, `out_of_scope`.
pub async fn class_register(app: &App, who: &Colleague, class: ClassId) -> Result<Written> {
    let (conn, now) = (app.db.read(), app.clock.now());
    let facts = courses::class(conn, class).await?;
    courses::within_scope(who, &facts.site)?;
    let meetings = courses::meetings(conn, class).await?;
    let ids: Vec<_> = meetings.iter().map(|one| one.id).collect();
    let marks = attendance::marks(conn, &ids).await?;
    let placed: HashSet<ResidentId> = store::placed(conn, class).await?.into_iter().collect();
    let mut learners = placed.clone();
    learners.extend(marks.keys().map(|(_, resident)| *resident));
    let learners: Vec<_> = learners.into_iter().collect();
    let mut people: Vec<_> = members::people(app, conn, &learners).await?.into_values().collect();
    people.sort_by(|one, other| one.learner_number.cmp(&other.learner_number));
    let mut headings = sheets::headings(&[("序号", 6), ("姓名", 12), ("学员号", 14)]);
    headings.extend(meetings.iter().map(|one| (heading(one), 8)));
    headings.extend(sheets::headings(&[("出勤", 8), ("请假", 8), ("缺", 6), ("学时", 8)]));
    let rows: Vec<Vec<String>> = (1..)
        .zip(&people)
        .map(|(nth, person): (usize, _)| {
            let left = if placed.contains(&person.id) { "" } else { "（已退）" };
            let mut row = vec![
                nth.to_string(),
                format!("{}{left}", person.name),
                person.learner_number.clone(),
            ];
            let of = |one: &meeting::Model| marks.get(&(one.id, person.id)).copied();
            row.extend(meetings.iter().map(|one| match of(one) {
                Some((mark, _)) => mark.text().to_owned(),
                None if one.status == MeetingStatus::Cancelled => "停课".to_owned(),
                None => String::new(),
            }));
            let said: Vec<_> = meetings.iter().filter_map(of).collect();
            let count =
                |marks: &[Mark]| said.iter().filter(|(mark, _)| marks.contains(mark)).count();
            row.push(count(&[Mark::Came, Mark::Corrected]).to_string());
            row.push(count(&[Mark::Leave]).to_string());
            row.push(count(&[Mark::Absent]).to_string());
            row.push(hours(said.iter().map(|(_, hundredths)| i64::from(*hundredths)).sum()));
            row
        })
        .collect();
    record(app, who.id, "register.exported", &format!("class:{class}"), rows.len(), now).await?;
    let courses::ClassFacts { class, site, term, teacher_name, .. } = facts;
    let about = format!(
        "{} · {} · {teacher_name}老师 · {} {}",
        term.name,
        courses::time_text(&class),
        site.name,
        class.room
    );
    let mut notes = vec![about, "到：来了；补签：事后补的，有原因；空着：没有记录。".to_owned()];
    notes.extend(made_by(who, now, rows.len()));
    let table = Table {
        sheet: "点名册",
        title: format!("{}点名册", class.name),
        notes,
        headings,
        rows,
        foot: foot(&class.name, now),
        large: false,
    };
    let bytes = sheets::list(table, now).await?;
    Ok(Written::named(&format!("{}点名册{}", class.name, clock::local_date(now)), bytes))
}

/// `1次 9/8`.
fn heading(meeting: &meeting::Model) -> String {
    let day = clock::local_date(meeting.starts_at);
    format!("{}次 {}/{}", meeting.number, day.month(), day.day())
}

fn foot(name: &str, now: DateTime<Utc>) -> String {
    format!("{name} {}", clock::spoken_day(clock::local_date(now)))
}
