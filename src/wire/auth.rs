//! Who is calling: a handler that needs a permission takes it as a parameter,
//! and cannot run without.
//!
//! A family member names the learner for whom they act in the header `X-Acting-For`. Only
//! handlers that ask for it hear that; every other refuses it.
//!
//! Residents bring a bearer token; staff a cookie, and for everything but
//! reading the header `X-CSRF-Token` that their session was given.

use poem::Request;
use poem::http::Method;
use poem_openapi::SecurityScheme;
use poem_openapi::auth::{ApiKey, Bearer};
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::error::Error;
use crate::family::{self, Caller};
use crate::members::{self, Learner};
use crate::staff::{self, Colleague};
use crate::vault;
use crate::wire::ApiError;
use entity::ids::ResidentId;
use entity::kinds::{DelegatedScope, Role};

/// Name of the console's cookie.
pub const STAFF_COOKIE: &str = "sx_staff";

/// Names the learner for whom a family member acts.
pub const ACTING_FOR: &str = "x-acting-for";

/// A signed-in resident who acts for themselves.
#[derive(SecurityScheme)]
#[oai(ty = "bearer", checker = "check_resident")]
pub struct Resident(pub Learner);

async fn check_resident(request: &Request, bearer: Bearer) -> poem::Result<Learner> {
    if request.headers().contains_key(ACTING_FOR) {
        return Err(ApiError::from(acting_refused()).into());
    }
    Ok(members::authenticate(app(request)?, &bearer.token).await.map_err(ApiError::from)?)
}

fn acting_refused() -> Error {
    Error::forbidden("acting_refused", "这件事只能本人办。请先换回办自己的事。")
        .or_else("看看我在帮谁", Some("/family".to_owned()))
}

macro_rules! delegated {
    ($($(#[$doc:meta])* $name:ident = $check:ident($scope:ident),)*) => {$(
        $(#[$doc])*
        #[derive(SecurityScheme)]
        #[oai(ty = "bearer", checker = $check)]
        pub struct $name(pub Caller);

        async fn $check(request: &Request, bearer: Bearer) -> poem::Result<Caller> {
            check_caller(request, &bearer.token, DelegatedScope::$scope).await
        }
    )*};
}

delegated! {
    /// A signed-in resident, or a family member who may sign up for one.
    ForEnrolment = check_enrolling(Enrolment),
    /// A signed-in resident, or a family member who may see hours and attendance of one.
    ForRecord = check_recorded(Record),
}

async fn check_caller(
    request: &Request,
    token: &str,
    scope: DelegatedScope,
) -> poem::Result<Caller> {
    let app = app(request)?;
    let me = members::authenticate(app, token).await.map_err(ApiError::from)?;
    // What cannot be read is refused too, or somebody would act for themselves unawares.
    let learner = match request.headers().get(ACTING_FOR) {
        None => None,
        Some(id) => {
            let id = id.to_str().ok().and_then(|id| id.parse().ok());
            Some(ResidentId(id.ok_or_else(|| ApiError::from(acting_refused()))?))
        }
    };
    Ok(family::caller(app, me.id, learner, scope).await.map_err(ApiError::from)?)
}

macro_rules! staff_permissions {
    ($($(#[$doc:meta])* $name:ident = $check:ident($($role:ident)|+),)*) => {$(
        $(#[$doc])*
        #[derive(SecurityScheme)]
        #[oai(ty = "api_key", key_in = "cookie", key_name = "sx_staff", checker = $check)]
        pub struct $name(pub Colleague);

        async fn $check(request: &Request, key: ApiKey) -> poem::Result<Colleague> {
            check_staff(request, &key.key, &[$(Role::$role),+]).await
        }
    )*};
}

staff_permissions! {
    /// Anyone with a login.
    AnyStaff = check_any(Admin | Centre | Officer | Teacher | Editor | SectionHead | Leader),
    /// Looks after the logins.
    Administrator = check_administrator(Admin),
    /// 教育中心: terms, courses, classes.
    CentreStaff = check_centre(Admin | Centre),
    /// Looks after enrolments: centre staff everywhere, officers in their community.
    EnrolmentStaff = check_enrolment(Admin | Centre | Officer),
    /// Opens rolls: teachers for their own classes, officers in their community.
    RollKeeper = check_roll(Admin | Centre | Officer | Teacher),
    /// Writes items in for the news: the desk, and officers for their community.
    NewsContributor = check_contributor(Officer | Editor | SectionHead | Leader),
    /// Sees and writes articles.
    NewsDesk = check_news(Editor | SectionHead | Leader),
}

async fn check_staff(request: &Request, token: &str, allowed: &[Role]) -> poem::Result<Colleague> {
    let app = app(request)?;
    let colleague = staff::authenticate(app, token).await.map_err(ApiError::from)?;
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let header = request.header("x-csrf-token").unwrap_or_default();
    if !reading && !bool::from(header.as_bytes().ct_eq(csrf_token(app, token).as_bytes())) {
        let error = Error::forbidden("csrf", "页面已过期，请刷新后再试。");
        return Err(ApiError::from(error).into());
    }
    if !allowed.contains(&colleague.role) {
        if !reading {
            let tried = format!("{} {}", request.method(), request.original_uri().path());
            if let Err(error) = staff::record_refused(app, &colleague, &tried).await {
                tracing::error!(cause = %error.chain(), "a refusal cannot be written down");
            }
        }
        let error = Error::forbidden("forbidden", "您没有这项权限。");
        return Err(ApiError::from(error).into());
    }
    Ok(colleague)
}

/// What the console sends back with every change; follows from the session.
pub fn csrf_token(app: &App, session_token: &str) -> String {
    csrf_of_hash(app, &vault::token_hash(session_token))
}

/// As [`csrf_token`], for a session that is known by its hash.
pub fn csrf_of_hash(app: &App, token_hash: &str) -> String {
    app.vault.fingerprint("csrf", token_hash)
}

fn app(request: &Request) -> poem::Result<&App> {
    request.data::<App>().ok_or_else(|| {
        ApiError::from(Error::internal("the app is missing from the request")).into()
    })
}
