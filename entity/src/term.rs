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
}

impl ActiveModelBehavior for ActiveModel {}
