//! Signing in outside WeChat, on the wire; and the code that staff hand out for it.

use chrono::{DateTime, Utc};
use poem::Request;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::ResidentId;

use super::{Session, session_of};
use crate::app::App;
use crate::members::by_phone::{self, Entered, Entry, Whom};
use crate::wire::ApiResult;
use crate::wire::auth::EnrolmentStaff;
use crate::wire::caller;
use crate::wire::tags::Tag;

pub struct PhoneSignInApi(pub App);

pub struct StaffSignInCodeApi(pub App);

/// A number to which a code is to be sent.
#[derive(Object)]
struct NumberBody {
    #[oai(validator(max_length = 32))]
    number: String,
}

/// The same whether the number is known or not.
#[derive(Object)]
struct CodeOnItsWay {
    /// So long it will be good.
    minutes: i64,
}

#[derive(Object)]
struct NumberCodeBody {
    /// A phone number, or of a code from staff also the learner number.
    #[oai(validator(max_length = 32))]
    number: String,
    /// Six digits.
    #[oai(validator(max_length = 16))]
    code: String,
    /// One of the `people` of the answer before.
    resident_id: Option<ResidentId>,
    /// None of these: the version of the privacy text that was agreed to.
    newcomer_consent: Option<String>,
}

/// One of the people of a number.
#[derive(Object)]
struct Namesake {
    id: ResidentId,
    /// As in `王**`.
    name_masked: String,
    #[oai(skip_serializing_if_is_none)]
    born_year: Option<i32>,
}

/// Somebody is signed in, or the number is proved and they have to say who they are.
#[derive(Object)]
struct NumberEntered {
    #[oai(skip_serializing_if_is_none)]
    session: Option<Session>,
    /// To choose from; send number and code again, with `resident_id` or `newcomer_consent`.
    #[oai(skip_serializing_if_is_none)]
    people: Option<Vec<Namesake>>,
}

/// A code for a resident.
#[derive(Object)]
struct HandedOutCode {
    /// Six digits, given once.
    code: String,
    minutes: i64,
    expires_at: DateTime<Utc>,
}

#[OpenApi(tag = "Tag::Me")]
impl PhoneSignInApi {
    /// Have a code sent by SMS, to sign in outside WeChat.
    ///
    /// Codes: `bad_phone`, `sms_unavailable`, `too_many_codes`.
    #[oai(path = "/session/phone/code", method = "post", operation_id = "ask_for_sign_in_code")]
    async fn ask(
        &self,
        request: &Request,
        body: Json<NumberBody>,
    ) -> ApiResult<Json<CodeOnItsWay>> {
        let address = caller::address(&self.0, request);
        by_phone::ask_for_code(&self.0, &body.0.number, &address).await?;
        Ok(Json(CodeOnItsWay { minutes: self.0.config.sign_in.code_minutes }))
    }

    /// Sign in with a number and a code, from an SMS or from staff.
    ///
    /// Codes: `code_wrong`, `too_many_tries`, `consent_outdated`.
    #[oai(path = "/session/phone", method = "post", operation_id = "sign_in_by_phone")]
    async fn enter(
        &self,
        request: &Request,
        body: Json<NumberCodeBody>,
    ) -> ApiResult<Json<NumberEntered>> {
        let address = caller::address(&self.0, request);
        let NumberCodeBody { number, code, resident_id, newcomer_consent } = body.0;
        let who = resident_id.map(Whom::Known).or(newcomer_consent.map(Whom::Newcomer));
        let entry = Entry { number, code, who };
        let entered = match by_phone::enter_code(&self.0, &entry, &address).await? {
            Entered::SignedIn(signed_in) => {
                let session = session_of(&self.0, signed_in).await?;
                NumberEntered { session: Some(session), people: None }
            }
            Entered::Choose(people) => {
                let people = people.into_iter().map(|one| Namesake {
                    id: one.id,
                    name_masked: one.name_masked,
                    born_year: one.born_year,
                });
                NumberEntered { session: None, people: Some(people.collect()) }
            }
        };
        Ok(Json(entered))
    }
}

#[OpenApi(tag = "Tag::StaffEnrolment")]
impl StaffSignInCodeApi {
    /// Make a code with which a resident signs in outside WeChat, to be told or printed.
    ///
    /// Codes: `no_resident`, `out_of_scope`, `no_community`.
    #[oai(
        path = "/staff/residents/:id/sign-in-code",
        method = "post",
        operation_id = "staff_sign_in_code"
    )]
    async fn make(
        &self,
        who: EnrolmentStaff,
        id: Path<ResidentId>,
    ) -> ApiResult<Json<HandedOutCode>> {
        let made = by_phone::hand_out_code(&self.0, &who.0, id.0).await?;
        Ok(Json(HandedOutCode {
            code: made.code,
            minutes: self.0.config.sign_in.code_minutes,
            expires_at: made.expires_at,
        }))
    }
}
