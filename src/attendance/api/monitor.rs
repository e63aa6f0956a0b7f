//! The roll on the phone of a class's monitor.

use poem_openapi::OpenApi;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;

use entity::ids::MeetingId;

use super::day::{self, SignedDay};
use super::scans::{ScanAnswer, ScansBody};
use crate::app::App;
use crate::attendance::{Keeper, scans};
use crate::wire::ApiResult;
use crate::wire::auth::Resident;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

pub struct MonitorApi(pub App);

#[OpenApi(tag = "Tag::Attendance")]
impl MonitorApi {
    /// Today's rolls that I keep as the monitor of a class, signed, to be kept on a phone.
    ///
    /// Codes: `not_monitor`.
    #[oai(path = "/me/day-roll", method = "get", operation_id = "my_day_roll")]
    async fn day(&self, me: Resident) -> ApiResult<Json<SignedDay>> {
        let today = self.0.clock.today();
        Ok(Json(day::signed(&self.0, Keeper::Monitor(&me.0), today).await?))
    }

    /// What my phone scanned, tapped and counted as the monitor, as one; as `staff_scans`.
    ///
    /// Codes: `no_meeting`; `not_monitor`, of who never was one. What somebody did who was one
    /// no longer lies in the tray.
    #[oai(path = "/me/meetings/:id/scans", method = "post", operation_id = "my_scans")]
    async fn upload(
        &self,
        me: Resident,
        id: Path<MeetingId>,
        body: Json<ScansBody>,
    ) -> ApiResult<Json<Page<ScanAnswer>>> {
        let who = Keeper::Monitor(&me.0);
        let taken = scans::upload(&self.0, who, id.0, body.0.into()).await?;
        Ok(Json(Page::whole(taken.into_iter().map(ScanAnswer::from).collect())))
    }
}
