//! One thing that a person wrote or sent, and how it was judged.

use sea_orm::entity::prelude::*;

use crate::ids::{CheckId, ResidentId, StaffId};
use crate::kinds::{CheckKind, CheckState, CheckSubject};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "content_check")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: CheckId,
    pub subject: CheckSubject,
    /// The row's number in its own table.
    pub subject_id: i64,
    pub kind: CheckKind,
    /// Whose it is, where that is known.
    pub resident_id: Option<ResidentId>,
    /// The text, or the address at which the platform finds the file.
    pub content: String,
    /// Where it stands in the console, as in `/desk/3`.
    pub page: String,
    /// The platform's name for a check whose end comes as an event.
    #[sea_orm(unique)]
    pub trace_id: Option<String>,
    pub state: CheckState,
    /// The platform's number of what it found.
    pub label: Option<i32>,
    pub asked_at: DateTimeUtc,
    /// Empty as long as the platform or a person has the word.
    pub settled_at: Option<DateTimeUtc>,
    /// The person who decided, where it was one.
    pub settled_by: Option<StaffId>,
    /// Of an article: why it may stay, in that person's words.
    pub answer: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
