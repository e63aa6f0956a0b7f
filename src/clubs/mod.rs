//! 社团: people who practise together, what they make and where they perform.
//!
//! 1. A club has members and meetings by a class of kind `club` (`courses/gatherings.rs`),
//!    made once, when it gets a place to meet; whoever joins has a place in it as in any
//!    class, and its leader is its monitor (`attendance/monitor.rs`), who keeps the roll on
//!    their own phone.
//! 2. Works and performances are written down by staff and never deleted, but taken away. The
//!    picture of a work is shown to everybody; it is of the work, and of nobody's face.
//! 3. The centre looks after all clubs, officers after those that meet at a site of their own
//!    community.

use chrono::{NaiveDate, TimeDelta};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::ids::{ClassId, ClubId, PictureId};
use entity::kinds::{ClassKind, Role};
use entity::{club, club_show, club_work, meeting};

use crate::app::App;
use crate::courses::{self, ClassFacts, Gathering, Times};
use crate::enrolment::{self, SignUp, SignUpOptions};
use crate::error::{Error, Result};
use crate::family::Caller;
use crate::news;
use crate::staff::{self, Colleague};

pub mod api;
mod store;

/// So far back meetings are shown.
const LOOKS_BACK: TimeDelta = TimeDelta::days(60);

/// A club, with its class where it has one.
#[derive(Clone, Debug)]
pub struct Club {
    pub row: club::Model,
    pub facts: Option<ClassFacts>,
}

impl Club {
    fn class(&self) -> Result<ClassId> {
        let class = self.facts.as_ref().map(|facts| facts.class.id);
        class.ok_or_else(|| Error::conflict("no_place_yet", "这个社团还没有安排活动地点。"))
    }
}

/// What somebody made.
#[derive(Clone, Debug)]
pub struct NewWork {
    pub title: String,
    pub author: String,
    pub note: String,
    pub picture: Option<PictureId>,
}

/// Where a club performed.
#[derive(Clone, Debug)]
pub struct NewShow {
    pub title: String,
    pub day: NaiveDate,
    pub place: String,
    pub note: String,
}

fn none() -> Error {
    Error::not_found("club_not_found", "没有找到这个社团。")
        .or_else("看看有哪些社团", Some("/clubs".to_owned()))
}

/// All clubs, in their order.
///
/// # Errors
/// The database.
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<Club>> {
    let rows = store::all(conn).await?;
    let ids: Vec<ClassId> = rows.iter().filter_map(|row| row.class_id).collect();
    let facts = courses::classes(conn, &ids).await?;
    let club = |row: club::Model| {
        let facts = row.class_id.and_then(|id| facts.get(&id).cloned());
        Club { row, facts }
    };
    Ok(rows.into_iter().map(club).collect())
}

/// One of them.
///
/// # Errors
/// `club_not_found`.
pub async fn one(conn: &impl ConnectionTrait, id: ClubId) -> Result<Club> {
    let row = store::one(conn, id).await?.ok_or_else(none)?;
    let facts = match row.class_id {
        Some(class) => Some(courses::class(conn, class).await?),
        None => None,
    };
    Ok(Club { row, facts })
}

/// The club whose members a class holds.
///
/// # Errors
/// `club_not_found`.
pub async fn of_class(conn: &impl ConnectionTrait, class: ClassId) -> Result<Club> {
    let row = store::of_class(conn, class).await?.ok_or_else(none)?;
    one(conn, row.id).await
}

/// As [`one`], of what this colleague looks after.
///
/// # Errors
/// `club_not_found`, `out_of_scope`.
pub async fn for_staff(app: &App, who: &Colleague, id: ClubId) -> Result<Club> {
    let found = one(app.db.read(), id).await?;
    may(who, &found)?;
    Ok(found)
}

fn may(who: &Colleague, club: &Club) -> Result<()> {
    match &club.facts {
        Some(facts) => courses::within_scope(who, &facts.site),
        None if who.role == Role::Officer => {
            Err(Error::forbidden("out_of_scope", "这个社团还没有安排地点，请联系教育中心。"))
        }
        None => Ok(()),
    }
}

/// Writes down a club, or what is said of one now.
///
/// # Errors
/// `missing`, `too_long`, `club_not_found`, `already_there`.
pub async fn save(
    app: &App,
    who: &Colleague,
    id: Option<ClubId>,
    (name, aim, closed): (&str, &str, bool),
) -> Result<ClubId> {
    let (name, aim) = (text(name, "社团名称", 1, 20)?, text(aim, "做什么", 1, 100)?);
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let saved = store::save(&tx, id, (&name, &aim, closed)).await?.ok_or_else(none)?;
    let object = format!("club:{}", saved.id);
    staff::record(&tx, Some(who.id), "club.saved", &object, Some(&saved.name), now).await?;
    tx.commit().await?;
    Ok(saved.id)
}

/// Gives a club a place, with its first meetings; then people can join.
///
/// # Errors
/// `club_not_found`, `out_of_scope`; `has_a_place`: it was given one before; a field that
/// cannot be; `teacher_busy`, `room_busy`.
pub async fn open(
    app: &App,
    who: &Colleague,
    id: ClubId,
    place: &Gathering,
    times: &[Times],
) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let found = one(&tx, id).await?;
    may(who, &found)?;
    let sites = courses::sites(&tx).await?;
    if let Some(site) = sites.iter().find(|site| site.id == place.site_id) {
        courses::within_scope(who, site)?;
    }
    let gathering = Gathering {
        kind: ClassKind::Club,
        name: found.row.name.clone(),
        open_door: false,
        credited: true,
        smart_technology: false,
        ..place.clone()
    };
    let class = courses::create_gathering(&tx, who.id, &gathering, times, now).await?;
    if !store::give_place(&tx, id, class.id).await? {
        return Err(Error::conflict("has_a_place", "这个社团已经有活动地点了。"));
    }
    tx.commit().await?;
    Ok(())
}

/// One more meeting.
///
/// # Errors
/// `club_not_found`, `out_of_scope`, `no_place_yet`, and as [`courses::add_meeting`].
pub async fn add_time(app: &App, who: &Colleague, id: ClubId, time: Times) -> Result<()> {
    let class = for_staff(app, who, id).await?.class()?;
    let tx = app.db.begin().await?;
    courses::add_meeting(&tx, who.id, class, time, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Somebody joins, by themselves or by family.
///
/// # Errors
/// `club_not_found`, `club_closed`, `no_place_yet`; and as [`enrolment::sign_up_to`].
pub async fn join(
    app: &App,
    who: Caller,
    id: ClubId,
    join_waitlist: bool,
    request_key: Option<String>,
) -> Result<SignUp> {
    let found = one(app.db.read(), id).await?;
    if found.row.closed {
        return Err(Error::conflict("club_closed", "这个社团不再收人了。"));
    }
    let class = found.class()?;
    let options = SignUpOptions { join_waitlist, actor: who.into(), request_key };
    enrolment::sign_up_to(app, ClassKind::Club, who.learner, class, options).await
}

/// Meetings of the last two months and to come, the latest last.
///
/// # Errors
/// The database.
pub async fn meetings(app: &App, club: &Club) -> Result<Vec<meeting::Model>> {
    let Some(facts) = &club.facts else { return Ok(Vec::new()) };
    let mut rows = courses::meetings(app.db.read(), facts.class.id).await?;
    let from = app.clock.now() - LOOKS_BACK;
    rows.retain(|row| row.ends_at > from);
    rows.sort_by_key(|row| row.starts_at);
    Ok(rows)
}

/// Writes down what somebody made.
///
/// # Errors
/// `club_not_found`, `out_of_scope`, `missing`, `too_long`.
pub async fn add_work(app: &App, who: &Colleague, id: ClubId, new: &NewWork) -> Result<()> {
    for_staff(app, who, id).await?;
    let new = NewWork {
        title: text(&new.title, "作品名", 1, 30)?,
        author: text(&new.author, "作者", 0, 30)?,
        note: text(&new.note, "说明", 0, 300)?,
        picture: new.picture,
    };
    let tx = app.db.begin().await?;
    store::add_work(&tx, id, &new, who.id, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Keeps a picture of a work.
///
/// # Errors
/// `club_not_found`, `out_of_scope`; no JPEG or PNG.
pub async fn keep_picture(
    app: &App,
    who: &Colleague,
    id: ClubId,
    file: Vec<u8>,
) -> Result<PictureId> {
    for_staff(app, who, id).await?;
    news::keep_picture(app, who, file).await
}

/// Writes down where the club performed, or will.
///
/// # Errors
/// `club_not_found`, `out_of_scope`, `missing`, `too_long`.
pub async fn add_show(app: &App, who: &Colleague, id: ClubId, new: &NewShow) -> Result<()> {
    for_staff(app, who, id).await?;
    let new = NewShow {
        title: text(&new.title, "演出名称", 1, 40)?,
        day: new.day,
        place: text(&new.place, "在哪里", 1, 40)?,
        note: text(&new.note, "说明", 0, 300)?,
    };
    let tx = app.db.begin().await?;
    store::add_show(&tx, id, &new, who.id, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes a work or a performance away; that it was there stays.
///
/// # Errors
/// `club_not_found`, `out_of_scope`, `not_found`.
pub async fn remove(app: &App, who: &Colleague, id: ClubId, what: Part) -> Result<()> {
    for_staff(app, who, id).await?;
    let tx: DatabaseTransaction = app.db.begin().await?;
    if !store::remove(&tx, id, what, app.clock.now()).await? {
        return Err(Error::not_found("not_found", "没有这一项，可能已经拿掉了。"));
    }
    tx.commit().await?;
    Ok(())
}

/// A work or a performance.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    Work(i64),
    Show(i64),
}

/// What members made, the newest first, and where the club performed, the latest first.
///
/// # Errors
/// The database.
pub async fn shown(
    conn: &impl ConnectionTrait,
    id: ClubId,
) -> Result<(Vec<club_work::Model>, Vec<club_show::Model>)> {
    Ok((store::works(conn, id).await?, store::shows(conn, id).await?))
}

/// The picture of a work that is shown: what it is, and its bytes.
///
/// # Errors
/// `no_picture`.
pub async fn picture_of(conn: &impl ConnectionTrait, work: i64) -> Result<(String, Vec<u8>)> {
    let none = || Error::not_found("no_picture", "没有这张图片。");
    let row = store::work(conn, work).await?.ok_or_else(none)?;
    let picture = row.picture_id.ok_or_else(none)?;
    news::picture(conn, picture).await?.ok_or_else(none)
}

fn text(value: &str, label: &str, least: usize, most: usize) -> Result<String> {
    let value = value.trim();
    let length = value.chars().count();
    if length < least {
        return Err(Error::invalid("missing", format!("请填写{label}。")));
    }
    if length > most {
        return Err(Error::invalid("too_long", format!("{label}太长了，最多 {most} 个字。")));
    }
    if value.chars().any(|one| one.is_control() && one != '\n') {
        return Err(Error::invalid("bad_text", format!("{label}里有不能用的符号。")));
    }
    Ok(value.to_owned())
}
