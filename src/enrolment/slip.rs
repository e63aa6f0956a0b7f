//! 报名单: what somebody takes home from the counter, on paper.

use chrono::{DateTime, Utc};

use entity::enrolment::Model;
use entity::ids::EnrolmentId;
use entity::kinds::MeetingStatus;

use super::{Mine, no_enrolment, scoped, store};
use crate::app::App;
use crate::courses;
use crate::error::Result;
use crate::members::{self, Person};
use crate::staff::Colleague;

/// Everything that stands on it.
#[derive(Clone, Debug)]
pub struct Slip {
    pub person: Person,
    pub mine: Mine,
    /// The next meeting, as planned now; none when all is over.
    pub next_meeting_at: Option<DateTime<Utc>>,
    /// To the class's page, for whoever has a phone.
    pub link: String,
}

/// The slip of an enrolment, within the colleague's scope. It is handed to the person, so
/// the name is whole on it; the phone number is not on it at all.
///
/// # Errors
/// `enrolment_not_found`, `out_of_scope`.
pub async fn slip(app: &App, who: &Colleague, id: EnrolmentId) -> Result<Slip> {
    let conn = app.db.read();
    let row: Model = store::one(conn, id).await?.ok_or_else(no_enrolment)?;
    scoped(app, who, row.class_id).await?;
    let mut people = members::people(app, conn, &[row.resident_id]).await?;
    let person = people.remove(&row.resident_id).ok_or_else(no_enrolment)?;
    let (class, now) = (row.class_id, app.clock.now());
    let planned = courses::meetings(conn, class)
        .await?
        .into_iter()
        .filter(|meeting| meeting.status == MeetingStatus::Planned && meeting.starts_at > now);
    let next_meeting_at = planned.map(|meeting| meeting.starts_at).min();
    let link = format!("{}/m/#/classes/{class}", app.config.server.public_url);
    let mine = super::mine(app, conn, row).await?;
    Ok(Slip { person, mine, next_meeting_at, link })
}
