//! 请假 on the wire.

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use entity::ids::MeetingId;

use crate::app::App;
use crate::attendance::leave::{self, WhyAway};
use crate::wire::ApiResult;
use crate::wire::auth::Resident;
use crate::wire::common::Done;
use crate::wire::tags::Tag;

pub struct LeaveApi(pub App);

/// Why I do not come.
#[derive(Clone, Copy, Enum)]
#[oai(rename_all = "snake_case")]
enum AbsenceWhy {
    Health,
    Family,
    Away,
    Other,
}

impl From<AbsenceWhy> for WhyAway {
    fn from(why: AbsenceWhy) -> Self {
        match why {
            AbsenceWhy::Health => Self::Health,
            AbsenceWhy::Family => Self::Family,
            AbsenceWhy::Away => Self::Away,
            AbsenceWhy::Other => Self::Other,
        }
    }
}

#[derive(Object)]
struct AbsenceBody {
    #[oai(skip_serializing_if_is_none)]
    why: Option<AbsenceWhy>,
}

#[OpenApi(tag = "Tag::Attendance")]
impl LeaveApi {
    /// I do not come to this meeting. Said again with a reason, the reason is added.
    ///
    /// Codes: `no_meeting`, `not_enrolled`, `meeting_cancelled`, `leave_too_late`,
    /// `already_marked`.
    #[oai(path = "/me/meetings/:id/leave", method = "put", operation_id = "ask_leave")]
    async fn ask(
        &self,
        me: Resident,
        id: Path<MeetingId>,
        body: Json<AbsenceBody>,
    ) -> ApiResult<Done> {
        leave::ask(&self.0, me.0.id, id.0, body.0.why.map(WhyAway::from)).await?;
        Ok(Done::Done)
    }

    /// I come after all.
    ///
    /// Codes: as above, and `leave_by_staff`; `seat_given`: a guest has the seat.
    #[oai(path = "/me/meetings/:id/leave", method = "delete", operation_id = "take_leave_back")]
    async fn take_back(&self, me: Resident, id: Path<MeetingId>) -> ApiResult<Done> {
        leave::take_back(&self.0, me.0.id, id.0).await?;
        Ok(Done::Done)
    }
}
