//! Which columns a list for 乐龄学堂 has; each saving is a row of its own, the newest counts.

use sea_orm::entity::prelude::*;

use crate::{ids::StaffId, kinds::ExportKind};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "export_mapping")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub kind: ExportKind,
    /// JSON: `[{"heading":"姓名","field":"name"},{"heading":"类别","fixed":"老年大学"}]`.
    pub columns: String,
    pub saved_at: DateTimeUtc,
    pub saved_by: StaffId,
}

impl ActiveModelBehavior for ActiveModel {}
