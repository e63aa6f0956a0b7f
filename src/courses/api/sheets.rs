//! Classes from spreadsheets, on the wire for staff.

use poem_openapi::OpenApi;
use poem_openapi::param::Query;
use poem_openapi::payload::{Binary, Json};

use entity::ids::TermId;

use crate::app::App;
use crate::courses::sheet;
use crate::wire::ApiResult;
use crate::wire::auth::EnrolmentStaff;
use crate::wire::sheet::{SheetFile, SheetReport};
use crate::wire::tags::Tag;

pub struct StaffClassSheetsApi(pub App);

#[OpenApi(tag = "Tag::StaffSheets", prefix_path = "/staff/sheets/classes")]
impl StaffClassSheetsApi {
    /// A file to be filled in with classes.
    #[oai(path = "/template", method = "get", operation_id = "staff_class_template")]
    async fn template(&self, who: EnrolmentStaff) -> ApiResult<SheetFile> {
        Ok(sheet::template(&self.0, &who.0).await?.into())
    }

    /// Look through a file (the bytes of an .xlsx): which rows are good, and what is wrong with
    /// the others. Nothing is changed.
    ///
    /// Codes: `term_not_found`, `sheet_format`, `sheet_headings`, `sheet_empty`, `sheet_too_large`,
    /// `sheet_too_many_rows`.
    #[oai(path = "/check", method = "post", operation_id = "staff_check_class_sheet")]
    async fn check(
        &self,
        who: EnrolmentStaff,
        term_id: Query<TermId>,
        file: Binary<Vec<u8>>,
    ) -> ApiResult<Json<SheetReport>> {
        let report = sheet::look_through(&self.0, &who.0, term_id.0, file.0).await?;
        Ok(Json(report.into()))
    }

    /// Make all classes of a file; none of them while there is a fault, which is said instead.
    ///
    /// Codes: those of the check.
    #[oai(path = "/import", method = "post", operation_id = "staff_import_classes")]
    async fn import(
        &self,
        who: EnrolmentStaff,
        term_id: Query<TermId>,
        file: Binary<Vec<u8>>,
    ) -> ApiResult<Json<SheetReport>> {
        let report = sheet::import(&self.0, &who.0, term_id.0, file.0).await?;
        Ok(Json(report.into()))
    }
}
