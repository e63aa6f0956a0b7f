//! What a course looks like, on the pages where people choose a class.

use sea_orm::entity::prelude::*;

use crate::ids::{CourseId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_picture")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique)]
    pub course_id: CourseId,
    /// What it shows, for who does not see it.
    pub alt: String,
    pub sha256: String,
    /// `image/jpeg` or `image/png`.
    pub mime: String,
    pub bytes: Vec<u8>,
    /// In pixels.
    pub width: i32,
    pub height: i32,
    pub uploaded_by: StaffId,
    pub uploaded_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
