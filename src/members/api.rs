//! A resident's sign-in, consent and profile; and staff's search for residents.

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use entity::ids::{CommunityId, ResidentId};
use entity::kinds::{ConsentKind, NameState, Role};

use crate::app::App;
use crate::error::{Error, Result};
use crate::members::{self, Need, ProfileInput, SignedIn, profile, store};
use crate::wire::auth::{CentreStaff, EnrolmentStaff, Resident};
use crate::wire::common::{Community, Done};
use crate::wire::page::Page;
use crate::wire::tags::Tag;
use crate::wire::{ApiError, ApiResult};

mod counter;
mod papers;
mod phone;
mod sheets;

pub use counter::StaffCounterApi;
pub use papers::{PapersApi, StaffPapersApi};
pub use phone::{PhoneSignInApi, StaffSignInCodeApi};
pub use sheets::StaffResidentSheetsApi;
pub struct MembersApi(pub App);

pub struct StaffMembersApi(pub App);

#[derive(Object)]
struct CodeBody {
    /// From `wx.login`, or for the phone number from its button.
    #[oai(validator(max_length = 256))]
    code: String,
}

/// A page that came back from WeChat.
#[derive(Object)]
struct WebCodeBody {
    /// From the address.
    #[oai(validator(max_length = 256))]
    code: String,
    /// From the address.
    #[oai(validator(max_length = 128))]
    state: String,
    /// Kept in this browser since the sign-in was begun.
    #[oai(validator(max_length = 128))]
    key: String,
}

/// A sign-in in WeChat's browser that has begun.
#[derive(Object)]
struct WebSignIn {
    /// Where the browser is to go. It comes back to `/m/` with `code` and `state`.
    url: String,
    state: String,
    /// To be kept in this browser, under the state.
    key: String,
}

#[derive(Object)]
struct ConsentBody {
    kind: ConsentKind,
    /// The version that was shown.
    version: String,
}

#[derive(Object)]
struct ProfileBody {
    name: String,
    birth_date: NaiveDate,
    community_id: CommunityId,
    /// Left as it is when absent or empty.
    phone: Option<String>,
    /// Left as it is when absent or empty; needs the sensitive consent.
    id_number: Option<String>,
}

#[derive(Object)]
struct ErasureBody {
    /// As on the paper that the resident signed.
    reason: String,
}

#[derive(Enum)]
#[oai(rename_all = "snake_case")]
enum Missing {
    Consent,
    Profile,
}

/// The signed-in resident.
#[derive(Object)]
struct Me {
    id: ResidentId,
    learner_number: String,
    #[oai(skip_serializing_if_is_none)]
    name: Option<String>,
    /// Staff ask for the real name: others see it masked.
    name_refused: bool,
    #[oai(skip_serializing_if_is_none)]
    birth_date: Option<NaiveDate>,
    #[oai(skip_serializing_if_is_none)]
    community: Option<Community>,
    /// As in `138****0001`.
    #[oai(skip_serializing_if_is_none)]
    phone_masked: Option<String>,
    has_id_number: bool,
    /// What is asked before signing up for a class.
    needs: Vec<Missing>,
}

/// A fresh sign-in.
#[derive(Object)]
struct Session {
    /// To be sent as `Authorization: Bearer`; given once.
    token: String,
    expires_at: DateTime<Utc>,
    me: Me,
}

/// A resident, as staff see one.
#[derive(Object)]
struct Found {
    id: ResidentId,
    name: String,
    learner_number: String,
    #[oai(skip_serializing_if_is_none)]
    phone_masked: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    community_name: Option<String>,
}

async fn me(app: &App, id: ResidentId) -> Result<Me> {
    let conn = app.db.read();
    let row = store::by_id(conn, id)
        .await?
        .ok_or_else(|| Error::not_found("no_resident", "没有找到这位居民。"))?;
    let community = match row.community_id {
        Some(id) => store::community(conn, id).await?.map(Community::from),
        None => None,
    };
    let phone_masked = match &row.phone_sealed {
        Some(sealed) => Some(profile::masked_phone(&app.vault.open("phone", sealed)?)),
        None => None,
    };
    let needs = members::needs(app, conn, &row).await?.into_iter().map(|need| match need {
        Need::Consent => Missing::Consent,
        Need::Profile => Missing::Profile,
    });
    Ok(Me {
        id,
        needs: needs.collect(),
        learner_number: row.learner_number,
        name: row.name,
        name_refused: row.name_state == NameState::Refused,
        birth_date: row.birth_date,
        community,
        phone_masked,
        has_id_number: row.id_number_sealed.is_some(),
    })
}

async fn session_of(app: &App, signed_in: SignedIn) -> Result<Session> {
    let me = me(app, signed_in.resident_id).await?;
    Ok(Session { token: signed_in.token, expires_at: signed_in.expires_at, me })
}

async fn session(app: &App, signed_in: SignedIn) -> ApiResult<Json<Session>> {
    Ok(Json(session_of(app, signed_in).await?))
}

#[OpenApi(tag = "Tag::Me")]
impl MembersApi {
    /// Sign in with WeChat's login code.
    ///
    /// Codes: `login_code_invalid`, `login_blocked`, `wechat_unavailable`.
    #[oai(path = "/session", method = "post", operation_id = "sign_in")]
    async fn sign_in(&self, body: Json<CodeBody>) -> ApiResult<Json<Session>> {
        session(&self.0, members::sign_in(&self.0, &body.0.code).await?).await
    }

    /// Begin to sign in with WeChat's own browser.
    ///
    /// Codes: `web_sign_in_unavailable`.
    #[oai(path = "/session/web/begin", method = "post", operation_id = "begin_web_sign_in")]
    async fn begin(&self) -> ApiResult<Json<WebSignIn>> {
        let members::WebSignIn { url, state, key } = members::begin_web_sign_in(&self.0)?;
        Ok(Json(WebSignIn { url, state, key }))
    }

    /// Sign in with what came back from WeChat's own browser.
    ///
    /// Codes: `sign_in_outdated`, `login_code_invalid` (both: begin again), `snapshot_visitor`,
    /// `wechat_unavailable`.
    #[oai(path = "/session/web", method = "post", operation_id = "sign_in_from_web")]
    async fn sign_in_from_web(&self, body: Json<WebCodeBody>) -> ApiResult<Json<Session>> {
        let WebCodeBody { code, state, key } = body.0;
        session(&self.0, members::sign_in_from_web(&self.0, &code, &state, &key).await?).await
    }

    /// Sign out; the token is dead.
    #[oai(path = "/session", method = "delete", operation_id = "sign_out")]
    async fn sign_out(&self, who: Resident) -> ApiResult<Done> {
        members::sign_out(&self.0, &who.0).await.map_err(ApiError::from)?;
        Ok(Done::Done)
    }

    /// Who I am, and what is still asked of me.
    #[oai(path = "/me", method = "get", operation_id = "me")]
    async fn me(&self, who: Resident) -> ApiResult<Json<Me>> {
        Ok(Json(me(&self.0, who.0.id).await.map_err(ApiError::from)?))
    }

    /// Agree to a text.
    ///
    /// Codes: `consent_outdated`.
    #[oai(path = "/me/consents", method = "post", operation_id = "give_consent")]
    async fn consent(&self, who: Resident, body: Json<ConsentBody>) -> ApiResult<Json<Me>> {
        let id = who.0.id;
        members::give_consent(&self.0, id, body.0.kind, &body.0.version)
            .await
            .map_err(ApiError::from)?;
        Ok(Json(me(&self.0, id).await.map_err(ApiError::from)?))
    }

    /// Take a consent back. Without the sensitive one the ID number is forgotten.
    #[oai(path = "/me/consents/:kind", method = "delete", operation_id = "withdraw_consent")]
    async fn withdraw(&self, who: Resident, kind: Path<ConsentKind>) -> ApiResult<Json<Me>> {
        let id = who.0.id;
        members::withdraw_consent(&self.0, id, kind.0).await.map_err(ApiError::from)?;
        Ok(Json(me(&self.0, id).await.map_err(ApiError::from)?))
    }

    /// Fill in or change my profile.
    ///
    /// Codes: `consent_needed`, `bad_name`, `bad_birth_date`, `bad_phone`, `no_community`, `bad_id_number`,
    /// `sensitive_consent_needed`, `id_number_taken`.
    #[oai(path = "/me/profile", method = "put", operation_id = "save_profile")]
    async fn profile(&self, who: Resident, body: Json<ProfileBody>) -> ApiResult<Json<Me>> {
        let (id, body) = (who.0.id, body.0);
        let input = ProfileInput {
            name: body.name,
            birth_date: body.birth_date,
            community_id: body.community_id,
            phone: body.phone,
            id_number: body.id_number,
        };
        let id = members::save_profile(&self.0, id, input).await.map_err(ApiError::from)?;
        Ok(Json(me(&self.0, id).await.map_err(ApiError::from)?))
    }

    /// Take the phone number that WeChat vouches for.
    ///
    /// Codes: `consent_needed`, `phone_code_invalid`, `wechat_unavailable`.
    #[oai(path = "/me/phone", method = "post", operation_id = "save_wechat_phone")]
    async fn phone(&self, who: Resident, body: Json<CodeBody>) -> ApiResult<Json<Me>> {
        let id = who.0.id;
        members::save_wechat_phone(&self.0, id, &body.0.code).await.map_err(ApiError::from)?;
        Ok(Json(me(&self.0, id).await.map_err(ApiError::from)?))
    }

    /// Close my account: what names me is erased, my classes are left, the sessions end.
    #[oai(path = "/me", method = "delete", operation_id = "erase_me")]
    async fn erase(&self, who: Resident) -> ApiResult<Done> {
        members::erase_own(&self.0, &who.0).await.map_err(ApiError::from)?;
        Ok(Done::Done)
    }

    /// The communities one can live in.
    #[oai(path = "/communities", method = "get", operation_id = "communities")]
    async fn communities(&self) -> ApiResult<Json<Page<Community>>> {
        let rows = store::communities(self.0.db.read()).await.map_err(ApiError::from)?;
        Ok(Json(Page::whole(rows.into_iter().map(Community::from).collect())))
    }
}

#[OpenApi(tag = "Tag::StaffEnrolment")]
impl StaffMembersApi {
    /// Find residents by part of a name, whole learner number, whole phone number or its last four
    /// digits.
    ///
    /// Codes: `query_too_short`.
    #[oai(path = "/staff/residents", method = "get", operation_id = "staff_find_residents")]
    async fn find(&self, who: EnrolmentStaff, q: Query<String>) -> ApiResult<Json<Page<Found>>> {
        let scope = who.0.community.filter(|_| who.0.role == Role::Officer);
        if who.0.role == Role::Officer && scope.is_none() {
            return Ok(Json(Page::whole(Vec::new())));
        }
        let people = members::find(&self.0, &q.0, scope).await.map_err(ApiError::from)?;
        let names = store::community_names(self.0.db.read()).await.map_err(ApiError::from)?;
        let found = people.into_iter().map(|person| Found {
            id: person.id,
            name: person.name,
            learner_number: person.learner_number,
            phone_masked: person.phone_masked,
            community_name: person.community_id.and_then(|id| names.get(&id).cloned()),
        });
        Ok(Json(Page::whole(found.collect())))
    }

    /// Close the account of a resident who asked for it on paper.
    ///
    /// Codes: `reason_needed`, `too_long`, `no_resident`.
    #[oai(
        path = "/staff/residents/:id/erase",
        method = "post",
        operation_id = "staff_erase_resident"
    )]
    async fn erase(
        &self,
        who: CentreStaff,
        id: Path<ResidentId>,
        body: Json<ErasureBody>,
    ) -> ApiResult<Done> {
        members::erase_on_request(&self.0, &who.0, id.0, &body.0.reason)
            .await
            .map_err(ApiError::from)?;
        Ok(Done::Done)
    }
}
