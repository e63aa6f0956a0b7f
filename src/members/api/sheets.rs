//! Residents from spreadsheets and as one, on the wire for staff.

use poem_openapi::param::Query;
use poem_openapi::payload::{Binary, Json};
use poem_openapi::{Object, OpenApi};

use entity::ids::CommunityId;

use crate::app::App;
use crate::members::sheet;
use crate::wire::ApiResult;
use crate::wire::auth::EnrolmentStaff;
use crate::wire::sheet::{SheetFile, SheetReport};
use crate::wire::tags::Tag;

pub struct StaffResidentSheetsApi(pub App);

#[derive(Object)]
struct ResidentListBody {
    /// Of all whom the colleague sees when absent.
    community_id: Option<CommunityId>,
}

#[OpenApi(tag = "Tag::StaffSheets", prefix_path = "/staff/sheets/residents")]
impl StaffResidentSheetsApi {
    /// A file to be filled in with residents.
    ///
    /// Codes: `no_community`.
    #[oai(path = "/template", method = "get", operation_id = "staff_resident_template")]
    async fn template(&self, who: EnrolmentStaff) -> ApiResult<SheetFile> {
        Ok(sheet::template(&self.0, &who.0).await?.into())
    }

    /// Look through a file (the bytes of an .xlsx): who is good, who is known, and what is
    /// wrong with the others. Nothing is changed.
    ///
    /// Codes: `no_community`, `sheet_format`, `sheet_headings`, `sheet_empty`, `sheet_too_large`,
    /// `sheet_too_many_rows`.
    #[oai(path = "/check", method = "post", operation_id = "staff_check_resident_sheet")]
    async fn check(
        &self,
        who: EnrolmentStaff,
        file: Binary<Vec<u8>>,
    ) -> ApiResult<Json<SheetReport>> {
        Ok(Json(sheet::look_through(&self.0, &who.0, file.0).await?.into()))
    }

    /// Enter all people of a file who are not known; nobody while there is a fault, which is
    /// said instead.
    ///
    /// Codes: `consent_needed`, and those of the check.
    #[oai(path = "/import", method = "post", operation_id = "staff_import_residents")]
    async fn import(
        &self,
        who: EnrolmentStaff,
        /// All of them signed the privacy text on paper.
        consent_on_paper: Query<bool>,
        file: Binary<Vec<u8>>,
    ) -> ApiResult<Json<SheetReport>> {
        let report = sheet::import(&self.0, &who.0, file.0, consent_on_paper.0).await?;
        Ok(Json(report.into()))
    }

    /// The residents whom the colleague sees, as an .xlsx for their work; phone numbers are
    /// masked. It stands in the audit.
    ///
    /// Codes: `no_community`, `out_of_scope`.
    #[oai(path = "/list", method = "post", operation_id = "staff_export_residents")]
    async fn list(
        &self,
        who: EnrolmentStaff,
        body: Json<ResidentListBody>,
    ) -> ApiResult<SheetFile> {
        Ok(sheet::residents_list(&self.0, &who.0, body.0.community_id).await?.into())
    }
}
