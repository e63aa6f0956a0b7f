//! The one body of every failure, and the one place where an error becomes a status.

use poem::http::StatusCode;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object};

use crate::error::{Error, Kind};

pub type ApiResult<T> = Result<T, ApiError>;

/// Why a request failed.
#[derive(Clone, Debug, Object)]
pub struct Problem {
    /// Stable, for programs.
    pub code: String,
    /// A plain Chinese sentence, for people.
    pub message: String,
    /// To be told to the centre; stands in the log too. Filled in at the edge.
    #[oai(default)]
    pub request_id: String,
    /// What a refused resident can do instead.
    #[oai(default, skip_serializing_if_is_empty)]
    pub next: Vec<ProblemStep>,
}

/// Something else to do.
#[derive(Clone, Debug, Object)]
pub struct ProblemStep {
    pub text: String,
    /// Page under /m/, as in `/classes/3`.
    #[oai(skip_serializing_if_is_none)]
    pub page: Option<String>,
}

#[derive(ApiResponse, Debug)]
pub enum ApiError {
    /// The input is wrong.
    #[oai(status = 400)]
    Invalid(Json<Problem>),
    /// Nobody is signed in.
    #[oai(status = 401)]
    Unauthenticated(Json<Problem>),
    /// Not allowed.
    #[oai(status = 403)]
    Forbidden(Json<Problem>),
    /// There is no such thing.
    #[oai(status = 404)]
    NotFound(Json<Problem>),
    /// Not possible in the present state.
    #[oai(status = 409)]
    Conflict(Json<Problem>),
    /// Too often; later.
    #[oai(status = 429)]
    TooMany(Json<Problem>),
    /// Our fault.
    #[oai(status = 500)]
    Internal(Json<Problem>),
    /// Something we depend on does not answer; later.
    #[oai(status = 503)]
    Upstream(Json<Problem>),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        if matches!(error.kind, Kind::Internal | Kind::Upstream) {
            // Logged once, here, where it is handled.
            tracing::error!(code = error.code, cause = %error.chain(), "request failed");
        }
        let problem = Json(Problem {
            code: error.code.to_owned(),
            message: error.message.into_owned(),
            request_id: String::new(),
            next: error
                .next
                .into_iter()
                .map(|step| ProblemStep { text: step.text, page: step.page })
                .collect(),
        });
        match error.kind {
            Kind::Invalid => Self::Invalid(problem),
            Kind::Unauthenticated => Self::Unauthenticated(problem),
            Kind::Forbidden => Self::Forbidden(problem),
            Kind::NotFound => Self::NotFound(problem),
            Kind::Conflict => Self::Conflict(problem),
            Kind::TooMany => Self::TooMany(problem),
            Kind::Internal => Self::Internal(problem),
            Kind::Upstream => Self::Upstream(problem),
        }
    }
}

impl Problem {
    /// The same body for what failed before a handler was reached.
    pub fn at_the_edge(status: StatusCode) -> Self {
        let (code, message) = match status {
            StatusCode::UNAUTHORIZED => ("unauthenticated", "请先登录。"),
            StatusCode::FORBIDDEN => ("forbidden", "您没有这项权限。"),
            StatusCode::NOT_FOUND => ("not_found", "没有这个页面或内容。"),
            StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "这个地址不能这样用。"),
            StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "内容太大了，请缩小后再试。"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ("unsupported_media_type", "内容的格式不对。"),
            status if status.is_client_error() => ("invalid", "填写的内容不对，请检查后再试。"),
            _ => ("internal", "系统出了点问题，请稍后再试。"),
        };
        Self {
            code: code.to_owned(),
            message: message.to_owned(),
            request_id: String::new(),
            next: Vec::new(),
        }
    }
}

/// Marks a failure that is a page for people already: the edge leaves it as it is.
#[derive(Clone, Copy, Debug)]
pub struct WrittenForPeople;
