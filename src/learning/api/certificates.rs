//! Certificates and statements on the wire: for learners, for staff, and for whoever checks one.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use entity::certificate;
use entity::ids::ClassId;
use entity::kinds::CertificateKind;

use crate::app::App;
use crate::clock;
use crate::learning::certificates::{self, Issued};
use crate::learning::link::{self, File};
use crate::learning::paper;
use crate::members;
use crate::wire::ApiResult;
use crate::wire::auth::{EnrolmentStaff, ForRecord};
use crate::wire::common::{Done, FileLink};
use crate::wire::sheet::PdfFile;
use crate::wire::tags::Tag;

pub struct CertificatesApi(pub App);

pub struct StaffCertificatesApi(pub App);

/// A certificate or statement of mine.
#[derive(Object)]
pub(super) struct MyCertificate {
    number: String,
    kind: CertificateKind,
    title: String,
    /// For which class, or of which time.
    about: String,
    hours_hundredths: i32,
    issued_text: String,
    /// Why it does not stand any more.
    #[oai(skip_serializing_if_is_none)]
    revoked_for: Option<String>,
}

impl From<certificate::Model> for MyCertificate {
    fn from(row: certificate::Model) -> Self {
        Self {
            kind: row.kind,
            title: paper::title(row.kind).to_owned(),
            about: row.about,
            hours_hundredths: row.hours_hundredths,
            issued_text: clock::spoken_day(clock::local_date(row.issued_at)),
            revoked_for: row.revoked_for,
            number: row.number,
        }
    }
}

#[derive(Enum)]
#[oai(rename_all = "snake_case")]
enum Stands {
    Valid,
    Revoked,
}

/// What anybody who has the number may know.
#[derive(Object)]
struct Verified {
    number: String,
    state: Stands,
    kind: CertificateKind,
    title: String,
    /// As in `王**`.
    name_masked: String,
    about: String,
    hours_hundredths: i32,
    credits_tenths: i32,
    issued_text: String,
    #[oai(skip_serializing_if_is_none)]
    revoked_text: Option<String>,
    centre_name: String,
}

#[derive(Object)]
struct StatementBody {
    /// The calendar year.
    year: i32,
}

#[derive(Object)]
struct RevokeBody {
    reason: String,
}

/// A name that cannot be printed.
#[derive(Object)]
struct LeftOut {
    name: String,
    /// The characters that no font has.
    characters: String,
}

/// What came of handing out.
#[derive(Object)]
struct IssuedView {
    issued: u64,
    left_out: Vec<LeftOut>,
}

fn address(app: &App, row: &certificate::Model) -> Json<FileLink> {
    Json(FileLink { url: link::address(app, File::Paper, row.resident_id, row.id) })
}

#[OpenApi(tag = "Tag::Attendance")]
impl CertificatesApi {
    /// Whether a certificate or statement is genuine and stands; the name is masked.
    ///
    /// Codes: `certificate_not_found`.
    #[oai(path = "/verify/:number", method = "get", operation_id = "verify_certificate")]
    async fn verify(&self, number: Path<String>) -> ApiResult<Json<Verified>> {
        let row = certificates::by_number(&self.0, &number.0).await?;
        let day = |at| clock::spoken_day(clock::local_date(at));
        Ok(Json(Verified {
            state: if row.revoked_at.is_some() { Stands::Revoked } else { Stands::Valid },
            kind: row.kind,
            title: paper::title(row.kind).to_owned(),
            name_masked: members::masked_name(&row.name),
            about: row.about,
            hours_hundredths: row.hours_hundredths,
            credits_tenths: row.credits_tenths,
            issued_text: day(row.issued_at),
            revoked_text: row.revoked_at.map(day),
            centre_name: self.0.config.centre.name.clone(),
            number: row.number,
        }))
    }

    /// Where one of mine can be fetched as a PDF, for some minutes.
    ///
    /// Codes: `certificate_not_found`.
    #[oai(
        path = "/me/certificates/:number/link",
        method = "post",
        operation_id = "my_certificate_link"
    )]
    async fn link(&self, who: ForRecord, number: Path<String>) -> ApiResult<Json<FileLink>> {
        let row = certificates::own(&self.0, who.0.learner, &number.0).await?;
        Ok(address(&self.0, &row))
    }

    /// Has a statement made of the 学时 of a year, and says where it can be fetched.
    ///
    /// Codes: `no_hours`, `no_glyph`.
    #[oai(path = "/me/statements", method = "post", operation_id = "my_statement")]
    async fn statement(
        &self,
        who: ForRecord,
        body: Json<StatementBody>,
    ) -> ApiResult<Json<FileLink>> {
        let row = certificates::statement(&self.0, who.0.learner, body.0.year).await?;
        Ok(address(&self.0, &row))
    }

    /// A PDF, by a link that was made for it.
    ///
    /// Codes: `link_invalid`, `link_expired`, `certificate_revoked`, `certificate_not_found`,
    /// `no_glyph`.
    #[oai(path = "/files/paper", method = "get", operation_id = "paper_file")]
    async fn file(&self, t: Query<String>) -> ApiResult<PdfFile> {
        let (whose, id) = link::read(&self.0, File::Paper, &t.0)?;
        let (name, bytes) = certificates::file(&self.0, whose, id).await?;
        Ok(PdfFile::named(&name, bytes))
    }
}

#[OpenApi(tag = "Tag::StaffAttendance")]
impl StaffCertificatesApi {
    /// Hand out certificates to everybody who completed a class and has none.
    ///
    /// Codes: `class_not_found`, `not_your_class`.
    #[oai(
        path = "/staff/classes/:id/certificates",
        method = "post",
        operation_id = "staff_issue_certificates"
    )]
    async fn issue(&self, who: EnrolmentStaff, id: Path<ClassId>) -> ApiResult<Json<IssuedView>> {
        let Issued { issued, left_out } = certificates::issue(&self.0, &who.0, id.0).await?;
        let left_out = left_out.into_iter().map(|(name, characters)| LeftOut { name, characters });
        Ok(Json(IssuedView { issued, left_out: left_out.collect() }))
    }

    /// Take one back.
    ///
    /// Codes: `certificate_not_found`, `not_your_class`, `reason_needed`, `reason_too_long`,
    /// `already_revoked`.
    #[oai(
        path = "/staff/certificates/:number/revoke",
        method = "post",
        operation_id = "staff_revoke_certificate"
    )]
    async fn revoke(
        &self,
        who: EnrolmentStaff,
        number: Path<String>,
        body: Json<RevokeBody>,
    ) -> ApiResult<Done> {
        certificates::revoke(&self.0, &who.0, &number.0, &body.0.reason).await?;
        Ok(Done::Done)
    }

    /// Where one can be fetched as a PDF, for some minutes.
    ///
    /// Codes: `certificate_not_found`, `not_your_class`.
    #[oai(
        path = "/staff/certificates/:number/link",
        method = "post",
        operation_id = "staff_certificate_link"
    )]
    async fn link(&self, who: EnrolmentStaff, number: Path<String>) -> ApiResult<Json<FileLink>> {
        let row = certificates::for_staff(&self.0, &who.0, &number.0).await?;
        Ok(address(&self.0, &row))
    }
}
