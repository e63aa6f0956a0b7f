//! THE EDGE: mounts everything, and gives every answer its envelope.
//!
//! 1. Every failure, also one of the framework, has the body of `wire::problem`
//!    and the right status; a panic is a 500 with the same body.
//! 2. Every answer carries `X-Request-Id`; the log has it too, and no query
//!    string, token or personal data.
//! 3. No body is read beyond its limit.
//! 4. WeChat's callbacks pass by: the platform reads neither our envelope nor our
//!    headers, and their room counts and logs them. An hour of them must cost little.

use std::any::Any;
use std::time::Instant;

use poem::endpoint::BoxEndpoint;
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::middleware::{CatchPanic, Compression};
use poem::web::Json;
use poem::{Body, Endpoint, EndpointExt, IntoResponse, Request, Response, Route, get, handler};
use poem_openapi::{OpenApiService, OperationId};
use tracing::Instrument;

use crate::app::App;
use crate::error::Result;
use crate::wire::problem::{Problem, WrittenForPeople};
use crate::{
    activities, attendance, care, clubs, conversation, courses, draw, enrolment, family, followers,
    helpdesk, learning, members, news, notices, pages, platform, projects, reminders, reports,
    safety, search, staff, telemetry, vault, volunteers, wire, worker,
};

/// Where files are sent to, which may be longer than other bodies.
const PICTURES_PATH: &str = "/api/staff/pictures";
const COURSE_PICTURES_PATH: &str = "/api/staff/course-pictures/";
const MEETINGS_PATH: &str = "/api/staff/meetings/";
const SHEETS_PATH: &str = "/api/staff/sheets/";

/// All API structs, as one described service. Paths are relative to `/api`.
fn api(app: &App) -> OpenApiService<impl poem_openapi::OpenApi + 'static, ()> {
    // One level of a tuple holds 16 at most.
    let residents = (
        wire::about::AboutApi(app.clone()),
        members::api::MembersApi(app.clone()),
        members::api::PapersApi(app.clone()),
        family::api::FamilyApi(app.clone()),
        notices::api::NoticesApi(app.clone()),
        courses::api::CoursesApi(app.clone()),
        enrolment::api::EnrolmentApi(app.clone()),
        draw::api::DrawApi(app.clone()),
        attendance::api::AttendanceApi(app.clone()),
        attendance::api::LeaveApi(app.clone()),
        attendance::api::GuestsApi(app.clone()),
        attendance::api::CardApi(app.clone()),
        news::api::NewsApi(app.clone()),
        helpdesk::api::HelpdeskApi(app.clone()),
        followers::api::FollowersApi(app.clone()),
        platform::api::PlatformApi(app.clone()),
    );
    let staff = (
        staff::api::StaffApi(app.clone()),
        members::api::StaffMembersApi(app.clone()),
        members::api::StaffPapersApi(app.clone()),
        family::api::StaffFamilyApi(app.clone()),
        members::api::StaffCounterApi(app.clone()),
        notices::api::StaffNoticesApi(app.clone()),
        courses::api::StaffCoursesApi(app.clone()),
        enrolment::api::StaffEnrolmentApi(app.clone()),
        draw::api::StaffDrawApi(app.clone()),
        attendance::api::StaffAttendanceApi(app.clone()),
        news::api::StaffNewsApi(app.clone()),
        helpdesk::api::StaffHelpdeskApi(app.clone()),
        safety::api::StaffSafetyApi(app.clone()),
        worker::api::OperationsApi(app.clone()),
        platform::api::StaffPlatformApi(app.clone()),
    );
    let more = (
        attendance::api::StaffScansApi(app.clone()),
        attendance::api::StaffCardApi(app.clone()),
        attendance::api::StaffDayApi(app.clone()),
        courses::api::StaffClassSheetsApi(app.clone()),
        members::api::StaffResidentSheetsApi(app.clone()),
        enrolment::api::StaffListsApi(app.clone()),
        learning::api::LearningApi(app.clone()),
        learning::api::CertificatesApi(app.clone()),
        learning::api::StaffCertificatesApi(app.clone()),
        learning::api::StaffLearningApi(app.clone()),
        care::api::StaffCareApi(app.clone()),
        conversation::api::StaffDialogueApi(app.clone()),
    );
    let after = (
        attendance::api::MonitorApi(app.clone()),
        attendance::api::StaffPresenceApi(app.clone()),
        attendance::api::StaffQuestionsApi(app.clone()),
        attendance::api::StaffGuestsApi(app.clone()),
        reminders::api::RemindersApi(app.clone()),
        reminders::api::StaffRemindersApi(app.clone()),
        reports::api::StaffReportsApi(app.clone()),
        news::api::StaffNewsRoomApi(app.clone()),
        news::api::StaffLedgerApi(app.clone()),
    );
    let year = (
        projects::api::StaffProjectsApi(app.clone()),
        activities::api::ActivitiesApi(app.clone()),
        activities::api::StaffActivitiesApi(app.clone()),
        activities::api::StaffProjectPagesApi(app.clone()),
        volunteers::api::VolunteersApi(app.clone()),
        volunteers::api::StaffVolunteersApi(app.clone()),
        clubs::api::ClubsApi(app.clone()),
        clubs::api::StaffClubsApi(app.clone()),
    );
    let console = (
        members::api::PhoneSignInApi(app.clone()),
        members::api::StaffSignInCodeApi(app.clone()),
        search::api::SearchApi(app.clone()),
        learning::api::StaffChartsApi(app.clone()),
        enrolment::api::StaffOffersApi(app.clone()),
        courses::api::StaffTimetableApi(app.clone()),
        courses::api::CoursePicturesApi(app.clone()),
    );
    let of_news = (
        news::api::StaffIssuesApi(app.clone()),
        news::api::StaffAskedApi(app.clone()),
        safety::api::StaffLinkingApi(app.clone()),
        safety::api::ResidentLinkingApi(app.clone()),
        attendance::api::StaffPhotosApi(app.clone()),
    );
    OpenApiService::new((residents, staff, more, after, console, of_news, year), "尚学 ShangXue", env!("CARGO_PKG_VERSION"))
        .description(
            "Residents call `/api/…` with a bearer token from `POST /api/session`; a family member names the resident for \
             whom they act in `X-Acting-For` (calls that do not take it refuse it: `acting_refused`). Staff call `/api/staff/…` with the \
             console's cookie, and send `X-CSRF-Token` with everything but reading. Every failure has the body \
             `{code, message, request_id, next}`.",
        )
        .server("/api")
}

/// The OpenAPI document.
pub fn openapi(app: &App) -> String {
    api(app).spec()
}

/// The whole service as one endpoint.
///
/// # Errors
/// The metrics recorder cannot be installed.
pub fn build(app: &App) -> Result<BoxEndpoint<'static>> {
    let api = api(app);
    let routes = Route::new()
        .at("/openapi.json", api.spec_endpoint())
        .nest("/docs", api.redoc())
        .nest("/api", api)
        .at("/healthz", get(health))
        .at("/readyz", get(ready))
        .at("/metrics", get(scrape))
        .nest("/news", news::api::archive::pages())
        .nest_no_strip("/", pages::routes(app))
        .data(app.clone())
        .with(CatchPanic::new().with_handler(internal));
    let callbacks = conversation::callback::Callbacks::new(app.clone())
        .with(CatchPanic::new().with_handler(internal));
    telemetry::metrics()?;
    let rest = Edge { app: app.clone(), inner: routes }.with(Compression::new()).map_to_response();
    Ok(Front { callbacks, rest }.boxed())
}

fn internal(_panic: Box<dyn Any + Send + 'static>) -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Alive: the process answers.
#[handler]
fn health() -> &'static str {
    "ok"
}

/// Ready: the database and the shared cache answer.
#[handler]
async fn ready(app: poem::web::Data<&App>) -> Response {
    let database = app.db.read().ping().await;
    let cache = app.cache.ping().await;
    let said = |good: bool| if good { "ok" } else { "down" };
    let body =
        serde_json::json!({ "database": said(database.is_ok()), "cache": said(cache.is_ok()) });
    // Without its cache the service still gives right answers (cache.rs, invariant 1).
    let status = if database.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Json(body).with_status(status).into_response()
}

/// Prometheus' view.
#[handler]
async fn scrape(app: poem::web::Data<&App>) -> Response {
    worker::measure(&app).await;
    match telemetry::metrics() {
        Ok(handle) => {
            handle.render().with_content_type("text/plain; version=0.0.4").into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// WeChat's callbacks, and everything else.
struct Front<C, R> {
    callbacks: C,
    rest: R,
}

impl<C, R> Endpoint for Front<C, R>
where
    C: Endpoint<Output = Response>,
    R: Endpoint<Output = Response>,
{
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if request.uri().path().starts_with("/wechat/") {
            self.callbacks.call(request).await
        } else {
            self.rest.call(request).await
        }
    }
}

/// What happens around every other request.
struct Edge<E> {
    app: App,
    inner: E,
}

impl<E: Endpoint> Endpoint for Edge<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let id = vault::random::<8>().map(hex::encode).unwrap_or_default();
        let begun = Instant::now();
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let span = tracing::info_span!("request", id = %id, %method, path);
        let mut response = self.answer(request).instrument(span.clone()).await;
        if !response.status().is_success() && !response.status().is_redirection() {
            response = enveloped(response, &id).await;
        }
        self.add_headers(&mut response, &path, &id);
        let operation =
            response.data::<OperationId>().map_or_else(|| area(&path), |operation| operation.0);
        let status = response.status().as_u16();
        let took = begun.elapsed();
        metrics::counter!("shangxue_http_requests_total", "operation" => operation, "status" => status.to_string())
            .increment(1);
        metrics::histogram!("shangxue_http_request_seconds", "operation" => operation)
            .record(took.as_secs_f64());
        span.in_scope(|| {
            tracing::info!(operation, status, took_ms = took.as_millis() as u64, "answered");
        });
        Ok(response)
    }
}

impl<E: Endpoint> Edge<E> {
    async fn answer(&self, mut request: Request) -> Response {
        let server = &self.app.config.server;
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let limit = match request.uri().path() {
                PICTURES_PATH => server.max_picture_bytes,
                path if path.starts_with("/api/staff/") && path.ends_with("/photos") => {
                    server.max_picture_bytes
                }
                path if path.starts_with(COURSE_PICTURES_PATH) => server.max_picture_bytes,
                // Those of a meeting.
                path if path.starts_with(MEETINGS_PATH) && path.ends_with("/pictures") => {
                    server.max_picture_bytes
                }
                path if path.starts_with(SHEETS_PATH) => server.max_sheet_bytes,
                _ => server.max_body_bytes,
            };
            match request.take_body().into_bytes_limit(limit).await {
                Ok(bytes) => request.set_body(bytes),
                Err(poem::error::ReadBodyError::PayloadTooLarge) => {
                    return StatusCode::PAYLOAD_TOO_LARGE.into_response();
                }
                Err(_) => return StatusCode::BAD_REQUEST.into_response(),
            }
        }
        match self.inner.call(request).await {
            Ok(response) => response.into_response(),
            Err(error) => error.into_response(),
        }
    }

    fn add_headers(&self, response: &mut Response, path: &str, id: &str) {
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(id) {
            headers.insert("x-request-id", id);
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        if path.starts_with("/api") && !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        let ancestors = &self.app.config.server.frame_ancestors;
        let ancestors = if ancestors.is_empty() { "'none'" } else { ancestors };
        // The API's description brings its own script; it is the one page that may run one.
        let policy = if path == "/docs" {
            "default-src 'self' 'unsafe-inline' blob: data:".to_owned()
        } else {
            format!("{}; frame-ancestors {ancestors}", pages::policy(&self.app, path))
        };
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}

/// For metrics, where there is no operation.
fn area(path: &str) -> &'static str {
    match path.split('/').nth(1) {
        Some("m" | "console" | "news") => "pages",
        Some("healthz" | "readyz" | "metrics") => "health",
        _ => "other",
    }
}

/// Our body for whatever failed: a problem of ours gets its request id, anything
/// else is replaced, but for a page that says it in words to people.
async fn enveloped(mut response: Response, id: &str) -> Response {
    let status = response.status();
    if status == StatusCode::NOT_MODIFIED || response.data::<WrittenForPeople>().is_some() {
        return response;
    }
    let body = response.take_body().into_bytes().await.unwrap_or_default();
    let ours = serde_json::from_slice::<serde_json::Value>(&body)
        .ok()
        .filter(|value| value.get("code").is_some() && value.get("message").is_some());
    let mut value = ours.unwrap_or_else(|| {
        use poem_openapi::types::ToJSON;
        Problem::at_the_edge(status).to_json().unwrap_or_default()
    });
    if let Some(object) = value.as_object_mut() {
        object.insert("request_id".to_owned(), id.into());
    }
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response.set_body(Body::from_string(value.to_string()));
    response
}
