//! People at the counter or on the telephone, on the wire for staff.

use chrono::NaiveDate;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::{CommunityId, ResidentId};

use crate::app::App;
use crate::members::counter::{self, Match, Registration, Sought};
use crate::members::{self, NewResident, no_resident, store};
use crate::wire::ApiResult;
use crate::wire::auth::EnrolmentStaff;
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

pub struct StaffCounterApi(pub App);

/// Somebody it could be.
#[derive(Object)]
struct Candidate {
    id: ResidentId,
    /// Masked of people in other communities than the officer's own.
    name: String,
    learner_number: String,
    #[oai(skip_serializing_if_is_none)]
    birth_date: Option<NaiveDate>,
    #[oai(skip_serializing_if_is_none)]
    phone_masked: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    community_name: Option<String>,
    /// They agreed to the present privacy text.
    consented: bool,
    /// Whoever asks may act for them.
    yours: bool,
}

#[derive(Object)]
struct RegistrationBody {
    name: String,
    birth_date: NaiveDate,
    community_id: CommunityId,
    phone: Option<String>,
    /// They signed the privacy text on paper.
    consent_on_paper: bool,
    /// Somebody of this name and birth date is known, and is another.
    #[oai(default)]
    another: bool,
}

async fn candidates(app: &App, found: Vec<Match>) -> crate::error::Result<Vec<Candidate>> {
    let names = store::community_names(app.db.read()).await?;
    let candidates = found.into_iter().map(|Match { person, consented, yours }| Candidate {
        id: person.id,
        name: person.name,
        learner_number: person.learner_number,
        birth_date: person.birth_date,
        phone_masked: person.phone_masked,
        community_name: person.community_id.and_then(|id| names.get(&id).cloned()),
        consented,
        yours,
    });
    Ok(candidates.collect())
}

#[OpenApi(tag = "Tag::StaffEnrolment")]
impl StaffCounterApi {
    /// Who somebody at the counter could be: by learner number or phone number, or by name
    /// and birth date.
    ///
    /// Codes: `no_community`.
    #[oai(path = "/staff/counter/matches", method = "get", operation_id = "staff_counter_matches")]
    async fn matches(
        &self,
        who: EnrolmentStaff,
        /// A learner number or a phone number, whole.
        number: Query<Option<String>>,
        name: Query<Option<String>>,
        birth_date: Query<Option<NaiveDate>>,
    ) -> ApiResult<Json<Page<Candidate>>> {
        let sought = Sought { number: number.0, name: name.0, birth_date: birth_date.0 };
        let found = counter::matches(&self.0, &who.0, &sought).await?;
        Ok(Json(Page::whole(candidates(&self.0, found).await?)))
    }

    /// Enter somebody new; the same request again finds whom it made.
    ///
    /// Codes: `consent_needed`, `resident_exists`, `resident_elsewhere`, `out_of_scope`, `no_community`,
    /// `bad_name`, `bad_birth_date`, `bad_phone`.
    #[oai(path = "/staff/residents", method = "post", operation_id = "staff_register_resident")]
    async fn register(
        &self,
        who: EnrolmentStaff,
        /// Names the request, so that it can be repeated after a lost answer.
        #[oai(name = "Idempotency-Key", validator(min_length = 1, max_length = 64))]
        key: Header<String>,
        body: Json<RegistrationBody>,
    ) -> ApiResult<Json<Candidate>> {
        let body = body.0;
        let asked = Registration {
            new: NewResident {
                name: body.name,
                birth_date: body.birth_date,
                community_id: body.community_id,
                phone: body.phone.filter(|phone| !phone.trim().is_empty()),
                mini_openid: None,
            },
            consent_on_paper: body.consent_on_paper,
            another: body.another,
            request_key: key.0,
        };
        let id = counter::register(&self.0, &who.0, &asked).await?;
        let mut people = members::people(&self.0, self.0.db.read(), &[id]).await?;
        let person = people.remove(&id).ok_or_else(no_resident)?;
        let made = vec![Match { person, consented: true, yours: true }];
        let made = candidates(&self.0, made).await?.pop().ok_or_else(no_resident)?;
        Ok(Json(made))
    }

    /// Note that somebody signed the present privacy text on paper.
    ///
    /// Codes: `no_resident`, `out_of_scope`, `no_community`.
    #[oai(
        path = "/staff/residents/:id/paper-consent",
        method = "post",
        operation_id = "staff_paper_consent"
    )]
    async fn consent(&self, who: EnrolmentStaff, id: Path<ResidentId>) -> ApiResult<Done> {
        counter::consent_on_paper(&self.0, &who.0, id.0).await?;
        Ok(Done::Done)
    }
}
