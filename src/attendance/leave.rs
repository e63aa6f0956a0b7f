//! 请假: a learner says by one tap that they do not come, and takes it back.

use sea_orm::ConnectionTrait;

use entity::ids::{MeetingId, ResidentId};
use entity::kinds::{ActorKind, AttendanceStatus, CheckInWay, MeetingStatus};

use super::{existing, guests, latest, register, store};
use crate::app::App;
use crate::enrolment;
use crate::error::{Error, Result};

/// Why somebody does not come. A closed set: what residents write themselves would have to
/// be judged before a teacher reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyAway {
    Health,
    Family,
    Away,
    Other,
}

impl WhyAway {
    /// As it stands on the roll.
    pub fn words(self) -> &'static str {
        match self {
            Self::Health => "身体不适",
            Self::Family => "家里有事",
            Self::Away => "外出",
            Self::Other => "其他",
        }
    }
}

/// A leave that stands.
#[derive(Clone, Debug)]
pub struct OnLeave {
    /// Asked for by the learner themselves, who can take it back.
    pub own: bool,
    pub reason: Option<String>,
}

/// The leave of a person at a meeting, if that is what stands.
///
/// # Errors
/// The database.
pub async fn on_leave(
    conn: &impl ConnectionTrait,
    id: MeetingId,
    resident: ResidentId,
) -> Result<Option<OnLeave>> {
    let words = store::events::words(conn, id, Some(&[resident])).await?;
    let standing = register::fold(words.get(&resident).map_or(&[], Vec::as_slice));
    let own = standing.own_leave();
    let leave = standing.status == Some(AttendanceStatus::Leave);
    Ok(leave.then_some(OnLeave { own, reason: standing.reason }))
}

/// Asks for leave, or says why afterwards. Said twice it is the same as once.
///
/// # Errors
/// `no_meeting`, `not_enrolled`, `meeting_cancelled`, `leave_too_late`, `already_marked`.
pub async fn ask(
    app: &App,
    resident: ResidentId,
    id: MeetingId,
    why: Option<WhyAway>,
) -> Result<()> {
    tell(app, resident, id, Some(why)).await
}

/// Takes the own leave back: they come after all.
///
/// # Errors
/// As [`ask`]; `leave_by_staff`: staff entered it, and can change it; `seat_given`: a guest
/// has the seat.
pub async fn take_back(app: &App, resident: ResidentId, id: MeetingId) -> Result<()> {
    tell(app, resident, id, None).await
}

/// `asked`: for leave, with why; `None`: takes it back.
async fn tell(
    app: &App,
    resident: ResidentId,
    id: MeetingId,
    asked: Option<Option<WhyAway>>,
) -> Result<()> {
    let facts = existing(app, id).await?;
    if !enrolment::is_placed(app.db.read(), resident, facts.class_id()).await? {
        return Err(Error::forbidden("not_enrolled", "您没有报名这个班，不用请假。")
            .or_else("看我的课程", Some("/mine".to_owned())));
    }
    if facts.meeting.status == MeetingStatus::Cancelled {
        return Err(Error::conflict("meeting_cancelled", "这次课已经取消，不用请假。"));
    }
    let now = app.clock.now();
    if now >= facts.meeting.starts_at {
        return Err(Error::conflict("leave_too_late", "已经上课了，手机上不能再请假或取消。")
            .or_else("请打电话告诉老师或教育中心。", Some("/help".to_owned())));
    }
    let tx = app.db.begin().await?;
    let words = store::events::hold(&tx, id, resident, now).await?;
    let before = register::fold(&words);
    let reason = asked.flatten().map(|why| why.words().to_owned());
    match (before.status, asked) {
        (None, None) => return Ok(()),
        (Some(AttendanceStatus::Leave), Some(_))
            if reason.is_none() || reason == before.reason || !before.own_leave() =>
        {
            return Ok(());
        }
        (Some(AttendanceStatus::Leave), None) if !before.own_leave() => {
            return Err(Error::conflict("leave_by_staff", "这次请假是老师登记的。")
                .or_else("您要来上课，请告诉老师；来了照样可以签到。", None));
        }
        (Some(AttendanceStatus::Present | AttendanceStatus::Absent), _) => {
            return Err(Error::conflict("already_marked", "这次课已经登记过了。")
                .or_else("有不对的地方，请告诉老师。", None));
        }
        _ => {}
    }
    if asked.is_none() {
        guests::must_have_seat(&tx, &facts, resident, now).await?;
    }
    let event = store::events::NewEvent {
        meeting: id,
        resident,
        way: CheckInWay::Leave,
        status: asked.map(|_| AttendanceStatus::Leave),
        actor_kind: ActorKind::Resident,
        actor_id: Some(resident.0),
        reason,
        code_step: None,
        happened_at: latest(&words, now),
        device_at: None,
        device: None,
        scan_id: None,
        nodded_at: None,
    };
    store::events::append(&tx, &[event], now).await?;
    super::compute(&tx, &facts, &[resident], now).await?;
    tx.commit().await?;
    Ok(())
}
