//! The list of a class as a spreadsheet: for the work of staff, or to be posted up.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use entity::enrolment::Model;
use entity::ids::{ClassId, EnrolmentId};
use entity::kinds::EnrolmentStatus;

use super::{scoped, status_text, store};
use crate::app::App;
use crate::clock;
use crate::courses::{self, ClassFacts};
use crate::error::Result;
use crate::members::{self, Person};
use crate::sheets::{self, Table, Written};
use crate::staff::{self, Colleague};

/// Whom a list is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// Staff: whole names, masked phone numbers.
    Work,
    /// Everybody who passes by: masked names and the end of the learner number.
    Posted,
}

/// Who is in a class and who waits for it, within the colleague's scope; `only`: these, in this
/// order. It stands in the audit.
///
/// # Errors
/// `class_not_found`, `out_of_scope`.
pub async fn class_list(
    app: &App,
    who: &Colleague,
    class: ClassId,
    kind: ListKind,
    only: Option<&[EnrolmentId]>,
) -> Result<Written> {
    let facts = scoped(app, who, class).await?;
    let (conn, now) = (app.db.read(), app.clock.now());
    let mut rows = store::live_of_class(conn, class).await?;
    let positions = store::positions(conn, &rows.iter().collect::<Vec<_>>()).await?;
    // Who is in, who was asked, who waits; each in their order.
    let rank = |row: &Model| match row.status {
        EnrolmentStatus::Placed => 0,
        EnrolmentStatus::Offered => 1,
        _ => 2,
    };
    rows.sort_by_key(|row| (rank(row), positions.get(&row.id).copied(), row.id));
    if let Some(only) = only {
        let order: HashMap<EnrolmentId, usize> = only.iter().copied().zip(0..).collect();
        rows.retain(|row| order.contains_key(&row.id));
        rows.sort_by_key(|row| order.get(&row.id).copied());
    }
    let ids: Vec<_> = rows.iter().map(|row| row.resident_id).collect();
    let people = members::people(app, conn, &ids).await?;
    let lines = (1..).zip(&rows).filter_map(|(nth, row): (usize, &Model)| {
        let person = people.get(&row.resident_id)?;
        let position = positions.get(&row.id).map(|nth| format!("第 {nth} 位"));
        let state = format!("{}{}", status_text(row.status), position.unwrap_or_default());
        Some(line(nth, row, person, state, kind))
    });
    let lines: Vec<Vec<String>> = lines.collect();

    let word = if kind == ListKind::Work { "work list" } else { "posted list" };
    let (object, detail) = (format!("class:{class}"), format!("{word}, {} lines", lines.len()));
    let tx = app.db.begin().await?;
    staff::record(&tx, Some(who.id), "class.exported", &object, Some(&detail), now).await?;
    tx.commit().await?;

    let name = facts.class.name.clone();
    let table = table(&facts, who, lines, kind, now);
    let bytes = sheets::list(table, now).await?;
    let title = if kind == ListKind::Work { "名单" } else { "公示名单" };
    Ok(Written::named(&format!("{name}{title}{}", clock::local_date(now)), bytes))
}

fn line(nth: usize, row: &Model, person: &Person, state: String, kind: ListKind) -> Vec<String> {
    match kind {
        ListKind::Work => vec![
            nth.to_string(),
            person.name.clone(),
            person.learner_number.clone(),
            person.phone_masked.clone().unwrap_or_default(),
            state,
            clock::spoken(row.created_at),
        ],
        ListKind::Posted => {
            let number: Vec<char> = person.learner_number.chars().collect();
            let end: String = number[number.len().saturating_sub(4)..].iter().collect();
            vec![nth.to_string(), members::masked_name(&person.name), end, state]
        }
    }
}

fn table(
    facts: &ClassFacts,
    who: &Colleague,
    rows: Vec<Vec<String>>,
    kind: ListKind,
    now: DateTime<Utc>,
) -> Table {
    let ClassFacts { class, site, term, teacher_name, .. } = facts;
    let about = format!(
        "{} · {} · {}老师 · {} {}",
        term.name,
        courses::time_text(class),
        teacher_name,
        site.name,
        class.room
    );
    match kind {
        ListKind::Work => {
            let made =
                format!("{}导出，{}，共 {} 人。", clock::wechat_time(now), who.name, rows.len());
            Table {
                sheet: "名单",
                title: format!("{}名单", class.name),
                notes: vec![about, made.clone(), sheets::INTERNAL.to_owned()],
                headings: sheets::headings(&[
                    ("序号", 6),
                    ("姓名", 16),
                    ("学员号", 14),
                    ("手机号", 16),
                    ("状态", 18),
                    ("报名时间", 24),
                ]),
                rows,
                foot: format!("{} {made}", sheets::INTERNAL),
                large: false,
            }
        }
        ListKind::Posted => {
            let day = clock::spoken_day(clock::local_date(now));
            Table {
                sheet: "公示名单",
                title: format!("{}公示名单", class.name),
                notes: vec![about, format!("{day}。姓名隐去一部分，请看学员号的后四位。")],
                headings: sheets::headings(&[
                    ("序号", 10),
                    ("姓名", 18),
                    ("学员号后四位", 22),
                    ("状态", 30),
                ]),
                rows,
                foot: format!("{} {day}", class.name),
                large: true,
            }
        }
    }
}
