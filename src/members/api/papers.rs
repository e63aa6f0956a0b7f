//! Pledge, relative and bars on the wire.

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::{BarId, ClassId, PledgeId, ResidentId};
use entity::kinds::ConsentWay;
use entity::{bar, pledge};

use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::members::{self, NewRelative, Papers};
use crate::wire::ApiResult;
use crate::wire::auth::{CentreStaff, EnrolmentStaff, Resident};
use crate::wire::common::Done;
use crate::wire::tags::Tag;

pub struct PapersApi(pub App);

pub struct StaffPapersApi(pub App);

/// 承诺书, the version in force.
#[derive(Object)]
struct Pledge {
    id: PledgeId,
    title: String,
    body: String,
    /// Since when it is in force.
    created_at: DateTime<Utc>,
}

impl From<pledge::Model> for Pledge {
    fn from(row: pledge::Model) -> Self {
        Self { id: row.id, title: row.title, body: row.body, created_at: row.created_at }
    }
}

async fn pledge(app: &App) -> Result<Pledge> {
    let found = members::pledge(app.db.read()).await?;
    found.map(Pledge::from).ok_or_else(|| Error::not_found("no_pledge", "现在没有要签的承诺书。"))
}

#[derive(Object)]
struct PledgeBody {
    title: String,
    body: String,
}

#[derive(Object)]
struct SignBody {
    /// The version that was shown, or lay on the table.
    id: PledgeId,
}

/// Who can be called.
#[derive(Object)]
struct RelativeLine {
    name: String,
    /// As in 女儿.
    relation: String,
    /// As in `138****0001`.
    phone_masked: String,
}

/// A time in which somebody may not sign up.
#[derive(Object)]
struct BarLine {
    id: BarId,
    /// Absent: for all classes.
    #[oai(skip_serializing_if_is_none)]
    class_id: Option<ClassId>,
    /// The last day.
    until: NaiveDate,
    /// As in 2027年3月1日.
    until_text: String,
    reason: String,
}

impl From<bar::Model> for BarLine {
    fn from(row: bar::Model) -> Self {
        Self {
            id: row.id,
            class_id: row.class_id,
            until_text: clock::spoken_day(row.until),
            until: row.until,
            reason: row.reason,
        }
    }
}

/// What there is of somebody beside consent and profile.
#[derive(Object)]
struct PapersView {
    /// The pledge in force is signed.
    pledged: bool,
    #[oai(skip_serializing_if_is_none)]
    relative: Option<RelativeLine>,
    /// They live alone and want to be called when they are missing from class.
    care_call: bool,
    /// Whether they may be seen in pictures that are published; absent: nobody asked them.
    #[oai(skip_serializing_if_is_none)]
    photos: Option<bool>,
    /// Why they may not sign up at present.
    bars: Vec<BarLine>,
}

impl From<Papers> for PapersView {
    fn from(papers: Papers) -> Self {
        let Papers { pledged, relative, care_call, photos, bars } = papers;
        Self {
            pledged,
            care_call,
            photos,
            relative: relative.map(|one| RelativeLine {
                name: one.name,
                relation: one.relation,
                phone_masked: one.phone_masked,
            }),
            bars: bars.into_iter().map(BarLine::from).collect(),
        }
    }
}

#[derive(Object)]
struct RelativeBody {
    name: String,
    phone: String,
    /// As in 女儿.
    relation: String,
    /// The relative agrees.
    agrees: bool,
}

/// What somebody said of being photographed, on paper or in a call.
#[derive(Object)]
struct RecordedPhotosBody {
    agrees: bool,
    way: ConsentWay,
}

/// A relative who agreed on paper or in a call.
#[derive(Object)]
struct RecordedRelativeBody {
    name: String,
    phone: String,
    /// As in 女儿.
    relation: String,
    way: ConsentWay,
}

/// What was said on paper or in a call.
#[derive(Object)]
struct RecordedCareBody {
    /// They live alone and want to be called; false: no longer.
    wanted: bool,
    way: ConsentWay,
}

/// A number to call now.
#[derive(Object)]
struct Phone {
    phone: String,
}

#[derive(Object)]
struct BarBody {
    /// The last day.
    until: NaiveDate,
    /// Shown to the person.
    reason: String,
}

#[OpenApi(tag = "Tag::Me")]
impl PapersApi {
    /// The pledge in force.
    ///
    /// Codes: `no_pledge`.
    #[oai(path = "/pledge", method = "get", operation_id = "pledge")]
    async fn pledge(&self) -> ApiResult<Json<Pledge>> {
        Ok(Json(pledge(&self.0).await?))
    }

    /// What I signed, whom to call for me, and why I may not sign up at present.
    #[oai(path = "/me/papers", method = "get", operation_id = "my_papers")]
    async fn papers(&self, who: Resident) -> ApiResult<Json<PapersView>> {
        Ok(Json(members::papers(&self.0, self.0.db.read(), who.0.id).await?.into()))
    }

    /// Sign the pledge.
    ///
    /// Codes: `pledge_outdated`, `no_pledge`.
    #[oai(path = "/me/pledge", method = "post", operation_id = "sign_pledge")]
    async fn sign(&self, who: Resident, body: Json<SignBody>) -> ApiResult<Done> {
        members::sign_pledge(&self.0, who.0.id, body.0.id).await?;
        Ok(Done::Done)
    }

    /// Name a relative who agrees and can be called.
    ///
    /// Codes: `not_agreed`, `bad_name`, `bad_phone`, `missing`, `too_long`.
    #[oai(path = "/me/relative", method = "put", operation_id = "save_relative")]
    async fn relative(&self, who: Resident, body: Json<RelativeBody>) -> ApiResult<Done> {
        let RelativeBody { name, phone, relation, agrees } = body.0;
        let new = NewRelative { name, phone, relation };
        members::save_relative(&self.0, who.0.id, &new, agrees).await?;
        Ok(Done::Done)
    }
}

#[OpenApi(tag = "Tag::StaffEnrolment")]
impl StaffPapersApi {
    /// Write a new version of the pledge; everybody signs it anew.
    ///
    /// Codes: `missing`, `too_long`.
    #[oai(path = "/staff/pledge", method = "put", operation_id = "staff_save_pledge")]
    async fn save_pledge(
        &self,
        who: CentreStaff,
        body: Json<PledgeBody>,
    ) -> ApiResult<Json<Pledge>> {
        members::save_pledge(&self.0, &who.0, &body.0.title, &body.0.body).await?;
        Ok(Json(pledge(&self.0).await?))
    }

    /// What a resident signed, whom to call for them, and why they may not sign up.
    ///
    /// Codes: `no_resident`, `out_of_scope`.
    #[oai(path = "/staff/residents/:id/papers", method = "get", operation_id = "staff_papers")]
    async fn papers(
        &self,
        who: EnrolmentStaff,
        id: Path<ResidentId>,
    ) -> ApiResult<Json<PapersView>> {
        Ok(Json(members::papers_for(&self.0, &who.0, id.0).await?.into()))
    }

    /// Record that a resident signed the pledge on paper.
    ///
    /// Codes: `pledge_outdated`, `no_pledge`, `no_resident`, `out_of_scope`.
    #[oai(
        path = "/staff/residents/:id/pledge",
        method = "post",
        operation_id = "staff_record_pledge"
    )]
    async fn record_pledge(
        &self,
        who: EnrolmentStaff,
        id: Path<ResidentId>,
        body: Json<SignBody>,
    ) -> ApiResult<Done> {
        members::record_pledge(&self.0, &who.0, id.0, body.0.id).await?;
        Ok(Done::Done)
    }

    /// Record a relative who agreed on paper or in a call.
    ///
    /// Codes: `bad_name`, `bad_phone`, `missing`, `too_long`, `no_resident`, `out_of_scope`.
    #[oai(
        path = "/staff/residents/:id/relative",
        method = "put",
        operation_id = "staff_record_relative"
    )]
    async fn record_relative(
        &self,
        who: EnrolmentStaff,
        id: Path<ResidentId>,
        body: Json<RecordedRelativeBody>,
    ) -> ApiResult<Done> {
        let RecordedRelativeBody { name, phone, relation, way } = body.0;
        let new = NewRelative { name, phone, relation };
        members::record_relative(&self.0, (&who.0, way), id.0, &new).await?;
        Ok(Done::Done)
    }

    /// The whole number of a resident's relative, to call them now. It is noted.
    ///
    /// Codes: `no_relative`, `no_resident`, `out_of_scope`.
    #[oai(
        path = "/staff/residents/:id/relative/reveal",
        method = "post",
        operation_id = "staff_reveal_relative"
    )]
    async fn reveal(&self, who: EnrolmentStaff, id: Path<ResidentId>) -> ApiResult<Json<Phone>> {
        let phone = members::reveal_relative(&self.0, &who.0, id.0).await?;
        Ok(Json(Phone { phone }))
    }

    /// The whole number of a resident, to call them now. It is noted.
    ///
    /// Codes: `no_phone`, `no_resident`, `out_of_scope`.
    #[oai(
        path = "/staff/residents/:id/phone/reveal",
        method = "post",
        operation_id = "staff_reveal_phone"
    )]
    async fn phone(&self, who: EnrolmentStaff, id: Path<ResidentId>) -> ApiResult<Json<Phone>> {
        let phone = members::reveal_phone(&self.0, &who.0, id.0).await?;
        Ok(Json(Phone { phone }))
    }

    /// Record that a resident lives alone and wants to be called when they are missing from
    /// class, or no longer.
    ///
    /// Codes: `no_resident`, `out_of_scope`.
    #[oai(
        path = "/staff/residents/:id/care-call",
        method = "put",
        operation_id = "staff_record_care_call"
    )]
    async fn care(
        &self,
        who: EnrolmentStaff,
        id: Path<ResidentId>,
        body: Json<RecordedCareBody>,
    ) -> ApiResult<Done> {
        members::record_care(&self.0, (&who.0, body.0.way), id.0, body.0.wanted).await?;
        Ok(Done::Done)
    }

    /// Record whether a resident may be seen in pictures that are published.
    ///
    /// Codes: `no_resident`, `out_of_scope`.
    #[oai(
        path = "/staff/residents/:id/photos",
        method = "put",
        operation_id = "staff_record_photos"
    )]
    async fn photos(
        &self,
        who: EnrolmentStaff,
        id: Path<ResidentId>,
        body: Json<RecordedPhotosBody>,
    ) -> ApiResult<Done> {
        members::record_photos(&self.0, (&who.0, body.0.way), id.0, body.0.agrees).await?;
        Ok(Done::Done)
    }

    /// Keep a resident from signing up until a day, with the reason that they are told.
    ///
    /// Codes: `missing`, `too_long`, `in_the_past`, `no_resident`, `out_of_scope`.
    #[oai(path = "/staff/residents/:id/bars", method = "post", operation_id = "staff_bar")]
    async fn bar(
        &self,
        who: EnrolmentStaff,
        id: Path<ResidentId>,
        body: Json<BarBody>,
    ) -> ApiResult<Json<PapersView>> {
        members::bar(&self.0, &who.0, id.0, body.0.until, &body.0.reason).await?;
        Ok(Json(members::papers_for(&self.0, &who.0, id.0).await?.into()))
    }

    /// Let a resident sign up again.
    ///
    /// Codes: `bar_not_found`, `out_of_scope`.
    #[oai(path = "/staff/bars/:id/lift", method = "post", operation_id = "staff_lift_bar")]
    async fn lift(&self, who: EnrolmentStaff, id: Path<BarId>) -> ApiResult<Json<PapersView>> {
        let resident = members::lift_bar(&self.0, &who.0, id.0).await?;
        Ok(Json(members::papers_for(&self.0, &who.0, resident).await?.into()))
    }
}
