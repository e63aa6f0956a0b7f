//! Sign-in at the console, and the logins.

use poem::web::cookie::{Cookie, CookieJar, SameSite};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::{CommunityId, StaffId};
use entity::kinds::Role;

use crate::app::App;
use crate::error::Result;
use crate::staff::{self, Colleague, NewLogin, store};
use crate::wire::auth::{self, Administrator, AnyStaff, STAFF_COOKIE};
use crate::wire::common::{Community, Done};
use crate::wire::page::Page;
use crate::wire::tags::Tag;
use crate::wire::{ApiError, ApiResult};

pub struct StaffApi(pub App);

#[derive(Object)]
struct SignInBody {
    #[oai(validator(max_length = 100))]
    login: String,
    #[oai(validator(max_length = 200))]
    password: String,
}

#[derive(Object)]
struct PasswordBody {
    #[oai(validator(max_length = 200))]
    old: String,
    #[oai(validator(max_length = 200))]
    new: String,
}

#[derive(Object)]
struct ResetBody {
    #[oai(validator(max_length = 200))]
    password: String,
}

#[derive(Object)]
struct LoginBody {
    login: String,
    name: String,
    role: Role,
    /// Needed for an officer.
    community_id: Option<CommunityId>,
    password: String,
}

/// Who is signed in.
#[derive(Object)]
struct StaffMe {
    id: StaffId,
    login: String,
    name: String,
    role: Role,
    role_name: String,
    #[oai(skip_serializing_if_is_none)]
    community: Option<Community>,
    /// To be sent as `X-CSRF-Token` with everything but reading.
    csrf_token: String,
}

/// A login, for the administrator.
#[derive(Object)]
struct Login {
    id: StaffId,
    login: String,
    name: String,
    role: Role,
    role_name: String,
    #[oai(skip_serializing_if_is_none)]
    community_id: Option<CommunityId>,
    locked: bool,
    disabled: bool,
}

/// No end of its own: the session ends it, or the browser when it is closed.
fn cookie(app: &App, token: &str) -> Cookie {
    let mut cookie = Cookie::new_with_str(STAFF_COOKIE, token);
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Strict);
    cookie.set_path("/");
    cookie.set_secure(app.config.server.public_url.starts_with("https://"));
    cookie
}

async fn me(app: &App, who: Colleague) -> Result<StaffMe> {
    let community = match who.community {
        Some(id) => {
            store::community_name(app.db.read(), id).await?.map(|name| Community { id, name })
        }
        None => None,
    };
    Ok(StaffMe {
        id: who.id,
        csrf_token: auth::csrf_of_hash(app, &who.token_hash),
        login: who.login,
        name: who.name,
        role: who.role,
        role_name: staff::role_name(who.role).to_owned(),
        community,
    })
}

fn login(row: entity::staff::Model, now: chrono::DateTime<chrono::Utc>) -> Login {
    Login {
        id: row.id,
        login: row.login,
        name: row.name,
        role: row.role,
        role_name: staff::role_name(row.role).to_owned(),
        community_id: row.community_id,
        locked: row.locked_until.is_some_and(|until| now < until),
        disabled: row.disabled_at.is_some(),
    }
}

#[OpenApi(tag = "Tag::StaffSession")]
impl StaffApi {
    /// Sign in at the console; sets the cookie.
    ///
    /// Codes: `wrong_password`, `locked`.
    #[oai(path = "/staff/session", method = "post", operation_id = "staff_sign_in")]
    async fn sign_in(
        &self,
        cookies: &CookieJar,
        body: Json<SignInBody>,
    ) -> ApiResult<Json<StaffMe>> {
        let app = &self.0;
        let signed_in =
            staff::sign_in(app, &body.0.login, &body.0.password).await.map_err(ApiError::from)?;
        cookies.add(cookie(app, &signed_in.token));
        let who = staff::authenticate(app, &signed_in.token).await.map_err(ApiError::from)?;
        Ok(Json(me(app, who).await.map_err(ApiError::from)?))
    }

    /// Who is signed in.
    #[oai(path = "/staff/session", method = "get", operation_id = "staff_me")]
    async fn session(&self, who: AnyStaff) -> ApiResult<Json<StaffMe>> {
        Ok(Json(me(&self.0, who.0).await.map_err(ApiError::from)?))
    }

    /// Sign out.
    #[oai(path = "/staff/session", method = "delete", operation_id = "staff_sign_out")]
    async fn sign_out(&self, who: AnyStaff, cookies: &CookieJar) -> ApiResult<Done> {
        staff::sign_out(&self.0, &who.0).await.map_err(ApiError::from)?;
        // Removed with the attributes it was set with, or the browser keeps it.
        let mut gone = cookie(&self.0, "");
        gone.make_removal();
        cookies.add(gone);
        Ok(Done::Done)
    }

    /// Change one's own password; other sessions end.
    ///
    /// Codes: `wrong_password`, `locked`, `weak_password`.
    #[oai(path = "/staff/password", method = "post", operation_id = "staff_change_password")]
    async fn password(&self, who: AnyStaff, body: Json<PasswordBody>) -> ApiResult<Done> {
        staff::change_password(&self.0, &who.0, &body.0.old, &body.0.new)
            .await
            .map_err(ApiError::from)?;
        Ok(Done::Done)
    }

    /// All logins.
    #[oai(path = "/staff/logins", method = "get", operation_id = "staff_list_logins")]
    async fn logins(&self, _who: Administrator) -> ApiResult<Json<Page<Login>>> {
        let now = self.0.clock.now();
        let rows = staff::list(&self.0).await.map_err(ApiError::from)?;
        Ok(Json(Page::whole(rows.into_iter().map(|row| login(row, now)).collect())))
    }

    /// Make a login.
    ///
    /// Codes: `login_taken`, `bad_login`, `bad_name`, `weak_password`, `community_needed`, `no_community`.
    #[oai(path = "/staff/logins", method = "post", operation_id = "staff_add_login")]
    async fn add(&self, who: Administrator, body: Json<LoginBody>) -> ApiResult<Json<Login>> {
        let body = body.0;
        let new = NewLogin {
            login: body.login,
            name: body.name,
            role: body.role,
            community: body.community_id,
            password: body.password,
        };
        let id = staff::add(&self.0, new, Some(who.0.id)).await.map_err(ApiError::from)?;
        let row = staff::existing(&self.0, id).await.map_err(ApiError::from)?;
        Ok(Json(login(row, self.0.clock.now())))
    }

    /// Give a login a new password; its sessions end.
    ///
    /// Codes: `no_login`, `weak_password`.
    #[oai(
        path = "/staff/logins/:id/reset-password",
        method = "post",
        operation_id = "staff_reset_password"
    )]
    async fn reset(
        &self,
        who: Administrator,
        id: Path<StaffId>,
        body: Json<ResetBody>,
    ) -> ApiResult<Done> {
        let by = Some(who.0.id);
        staff::reset_password(&self.0, id.0, &body.0.password, by).await.map_err(ApiError::from)?;
        Ok(Done::Done)
    }

    /// Disable a login; its sessions end.
    ///
    /// Codes: `no_login`, `last_administrator`.
    #[oai(
        path = "/staff/logins/:id/disable",
        method = "post",
        operation_id = "staff_disable_login"
    )]
    async fn disable(&self, who: Administrator, id: Path<StaffId>) -> ApiResult<Done> {
        staff::set_disabled(&self.0, id.0, true, who.0.id).await.map_err(ApiError::from)?;
        Ok(Done::Done)
    }

    /// Allow a login again.
    #[oai(path = "/staff/logins/:id/enable", method = "post", operation_id = "staff_enable_login")]
    async fn enable(&self, who: Administrator, id: Path<StaffId>) -> ApiResult<Done> {
        staff::set_disabled(&self.0, id.0, false, who.0.id).await.map_err(ApiError::from)?;
        Ok(Done::Done)
    }
}
