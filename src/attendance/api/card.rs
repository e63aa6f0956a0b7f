//! 学员卡 on the wire: one's own, and those that staff print.

use chrono::{DateTime, Utc};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use entity::ids::ResidentId;

use crate::app::App;
use crate::attendance::card::{self, Card};
use crate::error::{Error, Result};
use crate::wire::ApiResult;
use crate::wire::auth::{EnrolmentStaff, Resident, RollKeeper};
use crate::wire::tags::Tag;

pub struct CardApi(pub App);

pub struct StaffCardApi(pub App);

/// A card.
#[derive(Object)]
struct CardView {
    /// Whole: it is the person's own, or handed to them.
    name: String,
    learner_number: String,
    /// Grows with each card that takes the place of one before.
    serial: i32,
    issued_at: DateTime<Utc>,
    /// What the QR code says.
    link: String,
    /// The QR code as a picture.
    svg: String,
}

impl CardView {
    fn of(card: Card) -> Result<Self> {
        // It is printed, and carried about: a little may be scratched.
        let picture = QrCode::with_error_correction_level(card.link.as_bytes(), EcLevel::M)
            .map_err(Error::internal)?;
        Ok(Self {
            name: card.person.name,
            learner_number: card.person.learner_number,
            serial: card.serial,
            issued_at: card.issued_at,
            svg: picture.render::<svg::Color<'_>>().min_dimensions(320, 320).build(),
            link: card.link,
        })
    }
}

#[OpenApi(tag = "Tag::Attendance")]
impl CardApi {
    /// My card; the first time it is made.
    ///
    /// Codes: `consent_needed`, `profile_needed`.
    #[oai(path = "/me/card", method = "post", operation_id = "my_card")]
    async fn mine(&self, me: Resident) -> ApiResult<Json<CardView>> {
        let card = card::mine(&self.0, me.0.id).await?;
        Ok(Json(CardView::of(card)?))
    }

    /// I lost my card: it is dead at once, and here is a new one.
    ///
    /// Codes: `consent_needed`, `profile_needed`.
    #[oai(path = "/me/card/replace", method = "post", operation_id = "replace_my_card")]
    async fn replace(&self, me: Resident) -> ApiResult<Json<CardView>> {
        let card = card::replace_mine(&self.0, me.0.id).await?;
        Ok(Json(CardView::of(card)?))
    }
}

#[derive(Object)]
struct ReplaceCardBody {
    /// Why; kept.
    reason: String,
}

/// What checks a card without network.
#[derive(Object)]
struct CardKey {
    /// As in `Ed25519`.
    algorithm: String,
    /// 32 bytes in base64 (URL-safe, no padding).
    public_key: String,
    /// What is signed: this, then `NUMBER.SERIAL`.
    context: String,
}

#[OpenApi(tag = "Tag::StaffAttendance")]
impl StaffCardApi {
    /// The public key of the cards.
    #[oai(path = "/staff/card-key", method = "get", operation_id = "staff_card_key")]
    async fn key(&self, _who: RollKeeper) -> Json<CardKey> {
        Json(CardKey {
            algorithm: "Ed25519".to_owned(),
            public_key: card::public_key(&self.0),
            context: card::CONTEXT.to_owned(),
        })
    }

    /// The card of somebody, to be printed. It stands in the audit.
    ///
    /// Codes: `no_resident`, `out_of_scope`.
    #[oai(path = "/staff/residents/:id/card", method = "post", operation_id = "staff_card")]
    async fn print(&self, who: EnrolmentStaff, id: Path<ResidentId>) -> ApiResult<Json<CardView>> {
        let card = card::printed(&self.0, &who.0, id.0).await?;
        Ok(Json(CardView::of(card)?))
    }

    /// A new card for somebody; the one before is dead at once.
    ///
    /// Codes: `no_resident`, `out_of_scope`, `reason_needed`.
    #[oai(
        path = "/staff/residents/:id/card/replace",
        method = "post",
        operation_id = "staff_replace_card"
    )]
    async fn replace(
        &self,
        who: EnrolmentStaff,
        id: Path<ResidentId>,
        body: Json<ReplaceCardBody>,
    ) -> ApiResult<Json<CardView>> {
        let card = card::replace_for(&self.0, &who.0, id.0, &body.0.reason).await?;
        Ok(Json(CardView::of(card)?))
    }
}
