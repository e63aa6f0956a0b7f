//! Family members on the wire: on a resident's own page, and as staff enter them.

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use qrcode::QrCode;
use qrcode::render::svg;

use entity::delegation::Model;
use entity::ids::{DelegationId, ResidentId};
use entity::kinds::{DelegatedScope, DelegationWay, Kinship, NameState};

use crate::app::App;
use crate::error::{Error, Result};
use crate::family::{self, Entry, Join, Terms};
use crate::members::{self, Person};
use crate::wire::ApiResult;
use crate::wire::auth::{EnrolmentStaff, Resident};
use crate::wire::tags::Tag;

pub struct FamilyApi(pub App);

pub struct StaffFamilyApi(pub App);

/// Somebody of the family, and what the one may do for the other.
#[derive(Object)]
struct FamilyLine {
    id: DelegationId,
    /// The other of the two.
    resident_id: ResidentId,
    /// Masked until it was judged.
    name: String,
    /// What the family member is to the learner.
    relation: Kinship,
    /// As in 女儿.
    relation_text: String,
    may: Vec<DelegatedScope>,
    /// In words.
    may_text: String,
    last_day: NaiveDate,
    /// In words.
    until_text: String,
    way: DelegationWay,
    /// How the learner agreed, in words.
    way_text: String,
}

/// Whom I let act for me, and for whom I act.
#[derive(Object)]
struct FamilyView {
    /// Mine, for who enters it on a call.
    learner_number: String,
    /// I have no name yet: whoever acts for somebody says theirs.
    needs_name: bool,
    delegates: Vec<FamilyLine>,
    learners: Vec<FamilyLine>,
    most_delegates: usize,
    most_learners: usize,
}

#[derive(Object)]
struct FamilyCodeBody {
    /// What the family member may do.
    may: Vec<DelegatedScope>,
    /// In a year, if nothing is said.
    last_day: Option<NaiveDate>,
    /// I agree that the family member does this and sees what they need for it.
    agreed: bool,
}

/// A code to be shown to a family member; good once.
#[derive(Object)]
struct FamilyCodeView {
    /// Eight digits.
    code: String,
    /// The same, to be scanned.
    svg: String,
    expires_at: DateTime<Utc>,
    /// In how many minutes it is over.
    minutes: i64,
}

#[derive(Object)]
struct FamilyJoinBody {
    #[oai(validator(max_length = 40))]
    code: String,
    /// What I am to the learner.
    relation: Kinship,
    /// Asked for only where I have no name yet.
    name: Option<String>,
}

#[derive(Object)]
struct FamilyEntryBody {
    /// As the family member's own page shows it.
    delegate_number: String,
    /// Asked for only where the family member has no name yet.
    delegate_name: Option<String>,
    relation: Kinship,
    may: Vec<DelegatedScope>,
    /// In a year, if nothing is said.
    last_day: Option<NaiveDate>,
    /// `phone` or `paper`.
    way: DelegationWay,
    /// The learner was asked on the telephone, or signed the paper.
    agreed: bool,
}

fn scope_text(scope: DelegatedScope) -> &'static str {
    match scope {
        DelegatedScope::Enrolment => "报名、退课",
        DelegatedScope::Record => "看学时和到课",
        DelegatedScope::Notices => "收到通知",
    }
}

fn way_text(way: DelegationWay) -> &'static str {
    match way {
        DelegationWay::Code => "本人给家人看码",
        DelegationWay::Phone => "本人在电话里同意",
        DelegationWay::Paper => "本人签了纸",
    }
}

fn line((row, person): (Model, Person), for_staff: bool, me: ResidentId) -> FamilyLine {
    let state = if for_staff { NameState::Shown } else { person.name_state };
    let may = family::scopes(&row);
    FamilyLine {
        id: row.id,
        resident_id: if row.learner_id == me { row.delegate_id } else { row.learner_id },
        name: members::name_for_others(person.name, state),
        relation: row.relation,
        relation_text: family::relation_text(row.relation).to_owned(),
        may_text: may.iter().map(|scope| scope_text(*scope)).collect::<Vec<_>>().join("、"),
        may,
        last_day: row.last_day,
        until_text: row.last_day.format("%Y年%-m月%-d日").to_string(),
        way: row.way,
        way_text: way_text(row.way).to_owned(),
    }
}

async fn view(app: &App, of: ResidentId, for_staff: bool) -> Result<Json<FamilyView>> {
    let family = family::family(app, of).await?;
    let person = members::people(app, app.db.read(), &[of]).await?.remove(&of);
    let person = person.ok_or_else(|| Error::not_found("no_resident", "没有找到这位居民。"))?;
    let lines = |side: Vec<(Model, Person)>| {
        side.into_iter().map(|one| line(one, for_staff, of)).collect::<Vec<_>>()
    };
    Ok(Json(FamilyView {
        needs_name: person.name.is_empty(),
        learner_number: person.learner_number,
        delegates: lines(family.delegates),
        learners: lines(family.learners),
        most_delegates: app.config.family.most_delegates,
        most_learners: app.config.family.most_learners,
    }))
}

#[OpenApi(tag = "Tag::Family")]
impl FamilyApi {
    /// Whom I let act for me, and for whom I act, as it stands today.
    #[oai(path = "/me/family", method = "get", operation_id = "my_family")]
    async fn mine(&self, who: Resident) -> ApiResult<Json<FamilyView>> {
        Ok(view(&self.0, who.0.id, false).await?)
    }

    /// A code for a family member, who enters or scans it on their own phone.
    ///
    /// Codes: `not_asked`, `nothing_allowed`, `bad_last_day`, `consent_needed`, `profile_needed`.
    #[oai(path = "/me/family/code", method = "post", operation_id = "show_family_code")]
    async fn code(
        &self,
        who: Resident,
        body: Json<FamilyCodeBody>,
    ) -> ApiResult<Json<FamilyCodeView>> {
        if !body.0.agreed {
            let error = Error::invalid("not_asked", "请先看一看，再点“我同意”。");
            return Err(error.into());
        }
        let terms = Terms::checked(&self.0, body.0.may, body.0.last_day)?;
        let shown = family::show_code(&self.0, who.0.id, &terms).await?;
        let link = format!("{}/m/?c=F{}", self.0.config.server.public_url, shown.code);
        let picture = QrCode::new(&link).map_err(Error::internal)?;
        Ok(Json(FamilyCodeView {
            svg: picture.render::<svg::Color<'_>>().min_dimensions(220, 220).build(),
            code: shown.code,
            expires_at: shown.expires_at,
            minutes: self.0.config.family.code_minutes,
        }))
    }

    /// Enter the code of somebody of the family: from now on I may act for them.
    ///
    /// Codes: `code_wrong`, `too_many_tries`, `own_code`, `name_needed`, `bad_name`, `too_many_delegates`,
    /// `too_many_learners`, `consent_needed`.
    #[oai(path = "/me/family", method = "post", operation_id = "join_family")]
    async fn join(&self, who: Resident, body: Json<FamilyJoinBody>) -> ApiResult<Json<FamilyView>> {
        let FamilyJoinBody { code, relation, name } = body.0;
        family::join(&self.0, who.0.id, Join { code, relation, name }).await?;
        Ok(view(&self.0, who.0.id, false).await?)
    }

    /// End it, from either side; at once.
    ///
    /// Codes: `no_delegation`.
    #[oai(path = "/me/family/:id", method = "delete", operation_id = "end_family")]
    async fn end(&self, who: Resident, id: Path<DelegationId>) -> ApiResult<Json<FamilyView>> {
        family::end(&self.0, who.0.id, id.0).await?;
        Ok(view(&self.0, who.0.id, false).await?)
    }
}

#[OpenApi(tag = "Tag::StaffEnrolment")]
impl StaffFamilyApi {
    /// Who acts for a resident, and for whom they act.
    ///
    /// Codes: `no_resident`, `out_of_scope`.
    #[oai(path = "/staff/residents/:id/family", method = "get", operation_id = "staff_family")]
    async fn of(&self, who: EnrolmentStaff, id: Path<ResidentId>) -> ApiResult<Json<FamilyView>> {
        family::within_scope(&self.0, &who.0, id.0).await?;
        Ok(view(&self.0, id.0, true).await?)
    }

    /// Enter a family member for a learner who called, or signed a paper.
    ///
    /// Codes: `not_asked`, `no_such_number`, `name_needed`, `bad_name`, `own_code`, `nothing_allowed`,
    /// `bad_last_day`, `too_many_delegates`, `too_many_learners`, `no_resident`, `out_of_scope`.
    #[oai(
        path = "/staff/residents/:id/family",
        method = "post",
        operation_id = "staff_enter_family"
    )]
    async fn enter(
        &self,
        who: EnrolmentStaff,
        id: Path<ResidentId>,
        body: Json<FamilyEntryBody>,
    ) -> ApiResult<Json<FamilyView>> {
        let body = body.0;
        let entry = Entry {
            learner: id.0,
            delegate_number: body.delegate_number,
            delegate_name: body.delegate_name,
            relation: body.relation,
            terms: Terms::checked(&self.0, body.may, body.last_day)?,
            way: body.way,
            agreed: body.agreed,
        };
        family::enter(&self.0, &who.0, entry).await?;
        Ok(view(&self.0, id.0, true).await?)
    }

    /// End it for who calls; at once. The learner's family, as it stands then.
    ///
    /// Codes: `no_delegation`, `out_of_scope`.
    #[oai(path = "/staff/delegations/:id/end", method = "post", operation_id = "staff_end_family")]
    async fn end(
        &self,
        who: EnrolmentStaff,
        id: Path<DelegationId>,
    ) -> ApiResult<Json<FamilyView>> {
        let learner = family::end_by_staff(&self.0, &who.0, id.0).await?;
        Ok(view(&self.0, learner, true).await?)
    }
}
