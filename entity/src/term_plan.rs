//! The phases of a term before first come first served: continuation, wishes, draw,
//! confirmation. A term without one has none of them.

use sea_orm::entity::prelude::*;

use crate::ids::TermId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "term_plan")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub term_id: TermId,
    /// When learners of the term before may keep their place; both or none.
    pub continuation_opens_at: Option<DateTimeUtc>,
    pub continuation_closes_at: Option<DateTimeUtc>,
    pub wishes_open_at: DateTimeUtc,
    /// The list is frozen then.
    pub wishes_close_at: DateTimeUtc,
    /// When the seed becomes public; later than the list.
    pub seed_at: DateTimeUtc,
    /// Where it is published, named in advance.
    pub seed_source: String,
    /// Places that were drawn are kept so long, or as long as any offer.
    pub confirm_until: DateTimeUtc,
    /// How many classes one person may get before first come first served.
    pub most_classes: i32,
    /// Of the places of a beginners' class, kept for people new to the course.
    pub newcomer_percent: i32,
    /// The list is published, and the plan no longer changes.
    pub frozen_at: Option<DateTimeUtc>,
    /// All that was drawn has been given.
    pub settled_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
