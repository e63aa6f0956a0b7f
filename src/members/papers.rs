//! What is asked of learners beside consent and profile: the pledge, a relative who can be
//! called, and that nobody barred them.
//!
//! Each may be given on the phone, or recorded by staff who have it on paper or heard it
//! in a call; then it says so, with the colleague.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::ids::{BarId, ClassId, PledgeId, ResidentId, StaffId};
use entity::kinds::{ConsentKind, ConsentWay, Role};
use entity::{bar, pledge, relative};

use super::{living, no_resident, profile, store};
use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::outbox::{self, Job};
use crate::staff::{self, Colleague};

/// In characters.
const LONGEST_TITLE: usize = 30;
const LONGEST_BODY: usize = 3000;
const LONGEST_REASON: usize = 220;
const LONGEST_RELATION: usize = 10;

/// A relative as they are typed.
#[derive(Clone, Debug)]
pub struct NewRelative {
    pub name: String,
    pub phone: String,
    /// As in 女儿.
    pub relation: String,
}

/// A relative as they are shown.
#[derive(Clone, Debug)]
pub struct Relative {
    pub name: String,
    pub relation: String,
    pub phone_masked: String,
}

/// What there is of somebody.
#[derive(Clone, Debug)]
pub struct Papers {
    /// The pledge in force is signed.
    pub pledged: bool,
    pub relative: Option<Relative>,
    /// They live alone and want to be called when they are missing from class.
    pub care_call: bool,
    /// Whether they may be seen in pictures that are published; none: nobody asked them.
    pub photos: Option<bool>,
    /// That were not lifted and are not over.
    pub bars: Vec<bar::Model>,
}

/// Who records something that was not done on the phone, and how they came by it.
pub type Recorder<'a> = (&'a Colleague, ConsentWay);

/// The pledge in force.
///
/// # Errors
/// The database.
pub async fn pledge(conn: &impl ConnectionTrait) -> Result<Option<pledge::Model>> {
    store::papers::pledge(conn).await
}

/// Writes a new version of the pledge, which everybody signs anew. The same text again is
/// no new version.
///
/// # Errors
/// `missing`, `too_long`.
pub async fn save_pledge(app: &App, who: &Colleague, title: &str, body: &str) -> Result<()> {
    let title = text(title, "标题", LONGEST_TITLE)?;
    let body = text(body, "承诺书", LONGEST_BODY)?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let before = store::papers::pledge(&tx).await?;
    if before.is_some_and(|row| row.title == title && row.body == body) {
        return Ok(());
    }
    let id = store::papers::add_pledge(&tx, (&title, &body), who.id, now).await?;
    staff::record(&tx, Some(who.id), "pledge.written", &format!("pledge:{id}"), None, now).await?;
    tx.commit().await?;
    Ok(())
}

fn text(value: &str, label: &str, longest: usize) -> Result<String> {
    let value = value.trim();
    if value.is_empty() {
        return Err(Error::invalid("missing", format!("请填写{label}。")));
    }
    if value.chars().count() > longest {
        return Err(Error::invalid("too_long", format!("{label}太长了，最多 {longest} 个字。")));
    }
    Ok(value.to_owned())
}

/// Signs the pledge in force. Signing it again changes nothing.
///
/// # Errors
/// `pledge_outdated`: not the version in force.
pub async fn sign_pledge(app: &App, id: ResidentId, version: PledgeId) -> Result<()> {
    let tx = app.db.begin().await?;
    sign(app, &tx, id, version, None).await?;
    tx.commit().await?;
    Ok(())
}

/// Records that somebody signed this version of the pledge on paper.
///
/// # Errors
/// `pledge_outdated`: not the version in force; `no_pledge`, `no_resident`, `out_of_scope`.
pub async fn record_pledge(
    app: &App,
    who: &Colleague,
    id: ResidentId,
    version: PledgeId,
) -> Result<()> {
    let tx = app.db.begin().await?;
    within_scope(&tx, who, id).await?;
    sign(app, &tx, id, version, Some((who, ConsentWay::Paper))).await?;
    tx.commit().await?;
    Ok(())
}

async fn sign(
    app: &App,
    tx: &DatabaseTransaction,
    id: ResidentId,
    shown: PledgeId,
    by: Option<Recorder<'_>>,
) -> Result<()> {
    living(tx, id).await?;
    let in_force = store::papers::pledge(tx).await?.ok_or_else(no_pledge)?.id;
    if shown != in_force {
        return Err(Error::conflict("pledge_outdated", "承诺书有更新，请再看一遍。"));
    }
    let signed = store::consents(tx, id, ConsentKind::Pledge).await?;
    if signed.iter().any(|one| one.version == in_force.to_string()) {
        return Ok(());
    }
    let what = (ConsentKind::Pledge, in_force.to_string());
    note(app, tx, id, what, by, "resident.pledge_on_paper").await
}

/// Notes it; of staff also in their log.
async fn note(
    app: &App,
    tx: &DatabaseTransaction,
    id: ResidentId,
    what: (ConsentKind, String),
    by: Option<Recorder<'_>>,
    action: &str,
) -> Result<()> {
    let now = app.clock.now();
    let staff = by.map(|(who, way)| (who.id, way));
    store::papers::add_paper(tx, id, what, staff, now).await?;
    let Some((who, way)) = by else { return Ok(()) };
    let object = format!("resident:{id}");
    staff::record(tx, Some(who.id), action, &object, Some(way.as_str()), now).await
}

/// The resident names a relative, who agrees.
///
/// # Errors
/// `not_agreed`; `bad_name`, `bad_phone`, `missing`, `too_long`.
pub async fn save_relative(
    app: &App,
    id: ResidentId,
    new: &NewRelative,
    agrees: bool,
) -> Result<()> {
    if !agrees {
        return Err(Error::invalid("not_agreed", "请先问过家人，家人同意了再打勾。"));
    }
    let tx = app.db.begin().await?;
    put_relative(app, &tx, id, new, None).await?;
    tx.commit().await?;
    Ok(())
}

/// Records a relative who agreed on paper, or in a call.
///
/// # Errors
/// As [`save_relative`]; `no_resident`, `out_of_scope`.
pub async fn record_relative(
    app: &App,
    by: Recorder<'_>,
    id: ResidentId,
    new: &NewRelative,
) -> Result<()> {
    let tx = app.db.begin().await?;
    within_scope(&tx, by.0, id).await?;
    put_relative(app, &tx, id, new, Some(by)).await?;
    tx.commit().await?;
    Ok(())
}

async fn put_relative(
    app: &App,
    tx: &DatabaseTransaction,
    id: ResidentId,
    new: &NewRelative,
    by: Option<Recorder<'_>>,
) -> Result<()> {
    let (name, phone) = (profile::name(&new.name)?, profile::phone(&new.phone)?);
    let relation = text(&new.relation, "关系", LONGEST_RELATION)?;
    living(tx, id).await?;
    let now = app.clock.now();
    let row = relative::Model {
        resident_id: id,
        name_sealed: app.vault.seal("relative_name", &name)?,
        phone_sealed: app.vault.seal("relative_phone", &phone)?,
        relation,
        updated_at: now,
    };
    store::papers::put_relative(tx, row).await?;
    // Another person's consent is another consent.
    store::withdraw_consent(tx, id, ConsentKind::Relative, now).await?;
    let what = (ConsentKind::Relative, app.config.members.consent_version.clone());
    note(app, tx, id, what, by, "resident.relative_recorded").await
}

/// The number of the relative, to call them now. That it was looked up is noted.
///
/// # Errors
/// `no_relative`, `no_resident`, `out_of_scope`.
pub async fn reveal_relative(app: &App, who: &Colleague, id: ResidentId) -> Result<String> {
    let tx = app.db.begin().await?;
    within_scope(&tx, who, id).await?;
    let row = store::papers::relative(&tx, id).await?.ok_or_else(|| {
        Error::not_found("no_relative", "还没有留家人的电话。").or_else("请先登记家人", None)
    })?;
    let phone = app.vault.open("relative_phone", &row.phone_sealed)?;
    let (object, now) = (format!("resident:{id}"), app.clock.now());
    staff::record(&tx, Some(who.id), "resident.relative_called", &object, None, now).await?;
    tx.commit().await?;
    Ok(phone)
}

/// The number of a resident, to call them now. That it was looked up is noted.
///
/// # Errors
/// `no_phone`, `no_resident`, `out_of_scope`.
pub async fn reveal_phone(app: &App, who: &Colleague, id: ResidentId) -> Result<String> {
    let tx = app.db.begin().await?;
    within_scope(&tx, who, id).await?;
    let row = living(&tx, id).await?;
    let sealed = row.phone_sealed.ok_or_else(|| {
        Error::not_found("no_phone", "没有留电话。").or_else("看看有没有留家人的电话", None)
    })?;
    let phone = app.vault.open("phone", &sealed)?;
    let (object, now) = (format!("resident:{id}"), app.clock.now());
    staff::record(&tx, Some(who.id), "resident.called", &object, None, now).await?;
    tx.commit().await?;
    Ok(phone)
}

/// Records, from paper or a call, that somebody lives alone and wants to be called when
/// they are missing from class; or that they do no longer.
///
/// # Errors
/// `no_resident`, `out_of_scope`.
pub async fn record_care(app: &App, by: Recorder<'_>, id: ResidentId, wanted: bool) -> Result<()> {
    let (kind, (who, way)) = (ConsentKind::CareCall, by);
    let tx = app.db.begin().await?;
    within_scope(&tx, who, id).await?;
    living(&tx, id).await?;
    if store::consents(&tx, id, kind).await?.is_empty() != wanted {
        return Ok(());
    }
    if wanted {
        let what = (kind, app.config.members.consent_version.clone());
        note(app, &tx, id, what, Some(by), "resident.care_call_wanted").await?;
    } else {
        let now = app.clock.now();
        store::withdraw_consent(&tx, id, kind, now).await?;
        let (object, way) = (format!("resident:{id}"), Some(way.as_str()));
        staff::record(&tx, Some(who.id), "resident.care_call_ended", &object, way, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Records, from paper or a call, whether somebody may be seen in pictures that are published.
///
/// # Errors
/// `no_resident`, `out_of_scope`.
pub async fn record_photos(
    app: &App,
    by: Recorder<'_>,
    id: ResidentId,
    agrees: bool,
) -> Result<()> {
    let (who, way) = by;
    let tx = app.db.begin().await?;
    within_scope(&tx, who, id).await?;
    living(&tx, id).await?;
    if store::papers::photo_wishes(&tx, &[id]).await?.get(&id) == Some(&agrees) {
        return Ok(());
    }
    let what = (ConsentKind::Photos, app.config.members.consent_version.clone());
    if agrees {
        note(app, &tx, id, what, Some(by), "resident.photos_agreed").await?;
    } else {
        refuse_photos(&tx, id, what.1, Some((who.id, way)), app.clock.now()).await?;
        let (object, now) = (format!("resident:{id}"), app.clock.now());
        let action = "resident.photos_refused";
        staff::record(&tx, Some(who.id), action, &object, Some(way.as_str()), now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Takes back what was agreed; of somebody who never agreed it is written down that they were
/// asked and do not want it.
pub(super) async fn refuse_photos(
    tx: &DatabaseTransaction,
    id: ResidentId,
    version: String,
    staff: Option<(StaffId, ConsentWay)>,
    now: DateTime<Utc>,
) -> Result<()> {
    if !store::papers::photo_wishes(tx, &[id]).await?.contains_key(&id) {
        store::papers::add_paper(tx, id, (ConsentKind::Photos, version), staff, now).await?;
    }
    store::withdraw_consent(tx, id, ConsentKind::Photos, now).await
}

/// Who of these people may be seen in pictures that are published, and who does not want it;
/// whom nobody asked is missing.
///
/// # Errors
/// The database.
pub async fn photo_wishes(
    conn: &impl ConnectionTrait,
    ids: &[ResidentId],
) -> Result<HashMap<ResidentId, bool>> {
    store::papers::photo_wishes(conn, ids).await
}

/// Of these people, who lives alone and wants to be called when they are missing; with
/// their birth dates.
///
/// # Errors
/// The database.
pub async fn lives_alone(
    conn: &impl ConnectionTrait,
    ids: &[ResidentId],
) -> Result<Vec<(ResidentId, Option<NaiveDate>)>> {
    store::papers::care_wanted(conn, ids).await
}

/// What there is of somebody.
///
/// # Errors
/// The database; a number that cannot be opened.
pub async fn papers(app: &App, conn: &impl ConnectionTrait, id: ResidentId) -> Result<Papers> {
    let today = app.clock.today();
    let in_force = store::papers::pledge(conn).await?.map(|row| row.id.to_string());
    let signed = store::consents(conn, id, ConsentKind::Pledge).await?;
    let relative = match store::papers::relative(conn, id).await? {
        Some(row) => Some(Relative {
            name: app.vault.open("relative_name", &row.name_sealed)?,
            phone_masked: profile::masked_phone(
                &app.vault.open("relative_phone", &row.phone_sealed)?,
            ),
            relation: row.relation,
        }),
        None => None,
    };
    let mut bars = store::papers::bars(conn, &[id]).await?.remove(&id).unwrap_or_default();
    bars.retain(|bar| bar.until >= today);
    let pledged = in_force.is_some_and(|version| signed.iter().any(|one| one.version == version));
    let care_call = !store::consents(conn, id, ConsentKind::CareCall).await?.is_empty();
    let photos = store::papers::photo_wishes(conn, &[id]).await?.remove(&id);
    Ok(Papers { pledged, relative, care_call, photos, bars })
}

/// As [`papers`], for staff within their scope.
///
/// # Errors
/// `no_resident`, `out_of_scope`.
pub async fn papers_for(app: &App, who: &Colleague, id: ResidentId) -> Result<Papers> {
    within_scope(app.db.read(), who, id).await?;
    papers(app, app.db.read(), id).await
}

/// Keeps somebody from signing up, until that day included.
///
/// # Errors
/// `missing` reason, `too_long`, `in_the_past`; `no_resident`, `out_of_scope`.
pub async fn bar(
    app: &App,
    who: &Colleague,
    id: ResidentId,
    until: NaiveDate,
    reason: &str,
) -> Result<()> {
    let today = app.clock.today();
    if until < today || until > today + chrono::TimeDelta::days(366 * 3) {
        return Err(Error::invalid("in_the_past", "日期要从今天起，三年以内。"));
    }
    let tx = app.db.begin().await?;
    within_scope(&tx, who, id).await?;
    bar_in(app, &tx, who.id, id, None, (until, reason)).await?;
    tx.commit().await?;
    Ok(())
}

/// As [`bar`], within a transaction of the caller's; `class`: from this class alone.
///
/// # Errors
/// `missing`, `too_long`, `no_resident`.
pub async fn bar_in(
    app: &App,
    tx: &DatabaseTransaction,
    by: StaffId,
    id: ResidentId,
    class: Option<ClassId>,
    (until, reason): (NaiveDate, &str),
) -> Result<()> {
    let reason = text(reason, "原因", LONGEST_REASON)?;
    living(tx, id).await?;
    let now = app.clock.now();
    let bar = store::papers::add_bar(tx, id, class, (until, &reason), by, now).await?;
    let over = clock::at_local(until, 24 * 60);
    outbox::enqueue(tx, &Job::BarEnded { resident: id }, now, over).await?;
    let object = format!("resident:{id}");
    let detail = format!("bar {bar}");
    staff::record(tx, Some(by), "resident.barred", &object, Some(&detail), now).await
}

/// Takes a bar back. Saying it twice is the same as once.
///
/// # Errors
/// `bar_not_found`, `out_of_scope`.
pub async fn lift_bar(app: &App, who: &Colleague, id: BarId) -> Result<ResidentId> {
    let tx = app.db.begin().await?;
    let row = store::papers::bar(&tx, id)
        .await?
        .ok_or_else(|| Error::not_found("bar_not_found", "没有找到这条限制。"))?;
    let resident = row.resident_id;
    within_scope(&tx, who, resident).await?;
    living(&tx, resident).await?;
    let now = app.clock.now();
    if store::papers::lift_bar(&tx, id, who.id, now).await? {
        let left = store::papers::bars(&tx, &[resident]).await?;
        store::papers::mark_barred(&tx, resident, !left.is_empty()).await?;
        let (object, detail) = (format!("resident:{resident}"), format!("bar {id}"));
        staff::record(&tx, Some(who.id), "resident.bar_lifted", &object, Some(&detail), now)
            .await?;
        outbox::enqueue(&tx, &Job::BarEnded { resident }, now, now).await?;
    }
    tx.commit().await?;
    Ok(resident)
}

/// Officers act for people of their own community.
async fn within_scope(conn: &impl ConnectionTrait, who: &Colleague, id: ResidentId) -> Result<()> {
    let row = store::by_id(conn, id).await?.filter(|row| row.erased_at.is_none());
    let row = row.ok_or_else(no_resident)?;
    if who.role == Role::Officer && (who.community.is_none() || who.community != row.community_id) {
        let message = "这位居民不在您的社区，请联系教育中心。";
        return Err(Error::forbidden("out_of_scope", message));
    }
    Ok(())
}

fn no_pledge() -> Error {
    Error::not_found("no_pledge", "还没有承诺书。").or_else("请教育中心先写好", None)
}
