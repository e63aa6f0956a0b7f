//! 结业证书 or 学时证明: as it was handed out; never changed but by taking it back.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ClassId, ResidentId, StaffId},
    kinds::CertificateKind,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "certificate")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Random, so that nobody guesses the next one; as in `CYS-2026-7K3QF9XA`.
    #[sea_orm(unique)]
    pub number: String,
    pub kind: CertificateKind,
    pub resident_id: ResidentId,
    /// Of a completion: unique with the resident while it is not revoked.
    pub class_id: Option<ClassId>,
    /// Of 学时: the calendar year.
    pub year: Option<i32>,
    /// As the person was called then.
    pub name: String,
    /// For which class, or of which time, in words.
    pub about: String,
    pub hours_hundredths: i32,
    pub credits_tenths: i32,
    /// Empty: the learner had it made.
    pub issued_by: Option<StaffId>,
    pub issued_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
    /// Empty: by itself.
    pub revoked_by: Option<StaffId>,
    pub revoked_for: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
