//! 旁听 on the wire: for who is asked, and for who looks after the class.

use chrono::{DateTime, Utc};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::{ClassId, GuestOfferId, MeetingId, ResidentId};
use entity::kinds::GuestStatus;

use crate::app::App;
use crate::attendance::guests::{self, Answerer, Offer};
use crate::clock;
use crate::members;
use crate::wire::auth::{Resident, RollKeeper};
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;
use crate::wire::{ApiError, ApiResult};

pub struct GuestsApi(pub App);

pub struct StaffGuestsApi(pub App);

fn status_text(status: GuestStatus) -> &'static str {
    match status {
        GuestStatus::Offered => "等答复",
        GuestStatus::Taken => "来旁听",
        GuestStatus::Declined => "不来",
        GuestStatus::Lapsed => "没有及时答复",
        GuestStatus::GivenBack => "又不来了",
        GuestStatus::Ended => "不用来了",
    }
}

/// A seat at one meeting that I was asked to take.
#[derive(Object)]
struct MyGuestOffer {
    id: GuestOfferId,
    meeting_id: MeetingId,
    class_id: ClassId,
    class_name: String,
    number: i32,
    starts_at: DateTime<Utc>,
    time_text: String,
    site_name: String,
    room: String,
    status: GuestStatus,
    status_text: String,
    /// It is kept for me until then.
    expires_at: DateTime<Utc>,
    expires_text: String,
    may_accept: bool,
    may_decline: bool,
}

impl From<Offer> for MyGuestOffer {
    fn from(offer: Offer) -> Self {
        let Offer { row, facts, may_accept, may_decline, .. } = offer;
        Self {
            id: row.id,
            meeting_id: row.meeting_id,
            class_id: facts.class_id(),
            class_name: facts.class.name,
            number: facts.meeting.number,
            starts_at: facts.meeting.starts_at,
            time_text: clock::spoken(facts.meeting.starts_at),
            site_name: facts.site_name,
            room: facts.meeting.room,
            status: row.status,
            status_text: status_text(row.status).to_owned(),
            expires_at: row.expires_at,
            expires_text: clock::spoken(row.expires_at),
            may_accept,
            may_decline,
        }
    }
}

#[OpenApi(tag = "Tag::Attendance")]
impl GuestsApi {
    /// The seats at single meetings that I was asked to take: of meetings that are not over.
    #[oai(path = "/me/guest-offers", method = "get", operation_id = "my_guest_offers")]
    async fn mine(&self, me: Resident) -> ApiResult<Json<Page<MyGuestOffer>>> {
        let offers = guests::mine(&self.0, me.0.id).await.map_err(ApiError::from)?;
        Ok(Json(Page::whole(offers.into_iter().map(MyGuestOffer::from).collect())))
    }

    /// I come to this meeting as a guest.
    ///
    /// Codes: `no_guest_offer`, `guest_offer_expired`, `guest_offer_ended`.
    #[oai(
        path = "/me/guest-offers/:id/accept",
        method = "post",
        operation_id = "accept_guest_offer"
    )]
    async fn accept(&self, me: Resident, id: Path<GuestOfferId>) -> ApiResult<Done> {
        guests::accept(&self.0, Answerer::Resident(me.0.id), id.0).await?;
        Ok(Done::Done)
    }

    /// I do not come, also after having said so; the next is asked.
    ///
    /// Codes: `no_guest_offer`, `guest_offer_ended`.
    #[oai(
        path = "/me/guest-offers/:id/decline",
        method = "post",
        operation_id = "decline_guest_offer"
    )]
    async fn decline(&self, me: Resident, id: Path<GuestOfferId>) -> ApiResult<Done> {
        guests::decline(&self.0, Answerer::Resident(me.0.id), id.0).await?;
        Ok(Done::Done)
    }
}

/// Somebody who was asked to come to a meeting.
#[derive(Object)]
struct GuestLine {
    id: GuestOfferId,
    resident_id: ResidentId,
    /// As others see it.
    name: String,
    learner_number: String,
    status: GuestStatus,
    status_text: String,
    asked_text: String,
    expires_text: String,
    #[oai(skip_serializing_if_is_none)]
    answered_text: Option<String>,
    /// Somebody answered for them, by phone.
    by_staff: bool,
    may_accept: bool,
    may_decline: bool,
}

impl From<Offer> for GuestLine {
    fn from(offer: Offer) -> Self {
        let Offer { row, person, may_accept, may_decline, .. } = offer;
        Self {
            id: row.id,
            resident_id: person.id,
            name: members::name_for_others(person.name, person.name_state),
            learner_number: person.learner_number,
            status: row.status,
            status_text: status_text(row.status).to_owned(),
            asked_text: clock::spoken(row.offered_at),
            expires_text: clock::spoken(row.expires_at),
            answered_text: row.answered_at.map(clock::spoken),
            by_staff: row.answered_by.is_some(),
            may_accept,
            may_decline,
        }
    }
}

/// The seats that leaves have freed at a meeting.
#[derive(Object)]
struct GuestSeats {
    freed: usize,
    /// Of these, those that are kept for nobody.
    free: usize,
    /// In the order in which they were asked.
    items: Vec<GuestLine>,
}

#[OpenApi(tag = "Tag::StaffAttendance")]
impl StaffGuestsApi {
    /// 旁听 at a meeting: the seats that leaves have freed, and who was asked.
    #[oai(path = "/staff/meetings/:id/guests", method = "get", operation_id = "staff_guests")]
    async fn list(&self, who: RollKeeper, id: Path<MeetingId>) -> ApiResult<Json<GuestSeats>> {
        let seats = guests::of_meeting(&self.0, &who.0, id.0).await?;
        Ok(Json(GuestSeats {
            freed: seats.freed,
            free: seats.free,
            items: seats.offers.into_iter().map(GuestLine::from).collect(),
        }))
    }

    /// They said by phone that they come.
    ///
    /// Codes: `no_guest_offer`, `guest_offer_expired`, `guest_offer_ended`, `not_your_class`.
    #[oai(
        path = "/staff/guest-offers/:id/accept",
        method = "post",
        operation_id = "staff_accept_guest_offer"
    )]
    async fn accept(&self, who: RollKeeper, id: Path<GuestOfferId>) -> ApiResult<Done> {
        guests::accept(&self.0, Answerer::Staff(&who.0), id.0).await?;
        Ok(Done::Done)
    }

    /// They said by phone that they do not come.
    ///
    /// Codes: `no_guest_offer`, `guest_offer_ended`, `not_your_class`.
    #[oai(
        path = "/staff/guest-offers/:id/decline",
        method = "post",
        operation_id = "staff_decline_guest_offer"
    )]
    async fn decline(&self, who: RollKeeper, id: Path<GuestOfferId>) -> ApiResult<Done> {
        guests::decline(&self.0, Answerer::Staff(&who.0), id.0).await?;
        Ok(Done::Done)
    }
}
