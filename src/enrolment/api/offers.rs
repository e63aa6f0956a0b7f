//! Offers that wait for an answer, on the wire for staff.

use chrono::{DateTime, Utc};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::{ClassId, EnrolmentId, ResidentId};

use crate::app::App;
use crate::clock;
use crate::enrolment;
use crate::wire::ApiResult;
use crate::wire::auth::EnrolmentStaff;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

pub struct StaffOffersApi(pub App);

/// A place that is offered to somebody, and not answered.
#[derive(Debug, Object)]
struct OfferLine {
    enrolment_id: EnrolmentId,
    resident_id: ResidentId,
    name: String,
    learner_number: String,
    #[oai(skip_serializing_if_is_none)]
    phone_masked: Option<String>,
    class_id: ClassId,
    class_name: String,
    #[oai(skip_serializing_if_is_none)]
    expires_at: Option<DateTime<Utc>>,
    /// As in 9月8日（周二）9:00.
    expires_text: String,
}

#[OpenApi(tag = "Tag::StaffEnrolment")]
impl StaffOffersApi {
    /// Places that are offered and not answered, the first to lapse first; an officer's own
    /// community only. At most 100 of them.
    #[oai(path = "/staff/offers", method = "get", operation_id = "staff_open_offers")]
    async fn offers(&self, who: EnrolmentStaff) -> ApiResult<Json<Page<OfferLine>>> {
        let (offers, total) = enrolment::open_offers(&self.0, &who.0).await?;
        let items = offers.into_iter().map(|one| OfferLine {
            enrolment_id: one.row.id,
            resident_id: one.row.resident_id,
            name: one.person.name,
            learner_number: one.person.learner_number,
            phone_masked: one.person.phone_masked,
            class_id: one.class.class.id,
            class_name: one.class.class.name,
            expires_at: one.row.offer_expires_at,
            expires_text: one.row.offer_expires_at.map(clock::spoken).unwrap_or_default(),
        });
        Ok(Json(Page { items: items.collect(), total }))
    }
}
