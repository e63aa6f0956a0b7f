//! 台账 on the wire: registers, months, lists for 乐龄学堂.

use chrono::NaiveDate;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::{ClassId, TermId};
use entity::kinds::ExportKind;

use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::reports::{
    self, Adjustment, ClassLine, Closed, Column, Mapping, Month, Says, Sum, Tally,
};
use crate::wire::ApiResult;
use crate::wire::auth::{Administrator, CentreStaff, EnrolmentStaff};
use crate::wire::common::Done;
use crate::wire::sheet::SheetFile;
use crate::wire::tags::Tag;

pub struct StaffReportsApi(pub App);

/// What was attended of one thing in a month.
#[derive(Object)]
struct MonthLine {
    name: String,
    /// Meetings at which somebody was.
    meetings: u64,
    person_times: i64,
    hundredths: i64,
    learners: u64,
}

/// A class in a month.
#[derive(Object)]
struct MonthClass {
    class_id: ClassId,
    site_name: String,
    project: String,
    #[oai(flatten)]
    line: MonthLine,
    /// Where the month is closed: as it was then.
    #[oai(skip_serializing_if_is_none)]
    frozen_person_times: Option<i64>,
    #[oai(skip_serializing_if_is_none)]
    frozen_hundredths: Option<i64>,
}

/// What the register says otherwise than when the month was closed.
#[derive(Object)]
struct AdjustmentLine {
    class_id: ClassId,
    class_name: String,
    /// Which meeting, in words.
    meeting_text: String,
    name: String,
    learner_number: String,
    /// As in `没到 → 到`.
    what: String,
    by: String,
    why: String,
    time_text: String,
    /// Added to what is frozen.
    person_times: i64,
    hundredths: i64,
}

/// A month that is closed.
#[derive(Object)]
struct ClosedView {
    /// Who and when.
    closed_text: String,
    person_times: i64,
    hundredths: i64,
    /// The newest first.
    adjustments: Vec<AdjustmentLine>,
}

/// A month with its figures.
#[derive(Object)]
struct MonthView {
    first_day: NaiveDate,
    name: String,
    /// It can be closed.
    over: bool,
    all: MonthLine,
    classes: Vec<MonthClass>,
    /// Of the learners; an empty name: of those without.
    communities: Vec<MonthLine>,
    projects: Vec<MonthLine>,
    #[oai(skip_serializing_if_is_none)]
    closed: Option<ClosedView>,
    /// Earlier closings that were opened again, in words.
    reopened: Vec<String>,
}

#[derive(Object)]
struct ReopenBody {
    #[oai(validator(max_length = 1000))]
    reason: String,
}

/// A column: what we know by a key, or the same in every row.
#[derive(Object)]
struct ExportColumn {
    heading: String,
    #[oai(skip_serializing_if_is_none)]
    field: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    fixed: Option<String>,
}

/// What a column may say.
#[derive(Object)]
struct ExportField {
    key: String,
    name: String,
}

/// The columns of a kind of list.
#[derive(Object)]
struct MappingView {
    columns: Vec<ExportColumn>,
    fields: Vec<ExportField>,
    /// Who saved them and when; missing: as they came.
    #[oai(skip_serializing_if_is_none)]
    saved_text: Option<String>,
}

#[derive(Object)]
struct MappingBody {
    #[oai(validator(max_items = 100))]
    columns: Vec<ExportColumn>,
}

/// The first rows of a list.
#[derive(Object)]
struct PreviewView {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

fn tally(name: String, of: &Tally) -> MonthLine {
    MonthLine {
        name,
        meetings: of.meetings() as u64,
        person_times: of.sum.times,
        hundredths: of.sum.hundredths,
        learners: of.learners() as u64,
    }
}

impl From<ClassLine> for MonthClass {
    fn from(one: ClassLine) -> Self {
        Self {
            class_id: one.id,
            site_name: one.site_name,
            project: one.project,
            line: tally(one.name, &one.tally),
            frozen_person_times: one.frozen.map(|sum| sum.times),
            frozen_hundredths: one.frozen.map(|sum| sum.hundredths),
        }
    }
}

impl From<Adjustment> for AdjustmentLine {
    fn from(one: Adjustment) -> Self {
        let Sum { times, hundredths } = one.difference;
        Self {
            class_id: one.class,
            class_name: one.class_name,
            meeting_text: format!("第 {} 次，{}", one.number, clock::spoken(one.starts_at)),
            name: one.name,
            learner_number: one.learner_number,
            what: one.what,
            by: one.by,
            why: one.why,
            time_text: clock::spoken(one.at),
            person_times: times,
            hundredths,
        }
    }
}

impl From<Closed> for ClosedView {
    fn from(closed: Closed) -> Self {
        Self {
            closed_text: format!("{} {}", closed.by, clock::spoken(closed.at)),
            person_times: closed.frozen.times,
            hundredths: closed.frozen.hundredths,
            adjustments: closed.adjustments.into_iter().map(AdjustmentLine::from).collect(),
        }
    }
}

impl From<Month> for MonthView {
    fn from(month: Month) -> Self {
        Self {
            first_day: month.first_day,
            name: month.first_day.format("%Y年%-m月").to_string(),
            over: month.over,
            all: tally("合计".to_owned(), &month.all),
            classes: month.classes.into_iter().map(MonthClass::from).collect(),
            communities: month.communities.into_iter().map(|(name, of)| tally(name, &of)).collect(),
            projects: month.projects.into_iter().map(|(name, of)| tally(name, &of)).collect(),
            closed: month.closed.map(ClosedView::from),
            reopened: month.reopened,
        }
    }
}

fn columns(given: Vec<ExportColumn>) -> Result<Vec<Column>> {
    let column = |one: ExportColumn| {
        let says = match (one.field, one.fixed) {
            (Some(key), None) => Says::Field(key),
            (None, Some(text)) => Says::Fixed(text),
            _ => {
                let words = "每列要么选一项内容，要么写固定的字。";
                return Err(Error::invalid("unknown_field", words));
            }
        };
        Ok(Column { heading: one.heading, says })
    };
    given.into_iter().map(column).collect()
}

#[OpenApi(tag = "Tag::StaffSheets")]
impl StaffReportsApi {
    /// The register of a class as a file: learners down, meetings across. It stands in the
    /// audit.
    ///
    /// Codes: `class_not_found`, `out_of_scope`.
    #[oai(
        path = "/staff/sheets/classes/:id/register",
        method = "post",
        operation_id = "staff_class_register"
    )]
    async fn register(&self, who: EnrolmentStaff, id: Path<ClassId>) -> ApiResult<SheetFile> {
        Ok(reports::class_register(&self.0, &who.0, id.0).await?.into())
    }

    /// A month, named by a day of it: its figures, and what was corrected since it was closed.
    /// Officers see those of their community's people.
    ///
    /// Codes: `no_community`.
    #[oai(path = "/staff/months/:day", method = "get", operation_id = "staff_month")]
    async fn month(&self, who: EnrolmentStaff, day: Path<NaiveDate>) -> ApiResult<Json<MonthView>> {
        Ok(Json(reports::month(&self.0, &who.0, day.0).await?.into()))
    }

    /// Freeze the figures of a month. Done again, it changes nothing.
    ///
    /// Codes: `month_not_over`.
    #[oai(path = "/staff/months/:day/close", method = "post", operation_id = "staff_close_month")]
    async fn close(&self, who: CentreStaff, day: Path<NaiveDate>) -> ApiResult<Done> {
        reports::close(&self.0, &who.0, day.0).await?;
        Ok(Done::Done)
    }

    /// Open a closed month again; what was frozen is kept.
    ///
    /// Codes: `reason_needed`, `reason_too_long`, `month_not_closed`.
    #[oai(path = "/staff/months/:day/reopen", method = "post", operation_id = "staff_reopen_month")]
    async fn reopen(
        &self,
        who: Administrator,
        day: Path<NaiveDate>,
        body: Json<ReopenBody>,
    ) -> ApiResult<Done> {
        reports::reopen(&self.0, &who.0, day.0, &body.0.reason).await?;
        Ok(Done::Done)
    }

    /// A month as a file, with its adjustments. It stands in the audit.
    ///
    /// Codes: `no_community`.
    #[oai(path = "/staff/sheets/months/:day", method = "post", operation_id = "staff_month_sheet")]
    async fn month_sheet(&self, who: EnrolmentStaff, day: Path<NaiveDate>) -> ApiResult<SheetFile> {
        Ok(reports::month_sheet(&self.0, &who.0, day.0).await?.into())
    }

    /// The columns of a list for 乐龄学堂, and what they may say.
    #[oai(path = "/staff/exports/:kind", method = "get", operation_id = "staff_export_mapping")]
    async fn mapping(
        &self,
        _who: EnrolmentStaff,
        kind: Path<ExportKind>,
    ) -> ApiResult<Json<MappingView>> {
        let Mapping { columns, saved } = reports::mapping(&self.0, kind.0).await?;
        let column = |Column { heading, says }| match says {
            Says::Field(key) => ExportColumn { heading, field: Some(key), fixed: None },
            Says::Fixed(text) => ExportColumn { heading, field: None, fixed: Some(text) },
        };
        let field = |(key, name): &(&str, &str)| ExportField {
            key: (*key).to_owned(),
            name: (*name).to_owned(),
        };
        Ok(Json(MappingView {
            columns: columns.into_iter().map(column).collect(),
            fields: reports::fields(kind.0).iter().map(field).collect(),
            saved_text: saved.map(|(name, at)| format!("{name} {}", clock::spoken(at))),
        }))
    }

    /// Save the columns of a list.
    ///
    /// Codes: `no_columns`, `too_many_columns`, `bad_heading`, `same_heading`, `unknown_field`,
    /// `too_long`.
    #[oai(path = "/staff/exports/:kind", method = "put", operation_id = "staff_save_mapping")]
    async fn save_mapping(
        &self,
        who: CentreStaff,
        kind: Path<ExportKind>,
        body: Json<MappingBody>,
    ) -> ApiResult<Done> {
        reports::save_mapping(&self.0, &who.0, kind.0, columns(body.0.columns)?).await?;
        Ok(Done::Done)
    }

    /// The first rows of a list of a term, with columns that need not be saved.
    ///
    /// Codes: those of saving; `term_not_found`, `no_community`.
    #[oai(
        path = "/staff/exports/:kind/preview",
        method = "post",
        operation_id = "staff_preview_export"
    )]
    async fn preview(
        &self,
        who: EnrolmentStaff,
        kind: Path<ExportKind>,
        term_id: Query<TermId>,
        body: Json<MappingBody>,
    ) -> ApiResult<Json<PreviewView>> {
        let columns = columns(body.0.columns)?;
        let (columns, rows) = reports::preview(&self.0, &who.0, kind.0, term_id.0, columns).await?;
        let headings = columns.into_iter().map(|column| column.heading).collect();
        Ok(Json(PreviewView { headings, rows }))
    }

    /// A list of a term for 乐龄学堂, with the saved columns. It stands in the audit.
    ///
    /// Codes: `term_not_found`, `no_community`.
    #[oai(path = "/staff/sheets/exports/:kind", method = "post", operation_id = "staff_export")]
    async fn export(
        &self,
        who: EnrolmentStaff,
        kind: Path<ExportKind>,
        term_id: Query<TermId>,
    ) -> ApiResult<SheetFile> {
        Ok(reports::export(&self.0, &who.0, kind.0, term_id.0).await?.into())
    }
}
