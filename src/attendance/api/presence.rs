//! Monitors, posters and head counts, for those who look after a class.

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use entity::ids::{ClassId, ResidentId, SiteId};

use crate::app::App;
use crate::attendance::Poster;
use crate::attendance::heads::{Called, HeadCount};
use crate::attendance::monitor::{self, Monitor};
use crate::clock;
use crate::courses;
use crate::error::{Error, Result};
use crate::members;
use crate::wire::ApiResult;
use crate::wire::auth::{EnrolmentStaff, RollKeeper};
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

pub struct StaffPresenceApi(pub App);

/// 班长 of a class.
#[derive(Object)]
struct MonitorLine {
    resident_id: ResidentId,
    /// Masked where it was not judged yet.
    name: String,
    learner_number: String,
    made_by: String,
    made_text: String,
}

impl From<Monitor> for MonitorLine {
    fn from(monitor: Monitor) -> Self {
        let Monitor { row, person, made_by } = monitor;
        Self {
            resident_id: person.id,
            name: members::name_for_others(person.name, person.name_state),
            learner_number: person.learner_number,
            made_by,
            made_text: clock::spoken(row.made_at),
        }
    }
}

/// A name that was called after a count.
#[derive(Object)]
struct SampleLine {
    resident_id: ResidentId,
    name: String,
    /// By the server; else by the phone, which had no network.
    drawn_here: bool,
    /// Missing: the time was over before.
    #[oai(skip_serializing_if_is_none)]
    there: Option<bool>,
}

impl From<Called> for SampleLine {
    fn from(called: Called) -> Self {
        let Called { resident: resident_id, name, drawn_here, there } = called;
        Self { resident_id, name, drawn_here, there }
    }
}

/// How many people somebody counted in the room.
#[derive(Object)]
pub(super) struct HeadCountLine {
    people: i32,
    /// How many the register had then.
    present: i32,
    /// They differ by more than people at the door.
    apart: bool,
    by: String,
    time_text: String,
    sample: Vec<SampleLine>,
}

impl From<HeadCount> for HeadCountLine {
    fn from(count: HeadCount) -> Self {
        Self {
            people: count.row.people,
            present: count.row.present,
            apart: count.apart,
            by: count.by,
            time_text: clock::spoken(count.row.happened_at),
            sample: count.sample.into_iter().map(SampleLine::from).collect(),
        }
    }
}

/// What hangs on the wall.
#[derive(Object)]
struct PosterView {
    /// Of the class, or the place.
    name: String,
    /// When and where; empty of a place.
    lines: Vec<String>,
    /// What the QR code says. It is always the same, and proves nothing.
    link: String,
    /// The QR code as a picture.
    svg: String,
}

impl PosterView {
    fn of(app: &App, poster: Poster, name: String, lines: Vec<String>) -> Result<Self> {
        let link = poster.link(app);
        // It hangs in the sun and the rain: a little may be gone.
        let picture = QrCode::with_error_correction_level(link.as_bytes(), EcLevel::Q)
            .map_err(Error::internal)?;
        let svg = picture.render::<svg::Color<'_>>().min_dimensions(320, 320).build();
        Ok(Self { name, lines, link, svg })
    }
}

#[OpenApi(tag = "Tag::StaffAttendance")]
impl StaffPresenceApi {
    /// The monitors of a class.
    ///
    /// Codes: `class_not_found`, `not_your_class`.
    #[oai(path = "/staff/classes/:id/monitors", method = "get", operation_id = "staff_monitors")]
    async fn monitors(
        &self,
        who: RollKeeper,
        id: Path<ClassId>,
    ) -> ApiResult<Json<Page<MonitorLine>>> {
        let monitors = monitor::of_class(&self.0, &who.0, id.0).await?;
        Ok(Json(Page::whole(monitors.into_iter().map(MonitorLine::from).collect())))
    }

    /// Make a learner the monitor of their class. It stands in the audit.
    ///
    /// Codes: `class_not_found`, `not_your_class`, `not_on_roll`.
    #[oai(
        path = "/staff/classes/:id/monitors/:resident_id",
        method = "put",
        operation_id = "staff_make_monitor"
    )]
    async fn make(
        &self,
        who: RollKeeper,
        id: Path<ClassId>,
        resident_id: Path<ResidentId>,
    ) -> ApiResult<Done> {
        monitor::make(&self.0, &who.0, id.0, resident_id.0).await?;
        Ok(Done::Done)
    }

    /// They are it no longer. It stands in the audit.
    ///
    /// Codes: `class_not_found`, `not_your_class`.
    #[oai(
        path = "/staff/classes/:id/monitors/:resident_id",
        method = "delete",
        operation_id = "staff_end_monitor"
    )]
    async fn end(
        &self,
        who: RollKeeper,
        id: Path<ClassId>,
        resident_id: Path<ResidentId>,
    ) -> ApiResult<Done> {
        monitor::end(&self.0, &who.0, id.0, resident_id.0).await?;
        Ok(Done::Done)
    }

    /// The poster of a class, to be printed.
    ///
    /// Codes: `class_not_found`, `not_your_class`.
    #[oai(path = "/staff/classes/:id/poster", method = "get", operation_id = "staff_class_poster")]
    async fn class_poster(
        &self,
        who: RollKeeper,
        id: Path<ClassId>,
    ) -> ApiResult<Json<PosterView>> {
        let facts = monitor::class_of(&self.0, &who.0, id.0).await?;
        let lines = vec![
            courses::time_text(&facts.class),
            format!("{} {}", facts.site.name, facts.class.room),
        ];
        let poster = Poster::Class(id.0);
        Ok(Json(PosterView::of(&self.0, poster, facts.class.name, lines)?))
    }

    /// The poster of a place, for all classes there, to be printed.
    ///
    /// Codes: `site_not_found`, `out_of_scope`.
    #[oai(path = "/staff/sites/:id/poster", method = "get", operation_id = "staff_site_poster")]
    async fn site_poster(
        &self,
        who: EnrolmentStaff,
        id: Path<SiteId>,
    ) -> ApiResult<Json<PosterView>> {
        let sites = courses::sites(self.0.db.read()).await?;
        let site = sites
            .into_iter()
            .find(|site| site.id == id.0)
            .ok_or_else(|| Error::not_found("site_not_found", "没有找到这个学习点。"))?;
        courses::within_scope(&who.0, &site)?;
        let poster = Poster::Site(id.0);
        Ok(Json(PosterView::of(&self.0, poster, site.name, vec![site.address])?))
    }
}
