//! 班长: a learner who keeps the roll of their own class on the day, on their own phone.
//!
//! 1. Staff who look after the class make somebody its monitor and end it; each time stays,
//!    with who and when.
//! 2. Who has no place in the class any more is none, whatever was said.
//! 3. They see today's roll as it hangs on a wall: names and numbers, and nothing of why
//!    somebody is away.

use sea_orm::ConnectionTrait;

use entity::class_monitor;
use entity::ids::{ClassId, ResidentId};
use entity::kinds::{MeetingStatus, Role};

use super::store::{self, MeetingFacts};
use crate::app::App;
use crate::clock;
use crate::courses::{self, ClassFacts, ClassFilter};
use crate::enrolment;
use crate::error::{Error, Result};
use crate::members::{self, Learner, Person};
use crate::staff::{self, Colleague};

/// The class, if this colleague looks after it.
///
/// # Errors
/// `class_not_found`, `not_your_class`.
pub async fn class_of(app: &App, who: &Colleague, class: ClassId) -> Result<ClassFacts> {
    let conn = app.db.read();
    let facts = courses::class(conn, class).await?;
    let theirs = match who.role {
        Role::Teacher => {
            courses::teacher_of_staff(conn, who.id).await? == Some(facts.class.teacher_id)
        }
        Role::Officer => courses::within_scope(who, &facts.site).is_ok(),
        _ => true,
    };
    if theirs {
        return Ok(facts);
    }
    Err(Error::forbidden("not_your_class", "这不是您负责的班级。"))
}

/// The classes that this colleague looks after, the newest term first.
///
/// # Errors
/// The database.
pub async fn classes_of(app: &App, who: &Colleague) -> Result<Vec<ClassFacts>> {
    let conn = app.db.read();
    let mut found = courses::list_classes(conn, &ClassFilter::default()).await?;
    match who.role {
        Role::Teacher => {
            let teacher = courses::teacher_of_staff(conn, who.id).await?;
            found.retain(|facts| teacher == Some(facts.class.teacher_id));
        }
        Role::Officer => found.retain(|facts| courses::within_scope(who, &facts.site).is_ok()),
        _ => {}
    }
    found.sort_by_key(|facts| (std::cmp::Reverse(facts.term.first_day), facts.class.id));
    Ok(found)
}

pub(super) fn not_monitor() -> Error {
    Error::forbidden("not_monitor", "您现在不是班长，不能点名。")
        .or_else("有疑问请告诉老师。", None)
}

/// A monitor, and who made them one.
#[derive(Clone, Debug)]
pub struct Monitor {
    pub row: class_monitor::Model,
    pub person: Person,
    pub made_by: String,
}

/// The monitors of a class.
///
/// # Errors
/// `class_not_found`, `not_your_class`.
pub async fn of_class(app: &App, who: &Colleague, class: ClassId) -> Result<Vec<Monitor>> {
    class_of(app, who, class).await?;
    let conn = app.db.read();
    let rows = store::monitors::live(conn, class).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.resident_id).collect();
    let mut people = members::people(app, conn, &ids).await?;
    let clerks: Vec<_> = rows.iter().map(|row| row.made_by).collect();
    let clerks = staff::names(conn, &clerks).await?;
    let monitor = |row: class_monitor::Model| {
        let made_by = clerks.get(&row.made_by).cloned().unwrap_or_else(|| "工作人员".to_owned());
        Some(Monitor { person: people.remove(&row.resident_id)?, made_by, row })
    };
    Ok(rows.into_iter().filter_map(monitor).collect())
}

/// Makes a learner a monitor of their class. Said twice it is the same as once.
///
/// # Errors
/// `class_not_found`, `not_your_class`, `not_on_roll`.
pub async fn make(app: &App, who: &Colleague, class: ClassId, resident: ResidentId) -> Result<()> {
    class_of(app, who, class).await?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if !enrolment::is_placed(&tx, resident, class).await? {
        return Err(Error::not_found("not_on_roll", "这位学员不在这个班的名单上。"));
    }
    if store::monitors::make(&tx, (class, resident), who.id, now).await? {
        let object = format!("class:{class} resident:{resident}");
        staff::record(&tx, Some(who.id), "monitor.made", &object, None, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Somebody is a monitor no longer.
///
/// # Errors
/// `class_not_found`, `not_your_class`.
pub async fn end(app: &App, who: &Colleague, class: ClassId, resident: ResidentId) -> Result<()> {
    class_of(app, who, class).await?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if store::monitors::end(&tx, (class, resident), who.id, now).await? {
        let object = format!("class:{class} resident:{resident}");
        staff::record(&tx, Some(who.id), "monitor.ended", &object, None, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The classes whose monitor somebody is.
pub(super) async fn classes(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<ClassId>> {
    let mut classes = store::monitors::classes(conn, resident).await?;
    if !classes.is_empty() {
        let placed = store::classes_of(conn, resident).await?;
        classes.retain(|class| placed.contains(class));
    }
    Ok(classes)
}

/// Today's meetings whose roll a monitor keeps.
pub(super) async fn meetings_today(app: &App, who: &Learner) -> Result<Vec<MeetingFacts>> {
    let conn = app.db.read();
    let classes = classes(conn, who.id).await?;
    if classes.is_empty() {
        return Err(not_monitor());
    }
    let today = app.clock.today();
    let (from, to) = (clock::at_local(today, 0), clock::at_local(today, 24 * 60));
    let mut meetings = store::meetings_between(conn, from, to, Some(&classes)).await?;
    meetings.retain(|facts| facts.meeting.status == MeetingStatus::Planned);
    Ok(meetings)
}
