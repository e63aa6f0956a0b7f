//! The list of a class as a spreadsheet, on the wire for staff.

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use entity::ids::{ClassId, EnrolmentId};

use crate::app::App;
use crate::enrolment::{self, ListKind};
use crate::wire::ApiResult;
use crate::wire::auth::EnrolmentStaff;
use crate::wire::sheet::SheetFile;
use crate::wire::tags::Tag;

pub struct StaffListsApi(pub App);

/// Whom a list is for.
#[derive(Enum)]
#[oai(rename_all = "snake_case")]
enum ListFor {
    /// Staff: whole names, masked phone numbers.
    Work,
    /// Everybody who passes by: masked names, the last four digits of the learner number.
    Posting,
}

#[derive(Object)]
struct ClassListBody {
    #[oai(rename = "for")]
    whom: ListFor,
    /// These lines alone, in this order; all when absent.
    #[oai(validator(max_items = 2000))]
    only: Option<Vec<EnrolmentId>>,
}

#[OpenApi(tag = "Tag::StaffSheets")]
impl StaffListsApi {
    /// Who is in a class and who waits for it, as an .xlsx. It stands in the audit.
    ///
    /// Codes: `class_not_found`, `out_of_scope`.
    #[oai(path = "/staff/classes/:id/list", method = "post", operation_id = "staff_export_class")]
    async fn list(
        &self,
        who: EnrolmentStaff,
        id: Path<ClassId>,
        body: Json<ClassListBody>,
    ) -> ApiResult<SheetFile> {
        let kind = match body.0.whom {
            ListFor::Work => ListKind::Work,
            ListFor::Posting => ListKind::Posted,
        };
        let only = body.0.only.as_deref();
        Ok(enrolment::class_list(&self.0, &who.0, id.0, kind, only).await?.into())
    }
}
