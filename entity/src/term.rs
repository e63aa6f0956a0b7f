//! 学期.

use sea_orm::entity::prelude::*;

use crate::ids::TermId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "term")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: TermId,
    #[sea_orm(unique)]
    pub name: String,
    pub first_day: Date,
    pub last_day: Date,
    pub enrolment_opens_at: DateTimeUtc,
    pub enrolment_closes_at: DateTimeUtc,
    /// How many classes one person may hold or wait for.
    pub max_classes_per_person: i32,
    /// Age in full years on the first day, where the course says nothing.
    pub min_age: i32,
    /// 承诺书 is signed before signing up.
    pub pledge_needed: bool,
    /// From this age on a relative agrees and can be called.
    pub relative_from_age: i32,
    /// A way between two classes that is too short is refused, not warned of.
    pub travel_refused: bool,
    /// A class begins with this share of its capacity or so many people, the fewer of both.
    pub min_percent: i32,
    pub min_people: i32,
    /// So many days before the first day it is seen to.
    pub decide_days: i32,
    /// Of the places of a class, kept for staff to give.
    pub held_percent: i32,
    /// So long after the opening.
    pub held_hours: i32,
    /// An offered place is kept so long, of which so many hours lie in the daytime.
    pub offer_hours: i32,
    pub offer_daytime_hours: i32,
    /// Between two sites.
    pub travel_minutes: i32,
    /// From the first day on: one changes the class, and leaves without saying why.
    pub change_days: i32,
    pub free_days: i32,
    /// A class is completed with this share of its 学时…
    pub completion_percent: i32,
    /// …and, if so, the teacher's word.
    pub pass_needed: bool,
    /// So many 学时 are one credit.
    pub credit_hours: i32,
    /// Learners are reminded of a meeting on the day before and on the day itself, at this
    /// minute of the day. Empty: they are not.
    pub remind_before_at: Option<i32>,
    pub remind_on_day_at: Option<i32>,
    /// 长期: holds what belongs to no term. There is one, and it stands in no list.
    pub standing: bool,
}

impl ActiveModelBehavior for ActiveModel {}
