//! What staff found out about a pattern of the register; it stays settled until there is more
//! of it. The last note counts, all stay.

use sea_orm::entity::prelude::*;

use crate::ids::StaffId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pattern_note")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its name, as in `last_minute:3:12`.
    pub pattern: String,
    /// At how many meetings it was seen by then.
    pub times: i32,
    pub found: String,
    pub found_by: StaffId,
    pub found_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
