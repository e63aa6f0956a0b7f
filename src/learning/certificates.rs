//! 结业证书 and 学时证明: handed out, found by their number, taken back.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Utc};
use sea_orm::DatabaseTransaction;

use entity::certificate;
use entity::ids::{ClassId, ResidentId};
use entity::kinds::{CertificateKind, Role};

use super::store::certificates as store;
use super::{ClassRecord, LONGEST_REASON, Standing, class_results, life_record, paper};
use crate::app::App;
use crate::attendance;
use crate::clock;
use crate::courses;
use crate::error::{Error, Result};
use crate::members::{self, Person};
use crate::print;
use crate::staff::{self, Colleague};
use crate::vault;

/// No letters that are taken for digits.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What came of handing out.
#[derive(Clone, Debug, Default)]
pub struct Issued {
    pub issued: u64,
    /// Whose names cannot be printed, with the characters that no font has.
    pub left_out: Vec<(String, String)>,
}

/// Hands out certificates to everybody who completed a class and has none.
///
/// # Errors
/// `class_not_found`, `not_your_class`, `certificates_by_centre`: teachers hand out none.
pub async fn issue(app: &App, who: &Colleague, class: ClassId) -> Result<Issued> {
    not_teacher(who)?;
    let mut done = Issued::default();
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    // Two who hand out at once do it one after the other.
    courses::lock_class(&tx, class).await?;
    let live = store::live_of_class(&tx, class).await?;
    let (_, rows) = class_results(app, who, class).await?;
    let ready = |row: &&(ClassRecord, Person)| row.0.standing == Standing::Completed;
    for (record, person) in rows.iter().filter(ready) {
        if live.contains_key(&person.id) {
            continue;
        }
        let missing = print::missing(&app.config.print.extra_font, &person.name)?;
        if !missing.is_empty() {
            done.left_out.push((person.name.clone(), missing.into_iter().collect()));
            continue;
        }
        let facts = &record.facts;
        let new = store::New {
            kind: CertificateKind::Completion,
            resident: person.id,
            class: Some(class),
            year: None,
            name: person.name.clone(),
            about: format!("{}“{}”", facts.term.name, facts.class.name),
            hours: record.learnt,
            credits: record.credits,
            by: Some(who.id),
        };
        add(&tx, new, now).await?;
        done.issued += 1;
    }
    if done.issued > 0 {
        let (object, detail) = (format!("class:{class}"), format!("{} certificates", done.issued));
        staff::record(&tx, Some(who.id), "certificate.issued", &object, Some(&detail), now).await?;
    }
    tx.commit().await?;
    Ok(done)
}

fn not_teacher(who: &Colleague) -> Result<()> {
    if who.role == Role::Teacher {
        let message = "证书由社区或教育中心发。";
        return Err(Error::forbidden("certificates_by_centre", message));
    }
    Ok(())
}

async fn add(
    tx: &DatabaseTransaction,
    new: store::New,
    now: DateTime<Utc>,
) -> Result<certificate::Model> {
    let bytes = vault::random::<8>()?;
    let letters = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    let year = clock::local_date(now).year();
    let number = format!("CYS-{year}-{}", letters.collect::<String>());
    store::add(tx, &number, new, now).await
}

/// 学时证明 of a calendar year for the learner; the same one while nothing has changed.
/// An earlier one with other figures is taken back.
///
/// # Errors
/// `no_hours`: nothing was learnt in that year; `no_glyph`.
pub async fn statement(app: &App, resident: ResidentId, year: i32) -> Result<certificate::Model> {
    let record = life_record(app, resident).await?;
    let hours = record.years.iter().find(|one| one.0 == year).map_or(0, |one| one.1);
    if hours == 0 {
        return Err(Error::conflict("no_hours", format!("{year}年还没有学时，开不了证明。")));
    }
    printable(app, &record.person.name)?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    store::lock_resident(&tx, resident).await?;
    let standing = store::live_statements(&tx, resident, year).await?;
    let same = |one: &&certificate::Model| {
        i64::from(one.hours_hundredths) == hours && one.name == record.person.name
    };
    if let Some(one) = standing.iter().find(same) {
        return Ok(one.clone());
    }
    for one in standing {
        store::revoke(&tx, one.id, None, "有了新的证明", now).await?;
    }
    let new = store::New {
        kind: CertificateKind::Hours,
        resident,
        class: None,
        year: Some(year),
        name: record.person.name,
        about: format!("{year}年"),
        hours,
        credits: 0,
        by: None,
    };
    let made = add(&tx, new, now).await?;
    tx.commit().await?;
    Ok(made)
}

/// 志愿服务证明 of so many hours (in hundredths) in all; the same one while nothing has
/// changed. An earlier one with other figures is taken back.
///
/// # Errors
/// `no_glyph`.
pub async fn service(app: &App, resident: ResidentId, hours: i64) -> Result<certificate::Model> {
    let mut people = members::people(app, app.db.read(), &[resident]).await?;
    let person = people.remove(&resident).ok_or_else(super::no_person)?;
    printable(app, &person.name)?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    store::lock_resident(&tx, resident).await?;
    let standing = store::live_services(&tx, resident).await?;
    let same = |one: &&certificate::Model| {
        i64::from(one.hours_hundredths) == hours && one.name == person.name
    };
    if let Some(one) = standing.iter().find(same) {
        return Ok(one.clone());
    }
    for one in standing {
        store::revoke(&tx, one.id, None, "有了新的证明", now).await?;
    }
    let day = clock::spoken_day(clock::local_date(now));
    let new = store::New {
        kind: CertificateKind::Service,
        resident,
        class: None,
        year: None,
        name: person.name,
        about: format!("志愿服务，到{day}为止"),
        hours,
        credits: 0,
        by: None,
    };
    let made = add(&tx, new, now).await?;
    tx.commit().await?;
    Ok(made)
}

/// Where a paper can be fetched as a PDF, for some minutes; for the rooms above.
pub fn address(app: &App, row: &certificate::Model) -> String {
    super::link::address(app, super::link::File::Paper, row.resident_id, row.id)
}

fn printable(app: &App, name: &str) -> Result<()> {
    match print::missing(&app.config.print.extra_font, name)?.first() {
        None => Ok(()),
        Some(one) => Err(Error::conflict(
            "no_glyph",
            format!("“{one}”这个字，字库里没有，打印不出来。请打电话给教育中心。"),
        )),
    }
}

/// Takes one back; its number says so from then on.
///
/// # Errors
/// `certificate_not_found`, `not_your_class`, `certificates_by_centre`, `reason_needed`,
/// `reason_too_long`, `already_revoked`.
pub async fn revoke(app: &App, who: &Colleague, number: &str, reason: &str) -> Result<()> {
    let row = for_staff(app, who, number).await?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Error::invalid("reason_needed", "请写明为什么作废。"));
    }
    if reason.chars().count() > LONGEST_REASON {
        return Err(Error::invalid("reason_too_long", "原因请写在 200 字以内。"));
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if !store::revoke(&tx, row.id, Some(who.id), reason, now).await? {
        return Err(Error::conflict("already_revoked", "这张证书已经作废了。"));
    }
    let object = format!("certificate:{}", row.id);
    staff::record(&tx, Some(who.id), "certificate.revoked", &object, None, now).await?;
    tx.commit().await?;
    Ok(())
}

/// One that this colleague looks after.
///
/// # Errors
/// `certificate_not_found`, `not_your_class`, `certificates_by_centre`.
pub async fn for_staff(app: &App, who: &Colleague, number: &str) -> Result<certificate::Model> {
    not_teacher(who)?;
    let row = by_number(app, number).await?;
    match row.class_id {
        Some(class) => drop(attendance::class_of(app, who, class).await?),
        None if who.role == Role::Officer => return Err(none()),
        None => {}
    }
    Ok(row)
}

/// Whatever has this number, for anybody who asks.
///
/// # Errors
/// `certificate_not_found`.
pub async fn by_number(app: &App, number: &str) -> Result<certificate::Model> {
    let number = number.trim().to_uppercase();
    store::by_number(app.db.read(), &number).await?.ok_or_else(none)
}

fn none() -> Error {
    Error::not_found("certificate_not_found", "没有这个编号的证书。请对照证书，看看有没有输错。")
}

/// A paper as a file: what it is called, and the PDF.
///
/// # Errors
/// `certificate_not_found`, `certificate_revoked`, `no_glyph`.
pub(super) async fn file(app: &App, whose: ResidentId, id: i64) -> Result<(String, Vec<u8>)> {
    let row = store::by_id(app.db.read(), id).await?.ok_or_else(none)?;
    if row.resident_id != whose {
        return Err(none());
    }
    paper::pdf(app, &row).await
}

/// The numbers of those of a class that stand.
///
/// # Errors
/// The database.
pub async fn numbers(app: &App, class: ClassId) -> Result<HashMap<ResidentId, String>> {
    let rows = store::live_of_class(app.db.read(), class).await?;
    Ok(rows.into_iter().map(|(resident, row)| (resident, row.number)).collect())
}

/// All of a learner, the newest first.
///
/// # Errors
/// The database.
pub async fn of_resident(app: &App, resident: ResidentId) -> Result<Vec<certificate::Model>> {
    store::of_resident(app.db.read(), resident).await
}

/// Their own, by its number.
///
/// # Errors
/// `certificate_not_found`.
pub async fn own(app: &App, resident: ResidentId, number: &str) -> Result<certificate::Model> {
    let row = by_number(app, number).await?;
    if row.resident_id == resident { Ok(row) } else { Err(none()) }
}
